// Calls whose outputs are partly linear in what is transposed and partly known: inside a checkpoint, and in functions that
// a user transposes.

import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { checkpoint, grad, jit, linearTranspose } from "../../src/index.js";
import { mul } from "../../src/ops/arithmetic.js";
import { cos, sin } from "../../src/ops/trigonometric.js";
import { arrayOf } from "../ops/rules.js";

const x = arrayOf("float64", [0.7], []);

describe("calls inside of what is transposed", () => {
  it.each([
    ["checkpoint", checkpoint(sin)],
    ["jit", jit(sin)],
    ["checkpoint of jit", checkpoint(jit(sin))],
  ])("differentiates %s inside of a checkpoint, to second order", (_, inner: (x: NDArray) => NDArray) => {
    const f = checkpoint((y: NDArray) => sin(inner(y)));
    expect(grad(f)(x).item()).toBeCloseTo(Math.cos(Math.sin(0.7)) * Math.cos(0.7), 14);
    const second = -Math.sin(Math.sin(0.7)) * Math.cos(0.7) ** 2 - Math.cos(Math.sin(0.7)) * Math.sin(0.7);
    expect(grad(grad(f))(x).item()).toBeCloseTo(second, 14);
  });

  it("transposes a function that calls one with a constant result", () => {
    const scaled = jit((y: NDArray, z: NDArray) => [mul(y, 2), cos(z)] as const);
    const f = (y: NDArray): NDArray => {
      const [twice, factor] = scaled(y, x);
      return mul(twice, factor);
    };
    const [pulled] = linearTranspose(f, [x])(arrayOf("float64", [3], []));
    expect(pulled.item()).toBeCloseTo(6 * Math.cos(0.7), 14);
  });
});
