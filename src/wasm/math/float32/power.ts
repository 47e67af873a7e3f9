// Powers and roots: float32 lanes; pow within 1 ulp, cbrt within 1, rsqrt within 2, for all arguments.

import { binary, unary } from "../formula.js";
import { irregularPower, isIrregularPower } from "../irregularPower.js";
import { inFloat64, wideExp2, wideLog2 } from "./wide.js";

/** 1 / √x, of two correctly rounded steps. */
export const rsqrt = unary((v, x) => v.div(1, v.sqrt(x)));

/** Puts 32-bit lanes 0, 1 (or 2, 3) of the first vector in the upper halves of 64-bit lanes; the second is zero. */
const widened = (lane: number): number[] => [lane, lane + 1].flatMap((i) => [16, 16, 16, 16, ...[0, 1, 2, 3].map((byte) => 4 * i + byte)]);

/** (1023 − 1023/3) · 2²⁰, less a little, so that the first guess errs evenly to both sides. */
const CBRT_OFFSET = 715094163;

// The first guess divides the exponent (in the upper half of a float64) by three, 5 % off; Halley's iteration
// t ← t (t³ + 2a) / (2t³ + a) then cubes the error, twice.
export const cbrt = unary((v, x) => {
  const a = v.let(v.abs(x));
  const d = v.double();
  const zero = v.bits(0);
  const roots = [0, 2].map((lane) => {
    const wide = d.let(v.promote(lane === 0 ? a : v.shuffle(a, a, [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15])));
    const upper = v.apply("f32x4.convert_i32x4_s", v.shuffle(wide, zero, [4, 5, 6, 7, 12, 13, 14, 15, 16, 16, 16, 16, 16, 16, 16, 16]));
    const guess = v.let(v.integerAdd(v.apply("i32x4.trunc_sat_f32x4_s", v.mul(upper, 1 / 3)), v.bits(CBRT_OFFSET)));
    const t = d.let(v.shuffle(guess, zero, widened(0)));
    for (let step = 0; step < 2; step++) {
      const cube = d.let(d.mul(d.mul(t, t), t));
      d.set(t, d.div(d.mul(t, d.madd(wide, 2, cube)), d.madd(cube, 2, wide)));
    }
    return v.let(v.demote(t));
  });
  const root = v.shuffle(roots[0], roots[1], [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);
  const regular = v.and(v.lt(0, a), v.lt(a, Infinity));
  return v.withSign(v.select(regular, root, a), x);
});

/** x to the power of y, as C's pow: 1 where x = 1 or y = 0, NaN for negative x and a fractional y. */
export const pow = binary((v, x, y) => {
  const power = inFloat64(v, [v.let(v.abs(x)), y], (d, a, exponent) => {
    const z = d.let(d.mul(wideLog2(d, a), exponent));
    return wideExp2(d, d.let(d.atMost(d.atLeast(z, -200), 200)));
  });
  const value = v.let(power);
  v.whenAny(isIrregularPower(v, x, y), () => v.set(value, irregularPower(v, x, y, value)));
  return value;
});
