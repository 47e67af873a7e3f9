// Roots: x in float64 lanes, the value within 2 ulp for every x.

import { unary } from "../formula.js";

/** 1 / √x, of two correctly rounded steps. */
export const rsqrt = unary((v, x) => v.div(1, v.sqrt(x)), "f64x2");

const UPPER_WORDS = [4, 5, 6, 7, 12, 13, 14, 15, 16, 16, 16, 16, 16, 16, 16, 16];
const TO_UPPER_WORDS = [16, 16, 16, 16, 0, 1, 2, 3, 16, 16, 16, 16, 4, 5, 6, 7];
/** (1023 − 1023/3) · 2²⁰, less a little, so that the first guess errs evenly to both sides. */
const OFFSET = 715094163;

// The first guess divides the exponent (in the upper half of a float64) by three, 5 % off; three steps of Halley's iteration
// t ← t − t (t³ − a) / (2t³ + a) cube the error each. Small numbers are lifted by 2⁵⁴ = (2¹⁸)³ first, the others lowered by 2³, for 2t³ + a to fit.
export const cbrt = unary((v, x) => {
  const magnitude = v.let(v.abs(x));
  const small = v.let(v.lt(magnitude, 2 ** -1000));
  const a = v.let(v.mul(magnitude, v.select(small, 2 ** 54, 2 ** -3)));
  const zero = v.bits(0n);
  const upper = v.apply("f32x4.convert_i32x4_s", v.shuffle(a, zero, UPPER_WORDS));
  const third = v.apply("f32x4.mul", upper, v.local(v.context.f32(1 / 3)));
  const guess = v.apply("i32x4.add", v.apply("i32x4.trunc_sat_f32x4_s", third), v.constant32(OFFSET));
  const t = v.let(v.shuffle(guess, zero, TO_UPPER_WORDS));
  for (let step = 0; step < 3; step++) {
    const cube = v.let(v.mul(v.mul(t, t), t));
    v.set(t, v.nmadd(t, v.div(v.sub(cube, a), v.madd(cube, 2, a)), t));
  }
  const root = v.mul(t, v.select(small, 2 ** -18, 2));
  const regular = v.and(v.lt(0, magnitude), v.lt(magnitude, Infinity));
  return v.withSign(v.select(regular, root, magnitude), x);
}, "f64x2");
