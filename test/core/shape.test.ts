// Arithmetic on shapes: sizes, strides, axes, broadcasting.

import { describe, expect, test } from "vitest";
import { ShapeError } from "../../src/core/errors.js";
import {
  broadcastShapes,
  checkShape,
  normalizeAxes,
  normalizeAxis,
  range,
  sameShape,
  showShape,
  sizeOf,
  stridesOf,
  withoutAxes,
} from "../../src/core/shape.js";

describe("sizes and strides", () => {
  test("a scalar has one element, an empty axis makes none", () => {
    expect([sizeOf([]), sizeOf([3]), sizeOf([2, 3, 4]), sizeOf([2, 0, 4])]).toEqual([1, 3, 24, 0]);
  });

  test("row-major", () => {
    expect([stridesOf([]), stridesOf([5]), stridesOf([2, 3, 4])]).toEqual([[], [1], [12, 4, 1]]);
  });

  test("equality, text and ranges", () => {
    expect([sameShape([2, 3], [2, 3]), sameShape([2, 3], [3, 2]), sameShape([], [1])]).toEqual([true, false, false]);
    expect([showShape([]), showShape([2, 3])]).toEqual(["[]", "[2,3]"]);
    expect([range(2, 5), range(5, 2)]).toEqual([[2, 3, 4], []]);
  });
});

describe("axes", () => {
  test("negative ones count from the back", () => {
    expect([0, 2, -1, -3].map((axis) => normalizeAxis(axis, 3, "sum"))).toEqual([0, 2, 2, 0]);
    expect(normalizeAxes([-1, 0], 3, "sum")).toEqual([2, 0]);
    expect([normalizeAxes(undefined, 2, "sum"), normalizeAxes(null, 2, "sum"), normalizeAxes([], 2, "sum")]).toEqual([[0, 1], [0, 1], []]);
    expect(withoutAxes([2, 3, 4], [0, 2])).toEqual([3]);
  });

  test.each([3, -4, 0.5, NaN])("axis %s of three is refused", (axis) => {
    expect(() => normalizeAxis(axis, 3, "sum")).toThrow(`sum: expected an integer axis from -3 to 2, got axis ${axis}.`);
  });

  test("a scalar has no axis", () => {
    expect(() => normalizeAxis(0, 0, "sum")).toThrow("sum: expected no axis: a scalar has none, got axis 0.");
  });

  test("the same axis twice is refused, also by its two names", () => {
    expect(() => normalizeAxes([1, -1], 2, "sum")).toThrow("sum: expected each axis once, got axes [1,1].");
  });
});

describe("broadcasting", () => {
  test.each([
    [[[], []], []],
    [[[3], []], [3]],
    [
      [
        [2, 1],
        [1, 3],
      ],
      [2, 3],
    ],
    [
      [[4, 2, 1], [3]],
      [4, 2, 3],
    ],
    [[[1], [0]], [0]],
    [
      [[5, 1], [1], [1, 7]],
      [5, 7],
    ],
  ])("%j gives %j", (shapes, expected) => {
    expect(broadcastShapes(shapes, "add")).toEqual(expected);
    expect(broadcastShapes(shapes.toReversed(), "add")).toEqual(expected);
  });

  test.each([[[[2], [3]]], [[[2, 3], [2]]], [[[0], [2]]]])("%j is refused", (shapes) => {
    expect(() => broadcastShapes(shapes, "add")).toThrow(ShapeError);
    expect(() => broadcastShapes(shapes, "add")).toThrow(shapes.map(showShape).join(" and "));
  });
});

test("shapes are lists of non-negative integers", () => {
  expect(checkShape([0, 3], "zeros")).toEqual([0, 3]);
  for (const wrong of [[-1], [1.5], [NaN]])
    expect(() => checkShape(wrong, "zeros")).toThrow(/^zeros: expected a shape: a list of non-negative integers/);
});
