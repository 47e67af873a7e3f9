// Two sigmoid layers worked by hand in many tutorials: x = 1, target [1, 0], loss ½ Σ (y₂ − y)².

import { describe, expect, it } from "vitest";
import { grad, jit, numpy as np, nn, valueAndGrad, type NDArray } from "cotangent";

interface Weights {
  readonly w1: NDArray;
  readonly w2: NDArray;
}

const loss = ({ w1, w2 }: Weights, x: NDArray, target: NDArray): NDArray => {
  const y1 = nn.sigmoid(w1.matmul(x));
  const y2 = nn.sigmoid(w2.matmul(y1));
  return y2.sub(target).square().sum().mul(0.5);
};

const weights: Weights = {
  w1: np.array([[1], [2]]),
  w2: np.array([
    [3, 4],
    [5, 6],
  ]),
};
const x = np.array([1]);
const target = np.array([1, 0]);

const expected = {
  loss: 0.49987438,
  w1: [1.2243e-4, 7.8005e-5],
  w2: [-7.8431e-6, -9.4496e-6, 9.5752e-5, 1.1536e-4],
};

/** Within half a unit of the last printed digit, and float32's own rounding. */
const expectClose = (found: NDArray, wanted: readonly number[]): void => {
  [...found.toTypedArray()].forEach((value, i) => expect(Math.abs(value / wanted[i] - 1)).toBeLessThan(1e-4));
};

describe("two sigmoid layers", () => {
  it.each([
    ["eager", valueAndGrad(loss)],
    ["jit", jit(valueAndGrad(loss))],
  ])("has the tutorials' loss and gradients: %s", (_, f) => {
    const [value, grads] = f(weights, x, target);
    expect(value.item()).toBeCloseTo(expected.loss, 7);
    expectClose(grads.w1, expected.w1);
    expectClose(grads.w2, expected.w2);
  });

  it("gives the same in float64, to more digits", () => {
    const wide = { w1: weights.w1.astype("float64"), w2: weights.w2.astype("float64") };
    const [value, grads] = valueAndGrad(loss)(wide, x.astype("float64"), target.astype("float64"));
    expect(value.dtype).toBe("float64");
    expect(value.item()).toBeCloseTo(expected.loss, 8);
    expectClose(grads.w1, expected.w1);
    expectClose(grads.w2, expected.w2);
  });

  it("takes mean instead of sum as the gradient divided by the number of elements", () => {
    const mean = (w: Weights): NDArray =>
      nn
        .sigmoid(w.w2.matmul(nn.sigmoid(w.w1.matmul(x))))
        .sub(target)
        .square()
        .mean();
    const sum = (w: Weights): NDArray =>
      nn
        .sigmoid(w.w2.matmul(nn.sigmoid(w.w1.matmul(x))))
        .sub(target)
        .square()
        .sum();
    const [a, b] = [grad(mean)(weights), grad(sum)(weights)];
    expectClose(a.w2.mul(2), [...b.w2.toTypedArray()]);
    expectClose(a.w1.mul(2), [...b.w1.toTypedArray()]);
  });
});
