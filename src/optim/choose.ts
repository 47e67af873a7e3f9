// Choice between two trees by one condition: every leaf of one, bit for bit, or every leaf of the other.

import type { NDArray } from "../core/array.js";
import { add } from "../ops/arithmetic.js";
import { bitAnd } from "../ops/bitwise.js";
import { isFinite } from "../ops/compare.js";
import { isFloat } from "../core/dtype.js";
import { full } from "../ops/layout.js";
import { reduceAnd } from "../ops/reduce.js";
import { select } from "../ops/select.js";
import { treeLeaves } from "../tree/index.js";
import { asArray, scalar } from "../core/array.js";
import { mapLeaves, zerosOf } from "./transformation.js";

/** `onTrue` where the scalar condition holds, else `onFalse`; neither influences the other. */
export const chooseTree = <T>(condition: NDArray, onTrue: T, onFalse: T): T =>
  mapLeaves((x, y) => select(condition, x, y), onTrue, onFalse);

/** `tree` where the scalar condition holds, else zeros. */
export const treeOrZeros = <T>(condition: NDArray, tree: T): T => chooseTree(condition, tree, zerosOf(tree));

/** A tree of new arrays with the same elements: what may be donated while the first stays. */
export const copyOf = <T>(tree: T): T => mapLeaves((x) => (x.dtype === "bool" ? select(true, x, x) : add(x, 0)), tree);

/** Whether all elements of all leaves are finite: a bool scalar. */
export const allFinite = (tree: unknown): NDArray =>
  treeLeaves(tree)
    .map((leaf) => asArray(leaf, "isfinite"))
    .filter((leaf) => isFloat(leaf.dtype))
    .map((leaf) => reduceAnd(isFinite(leaf)))
    .reduce((a, b) => bitAnd(a, b), full([], true, "bool"));

/** An int32 scalar. */
export const int32 = (value: number): NDArray => scalar(value, "int32");
