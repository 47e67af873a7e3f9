// Trees to leaves and structure, and back. This runs on every call of a jitted function, so the walk compares what it meets
// with a guess (the caller's hint, or what was met last) and makes nothing as long as the guess holds.

import { type ArrayLike, NDArray } from "../core/array.js";
import { TreeError } from "../core/errors.js";
import { diagnose, invalid, tooDeep } from "./diagnose.js";
import { type Path } from "./paths.js";
import { type NodeClass, nodeClassOf } from "./register.js";
import { isList, isRecord } from "./static.js";
import {
  type Form,
  type TreeStructure,
  classForm,
  leafStructure,
  listForm,
  nullStructure,
  recordForm,
  staticStructure,
  structureOf,
  undefinedStructure,
} from "./structure.js";
import type { Mapped } from "./types.js";

/** What `treeFlatten` gives: the leaves, in the order of sorted keys, and the structure that is left. */
export interface Flattened<T, L> {
  leaves: L[];
  structure: TreeStructure<T>;
}

interface SharedOptions {
  /** The operation that an error names. */
  readonly op?: string | undefined;
  /** What an error calls the tree: its path is printed after it, as in `params.layers[0]`. */
  readonly label?: string | undefined;
  /** The structure that the tree is expected to have; only speed depends on it. */
  readonly hint?: TreeStructure | undefined;
}

/** Options under which every leaf is an array, a number or a boolean. */
export interface FlattenOptions extends SharedOptions {
  readonly others?: "throw" | undefined;
  readonly isLeaf?: undefined;
}

/** Options under which a leaf may be anything. */
export interface FreeFlattenOptions extends SharedOptions {
  /**
   * What to do with what can be no leaf (strings, functions, instances of unregistered classes …): an error, which is the
   * default; a leaf like the others; or `static`, a part of the structure.
   */
  readonly others?: "throw" | "leaf" | "static" | undefined;
  /** Stops the descent: whatever it holds for is a leaf. */
  readonly isLeaf?: ((x: unknown) => boolean) | undefined;
}

const SUSPICIOUS_DEPTH = 200;
const GREATEST_DEPTH = 1000;

interface Walk {
  readonly leaves: unknown[];
  readonly root: unknown;
  readonly options: FreeFlattenOptions;
  readonly isLeaf: ((x: unknown) => boolean) | undefined;
  depth: number;
  searched: boolean;
}

/** The prototype of the array met last: `instanceof` is five times slower than this comparison, and it is most of the walk. */
let arrayPrototype: object | null = null;

function visit(x: unknown, walk: Walk, hint: TreeStructure | undefined): TreeStructure {
  if (typeof x === "number" || typeof x === "boolean") return leaf(x, walk);
  if (x !== null && typeof x === "object") {
    const prototype: object | null = Object.getPrototypeOf(x);
    if (prototype === arrayPrototype && prototype !== null) return leaf(x, walk);
    return visitObject(x, prototype, walk, hint);
  }
  if (walk.isLeaf !== undefined && walk.isLeaf(x)) return leaf(x, walk);
  if (x === null) return nullStructure;
  return x === undefined ? undefinedStructure : visitOther(x, walk);
}

function leaf(x: unknown, walk: Walk): TreeStructure {
  walk.leaves.push(x);
  return leafStructure;
}

function visitObject(x: object, prototype: object | null, walk: Walk, hint: TreeStructure | undefined): TreeStructure {
  if (x instanceof NDArray) {
    arrayPrototype = prototype;
    return leaf(x, walk);
  }
  if (walk.isLeaf !== undefined && walk.isLeaf(x)) return leaf(x, walk);
  if (isRecord(x)) return visitRecord(x, walk, hint);
  if (isList(x)) return visitList(x, walk, hint);
  const nodeClass = prototype === null ? undefined : nodeClassOf(prototype);
  return nodeClass === undefined ? visitOther(x, walk) : visitInstance(x, nodeClass, walk, hint);
}

