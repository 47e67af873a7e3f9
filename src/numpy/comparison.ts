// Comparison, truth and classification of numbers: bool results, broadcast; NaN is unequal to everything.

import type { ArrayLike, NDArray } from "../core/array.js";
import { isFloat } from "../core/dtype.js";
import { abs, div } from "../ops/arithmetic.js";
import { bitAnd, bitNot, bitOr, bitXor } from "../ops/bitwise.js";
import * as ops from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { full } from "../ops/layout.js";
import { type Unary, binary, unary } from "./pointwise.js";
import { broadcastTogether, promote } from "./promote.js";

/**
 * Whether `x = y`, element by element. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.equal(np.array([1, 2]), 2) // [false, true]
 */
export const equal = binary("equal", ops.eq);

/**
 * Whether `x ≠ y`, element by element; true where either is NaN. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.notEqual(np.array([1, NaN]), np.array([1, NaN])) // [false, true]
 */
export const notEqual = binary("notEqual", ops.ne);

/**
 * Whether `x > y`, element by element. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.greater(np.array([1, 2, 3]), 2) // [false, false, true]
 */
export const greater = binary("greater", ops.gt);

/**
 * Whether `x ≥ y`, element by element. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.greaterEqual(np.array([1, 2, 3]), 2) // [false, true, true]
 */
export const greaterEqual = binary("greaterEqual", ops.ge);

/**
 * Whether `x < y`, element by element. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.less(np.array([1, 2, 3]), 2) // [true, false, false]
 */
export const less = binary("less", ops.lt);

/**
 * Whether `x ≤ y`, element by element. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.lessEqual(np.array([1, 2, 3]), 2) // [true, true, false]
 */
export const lessEqual = binary("lessEqual", ops.le);

/** `x` as truth values: whether each element is not zero. NaN is true. */
export const truth = (op: string, x: ArrayLike): NDArray => convertElementType(promote(op, x)[0], "bool");

const logical =
  (op: string, combine: (x: NDArray, y: NDArray) => NDArray) =>
  (x: ArrayLike, y: ArrayLike): NDArray => {
    const [a, b] = broadcastTogether(op, truth(op, x), truth(op, y));
    return combine(a, b);
  };

/**
 * Whether both `x` and `y` are true (not zero), element by element. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.logicalAnd(np.array([true, true]), np.array([true, false])) // [true, false]
 */
export const logicalAnd = logical("logicalAnd", bitAnd);

/**
 * Whether `x` or `y` is true (not zero), element by element. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.logicalOr(np.array([false, true]), false) // [false, true]
 */
export const logicalOr = logical("logicalOr", bitOr);

/**
 * Whether one of `x` and `y`, but not both, is true (not zero), element by element. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.logicalXor(np.array([false, true]), true) // [true, false]
 */
export const logicalXor = logical("logicalXor", bitXor);

/**
 * Whether each element is false (zero).
 *
 * @example np.logicalNot(np.array([0, 2])) // [true, false]
 */
export const logicalNot = (x: ArrayLike): NDArray => bitNot(truth("logicalNot", x));

/** A question about floats; integers and bool all give the same answer. */
const classification = (op: string, ofFloat: (x: NDArray) => NDArray, otherwise: boolean): Unary =>
  unary(op, (x) => (isFloat(x.dtype) ? ofFloat(x) : full(x.shape, otherwise, "bool")));

/**
 * Whether each element is NaN.
 *
 * @example np.isnan(np.array([1, NaN])) // [false, true]
 */
export const isnan = classification("isnan", (x) => ops.ne(x, x), false);

/**
 * Whether each element is ∞ or −∞.
 *
 * @example np.isinf(np.array([1, -Infinity])) // [false, true]
 */
export const isinf = classification("isinf", (x) => ops.eq(abs(x), Infinity), false);

/**
 * Whether each element is ∞.
 *
 * @example np.isposinf(np.array([Infinity, -Infinity])) // [true, false]
 */
export const isposinf = classification("isposinf", (x) => ops.eq(x, Infinity), false);

/**
 * Whether each element is −∞.
 *
 * @example np.isneginf(np.array([Infinity, -Infinity])) // [false, true]
 */
export const isneginf = classification("isneginf", (x) => ops.eq(x, -Infinity), false);

/**
 * Whether each element is neither NaN nor infinite.
 *
 * @example np.isfinite(np.array([1, NaN, Infinity])) // [true, false, false]
 */
export const isfinite = classification("isfinite", ops.isFinite, true);

/**
 * Whether the sign bit of each element is set: negative numbers, −0 among them.
 *
 * @example np.signbit(np.array([-0, 0, -2])) // [true, false, true]
 */
export const signbit = unary("signbit", (x) => {
  if (x.dtype === "bool") return full(x.shape, false, "bool");
  // 1 / −0 is −∞, which tells it from 0.
  return isFloat(x.dtype) ? bitOr(ops.lt(x, 0), bitAnd(ops.eq(x, 0), ops.lt(div(1, x), 0))) : ops.lt(x, 0);
});
