import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { ConcretizationError, DTypeError, IndexError, ShapeError, TypeMismatchError } from "../../src/core/errors.js";
import { sizeOf } from "../../src/core/shape.js";
import { jit } from "../../src/transform/jit.js";
import { mul } from "../../src/ops/arithmetic.js";
import { choose, compress, extract, putAlongAxis, take, takeAlongAxis } from "../../src/numpy/take.js";
import "../../src/install.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "../ops/rules.js";
import { flatOf, tuples } from "./naiveIndexing.js";

const int32 = (values: readonly number[], shape?: readonly number[]): NDArray => arrayOf("int32", values, shape ?? [values.length]);
const counting = (shape: readonly number[]): NDArray =>
  arrayOf(
    "float32",
    Array.from({ length: sizeOf(shape) }, (_, i) => i),
    shape,
  );

describe("take", () => {
  const x = counting([2, 3]);

  it("puts the shape of the indices in place of the axis", () => {
    expect(take(x, int32([2, 0, -1, 1], [2, 2]), 1).toArray()).toEqual([
      [
        [2, 0],
        [2, 1],
      ],
      [
        [5, 3],
        [5, 4],
      ],
    ]);
    expect(take(x, 1, 0).toArray()).toEqual([3, 4, 5]);
    expect(take(x, int32([5, -6])).toArray()).toEqual([5, 0]);
    expect(take(x, int32([5, -6]), null).toArray()).toEqual([5, 0]);
    expect(take(x, int32([]), 0).shape).toEqual([0, 3]);
    expect(take(x, [[0], [-1]], 1).toArray()).toEqual([
      [[0], [2]],
      [[3], [5]],
    ]);
    expect(() => take(x, [0.5])).toThrow(TypeMismatchError);
    expect(() => take(x, [true])).toThrow(DTypeError);
  });

  it("throws at once, and in jit reads NaN", () => {
    expect(() => take(x, int32([0, 3]), 1)).toThrow(IndexError);
    expect(() => take(x, int32([0, 3]), 1)).toThrow(/take: expected an index from -3 to 2 along axis 1 of size 3, got index 3/);
    expect(() => take(x, 7)).toThrow(/axis 0 of size 6, got index 7/);
    expect(() => take(x, arrayOf("float32", [0]))).toThrow(DTypeError);
    expect(jit((i: NDArray) => take(x, i, 1))(int32([3, -3])).toArray()).toEqual([
      [NaN, 0],
      [NaN, 3],
    ]);
    expect(jit((i: NDArray) => take(int32([4, 5]), i))(int32([2])).item()).toBe(-(2 ** 31));
  });

  it("follows the modes", () => {
    const y = arrayOf("float32", [1, 2, 3]);
    const i = int32([-1, 3, -5]);
    for (const read of [(k: NDArray, mode: "clip" | "wrap" | "fill") => take(y, k, 0, { mode })]) {
      expect(read(i, "clip").toArray()).toEqual([1, 3, 1]);
      expect(read(i, "wrap").toArray()).toEqual([3, 1, 2]);
      expect(read(i, "fill").toArray()).toEqual([3, NaN, NaN]);
      expect(jit((k: NDArray) => [read(k, "clip"), read(k, "wrap")] as const)(i).map((z) => z.toArray())).toEqual([
        [1, 3, 1],
        [3, 1, 2],
      ]);
    }
    expect(take(y, i, 0, { mode: "fill", fillValue: -1 }).toArray()).toEqual([3, -1, -1]);
  });

  it("differentiates and batches", () => {
    expectDerivatives((y) => [take(y, int32([1, 1, 0]), 1)], [random([2, 3], 1)]);
    expectBatched((y, i) => [take(y, i, 1)], [random([4, 2, 3], 2), int32([0, 1, 2, 0, 1, 2, 0, 1], [4, 2])], [0, 0]);
    expectBatched((y, i) => [take(y, i, 0)], [random([4, 2, 3], 2), int32([0, 1])], [0, null]);
  });
});

