// The remainder with the sign of the dividend (C's fmod), exact. Computed in float64: the quotient's leading 24 bits, times a
// divisor of 24 bits, is exact, and so is what it leaves of the dividend; then again, until that is less than the divisor.

import { type Formula, type Term, type Variable, binary } from "../formula.js";

/** The 24 leading bits of a float64. */
const LEADING = ~((1n << 29n) - 1n);

/** The remainder of two float64 lanes that hold float32 numbers. */
function wide(v: Formula, x: Variable, y: Variable): Term {
  const d = v.double();
  const [numerator, divisor] = [d.let(d.promote(x)), d.let(d.abs(d.promote(y)))];
  const rest = d.let(d.abs(numerator));
  d.context.code.doWhile(
    () => {
      const quotient = d.trunc(d.and(d.div(rest, divisor), d.bits(LEADING)));
      d.set(rest, d.sub(rest, d.mul(quotient, divisor)));
    },
    // Lanes that are done have quotient 0 and stay; NaN compares false.
    () => {
      d.apply("f64x2.ge", rest, divisor)();
      d.context.code.op("v128.any_true");
    },
  );
  return d.demote(d.withSign(rest, numerator));
}

export const remainder = binary((v, x, y) => {
  const high = (z: Variable): Variable => v.let(v.shuffle(z, z, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15]));
  const low = v.let(wide(v, x, y));
  const upper = v.let(wide(v, high(x), high(y)));
  return v.shuffle(low, upper, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
});
