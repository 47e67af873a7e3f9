// Exponentials, logarithms and roots. Integers and bool become float32; shapes stay, and pairs broadcast.

import type { NDArray } from "../core/array.js";
import { abs, add, div, mul, sub } from "../ops/arithmetic.js";
import { bitAnd, bitOr } from "../ops/bitwise.js";
import { eq, ge } from "../ops/compare.js";
import * as ops from "../ops/exponential.js";
import { select } from "../ops/select.js";
import { floatBinary, floatUnary } from "./pointwise.js";

/**
 * `eˣ` of each element.
 *
 * @example np.exp(np.array([0, 1])) // [1, 2.7182817]
 */
export const exp = floatUnary("exp", ops.exp);

/**
 * `2ˣ` of each element; exact for integers.
 *
 * @example np.exp2(np.array([3, -1])) // [8, 0.5]
 */
export const exp2 = floatUnary("exp2", ops.exp2);

/**
 * `eˣ − 1` of each element, accurate for small ones.
 *
 * @example np.expm1(1e-10) // 1e-10
 */
export const expm1 = floatUnary("expm1", ops.expm1);

/**
 * The natural logarithm of each element: −∞ at 0, NaN below.
 *
 * @example np.log(np.array([1, Math.E])) // [0, 1]
 */
export const log = floatUnary("log", ops.log);

/**
 * `log(1 + x)` of each element, accurate for small ones.
 *
 * @example np.log1p(1e-10) // 1e-10
 */
export const log1p = floatUnary("log1p", ops.log1p);

/**
 * The logarithm to base 2 of each element.
 *
 * @example np.log2(np.array([8, 0.5])) // [3, -1]
 */
export const log2 = floatUnary("log2", (x) => div(ops.log(x), Math.LN2));

/**
 * The logarithm to base 10 of each element.
 *
 * @example np.log10(np.array([100, 0.1])) // [2, -1]
 */
export const log10 = floatUnary("log10", (x) => div(ops.log(x), Math.LN10));

/**
 * The square root of each element; NaN below 0. Its derivative at 0 is ∞.
 *
 * @example np.sqrt(np.array([4, 9])) // [2, 3]
 */
export const sqrt = floatUnary("sqrt", ops.sqrt);

/**
 * The cube root of each element, of either sign.
 *
 * @example np.cbrt(np.array([27, -8])) // [3, -2]
 */
export const cbrt = floatUnary("cbrt", ops.cbrt);

/** The larger and the smaller of two, told apart by a comparison that no derivative sees: smooth wherever the result is. */
const ordered = (x: NDArray, y: NDArray, first: NDArray): [NDArray, NDArray] => [select(first, x, y), select(first, y, x)];

// high + log1p(e^(low − high)): analytic in both, so that derivatives are right at ties, to every order. Where both are the
// same infinity the difference would be NaN: there the result is that infinity, and each side carries half of the tangent.
function logSum(x: NDArray, y: NDArray, log1pOfExp: (difference: NDArray) => NDArray): NDArray {
  const [high, low] = ordered(x, y, ge(x, y));
  const infinite = bitAnd(eq(x, y), eq(abs(x), Infinity));
  const difference = sub(select(infinite, 0, low), select(infinite, 0, high));
  return select(infinite, mul(0.5, add(x, select(infinite, y, x))), add(high, log1pOfExp(difference)));
}

/**
 * `log(eˣ + eʸ)` without overflow; right, derivatives too, at equal and at infinite arguments. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.logaddexp(1000, 1000) // 1000.69315
 */
export const logaddexp = floatBinary("logaddexp", (x, y) => logSum(x, y, (d) => ops.log1p(ops.exp(d))));

/**
 * `log₂(2ˣ + 2ʸ)` without overflow; right, derivatives too, at equal and at infinite arguments. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.logaddexp2(3, 3) // 4
 */
export const logaddexp2 = floatBinary("logaddexp2", (x, y) => logSum(x, y, (d) => div(ops.log1p(ops.exp2(d)), Math.LN2)));

/**
 * `√(x² + y²)` without overflow or underflow on the way; ∞ if either is infinite. Its derivative at (0, 0) is 0. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.hypot(3, 4) // 5
 */
export const hypot = floatBinary("hypot", (x, y) => {
  const [ax, ay] = [abs(x), abs(y)];
  const infinite = bitOr(eq(ax, Infinity), eq(ay, Infinity));
  const [large, small] = ordered(x, y, ge(ax, ay));
  const ratio = div(select(infinite, 0, small), select(eq(large, 0), 1, large));
  return select(infinite, Infinity, mul(abs(large), ops.sqrt(add(1, mul(ratio, ratio)))));
});
