// The elementary functions of float32 vectors against float64: the worst error of each in ulp, over samples of every binade
// (over all of float32 for some, with COTANGENT_DEEP=1), and special values exactly.

import * as v8 from "node:v8";
import { afterAll, describe, expect, test } from "vitest";
import { erf, erfInv, erfc, logistic, nextAfter32 } from "../../src/kernels/scalars.js";
import { binaryFloat32, float32 } from "../../src/wasm/math/float32/index.js";
import { type Applied, applied, capacity, hasRelaxed, single, ulpError } from "./mathHarness.js";

// Relaxed SIMD is behind a flag in Node 20.
if (!hasRelaxed()) v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
const deep = process.env["COTANGENT_DEEP"] === "1";
const modes = hasRelaxed() ? [false, true] : [false];
const SIZE = capacity(4);

type Name = keyof typeof float32;
type BinaryName = keyof typeof binaryFloat32;

const exact: Record<Name, (x: number) => number> = {
  exp: Math.exp,
  exp2: (x) => 2 ** x,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  logistic,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  erf,
  erfc,
  erf_inv: erfInv,
  cbrt: Math.cbrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
};

/** C's pow, which differs from JavaScript's at 1 and −1. */
const power = (x: number, y: number): number => (x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : x ** y);
const exactBinary: Record<BinaryName, (x: number, y: number) => number> = {
  pow: power,
  atan2: Math.atan2,
  nextafter: nextAfter32,
};

const bound = (name: string): number => (name === "tanh" || name === "pow" ? 3 : 2);

/** Where a function bends: arguments are also drawn uniformly from here, and taken next to each end. */
const regions: Partial<Record<Name, readonly number[]>> = {
  exp: [-104, -87.4, -1, 1, 88.73],
  exp2: [-151, -126, -1, 1, 128],
  expm1: [-18, -1, 1, 88.73],
  logistic: [-104, -87.4, -2, 2, 18],
  sin: [-5000, -4096, -10, 10, 4096, 1e6],
  cos: [-5000, -4096, -10, 10, 4096, 1e6],
  tan: [-5000, -4096, -10, 10, 4096, 1e6],
  sinh: [-89.5, -1, 1, 89.5],
  cosh: [-89.5, -1, 1, 89.5],
  tanh: [-9.1, -0.55, 0.55, 9.1],
  erf: [-4, -1.2, 1.2, 4],
  erfc: [-4, 0, 1, 10.2],
  erf_inv: [-1, -0.99904, 0, 0.99904, 1],
};
const everywhere = [-8, -2, -1, -0.5, 0.5, 1, 2, 8];

const bits = new Uint32Array(1);
const value = new Float32Array(bits.buffer);
const neighbours = (x: number): number[] =>
  [-2, -1, 0, 1, 2].map((step) => {
    value[0] = x;
    bits[0] += step;
    return value[0];
  });

const special = [
  0,
  -0,
  Infinity,
  -Infinity,
  NaN,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  -(2 ** -126),
  3.4028234663852886e38,
  -3.4028234663852886e38,
  ...[1, -1, 2 ** -24, -(2 ** -24), Math.PI, Math.PI / 2, -Math.PI / 2].flatMap(neighbours),
];

