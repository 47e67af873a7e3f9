// Masks: which leaves of a tree a transformation concerns. A mask enters with a tree, a boolean for each leaf leaves; what a
// mask leaves out becomes `null`, a subtree without leaves, so that what runs on the rest keeps no state for it.

import { type NDArray, asArray } from "../core/array.js";
import { TypeMismatchError } from "../core/errors.js";
import { type Path, broadcastPrefix, showPath, treeFlatten, treeUnflatten } from "../tree/index.js";

/** Whether a leaf is concerned. Only its path, shape and dtype may decide: its elements may be traced. */
export type MaskFunction = (path: Path, leaf: NDArray) => boolean;

/** A tree of booleans (or a prefix of one: a boolean speaks for all that is below it), or a function of path and leaf. */
export type Mask = boolean | object | MaskFunction;

type IsMark<T> = (x: unknown) => x is T;

/** What a tree of marks, or a function of path and leaf, says of each leaf of `tree`, in the order of the leaves. */
export function marksOf<T>(op: string, label: string, given: unknown, tree: unknown, isMark: IsMark<T>): T[] {
  const { leaves, structure } = treeFlatten(tree, { op });
  if (typeof given !== "function") return broadcastPrefix(given, structure, isMark, { op, label });
  const paths = structure.paths();
  return leaves.map((leaf, i) => {
    const mark: unknown = given(paths[i], asArray(leaf, op));
    if (isMark(mark)) return mark;
    throw new TypeMismatchError({
      op,
      expected: `${label} to give a ${label === "mask" ? "boolean" : "string"} for every leaf`,
      received: `${mark === null ? "null" : typeof mark} at ${showPath(paths[i])}`,
      remedy: "decide by the path, the shape or the dtype of the leaf",
    });
  });
}

const isBoolean = (x: unknown): x is boolean => typeof x === "boolean";

/**
 * For each leaf of `tree`, whether the mask holds.
 *
 * @throws TreeError where a tree of booleans does not fit; TypeMismatchError where a function gives something else.
 */
export const maskOf = (op: string, mask: Mask, tree: unknown): boolean[] => marksOf(op, "mask", mask, tree, isBoolean);

/** The tree with `null` where `kept` is false. Its type stays, although it is then a tree with fewer leaves. */
export function keepLeaves<T>(tree: T, kept: readonly boolean[]): T;
export function keepLeaves(tree: unknown, kept: readonly boolean[]): unknown {
  const { leaves, structure } = treeFlatten(tree);
  return treeUnflatten<unknown, unknown>(
    structure,
    leaves.map((leaf, i) => (kept[i] ? leaf : null)),
  );
}

/** `tree` with its leaves exchanged, where `kept` is true, for those of a tree that `keepLeaves` has made, in order. */
export function putLeaves<T>(tree: T, kept: readonly boolean[], fewer: unknown): T;
export function putLeaves(tree: unknown, kept: readonly boolean[], fewer: unknown): unknown {
  const { leaves, structure } = treeFlatten(tree);
  const put = treeFlatten(fewer).leaves;
  let next = 0;
  return treeUnflatten<unknown, unknown>(
    structure,
    leaves.map((leaf, i) => (kept[i] ? put[next++] : leaf)),
  );
}