describe("takeAlongAxis and putAlongAxis", () => {
  it("agree with loops, sizes of 1 broadcasting", () => {
    const shapes = fc.record({
      x: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      axis: fc.integer({ min: 0, max: 2 }),
      count: fc.integer({ min: 1, max: 4 }),
      ones: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      xOnes: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()),
      seed: fc.nat(100),
    });
    fc.assert(
      fc.property(shapes, ({ x: full, axis, count, ones, xOnes, seed }) => {
        const xShape = full.map((n, k) => (k !== axis && xOnes[k] ? 1 : n));
        const iShape = full.map((n, k) => (k === axis ? count : ones[k] ? 1 : n));
        const x = counting(xShape);
        const size = xShape[axis];
        const values = Array.from({ length: sizeOf(iShape) }, (_, i) => ((i * 5 + seed) % (2 * size)) - size);
        const indices = int32(values, iShape);
        const out = full.map((_, k) => (k === axis ? count : Math.max(xShape[k], iShape[k])));
        const reduced = (place: readonly number[], shape: readonly number[]): number[] =>
          place.map((i, k) => (shape[k] === 1 && k !== axis ? 0 : i));
        const source = (place: readonly number[]): number => {
          const i = values[flatOf(iShape, reduced(place, iShape))];
          return flatOf(xShape, reduced(place, xShape).with(axis, i < 0 ? i + size : i));
        };
        const got = takeAlongAxis(x, indices, axis);
        expect(got.shape).toEqual(out);
        expect(elements(got)).toEqual(tuples(out).map(source));
        if (out.some((n, k) => k !== axis && n !== xShape[k])) return;
        const written = elements(x);
        tuples(out).forEach((place, k) => {
          written[source(place)] = 50 + k;
        });
        const updates = arrayOf(
          "float32",
          tuples(out).map((_, k) => 50 + k),
          out,
        );
        expect(elements(putAlongAxis(x, indices, updates, axis))).toEqual(written);
      }),
      { numRuns: 300 },
    );
  });

  it("flatten without an axis, throw out of range and refuse other shapes", () => {
    const x = counting([2, 2]);
    expect(takeAlongAxis(x, int32([3, 0]), null).toArray()).toEqual([3, 0]);
    expect(putAlongAxis(x, int32([3]), 9, null).toArray()).toEqual([
      [0, 1],
      [2, 9],
    ]);
    expect(() => takeAlongAxis(x, int32([2], [1, 1]), 1)).toThrow(IndexError);
    expect(() => takeAlongAxis(x, int32([0, 0, 0], [3, 1]), 1)).toThrow(ShapeError);
    expect(takeAlongAxis(counting([2, 3]), int32([0, 2], [2, 1])).toArray()).toEqual([[0], [5]]);
  });

  it("differentiate and batch", () => {
    const index = int32([0, 1, 1, 0], [2, 2]);
    expectDerivatives((x) => [takeAlongAxis(x, index, 0)], [random([2, 2], 1)]);
    expectDerivatives((x, v) => [putAlongAxis(x, index, mul(v, v), 1)], [random([2, 2], 1), random([2, 2], 3)]);
    expectBatched((x, i) => [takeAlongAxis(x, i, 1)], [random([2, 3, 2], 4), int32([0, 1, 1, 0, 1, 1], [3, 2, 1])], [1, 0]);
  });
});

describe("compress, extract and choose", () => {
  it("select by conditions", () => {
    const x = counting([2, 3]);
    expect(compress(arrayOf("bool", [0, 1]), x, 0).toArray()).toEqual([[3, 4, 5]]);
    expect(compress(arrayOf("bool", [0, 1, 1]), x).toArray()).toEqual([1, 2]);
    expect(extract(arrayOf("bool", [0, 1, 0, 0, 0, 1], [2, 3]), x).toArray()).toEqual([1, 5]);
    expect(() => jit((c: NDArray) => extract(c, x))(arrayOf("bool", [1]))).toThrow(ConcretizationError);
    expect(() => compress(arrayOf("bool", [1], [1, 1]), x)).toThrow(ShapeError);
  });

  it("choose among arrays", () => {
    const choices = [int32([0, 1, 2]), int32([10, 11, 12])];
    expect(choose(int32([1, 0, 1]), choices).toArray()).toEqual([10, 1, 12]);
    expect(choose(1, choices).toArray()).toEqual([10, 11, 12]);
    expect(choose(int32([5, -1, 0]), choices, { mode: "clip" }).toArray()).toEqual([10, 1, 2]);
    expect(() => choose(int32([2, 0, 0]), choices)).toThrow(IndexError);
    expect(() => choose(int32([0]), [])).toThrow(ShapeError);
  });
});
