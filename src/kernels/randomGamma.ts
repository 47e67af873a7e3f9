// Gamma samples by rejection: a key and a shape parameter enter, one sample leaves; the loop draws as often as it must.
// Marsaglia and Tsang, A simple method for generating gamma variables (2000), with the keys in the order in which
// jax.random.gamma splits them, and each step rounded to the sample's dtype: so the samples are the same as there.

import { erfInv } from "./erf.js";
import { threefry2x32 } from "./threefry.js";

type Key = readonly [number, number];

/** Arithmetic of one dtype: rounding after each step, and how wide a mantissa a random word fills. */
interface Precision {
  readonly round: (x: number) => number;
  /** A float in [0, 1) of a block of random bits. */
  readonly unit: (high: number, low: number) => number;
  /** The spacing of floats just above −1. */
  readonly belowOne: number;
}

const single: Precision = { round: Math.fround, unit: (high, low) => ((high ^ low) >>> 9) * 2 ** -23, belowOne: 2 ** -24 };
const double: Precision = { round: (x) => x, unit: (high, low) => high * 2 ** -32 + (low >>> 12) * 2 ** -52, belowOne: 2 ** -53 };

function subkey([key0, key1]: Key, i: number): Key {
  const [word0, word1] = threefry2x32(key0, key1, [0], [i]);
  return [word0[0], word1[0]];
}

function uniform(key: Key, { unit }: Precision): number {
  const [high, low] = subkey(key, 0);
  return unit(high, low);
}

function normal(key: Key, precision: Precision): number {
  const { round, belowOne } = precision;
  const low = belowOne - 1;
  const u = Math.max(low, round(round(uniform(key, precision) * round(1 - low)) + low));
  return round(round(Math.SQRT2) * round(erfInv(u)));
}

/** A cube `v = (1 + c x)³ > 0` of a normal `x`, and `x²`. */
function candidate(start: Key, c: number, precision: Precision): readonly [square: number, cube: number] {
  const { round } = precision;
  let key = start;
  for (;;) {
    const x = normal(subkey(key, 1), precision);
    const v = round(1 + x * c);
    if (v > 0) return [round(x * x), round(round(v * v) * v)];
    // NaN, of a NaN parameter, would never be accepted.
    if (Number.isNaN(v)) return [NaN, NaN];
    key = subkey(key, 0);
  }
}

/** The accepted cube for a shape parameter `d + 1/3 ≥ 1`. */
function accepted(start: Key, d: number, c: number, precision: Precision): number {
  const { round } = precision;
  let key = start;
  for (;;) {
    const [square, cube] = candidate(subkey(key, 1), c, precision);
    const u = uniform(subkey(key, 2), precision);
    const squeezed = u < round(1 - round(round(0.0331) * square));
    const bound = round(round(square * 0.5) + round(d * round(round(1 - cube) + round(Math.log(cube)))));
    if (squeezed || !(round(Math.log(u)) >= bound)) return cube;
    key = subkey(key, 0);
  }
}

/**
 * A sample of the gamma distribution with density `x^(α−1) e^(−x) / Γ(α)`, or its logarithm. Below 1, `α + 1` is sampled
 * instead and the sample multiplied by `u^(1/α)`. NaN for a negative `α`.
 */
export function gammaSample(key0: number, key1: number, alpha: number, dtype: "float32" | "float64", logSpace: boolean): number {
  const precision = dtype === "float32" ? single : double;
  const { round } = precision;
  if (!(alpha >= 0)) return NaN;
  const boosted = alpha < 1;
  const d = round((boosted ? round(alpha + 1) : alpha) - round(1 / 3));
  const c = round(round(1 / 3) / round(Math.sqrt(d)));
  const key: Key = [key0, key1];
  const boost = subkey(key, 1);
  const cube = accepted(subkey(key, 0), d, c, precision);
  const power = round(1 / alpha);
  if (logSpace) {
    const logarithm = round(Math.log1p(-uniform(boost, precision)));
    const logBoost = boosted && logarithm !== 0 ? round(logarithm * power) : 0;
    return round(round(round(Math.log(d)) + round(Math.log(cube))) + logBoost);
  }
  const factor = boosted ? round(round(1 - uniform(boost, precision)) ** power) : 1;
  return round(round(d * cube) * factor);
}
