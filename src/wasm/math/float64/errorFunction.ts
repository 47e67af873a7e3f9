// erf and erfc: x in float64 lanes, the value within 2 ulp for every x, erfc's small values too.

import { type Formula, type Term, type Variable, unary } from "../formula.js";
import { expWithin, scaledExp } from "./exponential.js";

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

/** erf(a) / a − 1 for 0 ≤ a ≤ 1. */
export const erfExcess = (v: Formula, a: Variable): Term => v.polynomial(v.let(v.mul(a, a)), SMALL);

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

// The same function in t = (x − 3.5) / (x + 3.5), relative to itself: within 2⁻⁵⁸ for 0.45 ≤ x ≤ 27.3, interpolated at Chebyshev
// points; the constant first.
const TAIL_HEAD = 1.2423492448711544;
const TAIL = [
  -0.14000918013761943, -0.010555596332218174, 0.09751909515325964, -0.1150895981602005, 0.0879831538248238, -0.04882332582765075,
  0.019099330943204294, -0.004215019911616314, -0.0003022678861386833, 0.0005643844517724678, -0.00012151236368546553,
  -4.278241813315226e-5, 2.4260697248878736e-5, 2.3289530421852344e-6, -3.813796836905834e-6, -4.562817037543153e-8, 5.992798351510601e-7,
  -6.103266712772893e-9, -9.230175238698871e-8, -7.649649815276284e-10, 1.0150750145128131e-8, 4.196932699923774e-10,
];
const TAIL_CENTRE = 3.5;
/** Beyond it erfc is below half of the least subnormal. */
const TAIL_LIMIT = 27.3;
/** All but the 27 last bits of a float64: the square of what is left is exact. */
const LEADING_BITS = ~((1n << 27n) - 1n);

/**
 * erfc(a) for a ≥ 0.45. Rounding a² would cost a² ulps, so a² = h² + (a − h)(a + h) with h the leading half of a; the polynomial's
 * last sum and the divisor 1 + 2a go with what rounding them lost.
 */
export function erfcTail(v: Formula, magnitude: Term): Term {
  const a = v.let(v.atMost(magnitude, TAIL_LIMIT));
  const t = v.let(v.div(v.sub(a, TAIL_CENTRE), v.add(a, TAIL_CENTRE)));
  const slope = v.let(v.mul(t, v.polynomial(t, TAIL)));
  const sum = v.let(v.add(slope, TAIL_HEAD));
  const sumLost = v.add(v.sub(TAIL_HEAD, sum), slope);
  const double = v.let(v.add(a, a));
  const divisor = v.let(v.add(double, 1));
  // The lesser of 1 and 2a was added to the greater.
  const [less, more] = [v.atMost(double, 1), v.atLeast(double, 1)];
  const divisorLost = v.sub(less, v.sub(divisor, more));
  const quotient = v.let(v.div(sum, divisor));
  const rest = v.let(v.div(v.sub(sumLost, v.mul(quotient, divisorLost)), divisor));
  const h = v.let(v.and(a, v.bits(LEADING_BITS)));
  const square = v.let(v.neg(v.mul(h, h)));
  return scaledExp(v, square, v.mul(v.sub(h, a), v.add(a, h)), quotient, rest);
}

export const erfc = unary((v, x) => {
  const a = v.let(v.abs(x));
  const small = v.let(v.sub(1, v.madd(x, erfExcess(v, v.let(v.atMost(a, 1))), x)));
  const tail = v.let(erfcTail(v, a));
  return v.select(v.lt(a, 0.5), small, v.select(v.lt(x, 0), v.sub(2, tail), tail));
}, "f64x2");
