// Slices with computed starts: values by hand, starts out of bounds, refusals, derivatives and batching.

import { describe, expect, test } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { DTypeError, OptionError, ShapeError } from "../../src/core/errors.js";
import { square } from "../../src/ops/arithmetic.js";
import { dynamicIndexInDim, dynamicSlice, dynamicUpdateIndexInDim, dynamicUpdateSlice } from "../../src/ops/dynamic.js";
import { sin } from "../../src/ops/trigonometric.js";
import { jit } from "../../src/index.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "./rules.js";
import { whole } from "./whole.js";

const ten = arrayOf("int32", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
const int = (value: number): NDArray => arrayOf("int32", [value], []);
const table = whole([5, 4]);

describe("values", () => {
  test("slices are moved inside; negative starts count from the end", () => {
    expect(dynamicSlice(ten, [3], [2]).toArray()).toEqual([3, 4]);
    expect(dynamicSlice(ten, [9], [4]).toArray()).toEqual([6, 7, 8, 9]);
    expect(dynamicSlice(ten, [-3], [2]).toArray()).toEqual([7, 8]);
    expect(dynamicSlice(ten, [int(-3)], [2]).toArray()).toEqual([7, 8]);
    expect(dynamicSlice(ten, [int(-3)], [2], { allowNegativeIndices: false }).toArray()).toEqual([0, 1]);
    expect(dynamicSlice(ten, [arrayOf("uint32", [2 ** 31], [])], [2]).toArray()).toEqual([8, 9]);
  });

  test("a start of one byte reaches every place of a longer axis", () => {
    const long = arrayOf(
      "int32",
      Array.from({ length: 300 }, (_, i) => i),
    );
    expect(dynamicSlice(long, [arrayOf("int8", [-1], [])], [1]).toArray()).toEqual([299]);
  });

  test("updates", () => {
    expect(dynamicUpdateSlice(arrayOf("float32", [0, 0, 0]), arrayOf("float32", [1, 2]), [2]).toArray()).toEqual([0, 1, 2]);
    expect(dynamicIndexInDim(ten, 4).item()).toBe(4);
    expect(dynamicIndexInDim(table, int(2), 1).shape).toEqual([5]);
    const updated = dynamicUpdateIndexInDim(table, whole([5], 3), 1, 1);
    expect(elements(dynamicIndexInDim(updated, 1, 1))).toEqual(elements(whole([5], 3)));
  });

  test("a start that is a number needs no arithmetic in the program", () => {
    expect(String(makeJaxpr((x: NDArray) => dynamicSlice(x, [-2], [1]))(ten))).toContain("dynamic_slice[slice_sizes=(1,)] a 8:i32[]");
  });
});

describe("refusals", () => {
  test.each([
    [() => dynamicSlice(ten, [0], [11]), "no size above the axis's own"],
    [() => dynamicSlice(ten, [0, 0], [2]), "a scalar start and a size for each axis"],
    [() => dynamicSlice(ten, [ten], [2]), "starts int32[10]"],
    [() => dynamicSlice(ten, [0.5], [2]), "integer starts"],
    [() => dynamicUpdateSlice(random([2]), random([3]), [0]), "dynamicUpdateSlice: expected a scalar start"],
  ])("shapes, case %#", (call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  test("dtypes", () => {
    expect(() => dynamicSlice(ten, [arrayOf("float32", [0], [])], [2])).toThrow(DTypeError);
    expect(() => dynamicUpdateSlice(ten, random([2]), [0])).toThrow(DTypeError);
    expect(() => dynamicSlice(table, [int(0), arrayOf("uint32", [0], [])], [1, 1])).toThrow("starts of one integer dtype");
  });
});

test("derivatives", () => {
  expectDerivatives((x) => [dynamicSlice(sin(x), [int(3), int(-2)], [2, 3])], [random([5, 4])]);
  expectDerivatives((x, u) => [square(dynamicUpdateSlice(sin(x), u, [int(4), 1]))], [random([5, 4]), random([2, 2], 3)]);
});

test("a number beyond the starts' dtype is moved inside like any other", () => {
  const line = arrayOf("int32", [0, 1, 2, 3, 4]);
  const at = (start: number, ...more: readonly NDArray[]): unknown =>
    more.length === 0 ? dynamicSlice(line, [start], [2]).toArray() : dynamicSlice(whole([5, 5]), [start, ...more], [1, 1]).item();
  for (const start of [2 ** 31, 2 ** 32, 2 ** 32 + 1, 1e300]) {
    expect(at(start)).toEqual([3, 4]);
    expect(at(-start)).toEqual([0, 1]);
    expect(dynamicUpdateSlice(line, arrayOf("int32", [9]), [start]).toArray()).toEqual([0, 1, 2, 3, 9]);
  }
  const zero = arrayOf("uint32", [0], []);
  expect(at(2 ** 32, zero)).toBe(whole([5, 5]).toTypedArray()[20]);
  expect(at(-7, zero)).toBe(whole([5, 5]).toTypedArray()[0]);
});

test("a traced number is a start", () => {
  const line = arrayOf("int32", [0, 1, 2, 3, 4]);
  const at = jit((start: NDArray) => dynamicSlice(line, [start], [2]));
  for (const start of [0, 2, 9, -2, -9]) expect(at(start).toArray()).toEqual(dynamicSlice(line, [start], [2]).toArray());
  expect(() => at(0.5)).toThrow(DTypeError);
});

test("unknown options are refused", () => {
  const wrong: object = { keepdims: true };
  expect(() => dynamicIndexInDim(table, 1, 0, wrong)).toThrow(OptionError);
  expect(() => dynamicSlice(table, [1, 1], [2, 2], wrong)).toThrow(/dynamicSlice.*allowNegativeIndices.*keepdims/);
  expect(() => dynamicUpdateSlice(table, whole([2, 2]), [1, 1], wrong)).toThrow(/dynamicUpdateSlice.*keepdims/);
});

describe("batch", () => {
  const slice = (x: NDArray, i: NDArray, j: NDArray): readonly NDArray[] => [dynamicSlice(x, [i, j], [2, 3])];
  const update = (x: NDArray, u: NDArray, i: NDArray): readonly NDArray[] => [dynamicUpdateSlice(x, u, [i, 1])];
  const starts = arrayOf("int32", [4, 0, -1]);

  test.each([0, 1, 2])("of the array at %i", (dim) => {
    const xs = whole([5, 4].toSpliced(dim, 0, 3));
    expectBatched(slice, [xs, int(2), int(1)], [dim, null, null]);
    expectBatched(slice, [xs, starts, int(1)], [dim, 0, null]);
    expectBatched(update, [xs, whole([2, 2], 3), int(1)], [dim, null, null]);
    expectBatched(update, [xs, whole([2, 2], 3), starts], [dim, null, 0]);
    expectBatched(update, [table, whole([2, 2].toSpliced(dim, 0, 3), 3), int(1)], [null, dim, null]);
    expectBatched(update, [xs, whole([2, 2].toSpliced(dim, 0, 3), 3), starts], [dim, dim, 0]);
  });

  test("of the starts alone", () => {
    expectBatched(slice, [table, starts, int(1)], [null, 0, null]);
    expectBatched(slice, [table, starts, starts], [null, 0, 0]);
    expectBatched(update, [table, whole([2, 2], 3), starts], [null, null, 0]);
  });
});
