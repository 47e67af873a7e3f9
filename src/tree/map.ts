// Functions over the leaves of one tree, or of several of the same structure.

import { type ArrayLike, type NDArray, asArray } from "../core/array.js";
import { checkSameStructure } from "./compare.js";
import { treeFlatten, treeUnflatten } from "./flatten.js";
import type { Path } from "./paths.js";
import type { TreeStructure } from "./structure.js";
import type { Leaf, Mapped } from "./types.js";

/** The leaves of each of the trees. */
export type LeavesOf<Trees extends readonly unknown[]> = { [K in keyof Trees]: Leaf<Trees[K]> };

interface Columns<T> {
  readonly structure: TreeStructure<T>;
  /** One list of leaves a tree; all of the same length. */
  readonly columns: readonly (readonly ArrayLike[])[];
}

/** Flattens trees that must agree. */
function flattenAll<T>(op: string, tree: T, rest: readonly unknown[]): Columns<T> {
  const { leaves, structure } = treeFlatten(tree, { op });
  const others = rest.map((other, i) => {
    const flat = treeFlatten(other, { op, hint: structure });
    checkSameStructure(op, structure, flat.structure, rest.length === 1 ? undefined : ["in the first tree", `in tree ${i + 2}`]);
    return flat.leaves;
  });
  return { structure, columns: [leaves, ...others] };
}

const row = (columns: readonly (readonly ArrayLike[])[], i: number): ArrayLike[] => columns.map((leaves) => leaves[i]);

/**
 * Applies `f` to each leaf of a tree, or to the corresponding leaves of several trees of the same structure.
 *
 * The result has the first tree's structure; where `f` gives arrays, it has its type too.
 *
 * @throws TreeError that lists the paths at which the trees differ, or names the path of what can be no leaf.
 * @example treeMap((p, g) => p.sub(g.mul(0.1)), params, grads)
 */
export function treeMap<T, R, Rest extends readonly unknown[]>(
  f: (leaf: Leaf<T>, ...rest: LeavesOf<Rest>) => R,
  tree: T,
  ...rest: Rest
): Mapped<T, R>;
export function treeMap(f: (...leaves: ArrayLike[]) => unknown, tree: unknown, ...rest: unknown[]): unknown {
  const { structure, columns } = flattenAll("treeMap", tree, rest);
  return treeUnflatten(
    structure,
    columns[0].map((_, i) => f(...row(columns, i))),
  );
}

/**
 * `treeMap` for trees of a type that is not known: number and boolean leaves come to `f` as arrays.
 *
 * @throws TreeError as `treeMap` does.
 * @example const double = <P>(params: P) => treeMapArrays((p) => p.mul(2), params);
 */
export function treeMapArrays<T, R>(f: (leaf: NDArray, ...rest: NDArray[]) => R, tree: T, ...rest: readonly unknown[]): Mapped<T, R> {
  const { structure, columns } = flattenAll("treeMapArrays", tree, rest);
  const arrays = columns.map((leaves) => leaves.map((leaf) => asArray(leaf, "treeMapArrays")));
  return treeUnflatten(
    structure,
    arrays[0].map((leaf, i) => f(leaf, ...arrays.slice(1).map((leaves) => leaves[i]))),
  );
}

/**
 * `treeMap` whose function gets the path of the leaf first; `showPath` makes text of it.
 *
 * @throws TreeError as `treeMap` does.
 * @example treeMapWithPath((path) => showPath(path), { a: 1, b: [2] }) // { a: ".a", b: [".b[0]"] }
 */
export function treeMapWithPath<T, R, Rest extends readonly unknown[]>(
  f: (path: Path, leaf: Leaf<T>, ...rest: LeavesOf<Rest>) => R,
  tree: T,
  ...rest: Rest
): Mapped<T, R>;
export function treeMapWithPath(f: (path: Path, ...leaves: ArrayLike[]) => unknown, tree: unknown, ...rest: unknown[]): unknown {
  const { structure, columns } = flattenAll("treeMapWithPath", tree, rest);
  return treeUnflatten(
    structure,
    structure.paths().map((path, i) => f(path, ...row(columns, i))),
  );
}

/**
 * Folds the leaves of a tree, in order, from `initial`.
 *
 * @throws TreeError for what can be no leaf.
 * @example treeReduce((count, leaf) => count + leaf.size, params, 0) // the number of parameters
 */
export function treeReduce<T, R>(f: (reduced: R, leaf: Leaf<T>) => R, tree: T, initial: R): R;
export function treeReduce<R>(f: (reduced: R, leaf: ArrayLike) => R, tree: unknown, initial: R): R {
  return treeFlatten(tree, { op: "treeReduce" }).leaves.reduce(f, initial);
}

/**
 * Whether `test` holds for every leaf of a tree, or for the corresponding leaves of several trees of the same structure.
 *
 * @throws TreeError as `treeMap` does.
 * @example treeAll((a, b) => a.dtype === b.dtype, params, grads)
 */
export function treeAll<T, Rest extends readonly unknown[]>(
  test: (leaf: Leaf<T>, ...rest: LeavesOf<Rest>) => boolean,
  tree: T,
  ...rest: Rest
): boolean;
export function treeAll(test: (...leaves: ArrayLike[]) => boolean, tree: unknown, ...rest: unknown[]): boolean {
  const { columns } = flattenAll("treeAll", tree, rest);
  return columns[0].every((_, i) => test(...row(columns, i)));
}
