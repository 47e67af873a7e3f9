// The hyperbolic functions and their inverses: x in float32 lanes, the value within 2 ulp (tanh within 3) for every x.
// tanh is a rational function of float32; the others are formed of exp and log in float64.

import { unary } from "../formula.js";
import { doubled } from "./doubling.js";
import { inFloat64, wideExp, wideExpm1, wideLog1p } from "./wide.js";

// tanh(x/2) ≈ u = x P(x²) / 2Q(x²) for |x| ≤ 9.01, where tanh rounds to 1, and tanh(x) = 2u / (1 + u²): the doubling scales
// a relative error of u by (1 − u²) / (1 + u²), nothing near 1, and P and Q (minimax with that weight, within 2⁻²⁷) are short.
// All coefficients are positive: Horner's rule loses little.
const TANH_P = [0.9999999928784301, 0.029769283336947568, 0.00011416495309036587];
const TANH_Q = [1, 0.11310256810377685, 0.0012060880491279351, 1.227354437073331e-6];
const TANH_LIMIT = 9.01;

export const tanh = unary((v, x) => {
  const within = v.let(v.atMost(v.atLeast(x, -TANH_LIMIT), TANH_LIMIT));
  return doubled(v, within, TANH_P, TANH_Q);
});

// With t = exp(|x|) − 1: sinh|x| = (t + t / (t + 1)) / 2.
export const sinh = unary((v, x) => {
  const magnitude = v.let(v.atMost(v.abs(x), 90));
  const value = inFloat64(v, [magnitude], (d, a) => {
    const t = d.let(wideExpm1(d, a));
    return d.mul(d.add(t, d.div(t, d.add(t, 1))), 0.5);
  });
  return v.withSign(value, x);
});

export const cosh = unary((v, x) => {
  const magnitude = v.let(v.atMost(v.abs(x), 90));
  return inFloat64(v, [magnitude], (d, a) => {
    const e = d.let(wideExp(d, a));
    return d.mul(d.add(e, d.div(1, e)), 0.5);
  });
});

// asinh(a) = log1p(a + a² / (1 + √(1 + a²))) for a = |x|; a² cannot overflow in float64.
export const asinh = unary((v, x) => {
  const magnitude = v.let(v.abs(x));
  const value = inFloat64(v, [magnitude], (d, a) => {
    const square = d.let(d.mul(a, a));
    return wideLog1p(d, d.let(d.add(a, d.div(square, d.add(d.sqrt(d.add(square, 1)), 1)))));
  });
  return v.withSign(v.select(v.lt(magnitude, Infinity), value, magnitude), x);
});

// acosh(x) = log1p(t + √(t (t + 2))) for t = x − 1, which float64 holds exactly where it is small.
export const acosh = unary((v, x) => {
  const value = inFloat64(v, [x], (d, a) => {
    const t = d.let(d.sub(a, 1));
    return wideLog1p(d, d.let(d.add(t, d.sqrt(d.mul(t, d.add(t, 2))))));
  });
  const y = v.let(value);
  // NaN below 1 and where x is NaN, ∞ at ∞.
  v.whenAny(v.not(v.and(v.lt(x, Infinity), v.le(1, x))), () => {
    v.set(y, v.or(v.select(v.lt(x, Infinity), y, x), v.shiftRight(v.lt(x, 1), 1)));
  });
  return y;
});

// atanh(a) = ½ log1p(2a / (1 − a)) for a = |x|.
export const atanh = unary((v, x) => {
  const magnitude = v.let(v.abs(x));
  const value = inFloat64(v, [magnitude], (d, a) => d.mul(wideLog1p(d, d.let(d.div(d.add(a, a), d.sub(1, a)))), 0.5));
  const y = v.let(value);
  // ∞ at 1, NaN beyond and where x is NaN.
  v.whenAny(v.not(v.lt(magnitude, 1)), () => {
    v.set(y, v.select(v.lt(magnitude, 1), y, v.select(v.eq(magnitude, 1), Infinity, NaN)));
  });
  return v.withSign(y, x);
});
