// Slices, padding and concatenation: values by hand, refusals, derivatives and batching.

import { describe, expect, test } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { DTypeError, ShapeError } from "../../src/core/errors.js";
import { concatenate, pad, slice, sliceInDim } from "../../src/ops/slice.js";
import { sin } from "../../src/ops/trigonometric.js";
import { vjp } from "../../src/transform/vjp.js";
import { arrayOf, expectBatched, expectDerivatives, random } from "./rules.js";

const ten = arrayOf("int32", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);

describe("values", () => {
  test("slice takes every stride-th element below the limit", () => {
    expect(slice(ten, [2], [9], [3]).toArray()).toEqual([2, 5, 8]);
    expect(slice(ten, [3], [3]).toArray()).toEqual([]);
    expect(slice(ten, [0], [10])).toBe(ten);
    expect(slice(ten, [0], [10], [1])).toBe(ten);
    expect(sliceInDim(arrayOf("int32", [1, 2, 3, 4, 5, 6], [2, 3]), 0, 3, 2, -1).toArray()).toEqual([
      [1, 3],
      [4, 6],
    ]);
  });

  test("pad puts values around and between, and crops", () => {
    const x = arrayOf("float32", [1, 2, 3]);
    expect(pad(x, 9, [[1, 2, 1]]).toArray()).toEqual([9, 1, 9, 2, 9, 3, 9, 9]);
    expect(pad(x, 9, [[-1, -1, 1]]).toArray()).toEqual([9, 2, 9]);
    expect(pad(x, 9, [[-1, 1, 0]]).toArray()).toEqual([2, 3, 9]);
    expect(pad(x, 9, [[0, 0, 0]])).toBe(x);
  });

  test("concatenate joins along an axis", () => {
    expect(concatenate([slice(ten, [0], [2]), slice(ten, [8], [10])], 0).toArray()).toEqual([0, 1, 8, 9]);
    expect(concatenate([ten], 0)).toBe(ten);
  });
});

describe("refusals", () => {
  test.each([
    [() => slice(ten, [2], [11]), "0 ≤ start ≤ limit ≤ size"],
    [() => slice(ten, [-1], [5]), "0 ≤ start ≤ limit ≤ size"],
    [() => slice(ten, [0], [5], [0]), "strides of at least 1"],
    [() => slice(ten, [0, 0], [5, 1]), "start [0,0], limit [5,1]"],
    [() => pad(ten, 0, [[-6, -5, 0]]), "no size negative"],
    [() => pad(ten, 0, [[0, 0, -1]]), "interior ≥ 0"],
    [() => pad(ten, arrayOf("int32", [1]), [[0, 0, 0]]), "a scalar padding value"],
    [() => concatenate([ten, arrayOf("int32", [1], [1, 1])], 0), "arrays of one shape, but for axis 0"],
    [() => concatenate([], 0), "at least one array"],
  ])("case %#", (call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  test("dtypes must agree", () => {
    expect(() => concatenate([ten, random([2])], 0)).toThrow(DTypeError);
    expect(() => pad(ten, random([]), [[1, 1, 0]])).toThrow(DTypeError);
  });
});

describe("derivatives", () => {
  test.each([
    [
      [1, 0],
      [6, 3],
      [2, 1],
    ],
    [
      [1, 1],
      [7, 3],
      [3, 2],
    ],
    [[2, 0], [2, 3], null],
  ])("slice from %j to %j by %j", (starts, limits, strides) => {
    expectDerivatives((x) => [slice(sin(x), starts, limits, strides)], [random([7, 3])]);
    expectBatched((x) => [slice(x, starts, limits, strides)], [random([7, 2, 3])], [1]);
  });

  test.each([
    [
      [3, 2],
      [[1, 2, 1] as const, [0, 1, 0] as const],
    ],
    [
      [3, 4],
      [[-1, 2, 2] as const, [1, -1, 0] as const],
    ],
    [[4], [[-2, -3, 2] as const]],
    [[0], [[1, 1, 0] as const]],
  ])("pad %j by %j", (shape, config) => {
    expectDerivatives((x, value) => [pad(sin(x), sin(value), config)], [random(shape), random([], 5)]);
    const batch = random([...shape, 2]);
    const values = random([2], 3);
    const f = (x: NDArray, value: NDArray): readonly NDArray[] => [pad(x, value, config)];
    expectBatched(f, [batch, random([])], [shape.length, null]);
    expectBatched(f, [random(shape), values], [null, 0]);
    expectBatched(f, [batch, values], [shape.length, 0]);
  });

  test("the padding value's cotangent does not cancel against the elements'", () => {
    const [, pullback] = vjp((value: NDArray) => pad(random([1]), value, [[1, 0, 0]]), [random([])]);
    expect(pullback(arrayOf("float64", [1, 1e30]))[0].item()).toBe(1);
  });

  test("concatenate, also of operands of which some are constant or unbatched", () => {
    const fixed = random([2, 1], 4);
    expectDerivatives((x, y) => [concatenate([sin(x), fixed, sin(y)], 1)], [random([2, 3]), random([2, 2], 2)]);
    expectBatched((x, y) => [concatenate([x, fixed, y], 1)], [random([2, 3, 4]), random([2, 2])], [2, null]);
    expectBatched((x, y) => [concatenate([x, y], 0)], [random([2, 3]), random([5, 3, 2])], [null, 2]);
  });
});
