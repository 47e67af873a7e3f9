// Lengths of trees. Squares are summed in float64, so that float32 gradients of 1e30 or 1e-30 have a length too, and roots
// have a derivative of zero at zero, so that updates can be differentiated there.

import { type NDArray, asArray, scalar } from "../core/array.js";
import { type DType, isFloat, promoteTypes } from "../core/dtype.js";
import { floatOf } from "../numpy/promote.js";
import { add, mul, square } from "../ops/arithmetic.js";
import { reduceSum } from "../ops/broadcast.js";
import { eq } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { sqrt } from "../ops/exponential.js";
import { select } from "../ops/select.js";
import { treeLeaves } from "../tree/index.js";

const arraysOf = (op: string, tree: unknown): NDArray[] => treeLeaves(tree, { op }).map((leaf) => asArray(leaf, op));

/** A leaf in float64. */
export const wide = (x: NDArray): NDArray => convertElementType(x, "float64");

/** The sum of the squares of a leaf (over `axes`, if given), in float64. */
export const sumOfSquares = (x: NDArray, axes?: readonly number[]): NDArray => reduceSum(square(wide(x)), axes);

/** The root of what is not negative; its derivative at zero is zero. NaN stays NaN. */
export function rootOf(x: NDArray): NDArray {
  const zero = eq(x, 0);
  return select(zero, 0, sqrt(select(zero, 1, x)));
}

/** `x`, but 1 where it is zero: what may be divided by. */
export const divisor = (x: NDArray): NDArray => select(eq(x, 0), 1, x);

/** The sum of a float64 number for each leaf (or for leaves of several trees together). */
export function sumOverLeaves(op: string, of: (...leaves: NDArray[]) => NDArray, ...trees: readonly unknown[]): NDArray {
  const columns = trees.map((tree) => arraysOf(op, tree));
  return columns[0].map((_, i) => of(...columns.map((leaves) => leaves[i]))).reduce(add, scalar(0, "float64"));
}

/** The scalar product of two trees, in float64. */
export const innerProduct = (op: string, a: unknown, b: unknown): NDArray =>
  sumOverLeaves(op, (x, y) => reduceSum(mul(wide(x), wide(y))), a, b);

/** The square of the length of a tree, in float64. */
export const squaredNorm = (op: string, tree: unknown): NDArray => sumOverLeaves(op, (x) => sumOfSquares(x), tree);

/** The length of a tree, in float64. */
export const wideNorm = (op: string, tree: unknown): NDArray => rootOf(squaredNorm(op, tree));

/** The widest floating dtype among the leaves; float32 if there is none. */
export const widestFloat = (op: string, tree: unknown): "float32" | "float64" =>
  floatOf(
    arraysOf(op, tree)
      .map((leaf) => leaf.dtype)
      .filter(isFloat)
      .reduce<DType>((a, b) => promoteTypes(a, b, op), "float32"),
  );

/**
 * The Euclidean length of all leaves of a tree together, a scalar in the widest floating dtype among them. Squares are
 * summed in float64, so it does not overflow in float32 before the length itself does. As `optax.global_norm`.
 *
 * @throws TreeError for what can be no leaf.
 * @example optim.globalNorm({ w: np.array([3, 0]), b: np.array(4) }).item() // 5
 */
export const globalNorm = (tree: unknown): NDArray => convertElementType(wideNorm("globalNorm", tree), widestFloat("globalNorm", tree));
