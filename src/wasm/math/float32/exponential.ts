// exp, exp2, expm1 and what is made of them (logistic): x in float32 lanes, the value
// within 2 ulp for every x. Reduction x = n ln 2 + r with ln 2 in two parts (Cody and Waite, Software Manual for the
// Elementary Functions, 1980), then a minimax polynomial on |r| ≤ ½ ln 2.

import { type Formula, type Term, type Variable, unary } from "../formula.js";

/** 1.5 · 2²³: adding it rounds to an integer, which then stands in the low bits. */
const ROUNDER = 12582912;
const LOG2_E = Math.LOG2E;
/** ln 2, its first part with nine bits, so that its product with n is exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -0.00021219444170128554;

/** (exp(r) − 1 − r) / r², relative to exp(r) within 2⁻²⁸. */
const EXP = [0.4999999403953552, 0.16666516661643982, 0.04166810214519501, 0.008369200862944126, 0.0013839066959917545];
/** The same function, relative to exp(r) − 1 within 2⁻²⁶. */
const EXPM1 = [0.4999999701976776, 0.16666539013385773, 0.04166774824261665, 0.008367089554667473, 0.0013837796868756413];
/** 2ᶠ for |f| ≤ ½ within 2⁻²⁷. */
const EXP2 = [
  1, 0.6931472420692444, 0.24022655189037323, 0.05550272762775421, 0.009617065079510212, 0.0013417747104540467, 0.00015823835565242916,
];

const ONE_BITS = 0x3f800000;

/** p·2ⁿ, where `shifted` = n + ROUNDER. In two steps: n = 128 is reached, and a subnormal result is rounded only once. */
function scaled(v: Formula, p: Term, shifted: Variable): Term {
  const half = v.let(v.shiftLeft(v.shiftRight(shifted, 1), 23));
  const rest = v.integerSub(v.shiftLeft(shifted, 23), half);
  const one = v.bits(ONE_BITS);
  return v.mul(v.mul(p, v.integerAdd(half, one)), v.integerAdd(rest, one));
}

interface Reduced {
  /** n + ROUNDER. */
  readonly shifted: Variable;
  /** x − n ln 2 = high − low ≈ r, high exact. */
  readonly high: Variable;
  readonly low: Variable;
  readonly r: Variable;
}

function reduce(v: Formula, x: Term): Reduced {
  const shifted = v.let(v.madd(x, LOG2_E, ROUNDER));
  const n = v.let(v.sub(shifted, ROUNDER));
  const high = v.let(v.nmadd(n, LN2_HIGH, x));
  const low = v.let(v.mul(n, LN2_LOW));
  return { shifted, high, low, r: v.let(v.sub(high, low)) };
}

/** exp(x), for x up to 89 (which overflows) and from −104 (which underflows) on. */
export function expWithin(v: Formula, x: Term): Term {
  const { shifted, r } = reduce(v, x);
  const p = v.add(v.madd(v.polynomial(r, EXP), v.mul(r, r), r), 1);
  return scaled(v, p, shifted);
}

/** The same within 0.7 ulp: the head 1 + high is summed without loss. For use where more roundings follow. */
function expCompensated(v: Formula, x: Term): Term {
  const { shifted, high, low, r } = reduce(v, x);
  const head = v.let(v.add(high, 1));
  const lost = v.add(v.sub(1, head), high);
  const tail = v.sub(v.mul(v.mul(r, r), v.polynomial(r, EXP)), low);
  return scaled(v, v.add(head, v.add(lost, tail)), shifted);
}

export const exp = unary((v, x) => expWithin(v, v.let(v.atMost(v.atLeast(x, -104), 89))));

export const exp2 = unary((v, x) => {
  const within = v.let(v.atMost(v.atLeast(x, -151), 129));
  const shifted = v.let(v.add(within, ROUNDER));
  const f = v.let(v.sub(within, v.sub(shifted, ROUNDER)));
  return scaled(v, v.polynomial(f, EXP2), shifted);
});

/** exp(x) − 1 for |x| ≥ 2⁻¹²⁰ and x up to 89, from −20 on. */
export function expm1Within(v: Formula, x: Term): Term {
  const { shifted, high, low, r } = reduce(v, x);
  const p = v.let(v.add(high, v.sub(v.mul(v.mul(r, r), v.polynomial(r, EXPM1)), low)));
  // 2ⁿ⁻¹, for 2¹²⁸ is no float32.
  const s = v.let(v.integerAdd(v.shiftLeft(shifted, 23), v.bits(ONE_BITS - 0x800000)));
  const half = v.let(v.madd(s, p, v.sub(s, 0.5)));
  return v.add(half, half);
}

export const expm1 = unary((v, x) => {
  const y = expm1Within(v, v.let(v.atMost(v.atLeast(x, -20), 89)));
  // Tiny arguments are their own value, which keeps −0 and subnormals.
  return v.select(v.lt(v.abs(x), 2 ** -26), x, y);
});

// Both sides from e = exp(−|x|), which cannot overflow: e / (1 + e) for negative x, its complement to 1 for positive.
// c − c g with g = e / (1 + e) carries the error of 1 + e only in the smaller term.
export const logistic = unary((v, x) => {
  const e = v.let(expCompensated(v, v.let(v.atLeast(v.neg(v.abs(x)), -104))));
  const c = v.let(v.select(v.lt(x, 0), e, 1));
  return v.nmadd(c, v.div(e, v.add(e, 1)), c);
});