function visitInstance(x: object, nodeClass: NodeClass, walk: Walk, hint: TreeStructure | undefined): TreeStructure {
  const [children, aux] = nodeClass.flatten(x);
  const form = classForm(nodeClass, aux);
  const guess = hint?.form === form ? hint : form.recent;
  descend(walk);
  const child = visit(children, walk, guess?.children[0]);
  walk.depth--;
  return guess !== undefined && guess.children[0] === child ? guess : structureOf(form, [child]);
}

function visitList(list: readonly unknown[], walk: Walk, hint: TreeStructure | undefined): TreeStructure {
  const form = hint?.form.kind === "list" && hint.form.size === list.length ? hint.form : listForm(list.length);
  const guess = hint?.form === form ? hint : form.recent;
  let children: TreeStructure[] | undefined;
  descend(walk);
  for (let i = 0; i < list.length; i++) {
    const expected = guess?.children[i];
    const child = visit(list[i], walk, expected);
    if (children !== undefined) children.push(child);
    else if (child !== expected) children = startChildren(guess, i, child);
  }
  walk.depth--;
  return guess !== undefined && children === undefined ? guess : structureOf(form, children ?? []);
}

function visitRecord(record: Readonly<Record<string, unknown>>, walk: Walk, hint: TreeStructure | undefined): TreeStructure {
  let form = hint?.form;
  let values = form === undefined ? undefined : valuesInOrder(record, form);
  if (form === undefined || values === undefined) {
    form = recordForm(Object.keys(record));
    values = form.keys.map((key) => record[key]);
  }
  const guess = hint?.form === form ? hint : form.recent;
  let children: TreeStructure[] | undefined;
  descend(walk);
  for (let i = 0; i < values.length; i++) {
    const expected = guess?.children[i];
    const child = visit(values[i], walk, expected);
    if (children !== undefined) children.push(child);
    else if (child !== expected) children = startChildren(guess, i, child);
  }
  walk.depth--;
  return guess !== undefined && children === undefined ? guess : structureOf(form, children ?? []);
}

/** The values in the order of sorted keys, if the record has the form's keys in the order in which they were met last. */
function valuesInOrder(record: Readonly<Record<string, unknown>>, { kind, order, ranks }: Form): unknown[] | undefined {
  if (kind !== "record") return undefined;
  const values: unknown[] = new Array(ranks.length);
  let met = 0;
  // Engines read properties faster in `for … in` than by a list of keys; an inherited one is no key of the form, and ends it.
  for (const key in record) {
    if (key !== order[met]) return undefined;
    values[ranks[met++]] = record[key];
  }
  return met === ranks.length ? values : undefined;
}

/** The children up to and with the first that is not as guessed. */
function startChildren(guess: TreeStructure | undefined, i: number, child: TreeStructure): TreeStructure[] {
  const children = guess === undefined ? [] : guess.children.slice(0, i);
  children.push(child);
  return children;
}

function visitOther(x: unknown, walk: Walk): TreeStructure {
  if (walk.options.others === "static") return staticStructure(x);
  if (walk.options.others !== "leaf") throw diagnose(walk.root, walk.options) ?? invalid(walk.options, [], x);
  walk.leaves.push(x);
  return leafStructure;
}

/** A tree that contains itself shows by its depth; only then is it worth looking for the cycle. */
function descend(walk: Walk): void {
  walk.depth++;
  if (walk.depth > SUSPICIOUS_DEPTH && !walk.searched) {
    walk.searched = true;
    const error = diagnose(walk.root, { ...walk.options, others: walk.options.others ?? "leaf" }, GREATEST_DEPTH);
    if (error !== undefined) throw error;
  }
  if (walk.depth > GREATEST_DEPTH) throw tooDeep(walk.options, GREATEST_DEPTH);
}

/**
 * Takes a tree apart into its leaves and its structure.
 *
 * A tree is any nesting of arrays (numbers and booleans too), lists, plain records, `null`, `undefined` and instances of
 * registered classes. Leaves come in the order of lists and of sorted keys; `null` and `undefined` have none.
 *
 * @throws TreeError for anything else, naming its path, unless `others` says what to do; and for a tree that contains itself.
 * @example
 * const { leaves, structure } = treeFlatten({ w: np.ones([2]), b: 0 });
 * leaves.length; // 2
 * structure.toString(); // "{b: *, w: *}"
 */
