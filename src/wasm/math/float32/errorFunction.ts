// erf and erfc: x in float32 lanes, the value within 2 ulp for every x, erfc's small values too.

import { unary } from "../formula.js";
import { doubled } from "./doubling.js";
import { inFloat64, wideExp } from "./wide.js";

// u = tanh(½ atanh(erf(x))) ≈ x P(x²) / 2Q(x²) for |x| ≤ 3.92, where erf rounds to 1, and erf(x) = 2u / (1 + u²). As with
// tanh, doubling scales a relative error of u by (1 − u²) / (1 + u²); P and Q are minimax with that weight, within 2⁻²⁴.
const ERF_P = [1.12837920589637, 0.2973965656456044, 0.03228138933714627, 0.0025408332576640227];
const ERF_Q = [1, 0.2785854903056489, 0.04845521409032158, 0.006048863367426587, 0.00009892639215982335];
const ERF_LIMIT = 3.925;

export const erf = unary((v, x) => {
  const within = v.let(v.atMost(v.atLeast(x, -ERF_LIMIT), ERF_LIMIT));
  return doubled(v, within, ERF_P, ERF_Q);
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
