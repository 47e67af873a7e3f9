// Prefix trees: a tree cut off early, whose leaves speak for all that is below them (`inAxes: [0, null]`). Here a value for
// each leaf of the whole tree comes out. `null` is a leaf of a prefix ("not mapped"), not an empty subtree.

import { TreeError } from "../core/errors.js";
import { describeForm } from "./compare.js";
import { describe } from "./diagnose.js";
import { treeStructure } from "./flatten.js";
import { type Path, showPath } from "./paths.js";
import { type Children, nodeClassOf } from "./register.js";
import { isList, isRecord, staticKey } from "./static.js";
import { TreeStructure, stepTo } from "./structure.js";

export interface PrefixOptions {
  /** The operation that an error names. */
  readonly op?: string | undefined;
  /** What an error calls the prefix: its path is printed after it, as in `inAxes[1].w`. */
  readonly label?: string | undefined;
}

const isAxis = (x: unknown): x is number | null => x === null || typeof x === "number";

/**
 * One value of the prefix for each leaf of a tree, in the order of the leaves.
 *
 * `tree` may be the tree or its structure. Leaves of the prefix are what `isPrefixLeaf` holds for: numbers and `null` unless
 * given. A registered class's instance needs a prefix leaf, or an instance of its class (with the same aux) that holds prefixes.
 *
 * @throws TreeError that names the path at which the prefix does not fit the tree.
 * @example broadcastPrefix([0, { w: 1, b: null }], [{ x, y }, { w, b }]) // [0, 0, null, 1]
 */
export function broadcastPrefix(prefix: unknown, tree: unknown): (number | null)[];
export function broadcastPrefix<P>(
  prefix: unknown,
  tree: unknown,
  isPrefixLeaf: ((x: unknown) => x is P) | undefined,
  options?: PrefixOptions,
): P[];
export function broadcastPrefix(
  prefix: unknown,
  tree: unknown,
  isPrefixLeaf: (x: unknown) => boolean = isAxis,
  options: PrefixOptions = {},
): unknown[] {
  const structure = tree instanceof TreeStructure ? tree : treeStructure(tree, { op: options.op });
  const values: unknown[] = [];
  spread(prefix, structure, [], { values, isPrefixLeaf, options });
  return values;
}

interface Spread {
  readonly values: unknown[];
  readonly isPrefixLeaf: (x: unknown) => boolean;
  readonly options: PrefixOptions;
}

function spread(prefix: unknown, structure: TreeStructure, path: Path, context: Spread): void {
  if (context.isPrefixLeaf(prefix)) {
    for (let i = 0; i < structure.leafCount; i++) context.values.push(prefix);
    return;
  }
  const { form, children } = structure;
  if (form.kind === "undefined" && prefix === undefined) return;
  if (form.kind === "null" && prefix === null) return;
  if (form.kind === "static" && staticKey(prefix) === form.valueKey) return;
  if (form.kind === "class") {
    const container = takenApart(prefix, structure);
    if (container === undefined) throw misfit(prefix, structure, path, context);
    return spreadWithin(container, children[0], path, context);
  }
  spreadWithin(prefix, structure, path, context);
}

/** The items of a list or record go to the items below; the container itself is not asked whether it is a prefix leaf. */
function spreadWithin(prefix: unknown, structure: TreeStructure, path: Path, context: Spread): void {
  const { form, children } = structure;
  const fits =
    (form.kind === "list" && isList(prefix) && prefix.length === form.size) ||
    (form.kind === "record" && isRecord(prefix) && hasKeys(prefix, form.keys));
  if (!fits) throw misfit(prefix, structure, path, context);
  for (const [i, child] of children.entries()) {
    const step = stepTo(form, i);
    if (step !== undefined) spread(item(prefix, step), child, [...path, step], context);
  }
}

const hasKeys = (record: object, keys: readonly string[]): boolean =>
  Object.keys(record).length === keys.length && keys.every((key) => Object.hasOwn(record, key));

const item = (container: unknown, step: string | number): unknown => {
  if (isList(container)) return container[Number(step)];
  return isRecord(container) ? container[step] : undefined;
};

/** The children of a prefix that is an instance of the structure's class with the same aux. */
function takenApart(prefix: unknown, { form }: TreeStructure): Children | undefined {
  if (typeof prefix !== "object" || prefix === null) return undefined;
  const nodeClass = nodeClassOf(Object.getPrototypeOf(prefix));
  if (nodeClass === undefined || nodeClass !== form.nodeClass) return undefined;
  const [children, aux] = nodeClass.flatten(prefix);
  return staticKey(aux) === form.valueKey ? children : undefined;
}

function misfit(prefix: unknown, { form }: TreeStructure, path: Path, { options }: Spread): TreeError {
  const here = showPath(path, options.label ?? "prefix");
  const keys = form.kind === "record" ? ` with the keys ${form.keys.join(", ")}` : "";
  return new TreeError({
    op: options.op ?? "broadcastPrefix",
    expected: `a prefix that fits the tree: at ${here} one value for all below it, or what the tree has there (${describeForm(form)}${keys})`,
    received: describePrefix(prefix),
    remedy: "give a value for each part of the tree, or a single value in the place of a whole subtree; null stands for none",
  });
}

function describePrefix(prefix: unknown): string {
  if (isList(prefix)) return `a list of ${prefix.length}`;
  if (isRecord(prefix)) return `a record with the keys ${Object.keys(prefix).toSorted().join(", ")}`;
  if (prefix === null || prefix === undefined) return String(prefix);
  return describe(prefix);
}
