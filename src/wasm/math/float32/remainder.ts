// The remainder with the sign of the dividend (C's fmod), exact. Computed in float64: the quotient's leading 24 bits, times a
// divisor of 24 bits, is exact, and so is what it leaves of the dividend; then again, until that is less than the divisor.

import { binary } from "../formula.js";
import { inFloat64 } from "./wide.js";

/** The 24 leading bits of a float64. */
const LEADING = ~((1n << 29n) - 1n);

export const remainder = binary((v, x, y) =>
  inFloat64(v, [x, y], (d, numerator, denominator) => {
    // An infinite divisor leaves all finite numbers as they are; a finite one does, too, and 0 times it is 0.
    const divisor = d.let(d.atMost(d.abs(denominator), Number.MAX_VALUE));
    const rest = d.let(d.abs(numerator));
    // Lanes that are done have quotient 0 and stay; NaN compares false.
    d.whileAny(d.apply("f64x2.ge", rest, divisor), () => {
      const quotient = d.trunc(d.and(d.div(rest, divisor), d.bits(LEADING)));
      d.set(rest, d.sub(rest, d.mul(quotient, divisor)));
    });
    return d.withSign(rest, numerator);
  }),
);
