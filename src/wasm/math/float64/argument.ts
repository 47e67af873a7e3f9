// Reduction of the arguments of sin, cos and tan: x = n π/2 + r + low with |r| ≤ π/4, for every finite float64. Up to LIMIT by
// π/2 in four parts (Cody and Waite); beyond by 2/π to 1200 bits (Payne and Hanek, Radian Reduction for Trigonometric
// Functions, 1983), in a loop behind a branch.

import type { Formula, Variable } from "../formula.js";

/** 1.5 · 2⁵²: adding it rounds to an integer, which then stands in the low bits. */
const ROUNDER = 6755399441055744;
/** π/2: three parts of 33 bits, whose products with n < 2²⁰ are exact, and the rest. */
const HALF_PI = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32] as const;
const LIMIT = 2 ** 20;
/** π/2 as the nearest float64 and what it lacks. */
const HALF_PI_HIGH = Math.PI / 2;
const HALF_PI_LOW = 6.123233995736766e-17;

const CHUNK = 24;
/** Products taken for each argument: beyond, they are below 2⁻¹³⁰. */
const TERMS = 10;
/** Zero chunks before the binary point, for the least of the far arguments. */
const LEAD = 2;
const CHUNKS = 1 + LEAD + TERMS + Math.ceil(1024 / CHUNK);

/** ⌊2ᵇ · 2/π⌋, with π from Machin's formula. */
function twoOverPi(b: number): bigint {
  const one = 1n << BigInt(b + 64);
  const inverseTangent = (n: bigint): bigint => {
    let sum = 0n;
    let power = one / n;
    for (let k = 1n; power !== 0n; k += 2n) {
      sum += (k % 4n === 1n ? power : -power) / k;
      power /= n * n;
    }
    return sum;
  };
  const pi = 16n * inverseTangent(5n) - 4n * inverseTangent(239n);
  return ((one * 2n) << BigInt(b)) / pi;
}

/** Chunk k is bits 24k … 24k + 23 of 2/π behind the binary point, as an integer; LEAD zeros come first. */
function makeTable(): Uint8Array {
  const bits = CHUNK * (CHUNKS - LEAD);
  const digits = twoOverPi(bits);
  const chunk = (k: number): number => (k < 0 ? 0 : Number(BigInt.asUintN(CHUNK, digits >> BigInt(bits - CHUNK * (k + 1)))));
  return new Uint8Array(Float64Array.from({ length: CHUNKS }, (_, k) => chunk(k - LEAD)).buffer);
}

let table: Uint8Array | undefined;

/** All but the 27 last bits of a float64. */
const LEADING_BITS = ~((1n << 27n) - 1n);

const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const LOW_WORDS = [0, 1, 2, 3, 8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11];

export interface Reduced {
  readonly r: Variable;
  /** What rounding r to float64 lost. */
  readonly low: Variable;
  /** An integer congruent to n modulo 4, in the low bits. */
  readonly quadrant: Variable;
}

/** n modulo 4, r and low for both lanes. NaN where x is infinite. */
export function reduceAngle(v: Formula, x: Variable): Reduced {
  const quadrant = v.let(v.madd(x, 2 / Math.PI, ROUNDER));
  const n = v.let(v.sub(quadrant, ROUNDER));
  const [first, ...others] = HALF_PI;
  const r = v.let(v.nmadd(n, first, x));
  const low = v.let(v.constant(0));
  const w = v.let(low);
  const rounded = v.let(low);
  // r + low stays what is left, with low the rounding error of the latest subtraction.
  for (const part of others) {
    v.set(w, v.sub(v.mul(n, part), low));
    v.set(rounded, v.sub(r, w));
    v.set(low, v.sub(v.sub(r, rounded), w));
    v.set(r, rounded);
  }
  const a = v.let(v.abs(x));
  const far = v.let(v.and(v.gt(a, LIMIT), v.lt(a, Infinity)));
  v.whenAny(far, () => {
    const reduced = reduceFar(v, x);
    v.set(r, v.select(far, reduced.r, r));
    v.set(low, v.select(far, reduced.low, low));
    v.set(quadrant, v.select(far, reduced.quadrant, quadrant));
  });
  return { r, low, quadrant };
}

/** Where the product of one argument with 2/π begins. */
interface Start {
  /** Byte offsets of the k-th chunks, in 32-bit lanes 0 and 1. */
  readonly offsets: Variable;
  /** 2^(e − 24k − 24), the k-th chunk's unit. */
  readonly scale: Variable;
  /** M's 26 leading bits and the 27 others. */
  readonly parts: readonly [Variable, Variable];
}

