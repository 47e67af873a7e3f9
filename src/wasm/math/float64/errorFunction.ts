// erf: x in float64 lanes, the value within 2 ulp for every x.

import { unary } from "../formula.js";
import { expWithin } from "./exponential.js";

// Near 0: erf(x) / x − 1 in x², within 2⁻⁵⁶ for |x| ≤ 1.
const SMALL = [
  0.1283791670955126, -0.376126389031841, 0.11283791670971108, -0.02686617064803528, 0.005223977652757146, -0.0008548328540937221,
  0.0001205538643231316, -1.4926888411875947e-5, 1.6481189000803801e-6, -1.655869924109089e-7, 1.6025009454346775e-8,
  -1.6514792873591698e-9, 1.443549484645477e-10,
];
// Beyond: 1 − erfc(x), with (1 + 2x) exp(x²) erfc(x) in t = (x − 2) / (x + 2) (the variable as in Shepherd and Laframboise,
// Chebyshev approximation of (1 + 2x) exp(x²) erfc x, 1981), within 2⁻⁵⁹ of erf for 1 ≤ x ≤ 6, where erf has rounded to 1.
const SCALED = [
  1.2769783815525289, -0.092763826585728, -0.16603039761516908, 0.16405128002663127, -0.05422000107633395, -0.008034014836070228,
  0.008722661532250937, 0.001271363548959654, -0.0014569634592280266, -0.00045543587903425724, 0.00020515717343573084,
  0.00015907168299481565, 2.7930224176423795e-5,
];

export const erf = unary((v, x) => {
  const a = v.let(v.atMost(v.abs(x), 6));
  const z = v.let(v.mul(a, a));
  const small = v.let(v.madd(a, v.polynomial(z, SMALL), a));
  const t = v.let(v.div(v.sub(a, 2), v.add(a, 2)));
  // Rounding x² counts x² erfc(x) fold, which is little.
  const e = v.let(expWithin(v, v.let(v.neg(z))));
  const complement = v.div(v.mul(e, v.polynomial(t, SCALED)), v.madd(a, 2, v.constant(1)));
  return v.withSign(v.select(v.lt(a, 1), small, v.sub(1, complement)), x);
}, "f64x2");
