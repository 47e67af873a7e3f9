// A tree of trees turned inside out: a list of records to a record of lists.

import type { NDArray } from "../core/array.js";
import { checkSameStructure } from "./compare.js";
import { treeFlatten, treeUnflatten } from "./flatten.js";
import { type TreeStructure, structureOf } from "./structure.js";
import type { Mapped } from "./types.js";

/** The structure of a tree of `outer` with a tree of `inner` in the place of each leaf. */
export function composeStructures(outer: TreeStructure, inner: TreeStructure): TreeStructure {
  if (outer.form.kind === "leaf") return inner;
  if (outer.leafCount === 0) return outer;
  return structureOf(
    outer.form,
    outer.children.map((child) => composeStructures(child, inner)),
  );
}

/**
 * Turns a tree of structure `outer` whose leaves are trees of structure `inner` into a tree of `inner` whose leaves are
 * trees of `outer`.
 *
 * @throws TreeError that lists the differing paths, unless the tree has the structure of `inner` within `outer`.
 * @example treeTranspose(treeStructure([0, 0]), treeStructure({ a: 0, b: 0 }), [{ a: 1, b: 2 }, { a: 3, b: 4 }]) // { a: [1, 3], b: [2, 4] }
 */
export function treeTranspose<O, I>(outer: TreeStructure<O>, inner: TreeStructure<I>, tree: unknown): Mapped<I, Mapped<O, NDArray>>;
export function treeTranspose(outer: TreeStructure, inner: TreeStructure, tree: unknown): unknown {
  const op = "treeTranspose";
  const expected = composeStructures(outer, inner);
  const { leaves, structure } = treeFlatten(tree, { op, hint: expected });
  checkSameStructure(op, expected, structure, ["in outer of inner", "in the tree"]);
  const columns = Array.from({ length: inner.leafCount }, (_, j) =>
    treeUnflatten(
      outer,
      Array.from({ length: outer.leafCount }, (_, i) => leaves[i * inner.leafCount + j]),
    ),
  );
  return treeUnflatten(inner, columns);
}
