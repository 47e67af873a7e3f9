// The Newton solver: its figures are reached by fewer planets too, and its rule works where the loop alone cannot be differentiated.

import { expect, test } from "vitest";
import { type NDArray, NotDifferentiableError, grad, jit, numpy as np, vmap } from "cotangent";
import { run } from "../../examples/newtonSolver/main.js";
import { implicitRoot, newton } from "../../examples/newtonSolver/newton.js";
import { missed, expectPictures, runQuietly } from "./smoke.js";

const square = (x: NDArray, a: NDArray): NDArray => x.mul(x).sub(a);
const one = np.array(1, { dtype: "float64" });

test("the example reaches its figures with fewer planets too", async () => {
  const result = await runQuietly(() => run({ planets: 5, maxSteps: 12 }));
  expect(missed(result.figures)).toEqual([]);
  expect(result.figures).toHaveLength(6);
  expectPictures(result, "convergence.svg");
});

test("a figure is missed when the loop may not run to its end", async () => {
  const { figures } = await runQuietly(() => run({ planets: 5, maxSteps: 3 }));
  expect(missed(figures)).toEqual(["gradient through the loop, greatest error", "no planet needs more than maxSteps"]);
});

test("roots have derivatives by the rule, and only with maxSteps by the loop", () => {
  const root = (a: NDArray): NDArray => implicitRoot(square, a, one);
  expect(jit(vmap(grad(grad(root))))(np.array([4, 9], { dtype: "float64" })).toArray()).toEqual([
    expect.closeTo(-1 / 32, 12),
    expect.closeTo(-1 / 108, 12),
  ]);
  expect(() => grad((a: NDArray) => newton(square, a, one).x)(one)).toThrow(NotDifferentiableError);
});
