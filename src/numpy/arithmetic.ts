// Arithmetic with NumPy's promotion and broadcasting: sums, products, quotients, remainders, extrema and choices of sign.

import type { ArrayLike, NDArray } from "../core/array.js";
import { isFloat, isSigned } from "../core/dtype.js";
import * as ops from "../ops/arithmetic.js";
import { bitAnd, bitOr } from "../ops/bitwise.js";
import { eq, gt, lt, ne } from "../ops/compare.js";
import { select } from "../ops/select.js";
import { checkDTypes } from "../ops/pointwise.js";
import { signbit } from "./comparison.js";
import { binary, floatBinary, floatUnary, numericBinary, unary } from "./pointwise.js";
import { broadcastTogether, operandsOf, promote } from "./promote.js";

/**
 * `x + y`. Broadcasts; integers wrap, bool adds as "or".
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.add(np.array([1, 2]), 10) // [11, 12]
 */
export const add = binary("add", (x, y) => (x.dtype === "bool" ? bitOr(x, y) : ops.add(x, y)));

/**
 * `x − y`. Broadcasts; integers wrap.
 *
 * @throws ShapeError when the shapes do not broadcast; DTypeError for bool (use logicalXor).
 * @example np.subtract(np.array([1, 2]), 1) // [0, 1]
 */
export const subtract = numericBinary("subtract", ops.sub);

/**
 * `x · y`. Broadcasts; integers wrap, bool multiplies as "and".
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.multiply(np.array([1, 2]), 3) // [3, 6]
 */
export const multiply = binary("multiply", (x, y) => (x.dtype === "bool" ? bitAnd(x, y) : ops.mul(x, y)));

/**
 * `x / y`, always floating point. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.divide(np.array([1, 2]), 4) // [0.25, 0.5]
 */
export const divide = floatBinary("divide", ops.div);

export { divide as trueDivide };

/**
 * `−x`. Integers wrap.
 *
 * @throws DTypeError for bool (use logicalNot).
 * @example np.negative(np.array([1, -2])) // [-1, 2]
 */
export const negative = unary("negative", (x) => {
  checkDTypes("negative", [x.aval], "number");
  return ops.neg(x);
});

/**
 * `x` itself, as an array.
 *
 * @throws DTypeError for bool.
 * @example np.positive(3) // 3
 */
export const positive = unary("positive", (x) => {
  checkDTypes("positive", [x.aval], "number");
  return x;
});

/**
 * `|x|`; its derivative at 0 is 0.
 *
 * @example np.abs(np.array([1, -2])) // [1, 2]
 */
export const abs = unary("abs", (x) => (isSigned(x.dtype) || isFloat(x.dtype) ? ops.abs(x) : x));

export { abs as absolute };

/**
 * `|x|`, always floating point.
 *
 * @example np.fabs(np.array([-2], { dtype: "int32" })) // [2]
 */
export const fabs = floatUnary("fabs", ops.abs);

/**
 * −1, 0 or 1 by the sign of each element; NaN stays NaN.
 *
 * @throws DTypeError for bool.
 * @example np.sign(np.array([-3, 0, 2])) // [-1, 0, 1]
 */
export const sign = unary("sign", (x) => {
  checkDTypes("sign", [x.aval], "number");
  return ops.sign(x);
});

/**
 * `x²`. Integers wrap.
 *
 * @throws DTypeError for bool.
 * @example np.square(np.array([2, -3])) // [4, 9]
 */
export const square = unary("square", (x) => {
  checkDTypes("square", [x.aval], "number");
  return ops.square(x);
});

/**
 * `1 / x`, always floating point.
 *
 * @example np.reciprocal(np.array([2, -4])) // [0.5, -0.25]
 */
export const reciprocal = floatUnary("reciprocal", (x) => ops.div(1, x));

// XLA leaves an integer modulo 0 as it is; NumPy and jax.numpy make it 0.
const divisor = (y: NDArray): NDArray => (isFloat(y.dtype) ? y : select(eq(y, 0), 1, y));

/** Whether a remainder that is not zero has not the sign of the divisor: where floor and truncation differ. */
const crosses = (truncated: NDArray, y: NDArray): NDArray => bitAnd(ne(truncated, 0), ne(lt(truncated, 0), lt(y, 0)));

const flooredRemainder = (x: NDArray, y: NDArray): NDArray => {
  const truncated = ops.rem(x, divisor(y));
  return select(crosses(truncated, y), ops.add(truncated, y), truncated);
};

/**
 * The remainder of `x / y` with the sign of `y`, as Python's `%`; an integer modulo 0 is 0. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast; DTypeError for bool.
 * @example np.remainder(np.array([5, -5]), 3) // [2, 1]
 */
export const remainder = numericBinary("remainder", flooredRemainder);

export { remainder as mod };

