// Sums begin with 0, so that one of negative zeros is 0, however it is computed: compiled as by the kernels, where nothing is
// summed (an axis of size 1) and where windows are spelled out.

import { describe, expect, it } from "vitest";
import { reduceSum } from "../../src/ops/reduce.js";
import { reduceWindow } from "../../src/ops/window.js";
import { jit } from "../../src/index.js";
import type { NDArray } from "../../src/core/array.js";
import { arrayOf } from "../property/arbitraries.js";
import { expectSame } from "../property/measure.js";

const zeros = (shape: readonly number[], dtype: "float32" | "float64") =>
  arrayOf(
    dtype,
    Array.from({ length: shape.reduce((n, size) => n * size, 1) }, () => -0),
    shape,
  );

/** Positive ones, compiled and not. */
function expectZeros(f: (x: NDArray) => NDArray, x: NDArray): void {
  const eager = f(x);
  expectSame([jit(f)(x)], [eager], "compiled against eager");
  expect(eager.toTypedArray().every((v) => Object.is(v, 0))).toBe(true);
}

describe.each(["float32", "float64"] as const)("of negative zeros of %s", (dtype) => {
  it.each([
    ["one axis of size 1", [5, 1], [1]],
    ["axes of size 1", [1, 7, 1], [0, 2]],
    ["all axes of size 1", [1, 1], [0, 1]],
    ["a longer axis", [3, 9], [0]],
  ] as const)("the sum along %s is 0", (_, shape, axes) => {
    const f = (x: NDArray): NDArray => reduceSum(x, axes);
    const x = zeros(shape, dtype);
    expectZeros(f, x);
  });

  // Windows of one element that lie side by side leave the array as it is.
  it.each([
    [1, 2],
    [3, 2],
    [20, 1],
  ])("the sums of windows of %i, %i apart, are 0", (window, stride) => {
    const f = (x: NDArray): NDArray => reduceWindow(x, "sum", { windowDimensions: [window], windowStrides: [stride], padding: "VALID" });
    const x = zeros([40], dtype);
    expectZeros(f, x);
  });
});
