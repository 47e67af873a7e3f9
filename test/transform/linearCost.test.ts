// Tracing and transforming cost time and space linear in the number of equations: counted in equations, not in seconds.

import { describe, expect, test } from "vitest";
import { type NDArray, checkpoint, grad, jit, jvp, linearize, makeJaxpr, valueAndGrad, vmap } from "../../src/index.js";
import { innerPrograms } from "../../src/core/check.js";
import type { Jaxpr } from "../../src/core/jaxpr.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { sin } from "../../src/ops/trigonometric.js";
import { expectClose, f64 } from "./arrays.js";

/** sin(x·1.0001 + …) n equations deep. */
const chain =
  (n: number) =>
  (x: NDArray): NDArray => {
    let y = x;
    for (let i = 0; i < n; i++) y = i % 3 === 0 ? sin(y) : i % 3 === 1 ? mul(y, 1.0001) : add(y, 0.0001);
    return y;
  };
const loss =
  (n: number) =>
  (x: NDArray): NDArray =>
    reduceSum(chain(n)(x));

const size = (jaxpr: Jaxpr): number =>
  jaxpr.equations.reduce((sum, e) => sum + 1 + innerPrograms(e.params).reduce((inner, p) => inner + size(p), 0), 0);
const x = f64(0.5, -0.25);

describe("equations", () => {
  const programs: Readonly<Record<string, (n: number) => Jaxpr>> = {
    trace: (n) => makeJaxpr(chain(n))(x).jaxpr,
    grad: (n) => makeJaxpr(grad(loss(n)))(x).jaxpr,
    "jit of grad": (n) => makeJaxpr(jit(grad(loss(n))))(x).jaxpr,
    "grad of jit": (n) => makeJaxpr(grad(jit(loss(n))))(x).jaxpr,
    "grad of checkpoint": (n) => makeJaxpr(grad(checkpoint(loss(n))))(x).jaxpr,
    vmap: (n) => makeJaxpr(vmap(chain(n)))(x).jaxpr,
    jvp: (n) => makeJaxpr((y: NDArray) => jvp(chain(n), [y], [y]))(x).jaxpr,
    "second derivative": (n) => makeJaxpr(grad((y: NDArray) => reduceSum(grad(loss(n))(y))))(x).jaxpr,
  };
  test.each(Object.entries(programs))("%s: ten times the chain, ten times the program", (_, program) => {
    const [small, large] = [program(60), program(600)].map(size);
    expect(small).toBeGreaterThanOrEqual(60);
    expect(large / small).toBeGreaterThan(8);
    expect(large / small).toBeLessThan(10.5);
  });

  test("the constant is small: a gradient is at most four times its function", () => {
    expect(size(makeJaxpr(chain(1000))(x).jaxpr)).toBe(1000);
    expect(size(makeJaxpr(grad(loss(1000)))(x).jaxpr)).toBeLessThan(4000);
  });
});

test("10,000 equations trace, differentiate and evaluate, and no stack overflows", () => {
  const n = 10_000;
  const start = performance.now();
  const [value, slope] = valueAndGrad(loss(n))(x);
  const eager = performance.now();
  const compiled = jit(valueAndGrad(loss(n)));
  const [again, slopeAgain] = compiled(x);
  const traced = performance.now();
  compiled(x);
  const run = performance.now();
  const [, push] = linearize(chain(n), [x]);
  expectClose(again, value, 1e-14);
  expectClose(slopeAgain, slope, 1e-14);
  expectClose(push(f64(1, 1)), slope, 1e-12);
  expect(jit(chain(n))(x).shape).toEqual([2]);
  expect(String(makeJaxpr(chain(n))(x)).split("\n")).toHaveLength(n + 2);
  // Not a gate: machines differ.
  const ms = (from: number, to: number): string => `${(to - from).toFixed(0)} ms`;
  console.log(
    `chain of ${n}: value and gradient eager ${ms(start, eager)}, traced and run ${ms(eager, traced)}, run again ${ms(traced, run)}`,
  );
});

test("a value used many times is computed once, forward and backward", () => {
  // x is doubled 40 times by y + y: paths grow as 2^40, equations as 40.
  const doubling = (y: NDArray): NDArray => reduceSum(Array.from({ length: 40 }).reduce<NDArray>((z) => add(z, z), y));
  expect(size(makeJaxpr(grad(doubling))(x).jaxpr)).toBeLessThan(200);
  expect(grad(doubling)(x).toArray()).toEqual([2 ** 40, 2 ** 40]);
});
