// sin, cos and tan: x in float64 lanes, the value within 2 ulp for every x; NaN where x is infinite.

import { type Formula, type Term, type Variable, unary } from "../formula.js";
import { type Reduced, reduceAngle } from "./argument.js";

// Minimax on |r| ≤ π/4, in z = r²: (sin(r) / r − 1) / z within 2⁻⁵⁷, (cos(r) − 1 + z/2) / z² within 2⁻⁶³.
const SIN = [
  -0.1666666666666663, 0.00833333333332184, -0.00019841269829358566, 2.7557313538558864e-6, -2.5050734402110153e-8, 1.5895434369745267e-10,
];
const COS = [
  0.041666666666666595, -0.0013888888888873325, 2.4801587288983702e-5, -2.7557314210088987e-7, 2.0875704273882e-9, -1.1358683527435592e-11,
];

/** The sine is r + rest, the cosine head + rest. */
interface SineCosine {
  readonly sin: { readonly rest: Term };
  readonly cos: { readonly head: Variable; readonly rest: Term };
}

/** sin(r + low) ≈ sin(r) + low (1 − r²/2), cos(r + low) ≈ cos(r) − low r; 1 − r²/2 is summed without loss. */
function sineCosine(v: Formula, { r, low }: Reduced): SineCosine {
  const z = v.let(v.mul(r, r));
  const half = v.let(v.mul(z, 0.5));
  const head = v.let(v.sub(1, half));
  const sinRest = v.madd(v.mul(r, z), v.polynomial(z, SIN), v.mul(low, head));
  const lost = v.sub(v.sub(1, head), half);
  const cosRest = v.madd(v.mul(z, z), v.polynomial(z, COS), v.nmadd(r, low, lost));
  return { sin: { rest: sinRest }, cos: { head, rest: cosRest } };
}

/** The sine of r for even quadrants, the cosine for odd ones; negative in the upper two. */
function sineInQuadrant(v: Formula, reduced: Reduced): Term {
  const parts = sineCosine(v, reduced);
  // r + … may lose the sign of −0.
  const sin = v.withSign(v.add(reduced.r, parts.sin.rest), reduced.r);
  const cos = v.add(parts.cos.head, parts.cos.rest);
  const sign = v.signOf(v.shiftLeft(reduced.quadrant, 62));
  return v.xor(v.select(v.oddLanes(reduced.quadrant), cos, sin), sign);
}

export const sin = unary((v, x) => sineInQuadrant(v, reduceAngle(v, x)), "f64x2");

// cos(x) = sin(x + π/2).
export const cos = unary((v, x) => {
  const reduced = reduceAngle(v, x);
  v.set(reduced.quadrant, v.integerAdd(reduced.quadrant, v.bits(1n)));
  return sineInQuadrant(v, reduced);
}, "f64x2");

interface Pair {
  readonly high: Variable;
  /** What rounding the sum lost. */
  readonly low: Variable;
}

/** a + b for |a| ≥ |b|, with what rounding loses. */
function sum(v: Formula, a: Term, b: Variable): Pair {
  const high = v.let(v.add(a, b));
  return { high, low: v.let(v.add(v.sub(a, high), b)) };
}

// sin / cos in even quadrants, −cos / sin in odd ones; both with their lost parts, so that little but the quotient is rounded.
export const tan = unary((v, x) => {
  const reduced = reduceAngle(v, x);
  const parts = sineCosine(v, reduced);
  const sin = sum(v, reduced.r, v.let(parts.sin.rest));
  const cos = sum(v, parts.cos.head, v.let(parts.cos.rest));
  const odd = v.let(v.oddLanes(reduced.quadrant));
  const choose = (even: Term, other: Term): Variable => v.let(v.select(odd, other, even));
  const [numerator, numeratorLow] = [choose(sin.high, v.neg(cos.high)), choose(sin.low, v.neg(cos.low))];
  const [divisor, divisorLow] = [choose(cos.high, sin.high), choose(cos.low, sin.low)];
  const q = v.let(v.div(numerator, divisor));
  const value = v.add(q, v.div(v.sub(numeratorLow, v.mul(q, divisorLow)), divisor));
  // The sum may lose the sign of −0.
  return v.select(v.eq(q, 0), v.withSign(v.constant(0), x), value);
}, "f64x2");
