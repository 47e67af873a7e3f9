// Arithmetic of single numbers: hyperparameters and what follows from them, such as 1 − b2^t. JavaScript numbers stay
// numbers, which are exact beside every dtype; arrays are float64 scalars, and take a leaf's dtype where they meet it.

import type { NDArray } from "../core/array.js";
import type { DType } from "../core/dtype.js";
import { toDType } from "../numpy/promote.js";
import { add, div, max, min, mul, neg, sub } from "../ops/arithmetic.js";
import { exp, expm1, log, sqrt } from "../ops/exponential.js";

/** A number, or a float64 scalar. */
export type Scalar = number | NDArray;

type Binary = (x: Scalar, y: Scalar) => Scalar;
type Unary = (x: Scalar) => Scalar;

const unary =
  (onNumber: (x: number) => number, onArray: (x: NDArray) => NDArray): Unary =>
  (x) =>
    typeof x === "number" ? onNumber(x) : onArray(x);

const binary =
  (onNumbers: (x: number, y: number) => number, onArrays: (x: Scalar, y: Scalar) => NDArray): Binary =>
  (x, y) =>
    typeof x === "number" && typeof y === "number" ? onNumbers(x, y) : onArrays(x, y);

export const plus = binary((x, y) => x + y, add);
export const minus = binary((x, y) => x - y, sub);
export const times = binary((x, y) => x * y, mul);
export const over = binary((x, y) => x / y, div);
export const larger = binary(Math.max, max);
export const smaller = binary(Math.min, min);
export const negated = unary((x) => -x, neg);
export const root = unary(Math.sqrt, sqrt);

/** `1 − x`. */
export const complement = (x: Scalar): Scalar => minus(1, x);

/** `base^exponent` for a base that is not negative: also 0⁰ = 1. */
export function power(base: Scalar, exponent: Scalar): Scalar {
  if (typeof base === "number") {
    if (typeof exponent === "number") return base ** exponent;
    // 0 · −∞ would be no number where the exponent is 0; e^(−800) is 0 all the same.
    return exp(mul(exponent, base === 0 ? -800 : Math.log(base)));
  }
  return exp(mul(exponent, log(max(base, Number.MIN_VALUE))));
}

/** `1 − decay^count`, what the running mean of so many terms lacks; exact while it is small too: −expm1(count · log decay). */
export function biasOf(decay: Scalar, count: NDArray): NDArray {
  const logarithm = typeof decay === "number" ? Math.max(Math.log(decay), -800) : log(max(decay, Number.MIN_VALUE));
  return neg(expm1(mul(asScalar(count), logarithm)));
}

/** A count, or a hyperparameter of any dtype, as a float64 scalar. */
export const asScalar = (x: NDArray): NDArray => toDType("optim", x, "float64");

/** A scalar beside leaves: in the dtype of each, converted once. */
export function beside(x: Scalar): (leaf: NDArray) => Scalar {
  if (typeof x === "number") return () => x;
  const converted = new Map<DType, NDArray>();
  return ({ dtype }) => {
    const known = converted.get(dtype) ?? toDType("optim", x, dtype);
    converted.set(dtype, known);
    return known;
  };
}
