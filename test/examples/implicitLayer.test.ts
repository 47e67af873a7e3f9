// The implicit layer: the linear solver solves, a solution of any equation has derivatives, and a few steps of training run.

import { expect, test } from "vitest";
import { type NDArray, hessian, jit, numpy as np } from "cotangent";
import { checkGrads } from "cotangent/testing";
import { solution, solveLinear } from "../../examples/implicitLayer/implicit.js";
import { run } from "../../examples/implicitLayer/main.js";
import { expectPictures, missed, runQuietly } from "./smoke.js";

const dtype = "float64";
const A = np.array(
  [
    [2, -1, 0],
    [3, 1, 5],
    [0, 4, -2],
  ],
  { dtype },
);
const linear = (z: NDArray, b: NDArray): NDArray => A.matmul(z).sub(b);

test("conjugate gradients solve a system that is not symmetric, and their solution is differentiated", () => {
  const b = np.array([0, 20, 2], { dtype });
  const solve = (given: NDArray): NDArray => solution(linear, given, np.zerosLike(given), solveLinear);
  const z = jit(solve)(b).toTypedArray();
  [1, 2, 3].forEach((value, i) => expect(z[i]).toBeCloseTo(value, 10));
  expect(checkGrads(jit(solve), [b], { order: 1 }).kinks).toEqual([]);
  const flat = jit(hessian((given: NDArray) => solve(given).sum()))(b);
  expect(flat.abs().max().item()).toBeLessThan(1e-12);
});

test("the example's derivatives agree; five steps do not learn the spirals", async () => {
  const result = await runQuietly(() => run({ steps: 5 }));
  expect(missed(result.figures)).toEqual(["share of points read correctly"]);
  expect(result.printed).toMatch(/^24 derivatives/);
  expectPictures(result, "spirals.svg", "loss.svg");
});
