// Reductions: values, identities of empty ones, refusals, ties and zeros in derivatives, batching.

import { describe, expect, test } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { DTypeError, ShapeError } from "../../src/core/errors.js";
import { square } from "../../src/ops/arithmetic.js";
import { argmax, argmin, reduceAnd, reduceMax, reduceMin, reduceOr, reduceProd, reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { grad } from "../../src/transform/grad.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "./rules.js";
import { whole } from "./whole.js";

const matrix = arrayOf("float32", [1, 2, 3, 4, 5, 0], [2, 3]);

describe("values", () => {
  test("over one axis, the last, and all", () => {
    expect(reduceSum(matrix, 0).toArray()).toEqual([5, 7, 3]);
    expect(reduceProd(matrix, [-1]).toArray()).toEqual([6, 0]);
    expect(reduceMax(matrix).item()).toBe(5);
    expect(reduceMin(matrix, [1]).toArray()).toEqual([1, 0]);
    expect(argmax(matrix, 0).toArray()).toEqual([1, 1, 0]);
    expect(argmin(matrix, 1).toArray()).toEqual([0, 2]);
    expect(reduceSum(matrix, [])).toBe(matrix);
  });

  test("bool and bits", () => {
    const flags = arrayOf("bool", [1, 0, 1, 1], [2, 2]);
    expect(reduceAnd(flags, 1).toArray()).toEqual([false, true]);
    expect(reduceOr(flags, 0).toArray()).toEqual([true, true]);
    expect(reduceAnd(arrayOf("uint8", [6, 3])).item()).toBe(2);
  });

  test("integers wrap, NaN spreads and comes first", () => {
    expect(reduceSum(arrayOf("int8", [127, 1])).item()).toBe(-128);
    expect(reduceMax(arrayOf("float32", [1, NaN, 2])).item()).toBeNaN();
    expect(argmin(arrayOf("float32", [1, NaN, -2]), 0).item()).toBe(1);
  });

  test("no elements give the identity, where there is one", () => {
    const empty = arrayOf("float32", [], [0, 2]);
    expect(reduceSum(empty, 0).toArray()).toEqual([0, 0]);
    expect(reduceProd(empty, 0).toArray()).toEqual([1, 1]);
    const none = arrayOf("bool", []);
    expect([reduceAnd(none).toArray(), reduceOr(none).toArray()]).toEqual([true, false]);
    expect(reduceMax(empty, 1).shape).toEqual([0]);
  });
});

describe("refusals", () => {
  const empty = arrayOf("float32", [], [0, 2]);
  test.each([
    ["reduceMax", () => reduceMax(empty, 0)],
    ["reduceMin", () => reduceMin(empty)],
    ["argmax", () => argmax(empty, 0)],
    ["argmin", () => argmin(empty, 0)],
  ])("%s of nothing", (op, call) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(`${op}: expected at least one element along the reduced axes: there is no identity`);
  });

  test("dtypes and axes", () => {
    expect(() => reduceSum(arrayOf("bool", [1]))).toThrow(DTypeError);
    expect(() => reduceAnd(matrix)).toThrow(DTypeError);
    expect(() => argmax(arrayOf("bool", [1]), 0)).toThrow("argmax: expected a numeric dtype");
    expect(() => reduceSum(matrix, 2)).toThrow("an integer axis from -2 to 1");
    expect(() => reduceSum(matrix, [0, -2])).toThrow("each axis once");
  });
});

const reductions: Record<string, (x: NDArray, axes: readonly number[]) => NDArray> = { reduceSum, reduceProd, reduceMax, reduceMin };

describe.each(Object.keys(reductions))("%s", (name) => {
  const reduce = reductions[name];

  test.each([[[0]], [[1]], [[0, 2]], [[0, 1, 2]]])("derivatives over %j", (axes) => {
    expectDerivatives((x) => [square(reduce(sin(x), axes))], [random([2, 3, 2])]);
  });

  test.each([0, 1, 2])("batch at %i", (dim) => {
    expectBatched((x) => [reduce(x, [1])], [whole([2, 3].toSpliced(dim, 0, 4))], [dim]);
    expectBatched((x) => [reduce(x, [0, 1])], [whole([2, 3].toSpliced(dim, 0, 4))], [dim]);
  });
});

test.each([0, 1, 2])("argmax and argmin, batch at %i", (dim) => {
  const x = random([3, 4].toSpliced(dim, 0, 2));
  expectBatched((v) => [argmax(v, 0), argmin(v, 1)], [x], [dim]);
});

describe("derivatives at special places", () => {
  test("ties share the derivative of max and min equally", () => {
    const x = arrayOf("float64", [3, 1, 3, 1, 3]);
    expect(elements(grad((v: NDArray) => reduceMax(v))(x))).toEqual([1 / 3, 0, 1 / 3, 0, 1 / 3]);
    expect(elements(grad((v: NDArray) => reduceMin(v))(x))).toEqual([0, 0.5, 0, 0.5, 0]);
  });

  test("products with no, one, two zeros, to second order", () => {
    for (const values of [
      [2, 3, 5, 7, 11],
      [2, 0, 5, 7, 11],
      [2, 0, 5, 0, 11],
    ]) {
      const x = arrayOf("float64", values);
      const others = values.map((_, i) => values.reduce((p, v, j) => (j === i ? p : p * v), 1));
      expect(elements(grad((v: NDArray) => reduceProd(v))(x))).toEqual(others);
      expectDerivatives((v) => [reduceProd(v)], [x]);
    }
    expect(elements(grad((v: NDArray) => reduceSum(reduceProd(v, 0)))(arrayOf("float64", [], [0, 2])))).toEqual([]);
  });

  test("the derivative of a product is logarithmic in equations, not linear in size", () => {
    const equations = (n: number): number => makeJaxpr(grad((v: NDArray) => reduceProd(v)))(random([n])).jaxpr.equations.length;
    expect(equations(1024) - equations(512)).toBe(equations(512) - equations(256));
  });
});
