// log and log1p: x in float64 lanes, the value within 2 ulp for every x. x = 2ᵉ (1 + f) with 1 + f in [√½, √2), and
// log(1 + f) = f − (h − s (h + R(s²))) with h = f²/2, s = f / (2 + f) (the form of Tang, Table-driven implementation of the
// logarithm function, 1990, without the table); e ln 2 is added in two parts, the larger last.

import { type Formula, type Operand, type Term, type Variable, unary } from "../formula.js";

/** (2 atanh(s) / s − 2) / s² in s², within 2⁻⁵⁹ of log. */
const R = [
  0.6666666666666735, 0.3999999999940932, 0.2857142874369787, 0.22222198427518122, 0.1818357244389412, 0.1531382957012596,
  0.1479828790000324,
];
const LN2_HIGH = 0.6931471805598903;
const LN2_LOW = 5.497923018708371e-14;

const ONE_BITS = 0x3ff0000000000000n;
const SQRT_HALF_BITS = 0x3fe6a09e667f3bcdn;
const MIN_NORMAL = 2 ** -1022;

export interface Split {
  readonly exponent: Variable;
  /** e as the exponent bits of a float64. */
  readonly exponentBits: Variable;
  readonly f: Variable;
}

/** x = 2ᵉ (1 + f) for positive normal x. */
export function split(v: Formula, x: Term): Split {
  const offset = v.let(v.integerAdd(x, v.bits(ONE_BITS - SQRT_HALF_BITS)));
  // The biased exponent becomes a number in the low bits of 2⁵².
  const exponent = v.let(v.sub(v.or(v.shiftRight(offset, 52), v.constant(2 ** 52)), 2 ** 52 + 1023));
  const exponentBits = v.let(v.integerSub(v.and(offset, v.bits(0xfffn << 52n)), v.bits(ONE_BITS)));
  const f = v.let(v.sub(v.integerSub(x, exponentBits), 1));
  return { exponent, exponentBits, f };
}

/** log(1 + f) + e ln 2. */
function combine(v: Formula, f: Variable, exponent: Operand): Term {
  const s = v.let(v.div(f, v.add(f, 2)));
  const z = v.let(v.mul(s, s));
  const h = v.let(v.mul(v.mul(f, f), 0.5));
  const tail = v.madd(s, v.madd(z, v.polynomial(z, R), h), v.mul(exponent, LN2_LOW));
  return v.madd(exponent, LN2_HIGH, v.sub(f, v.sub(h, tail)));
}

/** y, except ∞ and NaN where x is that, and NaN where x is less than `least`. */
function outside(v: Formula, x: Variable, least: number, y: Term): Term {
  return v.or(v.select(v.lt(x, Infinity), y, x), v.shiftRight(v.lt(x, least), 1));
}

export const log = unary((v, x) => {
  const { exponent, f } = split(v, x);
  const y = v.let(combine(v, f, exponent));
  v.whenAny(v.not(v.and(v.le(MIN_NORMAL, x), v.lt(x, Infinity))), () => {
    const small = v.let(v.lt(x, MIN_NORMAL));
    const lifted = v.let(v.select(small, v.mul(x, 2 ** 54), x));
    const again = split(v, lifted);
    const e = v.let(v.sub(again.exponent, v.and(small, v.constant(54))));
    const finite = v.let(combine(v, again.f, e));
    v.set(y, outside(v, x, 0, v.select(v.eq(x, 0), -Infinity, finite)));
  });
  return y;
}, "f64x2");

/** log(1 + x): log(u) for u = 1 + x rounded, with what rounding lost added to f. */
export function log1pOf(v: Formula, x: Variable): Variable {
  const u = v.let(v.add(x, 1));
  const { exponent, exponentBits, f } = split(v, u);
  const big = v.let(v.gt(x, 1));
  const lost = v.select(big, v.sub(1, v.sub(u, x)), v.sub(x, v.sub(u, 1)));
  const inverse = v.integerSub(v.bits(ONE_BITS), exponentBits);
  v.set(f, v.madd(lost, inverse, f));
  const y = v.let(v.withSign(combine(v, f, exponent), x));
  // Beyond 2²⁰⁰, log(x) is log1p(x); there and at −1 the scale 2⁻ᵉ may not exist.
  v.whenAny(v.not(v.and(v.gt(x, -1), v.lt(x, 2 ** 200))), () => {
    const far = split(v, x);
    const logarithm = v.let(combine(v, far.f, far.exponent));
    const finite = v.select(v.lt(x, 2 ** 200), y, logarithm);
    v.set(y, outside(v, x, -1, v.select(v.eq(x, -1), -Infinity, finite)));
  });
  return y;
}

export const log1p = unary(log1pOf, "f64x2");
