// erf and erfc: x in float32 lanes, the value within 2 ulp for every x, erfc's small values too.

import { unary } from "../formula.js";
import { inFloat64, wideExp } from "./wide.js";

// Near 0: erf(x) / x − 1 in x², within 2⁻²⁶ for |x| ≤ 1.2.
const ERF_SMALL = [
  0.12837915122509003, -0.37612536549568176, 0.112826868891716, -0.02682032249867916, 0.005131527315825224, -0.0007563821272924542,
  6.531057442771271e-5,
];
const ERF_SMALL_LIMIT = 1.2;
// Beyond: erf(x) = 1 − 1 / G(x)⁸ with a polynomial G (the form of Hastings, Approximations for Digital Computers, 1955);
// G's error counts 8 erfc(x) fold, 2⁻²⁷ of erf at most, for 1.2 ≤ x ≤ 3.93, where erf rounds to 1.
const ERF_ROOT = [
  0.9893220067024231, 0.18966953456401825, -0.005336741451174021, 0.12765400111675262, -0.0644228383898735, 0.02855035848915577,
  -0.006033788900822401, 0.0007048071711324155,
];
const ERF_LIMIT = 3.93;

export const erf = unary((v, x) => {
  const a = v.let(v.atMost(v.abs(x), ERF_LIMIT));
  const z = v.let(v.mul(a, a));
  const small = v.let(v.madd(a, v.polynomial(z, ERF_SMALL), a));
  const root = v.let(v.polynomial(a, ERF_ROOT));
  const square = v.let(v.mul(root, root));
  const fourth = v.let(v.mul(square, square));
  const large = v.sub(1, v.div(1, v.mul(fourth, fourth)));
  return v.withSign(v.select(v.lt(a, ERF_SMALL_LIMIT), small, large), x);
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
