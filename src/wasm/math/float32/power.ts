// Powers and roots: float32 lanes; pow within 1 ulp, cbrt within 1, rsqrt within 2, for all arguments.

import { type Formula, type Term, type Variable, binary, unary } from "../formula.js";
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

/** |x| to the power of y, times ±1 as C's pow has it, where x or y is not positive and finite. */
function irregular(v: Formula, x: Variable, y: Variable, regular: Term): Term {
  const a = v.let(v.abs(x));
  // y log|x| where one of them is infinite: only its sign counts.
  const direction = v.select(v.lt(a, 1), v.neg(y), y);
  const extreme = v.select(v.lt(direction, 0), 0, Infinity);
  const infinite = v.or(v.or(v.eq(a, 0), v.eq(a, Infinity)), v.eq(v.abs(y), Infinity));
  const magnitude = v.let(v.select(infinite, extreme, regular));
  const half = v.let(v.mul(y, 0.5));
  const integer = v.let(v.eq(v.trunc(y), y));
  const odd = v.let(v.and(integer, v.ne(v.trunc(half), half)));
  const value = v.let(v.or(magnitude, v.and(v.signOf(x), odd)));
  const undefinedPower = v.and(v.and(v.lt(x, 0), v.lt(-Infinity, x)), v.not(integer));
  const missing = v.or(undefinedPower, v.or(v.ne(x, x), v.ne(y, y)));
  const one = v.or(v.or(v.eq(y, 0), v.eq(x, 1)), v.and(v.eq(a, 1), v.eq(v.abs(y), Infinity)));
  return v.select(one, 1, v.select(missing, NaN, value));
}

/** x to the power of y, as C's pow: 1 where x = 1 or y = 0, NaN for negative x and a fractional y. */
export const pow = binary((v, x, y) => {
  const power = inFloat64(v, [v.let(v.abs(x)), y], (d, a, exponent) => {
    const z = d.let(d.mul(wideLog2(d, a), exponent));
    return wideExp2(d, d.let(d.atMost(d.atLeast(z, -200), 200)));
  });
  const value = v.let(power);
  const unusual = v.or(v.not(v.lt(0, x)), v.not(v.and(v.lt(x, Infinity), v.lt(v.abs(y), Infinity))));
  v.whenAny(unusual, () => v.set(value, irregular(v, x, y, value)));
  return value;
});
