// The hyperbolic functions and their inverses: x in float32 lanes, the value within 2 ulp (tanh within 3) for every x.
// tanh is a rational function of float32; the others are formed of exp and log in float64.

import { unary } from "../formula.js";
import { inFloat64, wideExp, wideExpm1, wideLog1p } from "./wide.js";

// tanh(x) ≈ x P(x²) / Q(x²) within 2⁻²⁹ on |x| ≤ 9.01, where tanh rounds to 1. All coefficients but one tiny are positive:
// Horner's rule loses little.
const TANH_P = [0.9999999990453359, 0.13785356887721065, 0.004008500035899207, 3.158887737166455e-5, 5.076161918104388e-8];
const TANH_Q = [1, 0.47118689290132465, 0.027737479496443285, 0.00042073916697497654, 1.617471584023388e-6, 7.3743188188166e-10];
const TANH_LIMIT = 9.01;

export const tanh = unary((v, x) => {
  const within = v.let(v.atMost(v.atLeast(x, -TANH_LIMIT), TANH_LIMIT));
  const z = v.let(v.mul(within, within));
  const quotient = v.div(v.mul(within, v.polynomial(z, TANH_P)), v.polynomial(z, TANH_Q));
  return v.atMost(v.atLeast(v.let(quotient), -1), 1);
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
