// The hyperbolic functions and their inverses: x in float64 lanes, the value within 2 ulp for every x.

import { unary } from "../formula.js";
import { expWithin, expm1Pair } from "./exponential.js";
import { log1pOf } from "./logarithm.js";

// t / (t + 2) with t = exp(2|x|) − 1, both sums with what they lost: q + (δt − q (δt + δd)) / d.
export const tanh = unary((v, x) => {
  const a = v.let(v.atMost(v.abs(x), 20));
  const { value, rest } = expm1Pair(v, v.let(v.add(a, a)));
  const d = v.let(v.add(value, 2));
  const lost = v.add(rest, v.add(v.sub(2, d), value));
  const q = v.let(v.div(value, d));
  return v.withSign(v.add(q, v.div(v.nmadd(q, lost, rest), d)), x);
}, "f64x2");

// Up to 1, (t + t / (t + 1)) / 2 with t = exp(|x|) − 1; beyond, h − 1 / 4h with h = exp|x| / 2, which does not overflow early.
export const sinh = unary((v, x) => {
  const a = v.let(v.atMost(v.abs(x), 711));
  const { value: t, rest } = expm1Pair(v, v.let(v.atMost(a, 1)));
  const small = v.let(v.mul(v.add(t, v.add(v.div(t, v.add(t, 1)), rest)), 0.5));
  const h = v.let(expWithin(v, a, 1));
  const large = v.sub(h, v.div(0.25, h));
  // Tiny arguments are their own value, which keeps subnormals.
  const y = v.select(v.lt(a, 1), v.select(v.lt(a, 2 ** -30), a, small), large);
  return v.withSign(y, x);
}, "f64x2");

export const cosh = unary((v, x) => {
  const h = v.let(expWithin(v, v.let(v.atMost(v.abs(x), 711)), 1));
  return v.add(h, v.div(0.25, h));
}, "f64x2");

const BIG = 2 ** 28;

// log1p(a + a² / (1 + √(1 + a²))) for a = |x|, and log(a) + ln 2 where a² hides the 1.
export const asinh = unary((v, x) => {
  const a = v.let(v.abs(x));
  const big = v.let(v.lt(BIG, a));
  const square = v.let(v.mul(a, a));
  const near = v.add(a, v.div(square, v.add(v.sqrt(v.add(square, 1)), 1)));
  const y = log1pOf(v, v.let(v.select(big, v.sub(a, 1), near)));
  return v.withSign(v.add(y, v.and(big, v.constant(Math.LN2))), x);
}, "f64x2");

// log1p(t + √(t (t + 2))) for t = x − 1, and log(x) + ln 2 where x² hides the 1.
export const acosh = unary((v, x) => {
  const big = v.let(v.lt(BIG, x));
  const t = v.let(v.sub(x, 1));
  const near = v.add(t, v.sqrt(v.mul(t, v.add(t, 2))));
  const y = log1pOf(v, v.let(v.select(big, t, near)));
  const value = v.add(y, v.and(big, v.constant(Math.LN2)));
  return v.or(value, v.shiftRight(v.lt(x, 1), 1));
}, "f64x2");

// ½ log1p(2a / (1 − a)) for a = |x|; NaN beyond 1.
export const atanh = unary((v, x) => {
  const a = v.let(v.abs(x));
  const y = log1pOf(v, v.let(v.div(v.add(a, a), v.sub(1, a))));
  return v.withSign(v.or(v.mul(y, 0.5), v.shiftRight(v.gt(a, 1), 1)), x);
}, "f64x2");
