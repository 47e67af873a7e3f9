// Reduction of the arguments of sin, cos and tan: x = n π/2 + r with |r| ≤ π/4, r to nearly full float32 precision for every
// finite x. Up to LIMIT by π/2 in four parts (Cody and Waite); lanes beyond by 2/π to 190 bits (Payne and Hanek, Radian
// Reduction for Trigonometric Functions, 1983) in float64, behind a branch.

import type { Formula, Term, Variable } from "../formula.js";

/** 1.5 · 2²³: adding it rounds to an integer, which then stands in the low bits. */
const ROUNDER = 12582912;
/** π/2: three parts of 11 bits at most, whose products with n < 2¹² are exact, and the rest. */
const HALF_PI = [1.5703125, 0.00048351287841796875, 3.1385570764541626e-7, 6.07710062827671e-11] as const;
const LIMIT = 4096;

/** ⌊2²⁵⁶ · 2/π⌋. */
const TWO_OVER_PI = 0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041fe5163abdebbc561n;
/** Biased exponent of LIMIT: the table's first. */
const FIRST_EXPONENT = 127 + 12;

/**
 * For each exponent E from FIRST_EXPONENT on, c = 2/π · 2^(E−150) mod 4 as high + low, high a multiple of 2⁻²⁷. With
 * x = ±M · 2^(E−150), M an integer below 2²⁴, the product M·high is exact in float64, and M c ≡ x · 2/π (mod 4).
 */
function makeTable(): Uint8Array {
  const table = new Float64Array(2 * (256 - FIRST_EXPONENT)).fill(NaN);
  for (let exponent = FIRST_EXPONENT; exponent < 255; exponent++) {
    // c in units of 2⁻²⁶⁸, so that the negative shifts lose nothing.
    const c = BigInt.asUintN(270, TWO_OVER_PI << BigInt(exponent - 150 + 12));
    const high = c >> 241n;
    const low = c - (high << 241n);
    table[2 * (exponent - FIRST_EXPONENT)] = Number(high) * 2 ** -27;
    table[2 * (exponent - FIRST_EXPONENT) + 1] = Number(low) * 2 ** -268;
  }
  return new Uint8Array(table.buffer);
}

let table: Uint8Array | undefined;

const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const HIGH_HALVES = [8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31];

export interface Reduced {
  readonly r: Variable;
  /** What rounding r to float32 lost; computed only where it is asked for. */
  readonly low: Variable | undefined;
  /** An integer congruent to n modulo 4. */
  readonly quadrant: Variable;
}

/** n modulo 4 and r, for all lanes. NaN where x is infinite. */
export function reduceAngle(v: Formula, x: Variable, withLow = false): Reduced {
  const quadrant = v.let(v.madd(x, 2 / Math.PI, ROUNDER));
  const n = v.let(v.sub(quadrant, ROUNDER));
  const [first, second, third, fourth] = HALF_PI;
  const exact = v.let(v.nmadd(n, second, v.nmadd(n, first, x)));
  const w = v.let(v.mul(n, third));
  const rounded = v.let(v.sub(exact, w));
  // What the difference lost is taken off with the last part, so that r carries one rounding only.
  const rest = v.let(v.sub(v.mul(n, fourth), v.sub(v.sub(exact, rounded), w)));
  const r = v.let(v.sub(rounded, rest));
  const low = withLow ? v.let(v.sub(v.sub(rounded, r), rest)) : undefined;
  const far = v.let(v.gt(v.abs(x), LIMIT));
  v.whenAny(far, () => reduceFar(v, x, far, { r, low, quadrant }));
  return { r, low, quadrant };
}

/** Replaces n and r in the lanes `far`. */
function reduceFar(v: Formula, x: Variable, far: Term, { r, low, quadrant }: Reduced): void {
  const halves = [farHalf(v, x, 0), farHalf(v, x, 2)] as const;
  const joined = (of: (half: { n: Variable; r: Variable }) => Term): Term => v.shuffle(of(halves[0]), of(halves[1]), LOW_HALVES);
  const d = v.double();
  v.set(
    r,
    v.select(
      far,
      joined((half) => v.demote(half.r)),
      r,
    ),
  );
  if (low !== undefined)
    v.set(
      low,
      v.select(
        far,
        joined((half) => v.demote(d.sub(half.r, v.promote(v.demote(half.r))))),
        low,
      ),
    );
  v.set(
    quadrant,
    v.select(
      far,
      joined((half) => v.apply("i32x4.trunc_sat_f64x2_s_zero", half.n)),
      quadrant,
    ),
  );
}

/** n and r in float64 for lanes `lane` and `lane + 1` of x. */
function farHalf(v: Formula, x: Variable, lane: number): { n: Variable; r: Variable } {
  const d = v.double();
  const address = v.context.table((table ??= makeTable()));
  const significand = v.or(v.and(x, v.bits(0x807fffff)), v.bits(0x4b000000));
  const m = d.let(v.promote(lane === 0 ? significand : v.shuffle(significand, significand, HIGH_HALVES)));
  const entry = v.let(v.apply("i32x4.max_s", v.integerSub(v.exponentField(x), v.bits(FIRST_EXPONENT)), v.bits(0)));
  const [a, b] = [lane, lane + 1].map((i) => v.let(v.load(v.shiftLeft(entry, 4), i, address)));
  const exact = d.let(d.mul(m, v.shuffle(a, b, LOW_HALVES)));
  const rest = d.let(d.mul(m, v.shuffle(a, b, HIGH_HALVES)));
  const n = d.let(d.nearest(d.add(exact, rest)));
  return { n, r: d.let(d.mul(d.add(d.sub(exact, n), rest), Math.PI / 2)) };
}