/**
 * The remainder of `x / y` with the sign of `x`, as C's `fmod`; an integer modulo 0 is 0. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast; DTypeError for bool.
 * @example np.fmod(np.array([5, -5]), 3) // [2, -2]
 */
export const fmod = numericBinary("fmod", (x, y) => ops.rem(x, divisor(y)));

function flooredQuotient(x: NDArray, y: NDArray): NDArray {
  if (!isFloat(x.dtype)) {
    const quotient = ops.div(x, y);
    return isSigned(x.dtype) ? select(crosses(ops.rem(x, divisor(y)), y), ops.sub(quotient, 1), quotient) : quotient;
  }
  // (x − rem) / y is an integer up to rounding, which the quotient of x and y alone might carry over (CPython, float_divmod).
  const zero = eq(y, 0);
  const nonzero = select(zero, 1, y);
  const truncated = ops.rem(x, nonzero);
  const whole = ops.round(ops.div(ops.sub(x, truncated), nonzero), "toNearestEven");
  return select(zero, ops.floor(ops.div(x, y)), select(crosses(truncated, nonzero), ops.sub(whole, 1), whole));
}

/**
 * `x / y` rounded down, in the common dtype; floats give ±∞ or NaN for `y = 0`, integers −1 (unsigned: the maximum). Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast; DTypeError for bool.
 * @example np.floorDivide(np.array([5, -5]), 3) // [1, -2]
 */
export const floorDivide = numericBinary("floorDivide", flooredQuotient);

/**
 * `[floorDivide(x, y), remainder(x, y)]`. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast; DTypeError for bool.
 * @example np.divmod(np.array([5, -5]), 3) // [[1, -2], [2, 1]]
 */
export const divmod = (x: ArrayLike, y: ArrayLike): readonly [quotient: NDArray, remainder: NDArray] => {
  const [a, b] = operandsOf("divmod", x, y);
  checkDTypes("divmod", [a.aval], "number");
  return [flooredQuotient(a, b), flooredRemainder(a, b)];
};

/**
 * The larger of `x` and `y`; NaN if either is. At ties each carries half of the derivative. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.maximum(np.array([-1, 2]), 0) // [0, 2]
 */
export const maximum = binary("maximum", ops.max);

/**
 * The smaller of `x` and `y`; NaN if either is. At ties each carries half of the derivative. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.minimum(np.array([-1, 2]), 0) // [-1, 0]
 */
export const minimum = binary("minimum", ops.min);

/** Each operand, or the other one where it is NaN. */
const unlessNaN = (x: NDArray, y: NDArray): [NDArray, NDArray] => [select(ne(x, x), y, x), select(ne(y, y), x, y)];

const ignoringNaN = (op: string, choose: (x: NDArray, y: NDArray) => NDArray) =>
  binary(op, (x, y) => {
    if (!isFloat(x.dtype)) return choose(x, y);
    const [a, b] = unlessNaN(x, y);
    return choose(a, b);
  });

/**
 * The larger of `x` and `y`, or the one that is not NaN. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.fmax(np.array([NaN, 2]), 1) // [1, 2]
 */
export const fmax = ignoringNaN("fmax", ops.max);

/**
 * The smaller of `x` and `y`, or the one that is not NaN. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.fmin(np.array([NaN, 2]), 1) // [1, 1]
 */
export const fmin = ignoringNaN("fmin", ops.min);

/**
 * `x` limited to `min … max`, which broadcast against it; a bound that is left out (or null) does not limit. At a bound
 * the operand and the bound carry half of the derivative each.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.clip(np.array([-2, 0.5, 3]), 0, 1) // [0, 0.5, 1]
 */
export function clip(x: ArrayLike, min?: ArrayLike | null, max?: ArrayLike | null): NDArray {
  const bounds = [min ?? undefined, max ?? undefined];
  const given = bounds.filter((bound) => bound !== undefined);
  const [array, ...limits] = promote("clip", x, ...given);
  let result = array;
  bounds.forEach((bound, k) => {
    if (bound === undefined) return;
    const limit = k === 0 ? limits[0] : limits[limits.length - 1];
    const [a, b] = broadcastTogether("clip", result, limit);
    result = k === 0 ? ops.max(a, b) : ops.min(a, b);
  });
  return result;
}

/**
 * The magnitude of `x` with the sign of `y`. Floating point; broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.copysign(np.array([1, -2]), -0) // [-1, -2]
 */
export const copysign = floatBinary("copysign", (x, y) => select(eq(signbit(x), signbit(y)), x, ops.neg(x)));

/**
 * The unit step: 0 for `x < 0`, `y` at 0, 1 for `x > 0`; NaN stays NaN. Floating point; broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.heaviside(np.array([-1, 0, 2]), 0.5) // [0, 0.5, 1]
 */
export const heaviside = floatBinary("heaviside", (x, y) => {
  const step = select(lt(x, 0), 0, select(gt(x, 0), 1, y));
  return select(ne(x, x), NaN, step);
});
