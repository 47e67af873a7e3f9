// Rounding to integers or decimals, and the repair of NaN and infinities. Derivatives of rounding are zero.

import type { ArrayLike, NDArray } from "../core/array.js";
import { isFloat, largestFinite } from "../core/dtype.js";
import { OptionError } from "../core/errors.js";
import { abs, ceil as ceilOp, div, floor as floorOp, mul, round as roundOp, sub, trunc as truncOp } from "../ops/arithmetic.js";
import { eq, ne } from "../ops/compare.js";
import { select } from "../ops/select.js";
import { nextafter as nextafterOp } from "../ops/special.js";
import { checkOptions } from "../core/options.js";
import { floatBinary, floatUnary, unary } from "./pointwise.js";
import { promote, toDType } from "./promote.js";

const ofFloat = (op: string, apply: (x: NDArray) => NDArray) => unary(op, (x) => (isFloat(x.dtype) ? apply(x) : x));

/**
 * The largest integer not above each element, in the same dtype.
 *
 * @example np.floor(np.array([1.5, -1.5])) // [1, -2]
 */
export const floor = ofFloat("floor", floorOp);

/**
 * The smallest integer not below each element, in the same dtype.
 *
 * @example np.ceil(np.array([1.5, -1.5])) // [2, -1]
 */
export const ceil = ofFloat("ceil", ceilOp);

/**
 * Each element rounded toward zero, in the same dtype.
 *
 * @example np.trunc(np.array([1.5, -1.5])) // [1, -1]
 */
export const trunc = ofFloat("trunc", truncOp);

export { trunc as fix };

/**
 * The nearest integer to each element, halves to the even one; integers become float32.
 *
 * @example np.rint(np.array([0.5, 1.5])) // [0, 2]
 */
export const rint = floatUnary("rint", (x) => roundOp(x, "toNearestEven"));

/**
 * Each element rounded to `decimals` decimal places, halves to even; integers stay as they are.
 *
 * @throws OptionError when `decimals` is no integer, or negative for an integer array.
 * @example np.round(np.array([1.25, 2.5])) // [1, 2]
 */
export function round(x: ArrayLike, decimals = 0): NDArray {
  const [array] = promote("round", x);
  const exact = !isFloat(array.dtype);
  if (!Number.isInteger(decimals) || (exact && decimals < 0)) {
    throw new OptionError({
      op: "round",
      expected: exact ? "a non-negative integer for decimals of an integer array" : "an integer for decimals",
      received: String(decimals),
      remedy: "pass the number of decimal places; convert integers to float to round to tens",
    });
  }
  if (exact) return array;
  if (decimals === 0) return roundOp(array, "toNearestEven");
  const factor = 10 ** Math.abs(decimals);
  // Division by a power of ten is exact to the last bit where multiplication by 0.1 is not.
  return decimals > 0
    ? div(roundOp(mul(array, factor), "toNearestEven"), factor)
    : mul(roundOp(div(array, factor), "toNearestEven"), factor);
}

export { round as around };

/**
 * The fractional and the integral part of each element, both with its sign.
 *
 * @example np.modf(np.array([1.5, -2.25])) // [[0.5, -0.25], [1, -2]]
 */
export function modf(x: ArrayLike): readonly [fraction: NDArray, whole: NDArray] {
  const array = floatUnary("modf", (y) => y)(x);
  const whole = truncOp(array);
  // An infinity has no fraction: ∞ − ∞ is not taken.
  const infinite = eq(abs(array), Infinity);
  return [sub(select(infinite, 0, array), select(infinite, 0, whole)), whole];
}

/**
 * The floating-point number next to `x` on the way to `y`. Broadcasts; integers become float32.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.nextafter(1, 2) // 1.0000001
 */
export const nextafter = floatBinary("nextafter", nextafterOp);

export interface NanToNumOptions {
  /** What stands for NaN; 0 if not given. */
  readonly nan?: ArrayLike;
  /** What stands for ∞; the dtype's largest number if not given. */
  readonly posinf?: ArrayLike;
  /** What stands for −∞; the dtype's lowest finite number if not given. */
  readonly neginf?: ArrayLike;
}

/**
 * `x` with NaN replaced by 0 and infinities by the largest finite numbers, or by what the options say (numbers or scalars).
 *
 * @throws OptionError for an unknown option.
 * @example np.nanToNum(np.array([NaN, 1]), { nan: -1 }) // [-1, 1]
 */
export function nanToNum(x: ArrayLike, options: NanToNumOptions = {}): NDArray {
  const op = "nanToNum";
  checkOptions(op, options, ["nan", "posinf", "neginf"]);
  const [array] = promote(op, x);
  const { dtype } = array;
  if (!isFloat(dtype)) return array;
  const { nan = 0, posinf = largestFinite(dtype), neginf = -largestFinite(dtype) } = options;
  const infinite = select(eq(array, Infinity), toDType(op, posinf, dtype), select(eq(array, -Infinity), toDType(op, neginf, dtype), array));
  return select(ne(array, array), toDType(op, nan, dtype), infinite);
}
