// Cores in float64 for float32 functions that would lose too much in float32: two lanes at a time, minimax polynomials to
// about 2⁻³⁷, so that only the conversion to float32 rounds (0.5 ulp and a trace).

import { type Formula, type Operand, type Term, type Variable } from "../formula.js";

const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];

/** 1.5 · 2⁵²: adding it rounds to an integer, which then stands in the low bits. */
const ROUNDER = 6755399441055744;
const ONE_BITS = 0x3ff0000000000000n;
const SQRT_HALF_BITS = 0x3fe6a09e667f3bcdn;

/** (exp(r) − 1 − r) / r² on |r| ≤ ½ ln 2. */
const EXP = [
  0.5000000000104913, 0.1666666675413004, 0.04166666595443484, 0.008333289054846366, 0.0013888985060710411, 0.00019904908850638478,
  2.479647522529603e-5,
];
/** 2ᶠ on |f| ≤ ½. */
const EXP2 = [
  0.9999999999997622, 0.6931471805465164, 0.24022650698880618, 0.055504109393334014, 0.00961812854285507, 0.0013333452069551517,
  0.00015403851751034418, 1.530973566272557e-5, 1.317585696657327e-6,
];
/** log((1 + s) / (1 − s)) / s in s² on |s| ≤ 0.172. */
const LOG = [2, 0.6666666667584625, 0.3999999560473475, 0.285721111378038, 0.22176099493732276, 0.19585523124188353];
/** The same to base 2. */
const LOG2 = [2.8853900817903915, 0.9617966731148696, 0.5770836219458457, 0.41167066741617003, 0.3407663766133091];

/** A function of float32 lanes computed in float64: `body` for each half of the vectors. */
export function inFloat64(v: Formula, operands: readonly Term[], body: (d: Formula, ...operands: Variable[]) => Term): Term {
  const d = v.double();
  const lows = operands.map((x) => d.let(v.promote(x)));
  const low = v.let(v.demote(body(d, ...lows)));
  const highs = operands.map((x) => d.let(v.promote(v.shuffle(x, x, HIGH_HALF))));
  const high = v.let(v.demote(body(d, ...highs)));
  return v.shuffle(low, high, LOW_HALVES);
}

interface Power {
  /** 2ⁿ. */
  readonly scale: Term;
  /** x − n ln 2, or x − n for base 2. */
  readonly r: Variable;
}

function reduce(d: Formula, x: Term, perUnit: number): Power {
  const shifted = d.let(perUnit === 1 ? d.add(x, ROUNDER) : d.madd(x, perUnit, ROUNDER));
  const n = d.sub(shifted, ROUNDER);
  const r = d.let(perUnit === 1 ? d.sub(x, n) : d.nmadd(n, 1 / perUnit, x));
  return { scale: d.integerAdd(d.shiftLeft(shifted, 52), d.bits(ONE_BITS)), r };
}

/** exp(x) for |x| up to 700. */
export function wideExp(d: Formula, x: Term): Term {
  const { scale, r } = reduce(d, x, Math.LOG2E);
  return d.mul(d.add(d.madd(d.polynomial(r, EXP), d.mul(r, r), r), 1), scale);
}

/** exp(x) − 1 for |x| up to 700. */
export function wideExpm1(d: Formula, x: Term): Term {
  const { scale, r } = reduce(d, x, Math.LOG2E);
  const p = d.let(d.madd(d.polynomial(r, EXP), d.mul(r, r), r));
  const s = d.let(scale);
  return d.madd(p, s, d.sub(s, 1));
}

/** 2ˣ for |x| up to 1000. */
export function wideExp2(d: Formula, x: Term): Term {
  const { scale, r } = reduce(d, x, 1);
  return d.mul(d.polynomial(r, EXP2), scale);
}

interface Split {
  readonly exponent: Variable;
  /** 2ᵉ's exponent bits, without bias. */
  readonly exponentBits: Variable;
  readonly f: Variable;
}

/** x = 2ᵉ (1 + f) with 1 + f in [√½, √2), for positive normal x. */
function split(d: Formula, x: Term): Split {
  const offset = d.let(d.integerAdd(x, d.bits(ONE_BITS - SQRT_HALF_BITS)));
  // The biased exponent becomes a number in the low bits of 2⁵².
  const exponent = d.let(d.sub(d.or(d.shiftRight(offset, 52), d.constant(2 ** 52)), 2 ** 52 + 1023));
  const exponentBits = d.let(d.integerSub(d.and(offset, d.bits(0xfffn << 52n)), d.bits(ONE_BITS)));
  const f = d.let(d.sub(d.integerSub(x, exponentBits), 1));
  return { exponent, exponentBits, f };
}

/** s and a polynomial of s², where log(1 + f) = 2 atanh(s), s = f / (2 + f). */
function logarithm(d: Formula, f: Term, coefficients: readonly number[], exponent: Variable, unit: Operand): Term {
  const s = d.let(d.div(f, d.add(f, 2)));
  const product = d.mul(s, d.polynomial(d.let(d.mul(s, s)), coefficients));
  return unit === 1 ? d.add(product, exponent) : d.madd(exponent, unit, product);
}

/** log(1 + x) for x ≥ 0, relative to the value however small x is. */
export function wideLog1p(d: Formula, x: Variable): Term {
  const u = d.let(d.add(x, 1));
  const { exponent, exponentBits, f } = split(d, u);
  // 1 + x − u, for x below 1; above, what is lost does not matter.
  const lost = d.and(d.sub(x, d.sub(u, 1)), d.lt(x, 1));
  const inverse = d.integerSub(d.bits(ONE_BITS), exponentBits);
  return logarithm(d, d.let(d.madd(lost, inverse, f)), LOG, exponent, Math.LN2);
}

/** log₂(x) for positive normal x. */
export function wideLog2(d: Formula, x: Term): Term {
  const { exponent, f } = split(d, x);
  return logarithm(d, f, LOG2, exponent, 1);
}