/** A linear congruential generator of 32 bits: the same samples in every run. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
}

interface Worst {
  error: number;
  at: readonly number[];
  got: number;
}

function measure({ x, y, result, run }: Applied, count: number, of: (x: number, y: number) => number, worst: Worst): void {
  run(4 * count);
  for (let i = 0; i < count; i++) {
    const [a, b, got] = [x.getFloat32(4 * i, true), y.getFloat32(4 * i, true), result.getFloat32(4 * i, true)];
    const want = of(a, b);
    // Beyond the range of float32, and below half of its least number, the rounded value is what counts.
    const error = Object.is(got, Math.fround(want)) ? 0 : ulpError(got, want, single);
    if (error > worst.error) Object.assign(worst, { error, at: [a, b], got });
  }
}

const rows: string[] = [];
function report(name: string, fma: boolean, { error, at, got }: Worst): void {
  // Correctly rounded values count as no error above.
  const place = error === 0 ? "" : ` at ${at.join(", ")} (${got})`;
  rows.push(`${name.padEnd(9)} ${fma ? "relaxed" : "       "} ${Math.max(error, 0.5).toFixed(3)} ulp${place}`);
}

afterAll(() => console.log(rows.join("\n")));

describe.each(Object.keys(float32) as Name[])("%s", (name) => {
  test.each(modes)("is within its bound everywhere (relaxed: %s)", (fma) => {
    const worst: Worst = { error: 0, at: [], got: 0 };
    const module = applied(float32[name], fma);
    const { x } = module;
    const random = generator(name.length);
    const ends = [...(regions[name] ?? []), ...everywhere];
    const fixed = [...special, ...ends.flatMap(neighbours)];
    for (let i = 0; i < SIZE; i++) x.setUint32(4 * i, random(), true);
    fixed.forEach((a, i) => x.setFloat32(4 * i, a, true));
    measure(module, SIZE, exact[name], worst);
    const spans = [regions[name] ?? everywhere, everywhere].flatMap((list) => list.slice(1).map((end, i) => [list[i], end]));
    for (let i = 0; i < SIZE / 2; i++) {
      const [from, to] = spans[i % spans.length];
      x.setFloat32(4 * i, from + (to - from) * (random() / 2 ** 32), true);
    }
    measure(module, SIZE / 2, exact[name], worst);
    report(name, fma, worst);
    expect(worst.error, `at ${worst.at[0]}: ${worst.got}`).toBeLessThanOrEqual(bound(name));
  });
});

describe.each(Object.keys(binaryFloat32) as BinaryName[])("%s", (name) => {
  test.each(modes)("is within its bound everywhere (relaxed: %s)", (fma) => {
    const worst: Worst = { error: 0, at: [], got: 0 };
    const module = applied(binaryFloat32[name], fma);
    const { x, y } = module;
    const random = generator(name.length);
    const uniform = (): number => random() / 2 ** 32;
    const fixed = [...special, 2, -2, 3, -3, 0.5, -0.5, 2.5, -2.5, 16777215, 16777216, -16777217, 1e10];
    fixed.forEach((a, i) =>
      fixed.forEach((b, j) => void [x.setFloat32(4 * (i * fixed.length + j), a, true), y.setFloat32(4 * (i * fixed.length + j), b, true)]),
    );
    measure(module, fixed.length ** 2 - (fixed.length ** 2 % 4), exactBinary[name], worst);
    // Any pairs; then pairs whose power is a float32; then bases near 1.
    const draws: readonly (readonly [() => number, (a: number) => number])[] = [
      [() => ((bits[0] = random()), value[0]), () => ((bits[0] = random()), value[0])],
      [() => 2 ** (uniform() * 256 - 128), (a) => ((uniform() * 300 - 155) / Math.log2(a)) * 1.001],
      [() => 1 + (uniform() - 0.5) * 2 ** -(uniform() * 22), (a) => (uniform() * 300 - 155) / Math.log2(a)],
      [() => uniform() * 4, () => Math.round(uniform() * 40 - 20)],
    ];
    for (const [first, second] of draws) {
      for (let i = 0; i < SIZE / 4; i++) {
        const a = Math.fround(first());
        x.setFloat32(4 * i, a, true);
        y.setFloat32(4 * i, second(a), true);
      }
      measure(module, SIZE / 4, exactBinary[name], worst);
    }
    report(name, fma, worst);
    expect(worst.error, `at ${worst.at.join()}: ${worst.got}`).toBeLessThanOrEqual(bound(name));
  });
});

describe.runIf(deep).each(["exp", "log", "tanh", "sin", "erf", "logistic"] as const)("%s", (name) => {
  test("is within its bound for every float32", { timeout: 600_000 }, () => {
    const worst: Worst = { error: 0, at: [], got: 0 };
    const module = applied(float32[name], false);
    for (let from = 0; from < 2 ** 32; from += SIZE) {
      for (let i = 0; i < SIZE; i++) module.x.setUint32(4 * i, from + i, true);
      measure(module, SIZE, exact[name], worst);
    }
    report(`${name} (all)`, false, worst);
    expect(worst.error, `at ${worst.at[0]}: ${worst.got}`).toBeLessThanOrEqual(bound(name));
  });
});
