// The elementary functions of float64 vectors: the worst error of each in ulp against a reference of many more digits on
// samples of every binade, against Math on many more samples, and special values exactly.

import * as v8 from "node:v8";
import { afterAll, describe, expect, test } from "vitest";
import { erf, erfInv, erfc, logistic } from "../../src/kernels/scalars.js";
import { binaryFloat64, float64 } from "../../src/wasm/math/float64/index.js";
import { fixed, reference, ulpErrorOf } from "./bigReference.js";
import { applied, capacity, double, hasRelaxed, ulpError } from "./mathHarness.js";

if (!hasRelaxed()) v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
const deep = process.env["COTANGENT_DEEP"] === "1";
const modes = hasRelaxed() ? [false, true] : [false];
const SIZE = capacity(8);
/** Samples compared with the reference. */
const COUNT = deep ? 20_000 : 200;

type Name = keyof typeof float64;

const library: Record<Name, (x: number) => number> = {
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  logistic,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  erf,
  erfc,
  erf_inv: erfInv,
  cbrt: Math.cbrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
};

const BOUND = 2;
/** Math errs too: sinh and its kind by more than 1 ulp, log1p and 2 ** x by 1. */
const LIBRARY_BOUND = BOUND + 2;

/** Uniform samples are drawn from here; the others have exponents from −60 to `binades`. */
const regions: Record<Name, readonly [number, number, number]> = {
  exp: [-746, 710, 9.5],
  exp2: [-1075, 1024, 10],
  expm1: [-3, 3, 9.5],
  log: [0, 4, 1024],
  log1p: [-1, 3, 1024],
  logistic: [-20, 20, 9.5],
  sin: [-50, 50, 1024],
  cos: [-50, 50, 1024],
  tan: [-50, 50, 1024],
  sinh: [-5, 5, 9.5],
  cosh: [-5, 5, 9.5],
  tanh: [-3, 3, 5],
  asinh: [-5, 5, 1024],
  acosh: [1, 5, 1024],
  atanh: [-1, 1, 0],
  asin: [-1, 1, 0],
  acos: [-1, 1, 0],
  atan: [-5, 5, 1024],
  erf: [-6, 6, 3],
  erfc: [-6, 27.3, 4.8],
  erf_inv: [-1, 1, 0],
  cbrt: [-8, 8, 1024],
  rsqrt: [0, 4, 1024],
};

/** Where the reference would take too long, the values have become constant. */
const farthest: Partial<Record<Name, number>> = { erf: 7, erfc: 28 };

/** Arguments nearest to multiples of π/2, subnormals, and the ends of ranges. */
const hard = [
  6381956970095103 * 2 ** 797,
  6411027962775774 * 2 ** -48,
  2 ** 20,
  1048576.5,
  1e22,
  1e300,
  Number.MAX_VALUE,
  Math.PI,
  Math.PI / 2,
  3 * Math.PI,
  1e5 * Math.PI,
  -7.053586677126077,
  5e-324,
  1e-310,
  2 ** -1022,
  1e-300,
  2 ** -55,
  2 ** -27,
  1 + 2 ** -52,
  1 - 2 ** -53,

  709.782712893384,
  709.7827128933841,
  710.4758600739439,
  -744.4400719213812,
  -745.1332191019412,
  -708.5,
  1023.9999999,
  -1074.5,
  36.04,
  0.3465,
];
const special = [0, -0, Infinity, -Infinity, NaN, 1, -1, -2, 1000, -1000, ...hard, ...hard.map((x) => -x)];

function generator(seed: number): () => number {
  let state = seed >>> 0;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  return () => (next() + next() / 2 ** 32) / 2 ** 32;
}

function samples(name: Name, count: number): number[] {
  const random = generator(name.length + 1);
  const [from, to, binades] = regions[name];
  return Array.from({ length: count }, (_, i) => {
    if (i < special.length) return special[i];
    if (i % 2 === 0) return from + (to - from) * random();
    return (random() < 0.5 && from < 0 ? -1 : 1) * 2 ** (random() * (binades + 60) - 60);
  });
}

const rows: string[] = [];
afterAll(() => console.log(rows.join("\n")));

