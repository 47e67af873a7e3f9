// The integrators: values with closed forms, what happens when steps run out, and the example with a short fit.

import { expect, test } from "vitest";
import { type NDArray, numpy as np, vmap } from "cotangent";
import { dormandPrince, integrate, integrateAdaptively } from "../../examples/odeIntegrator/integrators.js";
import { run } from "../../examples/odeIntegrator/main.js";
import { expectPictures, missed, runQuietly } from "./smoke.js";

const dtype = "float64";
const scalar = (x: number): NDArray => np.array(x, { dtype });
/** Each component falls by its own rate, and time drives it: y = exp(−k t) + t. */
const field = (t: NDArray, y: NDArray): NDArray => {
  const k = np.array([1, 3], { dtype });
  return k.mul(t.sub(y)).add(1);
};
const start = np.array([1, 1], { dtype });
const exact = [Math.exp(-2) + 2, Math.exp(-6) + 2];

test("methods are consistent: they know the solution of an equation that time drives", () => {
  const [last] = integrate(field, start, [0, 2], 400, dormandPrince).at(np.slice(-1)).get().toArray() as number[][];
  last.forEach((y, i) => expect(y).toBeCloseTo(exact[i], 9));
  expect(integrate(field, start, [0, 2], 7).shape).toEqual([8, 2]);
});

test("steps that adapt keep the tolerance, also under vmap, where examples end after different numbers of steps", () => {
  const ends = np.array([0.5, 2], { dtype });
  const solve = (end: NDArray) => integrateAdaptively(field, start, [scalar(0), end], { tolerance: 1e-9, maxSteps: 200 });
  const { y, steps } = vmap(solve)(ends);
  const found = y.at(1).get().toTypedArray();
  exact.forEach((value, i) => expect(found[i]).toBeCloseTo(value, 7));
  const [short, long] = steps.toTypedArray();
  expect(short).toBeLessThan(long);
});

test("the state is NaN when maxSteps do not suffice", () => {
  const { y } = integrateAdaptively(field, start, [scalar(0), scalar(2)], { tolerance: 1e-9, maxSteps: 5 });
  expect(y.toArray()).toEqual([NaN, NaN]);
});

test("orders and gradients of the example; two steps do not yet fit the rates", async () => {
  const result = await runQuietly(() => run({ fitSteps: 2 }));
  expect(missed(result.figures)).toEqual(["rates, greatest relative error"]);
  expectPictures(result, "convergence.svg", "fit.svg");
});
