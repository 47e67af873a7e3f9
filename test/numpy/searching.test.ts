import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { ConcretizationError, DTypeError, IndexError, OptionError, ShapeError } from "../../src/core/errors.js";
import { jit } from "../../src/transform/jit.js";
import { vmap } from "../../src/transform/vmap.js";
import { grad } from "../../src/transform/grad.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { mul } from "../../src/ops/arithmetic.js";
import { argwhere, flatnonzero, nonzero } from "../../src/numpy/nonzero.js";
import { bincount, digitize, histogram, histogramBinEdges, searchsorted } from "../../src/numpy/searching.js";
import { unique, uniqueAll, uniqueCounts, uniqueInverse, uniqueValues } from "../../src/numpy/unique.js";
import "../../src/install.js";
import { arrayOf, elements } from "../ops/rules.js";

const int32 = (values: readonly number[], shape?: readonly number[]): NDArray => arrayOf("int32", values, shape ?? [values.length]);
const float = (values: readonly number[], shape?: readonly number[]): NDArray => arrayOf("float64", values, shape ?? [values.length]);
const small = fc.integer({ min: -3, max: 3 });

const deep = process.env["COTANGENT_DEEP"] === "1";

describe("searchsorted", () => {
  it("counts what stands before, by either method, eagerly and under jit", () => {
    fc.assert(
      fc.property(
        fc.array(small, { maxLength: 40 }),
        fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 6 }),
        (list, wanted) => {
          const sorted = list.toSorted((a, b) => a - b);
          for (const method of ["compareAll", "binary"] as const) {
            const left = searchsorted(float(sorted), float(wanted), { method });
            const right = jit((a: NDArray, v: NDArray) => searchsorted(a, v, { method, side: "right" }))(float(sorted), float(wanted));
            expect(elements(left)).toEqual(wanted.map((v) => sorted.filter((x) => x < v).length));
            expect(elements(right)).toEqual(wanted.map((v) => sorted.filter((x) => x <= v).length));
          }
        },
      ),
      { numRuns: deep ? 1000 : 50 },
    );
  });

  it("puts NaN last, keeps shapes and promotes", () => {
    for (const method of ["compareAll", "binary"] as const) {
      const sorted = float([1, 2, NaN, NaN]);
      expect(elements(searchsorted(sorted, float([NaN, 3, 0]), { method }))).toEqual([2, 2, 0]);
      expect(elements(searchsorted(sorted, float([NaN, 3, 0]), { method, side: "right" }))).toEqual([4, 2, 0]);
    }
    const found = searchsorted(int32([1, 3]), float([0.5, 3.5], [2, 1]));
    expect([found.shape, found.dtype, elements(found)]).toEqual([[2, 1], "int32", [0, 2]]);
    expect(searchsorted(int32([1, 3]), 2).item()).toBe(1);
  });

  it("works under vmap, over lists and values", () => {
    const lists = float([1, 2, 3, 0, 5, 9], [2, 3]);
    for (const method of ["compareAll", "binary"] as const) {
      expect(vmap((a: NDArray) => searchsorted(a, float([2.5]), { method }))(lists).toArray()).toEqual([[2], [1]]);
      expect(vmap((v: NDArray) => searchsorted(float([1, 2, 3]), v, { method }))(float([0, 9])).toArray()).toEqual([0, 3]);
    }
  });

  it("refuses tables and unknown choices", () => {
    expect(() => searchsorted(float([1], [1, 1]), 1)).toThrow(ShapeError);
    expect(() => searchsorted(float([1]), 1, { side: "middle" as "left" })).toThrow(OptionError);
    expect(() => searchsorted(float([1]), 1, { method: "scan" as "binary" })).toThrow(OptionError);
  });
});

describe("digitize", () => {
  it("names bins of ascending and descending edges", () => {
    const values = [0.5, 1, 1.5, 2, 3];
    expect(elements(digitize(float(values), float([1, 2])))).toEqual([0, 1, 1, 2, 2]);
    expect(elements(digitize(float(values), float([1, 2]), { right: true }))).toEqual([0, 0, 1, 1, 2]);
    expect(elements(digitize(float(values), float([2, 1])))).toEqual([2, 1, 1, 0, 0]);
    expect(elements(digitize(float(values), float([2, 1]), { right: true }))).toEqual([2, 2, 1, 1, 0]);
    expect(elements(jit((x: NDArray, b: NDArray) => digitize(x, b))(float(values), float([2, 1])))).toEqual([2, 1, 1, 0, 0]);
  });
});

describe("bincount", () => {
  it("counts, and sums weights", () => {
    expect(bincount(int32([0, 2, 2])).toArray()).toEqual([1, 0, 2]);
    expect(bincount(int32([0, 2, 2]), { minlength: 5 }).toArray()).toEqual([1, 0, 2, 0, 0]);
    expect(bincount(int32([0, 2, 2]), { weights: float([0.5, 1, 2]) }).toArray()).toEqual([0.5, 0, 3]);
    expect(bincount(int32([]), { minlength: 2 }).toArray()).toEqual([0, 0]);
  });

  it("needs the length in jit, and does not count what does not fit", () => {
    expect(() => jit((x: NDArray) => bincount(x))(int32([1]))).toThrow(ConcretizationError);
    expect(() => jit((x: NDArray) => bincount(x))(int32([1]))).toThrow(/pass \{ length: n \}/);
    expect(jit((x: NDArray) => bincount(x, { length: 2 }))(int32([0, 1, 1, 2, -1])).toArray()).toEqual([1, 2]);
    expect(
      grad((w: NDArray) => reduceSum(mul(float([1, 10]), bincount(int32([1, 0, 1]), { weights: w }))))(float([0, 0, 0])).toArray(),
    ).toEqual([10, 1, 10]);
  });

  it("refuses negative and fractional numbers, and other shapes", () => {
    expect(() => bincount(int32([-1]))).toThrow(IndexError);
    expect(() => bincount(float([1]))).toThrow(DTypeError);
    expect(() => bincount(int32([1], [1, 1]))).toThrow(ShapeError);
    expect(() => bincount(int32([1]), { weights: float([1, 2]) })).toThrow(ShapeError);
  });
});

