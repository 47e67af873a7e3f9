import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OptionError, ShapeError } from "../../src/core/errors.js";
import type { NDArray } from "../../src/core/array.js";
import { argsort, sort, topK } from "../../src/ops/sort.js";
import { instantiate } from "../../src/transform/jvp.js";
import { vjpFlat } from "../../src/transform/vjp.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "./rules.js";

const list = fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 40 });
const gradient = (f: (x: NDArray) => NDArray, x: NDArray, cts: readonly number[]): number[] =>
  elements(instantiate(vjpFlat("test", (y) => [f(y)], [x], [true]).pullback([arrayOf(x.dtype, cts)])[0]));

describe("sort", () => {
  it("puts elements in order", () => {
    fc.assert(
      fc.property(list, (xs) => {
        const expected = xs.toSorted((a, b) => a - b);
        expect(elements(sort(arrayOf("int32", xs)))).toEqual(expected);
        expect(elements(sort(arrayOf("float32", xs)))).toEqual(expected);
      }),
    );
    expect(elements(sort(arrayOf("float64", [2, NaN, -Infinity, 1])))).toEqual([-Infinity, 1, 2, NaN]);
    expect(elements(sort(arrayOf("bool", [1, 0, 1])))).toEqual([0, 1, 1]);
  });

  it("sorts along any axis", () => {
    const x = arrayOf("int32", [3, 1, 2, 0, 5, 4], [2, 3]);
    expect(sort(x).toArray()).toEqual([
      [1, 2, 3],
      [0, 4, 5],
    ]);
    expect(sort(x, { dimension: 0 }).toArray()).toEqual([
      [0, 1, 2],
      [3, 5, 4],
    ]);
  });

  it("takes others along, stably, by as many keys as are named", () => {
    const [first, second, value] = [arrayOf("int32", [1, 0, 1, 0]), arrayOf("float32", [5, 7, 4, 6]), arrayOf("uint8", [0, 1, 2, 3])];
    expect(sort([first, second, value]).map(elements)).toEqual([
      [0, 0, 1, 1],
      [7, 6, 5, 4],
      [1, 3, 0, 2],
    ]);
    expect(elements(sort([first, second, value], { numKeys: 2 })[2])).toEqual([3, 1, 2, 0]);
  });

  it("has derivatives of two orders, for keys and what goes with them", () => {
    const [x, y] = [random([3, 4], 2), random([3, 4], 3)];
    expectDerivatives((a) => [sort(a)], [x]);
    expectDerivatives((a, b) => sort([a, b], { dimension: 0 }), [x, y]);
    expectDerivatives((a, b) => sort([arrayOf("int32", [3, 1, 2]), a, b], { numKeys: 2 }), [random([3], 4), random([3], 5)]);
    expect(gradient((a) => sort(a), arrayOf("float64", [1, 1, 0]), [1, 2, 3])).toEqual([2, 3, 1]);
    expect(gradient((a) => sort(a), arrayOf("float64", []), [])).toEqual([]);
  });

  it("batches", () => {
    const [x, y] = [random([3, 4], 2), random([3, 4], 3)];
    expectBatched((a, b) => sort([a, b]), [x, y], [0, 0]);
    expectBatched((a, b) => sort([a, b]), [x, random([4, 3], 5)], [0, 1]);
    expectBatched((a, b) => sort([a, b], { dimension: 0 }), [random([3, 2, 4], 7), y], [1, null]);
    expectBatched((a) => [argsort(a)], [x], [1]);
  });

  it("batches its derivatives", () => {
    const pulled = (a: NDArray, ct: NDArray): NDArray[] =>
      vjpFlat("test", (b) => [sort(b)], [a], [true])
        .pullback([ct])
        .map(instantiate);
    expectBatched(pulled, [random([3, 4], 2), random([3, 4], 6)], [0, 0]);
    expectBatched(pulled, [random([4, 3], 2), random([4], 6)], [1, null]);
    expectBatched(pulled, [random([4], 2), random([3, 4], 6)], [null, 0]);
  });

  it("refuses what does not fit", () => {
    const x = random([2, 3]);
    expect(() => sort([x, random([3])])).toThrow("sort: expected arrays of one shape, got float64[2,3] and float64[3]");
    expect(() => sort([])).toThrow("sort: expected at least one array, got none");
    expect(() => sort(x, { dimension: 2 })).toThrow(ShapeError);
    expect(() => sort([x, x], { numKeys: 3 })).toThrow(OptionError);
    expect(() => sort([x, x], { numKeys: 3 })).toThrow("sort: expected numKeys from 1 to 2, the number of arrays, got 3");
    expect(() => sort(random([]))).toThrow("a scalar has none");
  });
});

describe("argsort", () => {
  it("gives the order that sorts, stably", () => {
    fc.assert(
      fc.property(list, (xs) => {
        const expected = xs.map((_, i) => i).toSorted((i, j) => xs[i] - xs[j]);
        expect(elements(argsort(arrayOf("float32", xs)))).toEqual(expected);
      }),
    );
    expect(argsort(arrayOf("int32", [3, 1, 2, 0, 5, 4], [2, 3]), 0).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 1],
    ]);
    expect(argsort(arrayOf("int32", [1])).dtype).toBe("int32");
  });
});

describe("topK", () => {
  it("gives the largest, and where they stand", () => {
    fc.assert(
      fc.property(list, fc.nat(), (xs, n) => {
        const k = n % (xs.length + 1);
        const order = xs.map((_, i) => i).toSorted((i, j) => xs[j] - xs[i]);
        const [values, indices] = topK(arrayOf("int32", xs), k);
        expect(elements(indices)).toEqual(order.slice(0, k));
        expect(elements(values)).toEqual(order.slice(0, k).map((i) => xs[i]));
      }),
    );
    expect(elements(topK(arrayOf("float32", [1, NaN, 3]), 2)[1])).toEqual([1, 2]);
  });

  it("has derivatives of two orders", () => {
    expectDerivatives((x) => topK(x, 2), [random([3, 4], 5)]);
    expect(gradient((x) => topK(x, 2)[0], arrayOf("float64", [1, 3, 3, 2]), [10, 20])).toEqual([0, 10, 20, 0]);
  });

  it("batches", () => {
    expectBatched((x) => topK(x, 2), [random([3, 4], 5)], [0]);
    expectBatched((x) => topK(x, 2), [random([3, 4], 5)], [1]);
    expectBatched((x) => topK(x, 1), [random([2, 3, 4], 5)], [1]);
  });

  it("refuses what does not fit", () => {
    expect(() => topK(random([2, 3]), 4)).toThrow("topK: expected k from 0 to 3, the size of the last axis, got 4");
    expect(() => topK(random([2, 3]), 1.5)).toThrow(ShapeError);
    expect(() => topK(random([]), 1)).toThrow("topK: expected an array with at least one axis, got float64[]");
  });
});
