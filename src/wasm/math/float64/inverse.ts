// asin, acos, atan and atan2: float64 lanes, the value within 2 ulp everywhere. Where a result is π, π/2 or π/4 and a small
// angle, the constant is taken in two parts.

import { type Formula, type Term, type Variable, binary, unary } from "../formula.js";

// Minimax in z = x²: (asin(x) / x − 1) / z on |x| ≤ ½, (atan(x) / x − 1) / z on |x| ≤ tan(π/8), both within 2⁻⁵⁹.
const ASIN = [
  0.1666666666666676, 0.07499999999970865, 0.04464285717456295, 0.03038194270975359, 0.02237221493931112, 0.017351612788292815,
  0.01398081212320623, 0.011398975493445002, 0.010779924434852536, 0.003707565145246641, 0.021704808348541688, -0.020995542915718472,
  0.03262654030261759,
];
const ATAN = [
  -0.3333333333333319, 0.19999999999952178, -0.14285714280053163, 0.11111110776239437, -0.09090897548933183, 0.07692056482487371,
  -0.06663061419027627, 0.058475776055434164, -0.05037893277590633, 0.03802852208480215, -0.017867547180841062,
];

const HALF_PI_HIGH = Math.PI / 2;
const HALF_PI_LOW = 6.123233995736766e-17;
const TAN_EIGHTH = Math.SQRT2 - 1;

interface ArcSine {
  /** Where |x| > ½. */
  readonly large: Variable;
  /** asin|x|, or √((1 − |x|) / 2)'s arc sine where |x| is large: then asin|x| = π/2 − 2 value. */
  readonly value: Variable;
}

function arcSine(v: Formula, x: Variable): ArcSine {
  const a = v.let(v.abs(x));
  const large = v.let(v.gt(a, 0.5));
  const z = v.let(v.select(large, v.mul(v.sub(1, a), 0.5), v.mul(a, a)));
  const s = v.let(v.select(large, v.sqrt(z), a));
  const value = v.let(v.madd(v.mul(s, z), v.polynomial(z, ASIN), s));
  return { large, value };
}

export const asin = unary((v, x) => {
  const { large, value } = arcSine(v, x);
  const complement = v.add(v.sub(HALF_PI_HIGH, v.add(value, value)), HALF_PI_LOW);
  return v.withSign(v.select(large, complement, value), x);
}, "f64x2");

// Small: π/2 − asin(x). Large: 2 value for positive x, π − 2 value for negative.
export const acos = unary((v, x) => {
  const { large, value } = arcSine(v, x);
  const twice = v.let(v.add(value, value));
  const outer = v.select(v.lt(x, 0), v.sub(2 * HALF_PI_HIGH, v.sub(twice, 2 * HALF_PI_LOW)), twice);
  const signed = v.let(v.xor(value, v.signOf(x)));
  return v.select(large, outer, v.sub(HALF_PI_HIGH, v.sub(signed, HALF_PI_LOW)));
}, "f64x2");

/** atan(q) for 0 ≤ q ≤ 1: beyond tan(π/8) it is π/4 + atan((q − 1) / (q + 1)). */
function arcTangent(v: Formula, q: Variable): Term {
  const middle = v.let(v.gt(q, TAN_EIGHTH));
  const t = v.let(v.select(middle, v.div(v.sub(q, 1), v.add(q, 1)), q));
  const z = v.let(v.mul(t, t));
  const value = v.let(v.madd(v.mul(t, z), v.polynomial(z, ATAN), t));
  return v.select(middle, v.add(v.add(value, HALF_PI_LOW / 2), HALF_PI_HIGH / 2), value);
}

const complementOf = (v: Formula, angle: Variable): Term => v.sub(HALF_PI_HIGH, v.sub(angle, HALF_PI_LOW));

export const atan = unary((v, x) => {
  const a = v.let(v.abs(x));
  const large = v.let(v.gt(a, 1));
  const value = v.let(arcTangent(v, v.let(v.select(large, v.div(1, a), a))));
  return v.withSign(v.select(large, complementOf(v, value), value), x);
}, "f64x2");

/** The angle of the point (x, y), as C's atan2: y's sign, signed zeros and infinities told apart. */
export const atan2 = binary((v, y, x) => {
  const [a, b] = [v.let(v.abs(y)), v.let(v.abs(x))];
  const steep = v.let(v.gt(a, b));
  const quotient = v.div(v.select(steep, b, a), v.select(steep, a, b));
  // 0/0 is 0 here and ∞/∞ is 1; NaN stays where an operand is NaN.
  const q = v.let(v.select(v.eq(a, b), v.select(v.eq(a, 0), 0, 1), quotient));
  const value = v.let(arcTangent(v, q));
  const angle = v.let(v.select(steep, complementOf(v, value), value));
  const left = v.integerSub(v.bits(0n), v.shiftRight(x, 63));
  return v.withSign(v.select(left, v.sub(2 * HALF_PI_HIGH, v.sub(angle, 2 * HALF_PI_LOW)), angle), y);
}, "f64x2");