export function treeFlatten<T>(tree: T, options?: FlattenOptions): Flattened<T, ArrayLike>;
export function treeFlatten<T>(tree: T, options: FreeFlattenOptions): Flattened<T, unknown>;
export function treeFlatten(tree: unknown, options: FreeFlattenOptions = {}): Flattened<unknown, unknown> {
  const leaves: unknown[] = [];
  const structure = visit(tree, { leaves, root: tree, options, isLeaf: options.isLeaf, depth: 0, searched: false }, options.hint);
  return { leaves, structure };
}

/**
 * The tree of this structure with these leaves, which may be of any type; the inverse of `treeFlatten`.
 * Lists, records and class instances are new objects; records have their keys in sorted order.
 *
 * @throws TreeError unless there are as many leaves as the structure has places.
 * @example treeUnflatten(treeStructure({ a: 0, b: [0, 0] }), ["x", "y", "z"]) // { a: "x", b: ["y", "z"] }
 */
export function treeUnflatten<T, L>(structure: TreeStructure<T>, leaves: readonly L[]): Mapped<T, L>;
export function treeUnflatten(structure: TreeStructure, leaves: readonly unknown[]): unknown {
  if (leaves.length === structure.leafCount) return rebuild(structure, { leaves, next: 0 });
  throw new TreeError({
    op: "treeUnflatten",
    expected: `${structure.leafCount} leaves for the structure ${structure}`,
    received: `${leaves.length}`,
    remedy: "pass one value for each leaf, in the order that treeFlatten gave them",
  });
}

interface Supply {
  readonly leaves: readonly unknown[];
  next: number;
}

function rebuild({ form, children }: TreeStructure, supply: Supply): unknown {
  switch (form.kind) {
    case "leaf":
      return supply.leaves[supply.next++];
    case "null":
      return null;
    case "undefined":
      return undefined;
    case "list":
      return children.map((child) => rebuild(child, supply));
    case "record":
      return rebuildRecord(form, children, supply);
    case "class": {
      const container = rebuild(children[0], supply);
      return form.nodeClass?.unflatten(form.value, container as Readonly<Record<string, unknown>>);
    }
    case "static":
      return form.value;
    default:
      return form.kind satisfies never;
  }
}

function rebuildRecord({ keys }: Form, children: readonly TreeStructure[], supply: Supply): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (let i = 0; i < keys.length; i++) {
    const value = rebuild(children[i], supply);
    // Plain assignment to this one key would set the prototype.
    if (keys[i] === "__proto__") Object.defineProperty(record, keys[i], { value, writable: true, enumerable: true, configurable: true });
    else record[keys[i]] = value;
  }
  return record;
}

/**
 * The structure of a tree.
 *
 * @throws TreeError as `treeFlatten` does.
 * @example treeStructure({ a: 1, b: [2, 3] }).toString() // "{a: *, b: [*, *]}"
 */
export const treeStructure = <T>(tree: T, options: FreeFlattenOptions = {}): TreeStructure<T> => treeFlatten(tree, options).structure;

/**
 * The leaves of a tree, in the order of lists and of sorted keys.
 *
 * @throws TreeError as `treeFlatten` does.
 * @example treeLeaves({ b: [2, 3], a: 1 }) // [1, 2, 3]
 */
export const treeLeaves = (tree: unknown, options: FlattenOptions = {}): ArrayLike[] => treeFlatten(tree, options).leaves;

/**
 * The leaves of a tree, each with its path; `showPath` makes text of a path.
 *
 * @throws TreeError as `treeFlatten` does.
 * @example treeLeavesWithPath({ b: [2, 3] }).map(([path]) => showPath(path)) // [".b[0]", ".b[1]"]
 */
export function treeLeavesWithPath(tree: unknown, options: FlattenOptions = {}): [path: Path, leaf: ArrayLike][] {
  const { leaves, structure } = treeFlatten(tree, options);
  const paths = structure.paths();
  return leaves.map((leaf, i) => [paths[i], leaf]);
}