describe("histogram", () => {
  it("counts as a loop does, the last bin with both edges", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 8 }), { minLength: 2, maxLength: 20 }),
        fc.integer({ min: 1, max: 4 }),
        (values, bins) => {
          const [low, high] = [Math.min(...values), Math.max(...values)];
          fc.pre(low < high);
          const [counts, edges] = histogram(float(values), { bins });
          const at = elements(edges);
          expect(at[0]).toBe(low);
          expect(at[bins]).toBe(high);
          const expected = Array.from(
            { length: bins },
            (_, b) => values.filter((v) => v >= at[b] && (v < at[b + 1] || (b === bins - 1 && v === high))).length,
          );
          expect(elements(counts)).toEqual(expected);
        },
      ),
    );
  });

  it("knows ranges, edges, weights and densities", () => {
    const x = float([0, 1, 1, 2, 7]);
    expect(histogram(x, { bins: 2, range: [0, 2] }).map((y) => y.toArray())).toEqual([
      [1, 3],
      [0, 1, 2],
    ]);
    expect(histogram(x, { bins: float([0, 2, 8]) })[0].toArray()).toEqual([3, 2]);
    expect(histogram(x, { bins: float([0, 2, 8]), weights: int32([1, 1, 2, 5, 1]) })[0].toArray()).toEqual([4, 6]);
    expect(histogram(x, { bins: float([0, 2, 10]), density: true })[0].toArray()).toEqual([0.3, 0.05]);
    expect(histogram(float([3, 3]), { bins: 2 })[1].toArray()).toEqual([2.5, 3, 3.5]);
    expect(histogramBinEdges(x, { bins: 7 }).toArray()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(jit((y: NDArray) => histogram(y, { bins: 2 })[0])(float([0, 1, 2])).toArray()).toEqual([1, 2]);
    expect(() => histogram(x, { bins: 0 })).toThrow(OptionError);
  });
});

describe("nonzero", () => {
  const x = int32([0, 3, 0, 4, 5, 0], [2, 3]);

  it("gives the places of a concrete array", () => {
    expect(nonzero(x).map((y) => y.toArray())).toEqual([
      [0, 1, 1],
      [1, 0, 1],
    ]);
    expect(flatnonzero(x).toArray()).toEqual([1, 3, 4]);
    expect(argwhere(x).toArray()).toEqual([
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    expect(argwhere(5).shape).toEqual([1, 0]);
  });

  it("gives the first of a traced array, filled up", () => {
    for (const size of [0, 2, 3, 5]) {
      const found = jit((y: NDArray) => nonzero(y, { size, fillValue: -1 }))(x);
      expect(found.map((y) => y.toArray())).toEqual([[0, 1, 1, -1, -1].slice(0, size), [1, 0, 1, -1, -1].slice(0, size)]);
    }
    expect(jit((y: NDArray) => flatnonzero(y, { size: 4 }))(x).toArray()).toEqual([1, 3, 4, 0]);
    expect(vmap((y: NDArray) => flatnonzero(y, { size: 2 }))(x).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(jit((y: NDArray) => argwhere(y, { size: 1 }))(x).toArray()).toEqual([[0, 1]]);
  });

  it("needs the size inside of transforms", () => {
    expect(() => jit((y: NDArray) => nonzero(y))(x)).toThrow(ConcretizationError);
    expect(() => jit((y: NDArray) => nonzero(y))(x)).toThrow(/\{ size: n \}/);
    expect(() => nonzero(x, { size: -1 })).toThrow(OptionError);
  });
});

describe("unique", () => {
  it("agrees with sets", () => {
    fc.assert(
      fc.property(fc.array(small, { maxLength: 12 }), (list) => {
        const values = [...new Set(list)].sort((a, b) => a - b);
        const all = uniqueAll(int32(list));
        expect(elements(unique(int32(list)))).toEqual(values);
        expect(elements(all.values)).toEqual(values);
        expect(elements(all.indices)).toEqual(values.map((v) => list.indexOf(v)));
        expect(elements(all.inverse)).toEqual(list.map((v) => values.indexOf(v)));
        expect(elements(all.counts)).toEqual(values.map((v) => list.filter((w) => w === v).length));
      }),
    );
  });

  it("keeps dtype and shape, and takes NaN for one value", () => {
    const x = float([NaN, 1, NaN, -1], [2, 2]);
    expect(unique(x).toArray()).toEqual([-1, 1, NaN]);
    expect(uniqueCounts(x).counts.toArray()).toEqual([1, 1, 2]);
    expect(uniqueInverse(x).inverse.toArray()).toEqual([
      [2, 1],
      [2, 0],
    ]);
    expect(uniqueValues(arrayOf("bool", [1, 0, 1])).toArray()).toEqual([false, true]);
  });

  it("cannot be traced, and says so", () => {
    expect(() => jit((x: NDArray) => unique(x))(int32([1]))).toThrow(ConcretizationError);
    expect(() => jit((x: NDArray) => unique(x))(int32([1]))).toThrow(/unique: expected a concrete array, because the length of the result/);
  });
});
