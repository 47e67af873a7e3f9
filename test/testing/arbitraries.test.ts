// The arbitraries keep their promises, and shrink to what reads well.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/index.js";
import { broadcastShapes } from "../../src/core/shape.js";
import { type ArrayOptions, arrays, assertProperty, broadcastableShapes, dtypes, shapes, trees } from "../../src/testing/index.js";
import { treeLeaves } from "../../src/tree/index.js";

const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns = 50): T[] => fc.sample(arbitrary, { numRuns, seed: 1 });
const values = (x: NDArray): number[] => [...x.toTypedArray()];
const draw = (shape: number[], options: ArrayOptions): number[][] => sample(arrays(shape, { dtype: "float64", ...options })).map(values);

/** The smallest array for which `bad` holds. */
function shrunk<T>(arbitrary: fc.Arbitrary<T>, bad: (x: T) => boolean): T | undefined {
  return fc.check(
    fc.property(arbitrary, (x) => !bad(x)),
    { seed: 1, numRuns: 1000 },
  ).counterexample?.[0];
}

describe("arbitraries", () => {
  it("draw shapes within limits", () => {
    for (const shape of sample(shapes({ minRank: 1, maxRank: 2, minSide: 0, maxSide: 5 }))) {
      expect([1, 2]).toContain(shape.length);
      expect(shape.every((n) => n >= 0 && n <= 5)).toBe(true);
    }
    expect(() => shapes({ minRank: 3, maxRank: 2 })).toThrow("0 ≤ minRank ≤ maxRank");
  });

  it("draw pairs of shapes that broadcast, not all alike", () => {
    const pairs = sample(broadcastableShapes());
    for (const pair of pairs) expect(() => broadcastShapes(pair, "test")).not.toThrow();
    expect(pairs.some(([a, b]) => a.length !== b.length)).toBe(true);
    expect(pairs.some(([a, b]) => a.length === b.length && a.some((n, k) => n !== b[k]))).toBe(true);
  });

  it("draw dtypes of the kinds asked for", () => {
    expect(new Set(sample(dtypes({ kinds: ["float"] })))).toEqual(new Set(["float32", "float64"]));
    expect(new Set(sample(dtypes(), 200)).size).toBe(7);
    expect(() => dtypes({ kinds: [] })).toThrow("kinds among float, integer, bool");
  });

  it("draw elements within bounds, distinct, without zeros, whole", () => {
    for (const list of draw([4], { min: 0.5, max: 2 })) expect(list.every((v) => v >= 0.5 && v <= 2)).toBe(true);
    for (const list of draw([6], { distinct: true, min: -1, max: 1 })) expect(new Set(list).size).toBe(6);
    for (const list of draw([6], { noZeros: true, integers: true, min: -2, max: 2 }))
      expect(list.every((v) => v !== 0 && Number.isInteger(v))).toBe(true);
    for (const x of sample(arrays([3], { dtype: "uint8", min: -5, max: 500 })))
      expect(values(x).every((v) => v >= 0 && v <= 255)).toBe(true);
    expect(() => arrays([3], { distinct: true, integers: true, min: 0, max: 1 })).toThrow(
      "3 distinct elements from 0 to 1, got room for 2",
    );
    expect(() => arrays([1], { min: 2, max: 1 })).toThrow("min ≤ max");
    expect(() => arrays([-2])).toThrow(/arrays: expected a shape.*got \[-2\]/);
  });

  it("draw positive definite, orthogonal and stochastic arrays", () => {
    for (const [a, b, c, d] of draw([2, 2], { positiveDefinite: true })) {
      expect(b).toBe(c);
      expect(a > 0 && a * d - b * c > 0).toBe(true);
    }
    for (const q of draw([3, 2], { orthogonal: true })) {
      const column = (k: number): number[] => [q[k], q[2 + k], q[4 + k]];
      const dot = (x: number[], y: number[]): number => x.reduce((sum, v, i) => sum + v * y[i], 0);
      expect(
        [dot(column(0), column(0)), dot(column(1), column(1)), dot(column(0), column(1))].map((v) => Math.round(v * 1e12) / 1e12 + 0),
      ).toEqual([1, 1, 0]);
    }
    for (const p of draw([2, 3], { simplex: true })) {
      expect(p.every((v) => v > 0)).toBe(true);
      expect(p[0] + p[1] + p[2]).toBeCloseTo(1, 12);
    }
    expect(() => arrays([2, 3], { positiveDefinite: true })).toThrow("a shape that ends with a square for positiveDefinite, got [2,3]");
    expect(() => arrays([2], { simplex: true, min: 0 })).toThrow("at most one of");
    expect(() => arrays([2], { simplex: true, dtype: "int32" })).toThrow("a float dtype with simplex, got int32");
  });

  it("shrink to small shapes, zeros and small integers", () => {
    expect(shrunk(arrays(), (x) => x.ndim > 0)?.toArray()).toEqual([0]);
    expect(
      shrunk(arrays([3]), (x) => values(x).some((v) => v > 3))
        ?.toTypedArray()
        .toSorted(),
    ).toEqual(new Float32Array([0, 0, 4]));
    expect(shrunk(arrays([2, 2], { positiveDefinite: true }), () => true)?.toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(shrunk(arrays([2, 2], { orthogonal: true }), () => true)?.toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(shrunk(arrays([4], { simplex: true }), () => true)?.toArray()).toEqual([0.25, 0.25, 0.25, 0.25]);
  });

  it("draw trees whose leaves are arrays", () => {
    const drawn = sample(trees(arrays([2])));
    expect(drawn.some((tree) => Array.isArray(tree))).toBe(true);
    for (const tree of drawn) for (const leaf of treeLeaves(tree)) expect(leaf).toMatchObject({ shape: [2] });
  });

  it("replay from the environment", () => {
    const seen: number[][] = [];
    const property = fc.property(fc.integer(), fc.integer(), (a, b) => void seen.push([a, b]));
    process.env["COTANGENT_SEED"] = "5";
    try {
      assertProperty(property, { numRuns: 1 });
      assertProperty(property, { numRuns: 1, seed: 9 });
    } finally {
      delete process.env["COTANGENT_SEED"];
    }
    assertProperty(property, { numRuns: 1, seed: 9 });
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[2]).not.toEqual(seen[1]);
    expect(() =>
      assertProperty(
        fc.property(fc.integer(), (n) => n < 5),
        { seed: 3 },
      ),
    ).toThrow(/seed: 3, path: "/);
  });
});
