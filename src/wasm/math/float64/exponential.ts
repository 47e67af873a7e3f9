// exp, exp2, expm1 and logistic: x in float64 lanes, the value within 2 ulp for every x. As in float32: x = n ln 2 + r with
// ln 2 in two parts (Cody and Waite), then a minimax polynomial on |r| ≤ ½ ln 2.

import { type Formula, type Term, type Variable, unary } from "../formula.js";

/** 1.5 · 2⁵²: adding it rounds to an integer, which then stands in the low bits. */
const ROUNDER = 6755399441055744;
/** ln 2, its first part with 42 bits, so that its product with n is exact. */
const LN2_HIGH = 0.6931471805598903;
const LN2_LOW = 5.497923018708371e-14;
const ONE_BITS = 0x3ff0000000000000n;
const EXPONENT_UNIT = 1n << 52n;

/** (exp(r) − 1 − r) / r², within 2⁻⁶¹ of exp(r) − 1. */
const EXPM1 = [
  0.5, 0.16666666666666677, 0.041666666666666685, 0.00833333333332182, 0.0013888888888895356, 0.00019841269885258713, 2.4801587272693676e-5,
  2.7557245244782955e-6, 2.7557337089297233e-7, 2.5108653922348105e-8, 2.0890994790341995e-9,
];
/** 2ᶠ for |f| ≤ ½ within 2⁻⁵⁹. */
const EXP2 = [
  1,
  Math.LN2,
  0.2402265069591007,
  0.05550410866482337,
  0.009618129107630248,
  0.0013333558146035678,
  0.0001540353038883764,
  1.5252734164690203e-5,
  1.321549136360365e-6,
  1.0177933015744666e-7,
  7.052949095852808e-9,
  4.473256924562476e-10,
  2.8703866360308715e-11,
];

/** p·2ⁿ, where `shifted` = n + ROUNDER; in two steps, so that a subnormal result is rounded only once. */
function scaled(v: Formula, p: Term, shifted: Term): Term {
  const half = v.let(v.shiftLeft(v.shiftRight(shifted, 1), 52));
  const rest = v.integerSub(v.shiftLeft(shifted, 52), half);
  const one = v.bits(ONE_BITS);
  return v.mul(v.mul(p, v.integerAdd(half, one)), v.integerAdd(rest, one));
}

interface Reduced {
  /** n + ROUNDER. */
  readonly shifted: Variable;
  /** x − n ln 2 = high − low ≈ r, high exact. */
  readonly high: Variable;
  /** exp(r) − 1 − high. */
  readonly tail: Variable;
}

/** Of x + rest, the rest being small. */
function reduce(v: Formula, x: Term, rest?: Term): Reduced {
  const shifted = v.let(v.madd(x, Math.LOG2E, ROUNDER));
  const n = v.let(v.sub(shifted, ROUNDER));
  const high = v.let(v.nmadd(n, LN2_HIGH, x));
  const lost = v.mul(n, LN2_LOW);
  const low = v.let(rest === undefined ? lost : v.sub(lost, rest));
  const r = v.let(v.sub(high, low));
  return { shifted, high, tail: v.let(v.sub(v.mul(v.mul(r, r), v.polynomial(r, EXPM1)), low)) };
}

/** exp(x)·2^−halvings within 0.7 ulp, for x from −746 up to 711: the head 1 + high is summed without loss. */
export function expWithin(v: Formula, x: Term, halvings = 0): Term {
  const { shifted, high, tail } = reduce(v, x);
  const head = v.let(v.add(high, 1));
  const lost = v.add(v.sub(1, head), high);
  const n = halvings === 0 ? shifted : v.let(v.integerSub(shifted, v.bits(BigInt(halvings))));
  return scaled(v, v.add(head, v.add(lost, tail)), n);
}

/** exp(x + rest)·(factor + more) for x from −1400 up to 700, |rest| below 2⁻¹⁰ and a `more` below the factor's last digits. */
export function scaledExp(v: Formula, x: Term, rest: Term, factor: Variable, more: Term): Term {
  const { shifted, high, tail } = reduce(v, x, rest);
  const head = v.let(v.add(high, 1));
  const left = v.let(v.add(v.add(v.sub(1, head), high), tail));
  const e = v.let(v.add(head, left));
  const lost = v.add(v.sub(head, e), left);
  return scaled(v, v.add(v.mul(e, factor), v.add(v.mul(e, more), v.mul(lost, factor))), shifted);
}

export const exp = unary((v, x) => expWithin(v, v.let(v.atMost(v.atLeast(x, -746), 711))), "f64x2");

/** 2ⁿ exp(high + low) for |high| up to ½ ln 2 and a low part below its last digits; `shifted` is n + 1.5 · 2⁵². */
export function expOfPair(v: Formula, shifted: Term, high: Variable, low: Term): Term {
  const head = v.let(v.add(high, 1));
  const tail = v.add(v.mul(v.mul(high, high), v.polynomial(high, EXPM1)), v.mul(low, head));
  return scaled(v, v.add(head, v.add(v.add(v.sub(1, head), high), tail)), shifted);
}

/** x = n + f with |f| up to ½: n + 1.5 · 2⁵², and f. */
export function nearestInteger(v: Formula, x: Term): { readonly shifted: Variable; readonly f: Variable } {
  const shifted = v.let(v.add(x, ROUNDER));
  return { shifted, f: v.let(v.sub(x, v.sub(shifted, ROUNDER))) };
}

export const exp2 = unary((v, x) => {
  const { shifted, f } = nearestInteger(v, v.let(v.atMost(v.atLeast(x, -1076), 1025)));
  return scaled(v, v.polynomial(f, EXP2), shifted);
}, "f64x2");

export const expm1 = unary((v, x) => {
  const { shifted, high, tail } = reduce(v, v.let(v.atMost(v.atLeast(x, -40), 709.9)));
  // 2ⁿ⁻¹, for 2¹⁰²⁴ is no float64.
  const s = v.let(v.integerAdd(v.shiftLeft(shifted, 52), v.bits(ONE_BITS - EXPONENT_UNIT)));
  const half = v.let(v.madd(s, v.add(high, tail), v.sub(s, 0.5)));
  // Tiny arguments are their own value, which keeps −0 and subnormals.
  return v.select(v.lt(v.abs(x), 2 ** -55), x, v.add(half, half));
}, "f64x2");

/** exp(x) − 1 as value + rest, for 0 ≤ x ≤ 40: the rest is what rounding the value lost. */
export function expm1Pair(v: Formula, x: Term): { value: Variable; rest: Variable } {
  const { shifted, high, tail } = reduce(v, x);
  const s = v.let(v.integerAdd(v.shiftLeft(shifted, 52), v.bits(ONE_BITS)));
  const less = v.let(v.sub(s, 1));
  const product = v.let(v.mul(s, high));
  const sum = v.let(v.add(less, product));
  const small = v.let(v.madd(s, tail, v.add(v.sub(less, sum), product)));
  const value = v.let(v.add(sum, small));
  return { value, rest: v.let(v.add(v.sub(sum, value), small)) };
}

// As in float32: c − c g with g = e / (1 + e), e = exp(−|x|), carries the error of 1 + e only in the smaller term.
export const logistic = unary((v, x) => {
  const e = v.let(expWithin(v, v.let(v.atLeast(v.neg(v.abs(x)), -746))));
  const c = v.let(v.select(v.lt(x, 0), e, 1));
  return v.nmadd(c, v.div(e, v.add(e, 1)), c);
}, "f64x2");
