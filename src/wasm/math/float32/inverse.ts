// asin, acos, atan and atan2: float32 lanes, the value within 2 ulp everywhere. Where a result is π, π/2 or π/4 less a small
// angle, the constant is taken in two parts.

import { type Formula, type Term, type Variable, binary, unary } from "../formula.js";

// Minimax in z = x²: (asin(x) / x − 1) / z on |x| ≤ ½ within 2⁻²⁷, (atan(x) / x − 1) / z on |x| ≤ 1 within 2⁻²⁸.
const ASIN = [0.16666752099990845, 0.074953094124794, 0.045469146221876144, 0.024184802547097206, 0.04215826839208603];
const ATAN = [
  -0.33333298563957214, 0.1999852955341339, -0.14264015853405, 0.10950876772403717, -0.08399273455142975, 0.057880282402038574,
  -0.031095189973711967, 0.010867279022932053, -0.0017823937814682722,
];

const HALF_PI_HIGH = Math.fround(Math.PI / 2);
const HALF_PI_LOW = Math.PI / 2 - HALF_PI_HIGH;
const PI_HIGH = 2 * HALF_PI_HIGH;
const PI_LOW = 2 * HALF_PI_LOW;

interface ArcSine {
  /** Where |x| > ½. */
  readonly large: Variable;
  /** asin|x|, or √((1 − |x|) / 2)'s arc sine where |x| is large: then asin|x| = π/2 − 2 value. */
  readonly value: Variable;
}

function arcSine(v: Formula, x: Variable): ArcSine {
  const a = v.let(v.abs(x));
  const large = v.let(v.gt(a, 0.5));
  const halved = v.mul(v.sub(1, a), 0.5);
  const z = v.let(v.select(large, halved, v.mul(a, a)));
  const s = v.let(v.select(large, v.sqrt(z), a));
  const value = v.let(v.madd(v.mul(s, z), v.polynomial(z, ASIN), s));
  return { large, value };
}

export const asin = unary((v, x) => {
  const { large, value } = arcSine(v, x);
  const complement = v.add(v.sub(HALF_PI_HIGH, v.add(value, value)), HALF_PI_LOW);
  return v.withSign(v.select(large, complement, value), x);
});

// Small: π/2 − asin(x). Large: 2 value for positive x, π − 2 value for negative.
export const acos = unary((v, x) => {
  const { large, value } = arcSine(v, x);
  const twice = v.let(v.add(value, value));
  const positive = v.select(v.lt(x, 0), v.sub(PI_HIGH, v.sub(twice, PI_LOW)), twice);
  const signed = v.let(v.xor(value, v.signOf(x)));
  return v.select(large, positive, v.sub(HALF_PI_HIGH, v.sub(signed, HALF_PI_LOW)));
});

/** atan(t) for 0 ≤ t ≤ 1. */
function arcTangent(v: Formula, t: Variable): Term {
  const z = v.let(v.mul(t, t));
  return v.madd(v.mul(t, z), v.polynomial(z, ATAN), t);
}

export const atan = unary((v, x) => {
  const a = v.let(v.abs(x));
  const large = v.let(v.gt(a, 1));
  const value = v.let(arcTangent(v, v.let(v.select(large, v.div(1, a), a))));
  return v.withSign(v.select(large, v.sub(HALF_PI_HIGH, v.sub(value, HALF_PI_LOW)), value), x);
});

/** The angle of the point (x, y), as C's atan2: y's sign, signed zeros and infinities told apart. */
export const atan2 = binary((v, y, x) => {
  const [a, b] = [v.let(v.abs(y)), v.let(v.abs(x))];
  const steep = v.let(v.gt(a, b));
  const quotient = v.div(v.select(steep, b, a), v.select(steep, a, b));
  // 0/0 is 0 here and ∞/∞ is 1; NaN stays where an operand is NaN.
  const t = v.let(v.select(v.eq(a, b), v.select(v.eq(a, 0), 0, 1), quotient));
  const value = v.let(arcTangent(v, t));
  const angle = v.let(v.select(steep, v.sub(HALF_PI_HIGH, v.sub(value, HALF_PI_LOW)), value));
  const left = v.shiftRightSigned(x, 31);
  return v.withSign(v.select(left, v.sub(PI_HIGH, v.sub(angle, PI_LOW)), angle), y);
});
