// y = w·x on (1, 2), (2, 4), (3, 6): stochastic gradient descent, one sample a step, learning rate 0.01, from w = 1.

import { describe, expect, it } from "vitest";
import { grad, jit, numpy as np, valueAndGrad, type NDArray } from "cotangent";

const samples = [
  [1, 2],
  [2, 4],
  [3, 6],
] as const;
const loss = (w: NDArray, x: NDArray, y: NDArray): NDArray => w.mul(x).sub(y).square();

function train(
  epochs: number,
  step: (w: NDArray, x: number, y: number) => [NDArray, NDArray],
): { w: NDArray; lasts: number[]; ws: number[] } {
  let w: NDArray = np.array(1);
  const [lasts, ws]: [number[], number[]] = [[], []];
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const [x, y] of samples) {
      const [value, dw] = step(w, x, y);
      if (x === 3) lasts.push(value.item());
      w = w.sub(dw.mul(0.01));
    }
    ws.push(w.item());
  }
  return { w, lasts, ws };
}

describe("a line fitted by stochastic gradient descent", () => {
  it.each([
    ["eager", valueAndGrad(loss)],
    ["jit", jit(valueAndGrad(loss))],
  ])("has the tutorial's losses and weights: %s", (_, step) => {
    const { w, lasts, ws } = train(100, step);
    [7.3159437, 3.998764, 2.1856532].forEach((value, i) => expect(lasts[i]).toBeCloseTo(value, 5));
    [1.2606881, 1.4534178, 1.5959052].forEach((value, i) => expect(ws[i]).toBeCloseTo(value, 6));
    expect(w.mul(4).item()).toBeCloseTo(7.9999986, 6);
  });

  it("adds up over batches: the gradient of the sum is the sum of the gradients", () => {
    const xs = np.array([1, 2, 3]);
    const ys = np.array([2, 4, 6]);
    const whole = grad((w: NDArray) => loss(w, xs, ys).sum())(0.5).item();
    const parts = samples.map(([x, y]) => grad(loss)(0.5, x, y).item());
    expect(whole).toBeCloseTo(parts[0] + parts[1] + parts[2], 4);
  });

  it("does not see a constant that is added to the loss", () => {
    const shifted = (w: NDArray, x: NDArray, y: NDArray): NDArray => loss(w, x, y).add(17);
    expect(grad(shifted)(0.5, 2, 4).item()).toBe(grad(loss)(0.5, 2, 4).item());
  });
});
