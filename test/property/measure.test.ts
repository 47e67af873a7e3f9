// The measures of this folder find what they are for: a wrong derivative, a wrong transpose.

import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { aval } from "../../src/core/aval.js";
import { linear, operands, partial, pointwise, primitive } from "../../src/core/primitive.js";
import { bind } from "../../src/core/trace.js";
import { mul } from "../../src/ops/arithmetic.js";
import { cos } from "../../src/ops/trigonometric.js";
import { arrayOf } from "./arbitraries.js";
import { expectDerivatives, exampleOf, stackAt } from "./measure.js";

const x = arrayOf("float64", [0.3, -1.2, 0.8]);
const twice = (data: ArrayLike<number>): Float64Array => Float64Array.from(data, (v) => 2 * v);

const wrongSine = primitive("wrong_sine")<object>({
  type: ([a]) => [aval(a.shape, a.dtype)],
  derivative: operands(partial((dx, [a]) => mul(dx, mul(1.001, cos(a))))),
  batch: pointwise,
  reference: ([a]) => [{ ...a, data: Float64Array.from(a.data, Math.sin) }],
});

const wrongTranspose = primitive("wrong_transpose")<object>({
  type: ([a]) => [aval(a.shape, a.dtype)],
  derivative: operands(linear((ct) => mul(2.001, ct))),
  batch: pointwise,
  reference: ([a]) => [{ ...a, data: twice(a.data) }],
});

const wrongAtSecondOrder = primitive("wrong_at_second_order")<object>({
  type: ([a]) => [aval(a.shape, a.dtype)],
  derivative: operands(partial((dx, [a]) => mul(dx, bind(wrongSine, [a], {})))),
  batch: pointwise,
  reference: ([a]) => [{ ...a, data: Float64Array.from(a.data, (v) => -Math.cos(v)) }],
});

describe("the measures", () => {
  it("find a wrong tangent", () => {
    expect(() => expectDerivatives((a) => [bind(wrongSine, [a], {})], [x], [0], 1)).toThrow(
      "forward mode against differences, 1 to go, output 0",
    );
  });

  it("find a wrong transpose", () => {
    expect(() => expectDerivatives((a) => [bind(wrongTranspose, [a], {})], [x], [0], 1)).toThrow("dot-product test, 1 to go");
  });

  it("find what is wrong at second order alone", () => {
    const f = (a: NDArray): NDArray[] => [bind(wrongAtSecondOrder, [a], {})];
    expectDerivatives(f, [x], [0], 1);
    expect(() => expectDerivatives(f, [x], [0], 2)).toThrow("forward mode against differences, 1 to go");
  });

  it("stack what they take apart", () => {
    const parts = [0, 1].map((k) => arrayOf("int32", [6 * k, 6 * k + 1, 6 * k + 2, 6 * k + 3, 6 * k + 4, 6 * k + 5], [2, 3]));
    for (const axis of [0, 1, 2]) {
      const whole = stackAt(parts, axis);
      expect(whole.shape).toEqual([2, 3].toSpliced(axis, 0, 2));
      parts.forEach((part, k) => expect(exampleOf(whole, axis, k).toArray()).toEqual(part.toArray()));
    }
  });
});
