import { describe, expect, it } from "vitest";
import { DTypeError } from "../../src/core/errors.js";
import type { NDArray } from "../../src/core/array.js";
import { cbrt, exp, exp2, expm1, log, log1p, logistic, rsqrt, sqrt } from "../../src/ops/exponential.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "./rules.js";

const cases: readonly [name: string, f: (x: NDArray) => NDArray, of: (x: number) => number, at: readonly number[]][] = [
  ["exp", exp, Math.exp, [-2, -0.3, 0, 1.5]],
  ["exp2", exp2, (x) => 2 ** x, [-3, 0.25, 10]],
  ["expm1", expm1, Math.expm1, [-1, 1e-10, 2]],
  ["log", log, Math.log, [0.25, 1, 7]],
  ["log1p", log1p, Math.log1p, [-0.5, 1e-10, 3]],
  ["logistic", logistic, (x) => 1 / (1 + Math.exp(-x)), [-3, 0, 2]],
  ["sqrt", sqrt, Math.sqrt, [0.5, 1, 9]],
  ["rsqrt", rsqrt, (x) => 1 / Math.sqrt(x), [0.5, 1, 9]],
  ["cbrt", cbrt, Math.cbrt, [-8, -0.2, 3]],
];

describe.each(cases)("%s", (name, f, of, at) => {
  const x = arrayOf("float64", at);

  it("has the values of its formula", () => {
    elements(f(x)).forEach((y, i) => expect(y).toBeCloseTo(of(at[i]), 13));
    expect(f(arrayOf("float32", at)).dtype).toBe("float32");
  });

  it("has derivatives of two orders", () => expectDerivatives((y) => [f(y)], [x]));

  it("batches", () => expectBatched((y) => [f(y)], [random([3, 2], 3)], [1]));

  it("refuses integers", () => {
    expect(() => f(arrayOf("int32", [1]))).toThrow(DTypeError);
    expect(() => f(arrayOf("int32", [1]))).toThrow(`${name}: expected a floating-point dtype, got int32[1]`);
  });
});

it("keeps the limits", () => {
  expect(elements(exp(arrayOf("float64", [-Infinity, Infinity, NaN])))).toEqual([0, Infinity, NaN]);
  expect(elements(log(arrayOf("float64", [0, -1, Infinity])))).toEqual([-Infinity, NaN, Infinity]);
  expect(elements(logistic(arrayOf("float64", [-1000, 1000])))).toEqual([0, 1]);
  expect(elements(expm1(arrayOf("float64", [1e-20])))).toEqual([1e-20]);
  expect(elements(rsqrt(arrayOf("float64", [0, -1])))).toEqual([Infinity, NaN]);
});

it("takes numbers as float32", () => {
  expect(exp(0).aval).toEqual({ shape: [], dtype: "float32" });
  expect(exp(0).item()).toBe(1);
});
