import { describe, expect, it } from "vitest";
import { DTypeError, ShapeError } from "../../src/core/errors.js";
import type { NDArray } from "../../src/core/array.js";
import { acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, sin, sinh, tan, tanh } from "../../src/ops/trigonometric.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "./rules.js";

const inside = [-0.9, -0.2, 0, 0.6];
const wide = [-2.5, -0.3, 0, 1.2];

const cases: readonly [name: string, f: (x: NDArray) => NDArray, of: (x: number) => number, at: readonly number[]][] = [
  ["sin", sin, Math.sin, wide],
  ["cos", cos, Math.cos, wide],
  ["tan", tan, Math.tan, inside],
  ["asin", asin, Math.asin, inside],
  ["acos", acos, Math.acos, inside],
  ["atan", atan, Math.atan, wide],
  ["sinh", sinh, Math.sinh, wide],
  ["cosh", cosh, Math.cosh, wide],
  ["tanh", tanh, Math.tanh, wide],
  ["asinh", asinh, Math.asinh, wide],
  ["acosh", acosh, Math.acosh, [1.2, 2, 5]],
  ["atanh", atanh, Math.atanh, inside],
];

describe.each(cases)("%s", (name, f, of, at) => {
  const x = arrayOf("float64", at);

  it("has the values of its formula", () => elements(f(x)).forEach((y, i) => expect(y).toBeCloseTo(of(at[i]), 13)));

  it("has derivatives of two orders", () => expectDerivatives((y) => [f(y)], [x]));

  it("batches", () => expectBatched((y) => [f(y)], [random([3, 2], 3)], [1]));

  it("refuses integers", () => {
    expect(() => f(arrayOf("int32", [1]))).toThrow(DTypeError);
    expect(() => f(arrayOf("int32", [1]))).toThrow(`${name}: expected a floating-point dtype, got int32[1]`);
  });
});

describe("atan2", () => {
  const [y, x] = [arrayOf("float64", [1, -1, 0.3, -2]), arrayOf("float64", [0.5, -1, -0.4, 3])];

  it("gives the angle in every quadrant", () => {
    expect(elements(atan2(arrayOf("float64", [1, 1, -1, -1]), arrayOf("float64", [1, -1, -1, 1])))).toEqual(
      [1, 3, -3, -1].map((k) => (k * Math.PI) / 4),
    );
  });

  it("has derivatives of two orders in both operands", () => {
    expectDerivatives((a, b) => [atan2(a, b)], [y, x]);
    expectDerivatives((a, b) => [atan2(a, b)], [arrayOf("float64", [0.7], []), x]);
  });

  it("batches", () => {
    expectBatched((a, b) => [atan2(a, b)], [random([2, 3], 1), random([3, 2], 2)], [0, 1]);
    expectBatched((a, b) => [atan2(a, b)], [random([3], 1), random([3, 2], 2)], [null, 1]);
  });

  it("refuses what does not fit", () => {
    expect(() => atan2(y, arrayOf("float32", [1, 2, 3, 4]))).toThrow(DTypeError);
    expect(() => atan2(y, random([3]))).toThrow(ShapeError);
    expect(() => atan2(y, random([3]))).toThrow("atan2: expected operands of one shape, or scalars, got float64[4] and float64[3]");
  });
});

it("keeps tanh' accurate where tanh saturates", () => {
  // 1 − tanh²(8) = 4.5014e-7 to 7 digits of float64's tanh.
  expectDerivatives((x) => [tanh(x)], [arrayOf("float64", [8, -8])], 1, 1e-9);
  expect(elements(tanh(arrayOf("float32", [40, -40])))).toEqual([1, -1]);
});
