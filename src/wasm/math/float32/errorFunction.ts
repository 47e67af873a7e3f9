// erf and erfc: x in float32 lanes, the value within 2 ulp for every x, erfc's small values too.

import { unary } from "../formula.js";
import { inFloat64, wideExp } from "./wide.js";

// erf(x) ≈ x P(x²) / Q(x²) within 2⁻²⁸ on |x| ≤ 3.92, where erf rounds to 1. All coefficients are positive: Horner's rule
// loses little.
const ERF_P = [
  1.1283791696211969, 0.1924909591398152, 0.05559407322943662, 0.004196826155184254, 0.0004061138122875352, 6.6022380070716314e-6,
];
const ERF_Q = [
  1, 0.5039240931623561, 0.11724308312283696, 0.016218965819479753, 0.001408481773875045, 7.12084490478352e-5, 2.497750406981143e-7,
];
const ERF_LIMIT = 3.925;

export const erf = unary((v, x) => {
  const within = v.let(v.atMost(v.atLeast(x, -ERF_LIMIT), ERF_LIMIT));
  const z = v.let(v.mul(within, within));
  const quotient = v.div(v.mul(within, v.polynomial(z, ERF_P)), v.polynomial(z, ERF_Q));
  return v.atMost(v.atLeast(v.let(quotient), -1), 1);
});

// (1 + 2a) exp(a²) erfc(a) in t = (a − 3) / (a + 3), 0 ≤ a ≤ 10.2, within 2⁻²⁸ (the variable as in Shepherd and Laframboise,
// Chebyshev approximation of (1 + 2x) exp(x²) erfc x, 1981).
const ERFC = [
  1.2530080592108714, -0.13562114014810608, -0.047562409467160796, 0.129646433868248, -0.11927079775262868, 0.06829574780847351,
  -0.023798528919290213, 0.0025665737594800057, 0.002003342113700483, -0.0007751407896116697, -0.0002671887617206548,
];
/** Beyond it erfc is below half of the least subnormal. */
const ERFC_LIMIT = 10.2;

// In float64, where x² is exact; erfc(−a) = 2 − erfc(a).
export const erfc = unary((v, x) => {
  const within = v.let(v.atMost(v.atLeast(x, -ERFC_LIMIT), ERFC_LIMIT));
  return inFloat64(v, [within], (d, y) => {
    const a = d.let(d.abs(y));
    const t = d.let(d.div(d.sub(a, 3), d.add(a, 3)));
    const value = d.let(d.div(d.mul(wideExp(d, d.let(d.neg(d.mul(a, a)))), d.polynomial(t, ERFC)), d.madd(a, 2, d.constant(1))));
    return d.select(d.lt(y, 0), d.sub(2, value), value);
  });
});
