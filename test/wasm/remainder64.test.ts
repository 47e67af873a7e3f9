// The remainder and the neighbours of float64 numbers, bit for bit: divisors and dividends of all binades, multiples of a divisor
// and their neighbours, against JavaScript's own operator and the reference kernel.

import { describe, expect, test } from "vitest";
import { nextAfter64 } from "../../src/kernels/scalars.js";
import { binaryFloat64 } from "../../src/wasm/math/float64/index.js";
import { remainder } from "../../src/wasm/math/float64/remainder.js";
import { applied } from "./mathHarness.js";

function generator(seed: number): () => number {
  let state = seed >>> 0;
  const next = (): number => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
  return () => (next() + next() / 2 ** 32) / 2 ** 32;
}

type Pair = readonly [number, number];

/** Pairs whose exponents are `apart` or less from each other. */
function pairs(count: number, apart: number): Pair[] {
  const random = generator(apart);
  const power = (exponent: number): number => 2 ** Math.max(-1074, Math.min(1023, exponent));
  return Array.from({ length: count }, (_, i) => {
    const at = random() * 2097 - 1074;
    const y = (1 + random()) * power(Math.floor(at)) * (random() < 0.5 ? -1 : 1);
    if (i % 3 === 0) {
      const multiple = y * Math.floor(random() * 2 ** (random() * 60));
      return [Number.isFinite(multiple) ? nextAfter64(multiple, random() < 0.5 ? Infinity : -Infinity) : y, y];
    }
    return [(random() - 0.5) * power(Math.floor(at + random() * apart)), y];
  });
}

function expectSame(emit: Parameters<typeof applied>[0], list: readonly Pair[], of: (x: number, y: number) => number): void {
  const { x, y, result, run } = applied(emit, false);
  list.forEach(([a, b], i) => void [x.setFloat64(8 * i, a, true), y.setFloat64(8 * i, b, true)]);
  run(8 * (list.length + (list.length % 2)));
  list.forEach(([a, b], i) => {
    const [got, wanted] = [result.getFloat64(8 * i, true), of(a, b)];
    if (!Object.is(got, wanted)) expect.fail(`${a}, ${b}: ${got}, expected ${wanted}`);
  });
}

describe("of float64", () => {
  test.each([4, 60, 800, 2098])("remainders where exponents are up to %d apart", (apart) =>
    expectSame(remainder, pairs(10_000, apart), (x, y) => x % y),
  );

  test.each([1, 2098])("neighbours where exponents are up to %d apart", (apart) =>
    expectSame(binaryFloat64.nextafter, pairs(10_000, apart), nextAfter64),
  );
});
