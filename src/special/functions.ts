// Special functions as compositions of lax operations, each written so that its value and its derivative hold at the edges.

import { type ArrayLike, type NDArray, scalar } from "../core/array.js";
import { add, div, mul, neg, sub } from "../ops/arithmetic.js";
import { bitAnd, bitNot } from "../ops/bitwise.js";
import { eq, gt, lt } from "../ops/compare.js";
import { log, log1p, logistic } from "../ops/exponential.js";
import { select } from "../ops/select.js";
import * as ops from "../ops/special.js";
import { floatOperandsOf, promoteFloat } from "../numpy/promote.js";

/** A float operand: integers and bool become float32. */
const float = (op: string, x: ArrayLike): NDArray => promoteFloat(op, x)[0];

/** A constant that fits beside `x`. */
const constant = (value: number, x: NDArray): NDArray => scalar(value, x.dtype);

/**
 * The error function, `2/√π ∫₀ˣ exp(−t²) dt`.
 *
 * @example special.erf(0.5).item() // 0.5204998850822449
 */
export const erf = (x: ArrayLike): NDArray => ops.erf(float("erf", x));

/** `1 − erf(x)`, accurate where that is small. */
export const erfc = (x: ArrayLike): NDArray => ops.erfc(float("erfc", x));

/** The inverse of `erf`: ±∞ at ±1, NaN outside of [−1, 1]. */
export const erfinv = (x: ArrayLike): NDArray => ops.erfInv(float("erfinv", x));

/**
 * The logistic function `1 / (1 + exp(−x))`, without overflow.
 *
 * @example special.expit(0).item() // 0.5
 */
export const expit = (x: ArrayLike): NDArray => logistic(float("expit", x));

/**
 * The inverse of `expit`: `log(p / (1 − p))`; ±∞ at 1 and 0, NaN outside of [0, 1].
 *
 * @example special.logit(0.5).item() // 0
 */
export function logit(p: ArrayLike): NDArray {
  const x = float("logit", p);
  return sub(log(x), log1p(neg(x)));
}

/**
 * `x · log(y)`, and 0 where `x` is 0, whatever `y` is (unless it is NaN); there the derivative in `x` is `log(y)`, that in
 * `y` is 0. Broadcasts.
 *
 * @example special.xlogy(0, 0).item() // 0
 */
export function xlogy(x: ArrayLike, y: ArrayLike): NDArray {
  return productWithLog("xlogy", x, y, log, 1);
}

/** `x · log(1 + y)`, and 0 where `x` is 0. Broadcasts. */
export const xlog1py = (x: ArrayLike, y: ArrayLike): NDArray => productWithLog("xlog1py", x, y, log1p, 0);

/** The logarithm is taken of a harmless number where `x` is 0 and `y` is on its edge, so that no 0 · ∞ comes about. */
function productWithLog(op: string, x: ArrayLike, y: ArrayLike, logOf: (y: NDArray) => NDArray, harmless: number): NDArray {
  const [factor, argument] = floatOperandsOf(op, x, y);
  const edge = harmless === 1 ? argument : add(argument, 1);
  const needless = bitAnd(eq(factor, 0), bitAnd(bitNot(gt(edge, 0)), eq(edge, edge)));
  return mul(factor, logOf(select(needless, constant(harmless, argument), argument)));
}

/**
 * The entropy of one outcome: `−x · log(x)`, 0 at 0, −∞ below.
 *
 * @example special.entr(1).item() // 0
 */
export function entr(x: ArrayLike): NDArray {
  const p = float("entr", x);
  const inside = gt(p, 0);
  const value = sub(0, mul(p, log(select(inside, p, constant(1, p)))));
  return select(lt(p, 0), constant(-Infinity, p), value);
}

/**
 * The distribution function of the standard normal distribution, accurate in its lower tail.
 *
 * @example special.ndtr(0).item() // 0.5
 */
export function ndtr(x: ArrayLike): NDArray {
  const z = float("ndtr", x);
  return mul(0.5, ops.erfc(mul(-Math.SQRT1_2, z)));
}

/**
 * The logarithm of `ndtr`, accurate far into the lower tail, where `ndtr` itself underflows.
 *
 * @example special.logNdtr(-20).item() // -203.917162
 */
export function logNdtr(x: ArrayLike): NDArray {
  const z = float("logNdtr", x);
  const tail = lt(z, -TAIL);
  const near = select(tail, constant(0, z), z);
  const far = select(tail, z, constant(-TAIL, z));
  const upper = gt(near, 0);
  const above = log1p(neg(mul(0.5, ops.erfc(mul(Math.SQRT1_2, near)))));
  const below = log(mul(0.5, ops.erfc(mul(-Math.SQRT1_2, select(upper, constant(0, z), near)))));
  return select(tail, lowerTail(far), select(upper, above, below));
}

/** Below −TAIL the asymptotic series holds to more than double precision asks of it. */
const TAIL = 10;
const HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

/** `log Φ(z) = −z²/2 − log(−z) − log(2π)/2 + log(1 − 1/z² + 3/z⁴ − 15/z⁶ + …)` (Abramowitz and Stegun, 26.2.12). */
function lowerTail(z: NDArray): NDArray {
  const t = div(1, mul(z, z));
  // Σ (−1)ᵏ (2k − 1)!! tᵏ from k = 1, by Horner's rule.
  let series = constant(0, z);
  for (let k = TERMS; k >= 1; k--) series = mul(mul(-(2 * k - 1), t), add(1, series));
  return add(sub(sub(mul(-0.5, mul(z, z)), log(neg(z))), HALF_LOG_TWO_PI), log1p(series));
}

const TERMS = 14;
