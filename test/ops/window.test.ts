// Window reductions: values by hand, refusals, ties, derivatives and batching with strides, padding and both dilations.

import { describe, expect, test } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { DTypeError, OptionError, ShapeError } from "../../src/core/errors.js";
import { mul } from "../../src/ops/arithmetic.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { type WindowOptions, reduceWindow } from "../../src/ops/window.js";
import { grad } from "../../src/transform/grad.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "./rules.js";
import { whole } from "./whole.js";

const x = arrayOf("float32", [1, 3, 2, 5, 4]);

describe("values", () => {
  test("windows slide by their strides over padding that takes no part", () => {
    expect(reduceWindow(x, "max", { windowDimensions: [2], windowStrides: [2], padding: "VALID" }).toArray()).toEqual([3, 5]);
    expect(reduceWindow(x, "min", { windowDimensions: [3], padding: "SAME" }).toArray()).toEqual([1, 1, 2, 2, 4]);
    expect(reduceWindow(x, "sum", { windowDimensions: [2], windowStrides: [2], padding: "SAME" }).toArray()).toEqual([4, 7, 4]);
    expect(reduceWindow(x, "sum", { windowDimensions: [2], windowStrides: [2], padding: "SAME_LOWER" }).toArray()).toEqual([1, 5, 9]);
  });

  test("dilations, and windows without elements", () => {
    expect(reduceWindow(x, "sum", { windowDimensions: [2], windowDilation: [3], padding: "VALID" }).toArray()).toEqual([6, 7]);
    expect(reduceWindow(x, "max", { windowDimensions: [1], baseDilation: [2], padding: "VALID" }).toArray()).toEqual([
      1,
      -Infinity,
      3,
      -Infinity,
      2,
      -Infinity,
      5,
      -Infinity,
      4,
    ]);
    expect(reduceWindow(arrayOf("int8", [7]), "min", { windowDimensions: [1], padding: [[1, 0]] }).toArray()).toEqual([127, 7]);
  });
});

describe("refusals", () => {
  const given: WindowOptions = { windowDimensions: [2], padding: "VALID" };
  test.each([
    [() => reduceWindow(x, "max", { ...given, windowDimensions: [2, 2] }), "a positive integer for each of 1 axes in windowDimensions"],
    [() => reduceWindow(x, "max", { ...given, windowStrides: [0] }), "a positive integer for each of 1 axes in windowStrides"],
    [() => reduceWindow(x, "max", { ...given, padding: [] }), "integers [low, high] for each of 1 axes"],
  ])("shapes, case %#", (call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  test("options and dtypes", () => {
    const misspelt = { ...given, dilation: [2] };
    expect(() => reduceWindow(x, "max", misspelt)).toThrow(OptionError);
    expect(() => reduceWindow(x, "mean" as "max", given)).toThrow(`"sum", "max" or "min"`);
    expect(() => reduceWindow(arrayOf("bool", [1, 0]), "sum", given)).toThrow(DTypeError);
  });
});

test("of equal elements the first carries the derivative", () => {
  const f = (v: NDArray): NDArray => reduceSum(reduceWindow(v, "max", { windowDimensions: [3], padding: "VALID" }));
  expect(elements(grad(f)(arrayOf("float64", [2, 2, 1, 2])))).toEqual([1, 1, 0, 0]);
});

const cases: Record<string, readonly [number[], WindowOptions]> = {
  "padded and strided": [
    [5, 4],
    {
      windowDimensions: [2, 3],
      windowStrides: [2, 1],
      padding: [
        [1, 0],
        [1, 1],
      ],
    },
  ],
  cropped: [[7], { windowDimensions: [3], windowStrides: [2], padding: [[-1, 2]] }],
  same: [[7], { windowDimensions: [3], windowStrides: [2], padding: "SAME" }],
  "both dilated": [
    [5, 4],
    {
      windowDimensions: [3, 2],
      windowStrides: [2, 1],
      padding: [
        [1, 2],
        [0, 1],
      ],
      baseDilation: [2, 1],
      windowDilation: [3, 2],
    },
  ],
};

describe.each(Object.keys(cases))("%s", (name) => {
  const [shape, options] = cases[name];

  test.each(["sum", "max", "min"] as const)("derivatives of %s", (reduction) => {
    // Weights, so that the tangents of the windows differ.
    const f = (v: NDArray): NDArray => reduceWindow(sin(v), reduction, options);
    expectDerivatives((v) => [mul(f(v), random(f(v).shape, 9))], [random(shape)]);
  });

  test.each(["sum", "max", "min"] as const)("batch of %s and of its derivative", (reduction) => {
    const f = (v: NDArray): NDArray => reduceWindow(v, reduction, options);
    const pulled = (v: NDArray, weights: NDArray): NDArray => grad((u: NDArray) => reduceSum(mul(f(u), weights)))(v);
    const outs = f(random(shape)).shape;
    [...shape, 0].forEach((_, dim) => {
      const batch = whole(shape.toSpliced(dim, 0, 3), dim + 1);
      expectBatched((v) => [f(v)], [batch], [dim]);
      if (reduction === "sum") return;
      expectBatched((v, w) => [pulled(v, w)], [batch, whole(outs, 2)], [dim, null]);
      expectBatched((v, w) => [pulled(v, w)], [random(shape), whole(outs.toSpliced(dim, 0, 3), 2)], [null, dim]);
    });
  });
});
