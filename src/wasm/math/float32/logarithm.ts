// log and log1p: x in float32 lanes, the value within 2 ulp for every x. x = 2ᵉ m with m in [√½, √2), and
// log(1 + f) = f − f²/2 + f³ P(f) for f = m − 1; e ln 2 is added in two parts, the larger last.

import { type Formula, type Operand, type Term, type Variable, unary } from "../formula.js";

/** (log(1 + f) − f + f²/2) / f³ within 2⁻³⁰ of log(1 + f). */
const P = [
  0.3333331346511841, -0.2500002384185791, 0.2000204175710678, -0.1666739583015442, 0.14220796525478363, -0.12414798885583878,
  0.1188708022236824, -0.11627066135406494, 0.06694736331701279,
];
const LN2_HIGH = 0.693359375;
const LN2_LOW = -0.00021219444170128554;

const SQRT_HALF_BITS = 0x3f3504f3;
const EXPONENT_BITS = 0xff800000;
const MIN_NORMAL = 2 ** -126;

interface Split {
  /** e. */
  readonly exponent: Variable;
  /** e as the exponent bits of a float32. */
  readonly exponentBits: Variable;
  /** m − 1. */
  readonly f: Variable;
}

/** x = 2ᵉ (1 + f) for positive normal x. */
function split(v: Formula, x: Term): Split {
  const offset = v.let(v.integerSub(x, v.bits(SQRT_HALF_BITS)));
  const exponent = v.let(v.apply("f32x4.convert_i32x4_s", v.shiftRightSigned(offset, 23)));
  const exponentBits = v.let(v.and(offset, v.bits(EXPONENT_BITS)));
  const f = v.let(v.sub(v.integerSub(x, exponentBits), 1));
  return { exponent, exponentBits, f };
}

/** log(1 + f) + e ln 2. */
function combine(v: Formula, f: Variable, exponent: Operand): Term {
  const z = v.let(v.mul(f, f));
  const tail = v.madd(exponent, LN2_LOW, v.mul(v.mul(f, z), v.polynomial(f, P)));
  return v.madd(exponent, LN2_HIGH, v.add(f, v.nmadd(z, 0.5, tail)));
}

/** Where the bits of x are not those of a positive normal number. */
function isNotPositiveNormal(v: Formula, x: Term): Term {
  return v.apply("i32x4.ge_u", v.integerSub(x, v.bits(0x00800000)), v.bits(0x7f000000));
}

/** y, except ∞ and NaN where x is that, and NaN where x is less than `least`. */
function outside(v: Formula, x: Variable, least: number, y: Term): Term {
  return v.or(v.select(v.lt(x, Infinity), y, x), v.shiftRight(v.lt(x, least), 1));
}

export const log = unary((v, x) => {
  const { exponent, f } = split(v, x);
  const y = v.let(combine(v, f, exponent));
  v.whenAny(isNotPositiveNormal(v, x), () => {
    const small = v.let(v.lt(x, MIN_NORMAL));
    const lifted = v.let(v.select(small, v.mul(x, 2 ** 23), x));
    const again = split(v, lifted);
    const e = v.let(v.sub(again.exponent, v.and(small, v.constant(23))));
    const finite = v.let(combine(v, again.f, e));
    v.set(y, outside(v, x, 0, v.select(v.eq(x, 0), -Infinity, finite)));
  });
  return y;
});

// log(u) for u = 1 + x rounded, with what rounding lost added to m − 1.
export const log1p = unary((v, x) => {
  const u = v.let(v.add(x, 1));
  const { exponent, exponentBits, f } = split(v, u);
  // 1 + x − u, exactly: the larger of 1 and x first.
  const big = v.let(v.gt(x, 1));
  const lost = v.select(big, v.sub(1, v.sub(u, x)), v.sub(x, v.sub(u, 1)));
  const inverse = v.integerSub(v.bits(0x3f800000), exponentBits);
  v.set(f, v.madd(lost, inverse, f));
  const y = v.let(v.withSign(combine(v, f, exponent), x));
  // Beyond 2⁶⁴, log(x) is log1p(x); there and at −1 the scale 2⁻ᵉ may not exist.
  v.whenAny(v.not(v.and(v.gt(x, -1), v.lt(x, 2 ** 64))), () => {
    const far = split(v, x);
    const logarithm = v.let(combine(v, far.f, far.exponent));
    const finite = v.select(v.lt(x, 2 ** 64), y, logarithm);
    v.set(y, outside(v, x, -1, v.select(v.eq(x, -1), -Infinity, finite)));
  });
  return y;
});