describe.each(Object.keys(float64) as Name[])("%s", (name) => {
  // Slow, so computed once for both modes.
  const known = new Map<number, bigint>();
  const referenceOf = (a: number): bigint => {
    const found = known.get(a) ?? reference[name](fixed(a));
    known.set(a, found);
    return found;
  };

  test.each(modes)("is within 2 ulp everywhere (relaxed: %s)", (fma) => {
    const { x, result, run } = applied(float64[name], fma);
    const xs = samples(name, SIZE);
    xs.forEach((a, i) => x.setFloat64(8 * i, a, true));
    run(8 * SIZE);
    const rough = { error: 0, at: 0, got: 0 };
    const worst = { error: 0, at: 0, got: 0 };
    xs.forEach((a, i) => {
      const got = result.getFloat64(8 * i, true);
      const roughly = library[name](a);
      const difference = ulpError(got, roughly, double);
      if (difference > rough.error) Object.assign(rough, { error: difference, at: a, got });
      // The reference cannot serve where the value is a limiting one.
      if (
        i >= COUNT ||
        !Number.isFinite(roughly) ||
        roughly === 0 ||
        Math.abs(a) > (farthest[name] ?? (regions[name][2] < 20 ? 1100 : Infinity))
      )
        return;
      const error = ulpErrorOf(got, referenceOf(a));
      if (error > worst.error) Object.assign(worst, { error, at: a, got });
    });
    expect(rough.error, `at ${rough.at}: ${rough.got}, not ${library[name](rough.at)}`).toBeLessThanOrEqual(LIBRARY_BOUND);
    rows.push(`${name.padEnd(9)} ${fma ? "relaxed" : "       "} ${worst.error.toFixed(3).padStart(7)} ulp at ${worst.at} (${worst.got})`);
    expect(worst.error, `at ${worst.at}: ${worst.got}`).toBeLessThanOrEqual(BOUND);
  });
});

describe.each(modes)("atan2 (relaxed: %s)", (fma) => {
  test("agrees with Math within 2 ulp, signed zeros and infinities too", () => {
    const { x, y, result, run } = applied(binaryFloat64.atan2, fma);
    const random = generator(5);
    const pairs = special.flatMap((a) => special.map((b) => [a, b] as const));
    while (pairs.length < SIZE) pairs.push([random() - 0.5, (random() - 0.5) * 2 ** (random() * 8 - 4)]);
    pairs.length = SIZE;
    pairs.forEach(([a, b], i) => void [x.setFloat64(8 * i, a, true), y.setFloat64(8 * i, b, true)]);
    run(8 * SIZE);
    const worst = { error: 0, at: [0, 0] as readonly number[], got: 0 };
    pairs.forEach(([a, b], i) => {
      const got = result.getFloat64(8 * i, true);
      const error = ulpError(got, Math.atan2(a, b), double);
      if (error > worst.error) Object.assign(worst, { error, at: [a, b], got });
    });
    expect(worst.error, `at ${worst.at.join()}: ${worst.got}`).toBeLessThanOrEqual(BOUND);
  });
});

/** C's pow, which differs from JavaScript's at 1 and −1. */
const power = (x: number, y: number): number => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y);

describe.each(modes)("pow (relaxed: %s)", (fma) => {
  const { x, y, result, run } = applied(binaryFloat64.pow, fma);
  const compute = (pairs: readonly (readonly [number, number])[]): number[] => {
    pairs.forEach(([a, b], i) => void [x.setFloat64(8 * i, a, true), y.setFloat64(8 * i, b, true)]);
    run(8 * (pairs.length + (pairs.length % 2)));
    return pairs.map((_, i) => result.getFloat64(8 * i, true));
  };

  test("has C's special cases", () => {
    const list = [...special, 2, -2, 3, -3, 0.5, -0.5, 2 ** 53 - 1, 2 ** 53, -(2 ** 53) + 1];
    const pairs = list.flatMap((a) => list.map((b) => [a, b] as const));
    compute(pairs).forEach((got, i) => {
      const [a, b] = pairs[i];
      expect(ulpError(got, power(a, b), double), `${a} ** ${b} = ${got}`).toBeLessThanOrEqual(LIBRARY_BOUND);
    });
  });

  test("is within 2 ulp", () => {
    const random = generator(9);
    const pairs = Array.from({ length: deep ? 20_000 : 400 }, (_, i): readonly [number, number] => {
      const a = i % 2 === 0 ? 2 ** (random() * 2096 - 1072) : 1 + (random() - 0.5) * 2 ** -(random() * 50);
      return [a, (random() * 2096 - 1072) / Math.log2(a)];
    });
    // Found by the long run: a logarithm that needs all its digits.
    pairs.push([0.7391928661706539, -2252.271833912429], [0.708, -2900.25], [1.413, 2040.125]);
    const worst = { error: 0, at: [0, 0] as readonly number[] };
    compute(pairs).forEach((got, i) => {
      const [a, b] = pairs[i];
      const error = ulpErrorOf(got, reference.pow(fixed(a), fixed(b)));
      if (error > worst.error) Object.assign(worst, { error, at: pairs[i] });
    });
    rows.push(`pow       ${fma ? "relaxed" : "       "} ${worst.error.toFixed(3).padStart(7)} ulp at ${worst.at.join(", ")}`);
    expect(worst.error, `at ${worst.at.join()}`).toBeLessThanOrEqual(BOUND);
  });
});
