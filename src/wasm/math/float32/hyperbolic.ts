// The hyperbolic functions and their inverses: x in float32 lanes, the value within 2 ulp (tanh within 3) for every x.
// tanh is a rational function of float32; the others are formed of exp and log in float64.

import { unary } from "../formula.js";
import { inFloat64, wideExp, wideExpm1, wideLog1p } from "./wide.js";

// Near 0: (tanh(x) / x − 1) / x² in x², within 2⁻²⁴ for |x| ≤ 0.55.
const TANH_SMALL = [-0.33332931995391846, 0.1332036554813385, -0.05264773219823837, 0.01639014482498169];
const TANH_SMALL_LIMIT = 0.549;
// Beyond: u = tanh(x/2) ≈ x P(x²) / Q(x²) for |x| ≤ 9.02, and tanh(x) = 2u / (1 + u²). The doubling scales a relative error
// of u by (1 − u²) / (1 + u²), nothing near 1; P and Q (minimax with that weight, within 2⁻²⁷) are short, and their positive
// coefficients let Horner's rule lose little. Both are scaled by 1.8, which puts them where rounding is relatively finest.
const TANH_P = [0.8999999935905871, 0.02679235500325281, 0.00010274845778132728];
const TANH_Q = [1.8, 0.203584622586798, 0.00217095848843028, 2.209237986732e-6];
/** Where tanh rounds to 1. */
const TANH_LIMIT = 9.02;

export const tanh = unary((v, x) => {
  const within = v.let(v.atMost(v.atLeast(x, -TANH_LIMIT), TANH_LIMIT));
  const z = v.let(v.mul(within, within));
  const u = v.let(v.div(v.mul(within, v.polynomial(z, TANH_P)), v.polynomial(z, TANH_Q)));
  const large = v.div(v.add(u, u), v.madd(u, u, v.constant(1)));
  // x − x z …, of the sign of x also for −0.
  const small = v.madd(v.mul(within, z), v.polynomial(z, TANH_SMALL), within);
  return v.select(v.lt(v.abs(within), TANH_SMALL_LIMIT), v.withSign(small, x), large);
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
