// sin, cos and tan: x in float32 lanes, the value within 2 ulp for every x; NaN where x is infinite.

import { type Formula, type Term, type Variable, unary } from "../formula.js";
import { reduceAngle } from "./argument.js";

// Minimax on |r| ≤ π/4, in z = r²: (sin(r) / r − 1) / z within 2⁻²⁷, (cos(r) − 1 + z/2) / z² within 2⁻³²,
// (tan(r) / r − 1) / z within 2⁻²⁵, each relative to the function.
const SIN = [-0.16666655242443085, 0.008332187309861183, -0.00019517897453624755];
const COS = [0.04166664555668831, -0.0013887309469282627, 2.4432327336398885e-5];
const TAN = [
  0.33333155512809753, 0.1333884596824646, 0.05340686812996864, 0.024447230622172356, 0.003090880811214447, 0.009403360076248646,
];

/** The sine of r for even quadrants, the cosine for odd ones; negative in the upper two. */
function sineInQuadrant(v: Formula, r: Variable, quadrant: Variable): Term {
  const z = v.let(v.mul(r, r));
  // r + r z S may lose the sign of −0.
  const sin = v.let(v.withSign(v.madd(v.mul(r, z), v.polynomial(z, SIN), r), r));
  const cos = v.let(v.madd(v.mul(z, z), v.polynomial(z, COS), v.nmadd(z, 0.5, v.constant(1))));
  const odd = v.oddLanes(quadrant);
  const sign = v.signOf(v.shiftLeft(quadrant, 30));
  return v.xor(v.select(odd, cos, sin), sign);
}

export const sin = unary((v, x) => {
  const { r, quadrant } = reduceAngle(v, x);
  return sineInQuadrant(v, r, quadrant);
});

// cos(x) = sin(x + π/2).
export const cos = unary((v, x) => {
  const { r, quadrant } = reduceAngle(v, x);
  v.set(quadrant, v.integerAdd(quadrant, v.bits(1)));
  return sineInQuadrant(v, r, quadrant);
});

// tan(r + low) ≈ tan(r) + low (1 + r²) in even quadrants, −1 / that in odd ones.
export const tan = unary((v, x) => {
  const { r, low, quadrant } = reduceAngle(v, x, true);
  const z = v.let(v.mul(r, r));
  const correction = low === undefined ? v.constant(0) : v.madd(low, z, low);
  const t = v.let(v.add(r, v.madd(v.mul(r, z), v.polynomial(z, TAN), correction)));
  const odd = v.oddLanes(quadrant);
  return v.select(odd, v.div(-1, t), v.withSign(t, r));
});
