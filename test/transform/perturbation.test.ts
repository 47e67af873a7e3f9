// Perturbation confusion and what tracers of several transforms do to each other: derivatives inside derivatives that close
// over the outer variable, in every combination of modes; transforms within transforms of what the outer ones made.

import { describe, expect, test, beforeAll } from "vitest";
import { type NDArray, checkpoint, grad, jacfwd, jacrev, jit, jvp, linearize, vjp, vmap, setDebug } from "../../src/index.js";
import { add, mul, sub } from "../../src/ops/arithmetic.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { exp } from "../../src/ops/exponential.js";
import { f64 } from "./arrays.js";
import { scalar } from "../../src/core/array.js";

// Every program that a transform builds is checked on the way.
beforeAll(() => void setDebug({ checkJaxprs: true }));

type Unary = (x: NDArray) => NDArray;
type Derive = (f: Unary) => Unary;

const one = scalar(1, "float64");
const modes: Readonly<Record<string, Derive>> = {
  grad: (f) => grad(f),
  jitGrad: (f) => jit(grad(f)),
  gradJit: (f) => grad(jit(f)),
  gradCheckpoint: (f) => grad(checkpoint(f)),
  vjp: (f) => (x) => vjp(f, [x])[1](1)[0],
  jvp: (f) => (x) => jvp(f, [x], [one])[1],
  jvpJit: (f) => (x) => jvp(jit(f), [x], [one])[1],
  jacfwd: (f) => jacfwd(f),
  jacrev: (f) => jacrev(f),
  linearize: (f) => (x) => linearize(f, [x])[1](one),
};
const pairs = Object.entries(modes).flatMap(([outer, d]) => Object.entries(modes).map(([inner, e]) => [outer, inner, d, e] as const));

describe.each(pairs)("%s over %s", (_outer, _inner, outer, inner) => {
  const at = (f: Unary, x: number): number => outer(f)(scalar(x, "float64")).item();

  test("d/dx x · d/dy (x + y) is 1", () => {
    expect(at((x) => mul(x, inner((y) => add(x, y))(one)), 1)).toBe(1);
  });

  test("d/dx x · d/dy (x · y) is 2x", () => {
    expect(at((x) => mul(x, inner((y) => mul(x, y))(one)), 3)).toBe(6);
  });

  test("the inner point is the outer variable", () => {
    // d/dx [d/dy (y² x) at y = x] = d/dx 2x² = 4x
    expect(at((x) => inner((y) => mul(mul(y, y), x))(x), 3)).toBe(12);
  });

  test("the outer variable only, or nothing, inside", () => {
    expect(at((x) => inner((_y) => mul(x, x))(x), 3)).toBe(0);
    expect(at((x) => add(x, inner((_y) => one)(x)), 3)).toBe(1);
  });

  test("under a map", () => {
    const f: Unary = (x) => reduceSum(vmap((w: NDArray) => inner((y) => mul(mul(y, x), w))(x))(f64(1, 2, 3)));
    expect(at(f, 2)).toBe(6);
  });
});

describe("three levels", () => {
  test("each closes over those outside", () => {
    // x·∂_y(y·x·∂_z(z·y·x)) = x·∂_y(y²·x²) = 2y·x³, at y = x: 2x⁴, whose derivative is 8x³
    const f: Unary = (x) => mul(x, grad((y: NDArray) => mul(mul(y, x), grad((z: NDArray) => mul(mul(z, y), x))(one)))(x));
    const two = scalar(2, "float64");
    expect(grad(f)(two).item()).toBe(64);
    expect(jit(grad(jit(f)))(two).item()).toBe(64);
  });

  test("derivatives of all orders", () => {
    let f: Unary = (x) => exp(x);
    for (let order = 0; order < 5; order++) f = order % 2 === 0 ? grad(f) : modes["jvp"](f);
    expect(f(scalar(0.5, "float64")).item()).toBeCloseTo(Math.exp(0.5), 12);
  });
});

test("a value of the outer transform may be shared by two inner ones", () => {
  const f: Unary = (x) => {
    const y = mul(x, x);
    return sub(jvp((z: NDArray) => mul(z, y), [x], [y])[1], vjp((z: NDArray) => mul(z, y), [x])[1](y)[0]);
  };
  expect([f(scalar(3, "float64")).item(), grad(f)(scalar(3, "float64")).item()]).toEqual([0, 0]);
});
