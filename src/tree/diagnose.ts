// The slow walk that says what is wrong with a tree: finds the first place, in the order of flattening, that can be no leaf or
// that closes a cycle, and makes the error that names its path.

import { isArrayLike } from "../core/array.js";
import { TreeError } from "../core/errors.js";
import { type Path, showPath } from "./paths.js";
import { nodeClassOf } from "./register.js";
import { isList, isRecord } from "./static.js";

interface Search {
  readonly op?: string | undefined;
  readonly label?: string | undefined;
  readonly others?: "throw" | "leaf" | "static" | undefined;
  readonly isLeaf?: ((x: unknown) => boolean) | undefined;
}

/** The error for the first fault of the tree; undefined when it has none down to `depth` levels. */
export function diagnose(root: unknown, search: Search, depth = Infinity): TreeError | undefined {
  const path: (string | number)[] = [];
  const above = new Map<object, Path>();

  const into = (x: object, entries: readonly (readonly [string | number, unknown])[]): TreeError | undefined => {
    const first = above.get(x);
    if (first !== undefined) return cyclic(search, first, path);
    if (above.size >= depth) return undefined;
    above.set(x, [...path]);
    for (const [step, child] of entries) {
      path.push(step);
      const error = visit(child);
      if (error !== undefined) return error;
      path.pop();
    }
    above.delete(x);
    return undefined;
  };

  const visit = (x: unknown): TreeError | undefined => {
    if (isArrayLike(x) || x === null || x === undefined || search.isLeaf?.(x) === true) return undefined;
    if (isList(x)) return into(x, [...x.entries()]);
    if (isRecord(x))
      return into(
        x,
        Object.keys(x)
          .toSorted()
          .map((key) => [key, x[key]]),
      );
    const nodeClass = typeof x === "object" ? nodeClassOf(Object.getPrototypeOf(x)) : undefined;
    if (nodeClass === undefined || typeof x !== "object")
      return search.others === undefined || search.others === "throw" ? invalid(search, path, x) : undefined;
    const [children] = nodeClass.flatten(x);
    return into(x, isList(children) ? [...children.entries()] : Object.entries(children).toSorted(([a], [b]) => (a < b ? -1 : 1)));
  };

  return visit(root);
}

/** What a value is, in the words of an error. */
export function describe(x: unknown): string {
  if (typeof x === "string") return `the string ${JSON.stringify(x.length > 40 ? `${x.slice(0, 40)}…` : x)}`;
  if (typeof x === "function") return x.name === "" ? "a function" : `the function ${x.name}`;
  if (typeof x !== "object" || x === null) return `a ${typeof x}`;
  if (ArrayBuffer.isView(x)) return `a ${className(x)}, a typed array`;
  return `an instance of ${className(x)}`;
}

function className(x: object): string {
  const prototype: unknown = Object.getPrototypeOf(x);
  const maker = typeof prototype === "object" && prototype !== null && "constructor" in prototype ? prototype.constructor : undefined;
  return typeof maker === "function" && maker.name !== "" ? maker.name : "an unnamed class";
}

function remedyFor(x: unknown): string {
  if (ArrayBuffer.isView(x)) return "make an array of it with np.array(…)";
  if (x instanceof Map || x instanceof Set) return "use a plain record or a list instead, or keep it outside of the tree";
  if (typeof x !== "object" || x instanceof Date)
    return "keep it outside of the tree, convert it with np.array if it is a number, or (under a transform) mark the argument as static (staticArgnums)";
  return "register the class with registerNode, pass a plain record of its arrays, or mark the argument as static (staticArgnums)";
}

/** The error for a value that can be no leaf. */
export const invalid = ({ op = "treeFlatten", label }: Search, path: Path, x: unknown): TreeError =>
  new TreeError({
    op,
    expected: `an array, a number or a boolean at ${showPath(path, label)}`,
    received: describe(x),
    remedy: remedyFor(x),
  });

const cyclic = ({ op = "treeFlatten", label }: Search, first: Path, path: Path): TreeError =>
  new TreeError({
    op,
    expected: "a tree without cycles",
    received: `one in which ${showPath(path, label)} is ${showPath(first, label)} again`,
    remedy: "remove the reference back to the container, or keep it outside of the tree",
  });

/** The error for a tree that is nested too deep to walk. */
export const tooDeep = ({ op = "treeFlatten", label = "the tree" }: Search, depth: number): TreeError =>
  new TreeError({
    op,
    expected: `at most ${depth} levels of nesting`,
    received: `more in ${label === "" ? "the tree" : label}`,
    remedy:
      "use a list instead of a chain of records, and check that the flatten of a registered class does not return the instance itself",
  });
