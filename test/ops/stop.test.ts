// stopGradient of trees; of arrays, see layout.test.ts and transform/grad.test.ts.

import { expect, test } from "vitest";
import { grad, numpy as np, stopGradient, type NDArray } from "cotangent";
import { TreeError } from "../../src/core/errors.js";

test("stopGradient of a tree stops each of its arrays", () => {
  const stopped = stopGradient({ w: [np.array([1, 2])], scale: 3 });
  expect([stopped.w[0].toArray(), stopped.scale.item()]).toEqual([[1, 2], 3]);
  const f = (p: { w: NDArray; b: NDArray }): NDArray => {
    const constant = stopGradient(p);
    return p.w.mul(constant.w).sum().add(constant.b);
  };
  const { w, b } = grad(f)({ w: np.array([3, 4]), b: np.array(1.5) });
  expect([w.toArray(), b.item()]).toEqual([[3, 4], 0]);
});

test("stopGradient names the leaf that is no array", () => {
  expect(() => stopGradient({ w: ["x"] })).toThrow(TreeError);
  expect(() => stopGradient({ w: ["x"] })).toThrow(/stopGradient: expected .*w\[0\]/s);
});
