// The remainder with the sign of the dividend (C's fmod), exact, in float64 lanes. The leading 24 bits of the quotient, times
// the divisor in two parts, are exact products, and so is what they leave of the dividend; then again, until that is less.

import { binary } from "../formula.js";

/** The 24 leading bits of a float64, and its 26. */
const LEADING_24 = ~((1n << 29n) - 1n);
const LEADING_26 = ~((1n << 27n) - 1n);
/** A little less than 1, so that a quotient is never rounded beyond the true one. */
const LESS = 1 - 2 ** -50;
/** Quotients may reach 2²⁰⁹⁸: first the divisor's multiple by this power, or its square, is taken away. */
const STEP = 2 ** 700;

export const remainder = binary((v, x, y) => {
  const divisor = v.let(v.abs(y));
  const magnitude = v.let(v.abs(x));
  const rest = v.let(magnitude);
  const part = v.let(divisor);
  const isLeft = v.let(divisor);
  // Lanes that are done subtract 0 and stay; NaN, which infinities and 0 as divisors leave, compares false.
  v.whileAny(v.and(v.le(divisor, rest), v.lt(0, divisor)), () => {
    v.set(part, divisor);
    for (let k = 0; k < 2; k++) {
      const multiple = v.let(v.mul(part, STEP));
      v.set(part, v.select(v.le(multiple, rest), multiple, part));
    }
    v.set(isLeft, v.and(v.le(part, rest), v.lt(0, part)));
    const quotient = v.and(v.mul(v.div(rest, part), LESS), v.bits(LEADING_24));
    const whole = v.let(v.and(v.atLeast(v.trunc(quotient), 1), isLeft));
    const high = v.let(v.and(part, v.bits(LEADING_26)));
    v.set(rest, v.sub(v.sub(rest, v.mul(whole, high)), v.mul(whole, v.sub(part, high))));
  });
  // An infinite divisor leaves finite numbers as they are.
  const value = v.withSign(v.select(v.eq(divisor, Infinity), magnitude, rest), x);
  const isDefined = v.and(v.lt(magnitude, Infinity), v.lt(0, divisor));
  return v.select(isDefined, value, NaN);
}, "f64x2");
