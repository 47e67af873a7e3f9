// Functions of numbers that `Math` lacks: rounding, remainders, integer division and powers, neighbours of floats.
// Integers come and go as float64; a result outside of the dtype wraps where it is stored.

export { erf, erfc, erfInv } from "./erf.js";

/** `1 / (1 + exp(-x))`, without overflow on either side. */
export function logistic(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** `log(exp(x) + exp(y))`. */
export function logAddExp(x: number, y: number): number {
  if (x === y) return x + Math.LN2;
  return Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y)));
}

/** -1, 0 or 1; NaN and signed zeros stay themselves. */
export const signOf = (x: number): number => Math.sign(x);

/** The nearest integer; halves go to the even one. */
export function roundHalfEven(x: number): number {
  const r = Math.round(x);
  return r - x === 0.5 && r % 2 !== 0 ? r - 1 : r;
}

/** The nearest integer; halves go away from zero. */
export function roundHalfAwayFromZero(x: number): number {
  const t = Math.trunc(x);
  return Math.abs(x - t) >= 0.5 ? t + Math.sign(x) : t;
}

/** The remainder with the sign of `x` (C's `fmod`). */
export const rem = (x: number, y: number): number => x % y;

/** The remainder with the sign of `y` (Python's `%`). */
export function remainder(x: number, y: number): number {
  const r = x % y;
  return r !== 0 && r < 0 !== y < 0 ? r + y : r;
}

/** `rem` of integers: `x` where `y` is 0, as in XLA. */
export const integerRem = (x: number, y: number): number => (y === 0 ? x : x % y);

/** `remainder` of integers: `x` where `y` is 0, as in JAX. */
export const integerRemainder = (x: number, y: number): number => (y === 0 ? x : remainder(x, y));

/** The quotient of integers, truncated toward zero; -1 (stored unsigned: all bits set) where `y` is 0, as in XLA. */
export const truncatedDivide = (x: number, y: number): number => (y === 0 ? -1 : Math.trunc(x / y));

/**
 * The integer `x` to the integer power `n` by repeated squaring, low 32 bits; a negative power is the truncated reciprocal.
 *
 * @example integerPower(3, 4) // 81
 */
export function integerPower(x: number, n: number): number {
  let result = 1;
  for (let rest = Math.abs(n); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = Math.imul(result, x);
    x = Math.imul(x, x);
  }
  return n < 0 ? truncatedDivide(1, result) : result;
}

const bits64 = new BigInt64Array(1);
const float64 = new Float64Array(bits64.buffer);
const bits32 = new Int32Array(1);
const float32 = new Float32Array(bits32.buffer);

/** The float64 after `x` on the way to `y`. */
export function nextAfter64(x: number, y: number): number {
  if (x !== x || y !== y) return NaN;
  if (x === y) return y;
  if (x === 0) return y > 0 ? Number.MIN_VALUE : -Number.MIN_VALUE;
  float64[0] = x;
  // Floats of one sign are ordered as their bits: away from zero is one more.
  bits64[0] += y > x === x > 0 ? 1n : -1n;
  return float64[0];
}

/** The float32 after `x` on the way to `y`. */
export function nextAfter32(x: number, y: number): number {
  if (x !== x || y !== y) return NaN;
  if (x === y) return y;
  if (x === 0) return y > 0 ? 2 ** -149 : -(2 ** -149);
  float32[0] = x;
  bits32[0] += y > x === x > 0 ? 1 : -1;
  return float32[0];
}
