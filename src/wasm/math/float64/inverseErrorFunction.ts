// The inverse of erf: x in float64 lanes, the value within 2 ulp; ±∞ at ±1, NaN beyond. A first value of 20 bits, a polynomial in
// w = −log(1 − x²) or in √w (the variables as in Giles, Approximating the erfinv function, 2010), then one step of Halley's
// iteration, which triples them.

import { unary } from "../formula.js";
import { wideExp, wideLog2 } from "../float32/wide.js";
import { erfExcess, erfcTail } from "./errorFunction.js";

/** erfInv(x) / x in w − 3.125, within 2⁻²⁰ for 0 ≤ w ≤ 6.25. */
const CENTRAL = [
  1.653655416, 0.2401585092, -0.006036524376, -0.0007417723019, 0.0001883518474, -0.00001333748612, -0.000001697672321, 3.356498423e-7,
];
const CENTRAL_LIMIT = 6.25;
/** In √w − 4.3, within 2⁻²² for 2.5 ≤ √w ≤ 6.2: 1 − x is at least 2⁻⁵³. */
const TAIL = [
  4.142724803, 1.010046199, 0.0006134432111, -0.0005719120848, 0.0002244530567, -0.00005321681407, -0.000005986560982, -0.000008768549066,
  0.00001399736588, -0.000003747409026,
];
const ROOT_PI_OVER_2 = 0.886226925452758;
const TWO_OVER_ROOT_PI = 1.1283791670955126;
/** Up to here erf(y) is y plus a small part, of which y − x takes the large one away without loss. */
const NEAR = 0.84;
/** Below it erfInv(x) is x times a constant; squares of such numbers may not exist. */
const TINY = 1e-9;

export const erfInv = unary((v, x) => {
  const a = v.let(v.abs(x));
  const complement = v.let(v.sub(1, a));
  const w = v.let(v.mul(wideLog2(v, v.let(v.mul(complement, v.add(a, 1)))), -Math.LN2));
  const tail = v.polynomial(v.let(v.sub(v.sqrt(w), 4.3)), TAIL);
  const quotient = v.select(v.gt(w, CENTRAL_LIMIT), tail, v.polynomial(v.let(v.sub(w, 3.125)), CENTRAL));
  const y = v.let(v.mul(a, quotient));
  // erf(y) − a; near 1 it is taken between the complements, whose digits survive.
  const near = v.madd(y, erfExcess(v, v.let(v.atMost(y, 1))), v.sub(y, a));
  const residue = v.let(v.select(v.lt(a, NEAR), near, v.sub(complement, erfcTail(v, y))));
  const slope = v.mul(wideExp(v, v.let(v.neg(v.mul(y, y)))), TWO_OVER_ROOT_PI);
  const u = v.let(v.div(residue, slope));
  const value = v.let(v.sub(y, v.div(u, v.madd(y, u, v.constant(1)))));
  const inside = v.select(v.lt(a, TINY), v.mul(a, ROOT_PI_OVER_2), value);
  // a / √(1 − a) is ∞ at 1, and NaN beyond.
  return v.withSign(v.select(v.gt(complement, 0), inside, v.div(a, v.sqrt(complement))), x);
}, "f64x2");