/** For x = M·2ᵉ: k = ⌊(e − 2) / 24⌋, so that chunks of 2/π before the k-th add multiples of 4. */
function startFar(v: Formula, x: Variable): Start {
  const field = v.let(v.and(v.shiftRight(x, 52), v.bits(0x7ffn)));
  // e − 2 + 48 = E − 1075 − 2 + 48, not negative in far lanes; the quotient by 24 through 1366 / 2¹⁵.
  const difference = v.apply("i32x4.sub", v.shuffle(field, field, LOW_WORDS), v.constant32(1077 - LEAD * CHUNK));
  const biased = v.let(v.apply("i32x4.max_s", difference, v.constant32(0)));
  const k = v.let(v.shift32("i32x4.shr_u", v.apply("i32x4.mul", biased, v.constant32(1366)), 15));
  const remainder = v.apply("i32x4.sub", biased, v.apply("i32x4.mul", k, v.constant32(CHUNK)));
  const exponent = v.apply("f64x2.convert_low_i32x4_s", v.apply("i32x4.add", remainder, v.constant32(1023 + 2 - CHUNK)));
  const m = v.let(v.or(v.and(x, v.bits((1n << 63n) | ((1n << 52n) - 1n))), v.constant(2 ** 52)));
  const top = v.let(v.and(m, v.bits(LEADING_BITS)));
  return {
    offsets: v.let(v.shift32("i32x4.shl", k, 3)),
    scale: v.let(v.shiftLeft(v.add(exponent, ROUNDER), 52)),
    parts: [top, v.let(v.sub(m, top))],
  };
}

/** s + t = x · 2/π − n. */
interface Sum {
  readonly s: Variable;
  readonly t: Variable;
  readonly n: Variable;
}

/** Adds p, exactly but for bits below those of t, and moves the integer nearest to the sum to n. */
function accumulate(v: Formula, { s, t, n }: Sum, p: Variable): void {
  const sum = v.let(v.add(s, p));
  const added = v.let(v.sub(sum, s));
  v.set(t, v.add(t, v.add(v.sub(s, v.sub(sum, added)), v.sub(p, added))));
  const whole = v.let(v.nearest(sum));
  v.set(n, v.add(n, whole));
  v.set(sum, v.sub(sum, whole));
  v.set(s, v.add(sum, t));
  v.set(t, v.add(v.sub(sum, s), t));
}

/**
 * The products of the two parts of M with the chunks from the k-th on are exact; integers are moved from their sum s + t to n
 * as they arise, so that it shrinks to x · 2/π − n with all its bits.
 */
function reduceFar(v: Formula, x: Variable): Reduced {
  const { code } = v.context;
  const address = v.context.table((table ??= makeTable()));
  const { offsets, scale, parts } = startFar(v, x);
  const zero = v.constant(0);
  const sum: Sum = { s: v.let(zero), t: v.let(zero), n: v.let(zero) };
  const turn = code.local("i32");
  code.i32(address).set(turn);
  code.doWhile(
    () => {
      const entries = [0, 1].map((lane) => v.let(v.load64(v.shift(offsets, lane, turn))));
      const chunk = v.let(v.mul(v.shuffle(entries[0], entries[1], LOW_HALVES), scale));
      for (const part of parts) {
        const p = v.let(v.mul(part, chunk));
        v.set(p, v.sub(p, v.mul(v.nearest(v.mul(p, 0.25)), 4)));
        accumulate(v, sum, p);
      }
      v.set(scale, v.mul(scale, 2 ** -CHUNK));
      code.get(turn).i32(8).op("i32.add").set(turn);
    },
    () =>
      code
        .get(turn)
        .i32(address + 8 * TERMS)
        .op("i32.lt_u"),
  );
  // The last additions may have left s beyond ½.
  accumulate(v, sum, v.let(zero));
  return halfPiTimes(v, sum);
}

/** (s + t) π/2 as r + low. */
function halfPiTimes(v: Formula, { s, t, n }: Sum): Reduced {
  const high = v.let(v.and(s, v.bits(LEADING_BITS)));
  const piHigh = Math.fround(HALF_PI_HIGH);
  // The product by halves: the first is exact, the others are small.
  const exact = v.let(v.mul(high, piHigh));
  const rest = v.add(v.mul(v.sub(s, high), piHigh), v.mul(s, HALF_PI_HIGH - piHigh + HALF_PI_LOW));
  const small = v.let(v.add(rest, v.mul(t, HALF_PI_HIGH)));
  const r = v.let(v.add(exact, small));
  return { r, low: v.let(v.add(v.sub(exact, r), small)), quadrant: v.let(v.add(n, ROUNDER)) };
}
