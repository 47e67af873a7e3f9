// Losses that the reference values do not cover, against their definitions; and extremes: large logits, probabilities 0 and 1.

import { describe, expect, it } from "vitest";
import { type NDArray, grad, jit, numpy as np, optim } from "../../src/index.js";
import { arrayOf, elements, expectDerivatives, random } from "../ops/rules.js";

const at = (...values: number[]): NDArray => arrayOf("float64", values);
const int = (...values: number[]): NDArray => np.array(values, { dtype: "int32" });
const near = (...xs: readonly number[]): number[] => xs.map((x) => expect.closeTo(x, 12) as number);
const sigma = (x: number): number => 1 / (1 + Math.exp(-x));
const slopes = (f: (x: NDArray) => NDArray, x: NDArray): number[] => elements(grad((v: NDArray) => f(v).sum())(x));

describe("definitions", () => {
  it("label smoothing is cross-entropy with smoothed labels", () => {
    const x = random([3, 4], 2);
    const hot = np.eye(4, { dtype: "float64" });
    const labels = int(2, 0, 3);
    const smooth = optim.smoothLabels(np.take(hot, labels, 0), 0.3);
    const expected = near(...elements(optim.softmaxCrossEntropy(x, smooth)));
    expect(elements(optim.softmaxCrossEntropyWithIntegerLabels(x, labels, { labelSmoothing: 0.3 }))).toEqual(expected);
    expect(elements(optim.softmaxCrossEntropy(x, np.take(hot, labels, 0), { labelSmoothing: 0.3 }))).toEqual(expected);
    expect(optim.sigmoidBinaryCrossEntropy(at(1), at(1), { labelSmoothing: 0.2 }).item()).toBeCloseTo(
      optim.sigmoidBinaryCrossEntropy(at(1), at(0.9)).item(),
      13,
    );
  });

  it("focal loss", () => {
    const [x, y] = [
      [-2, 0.3, 4],
      [0, 1, 1],
    ];
    const expected = x.map((v, i) => {
      const p = y[i] === 1 ? sigma(v) : sigma(-v);
      return (y[i] === 1 ? 0.25 : 0.75) * (1 - p) ** 2 * -Math.log(p);
    });
    expect(elements(optim.sigmoidFocalLoss(at(...x), at(...y), { alpha: 0.25 }))).toEqual(near(...expected));
    expect(elements(optim.sigmoidFocalLoss(at(...x), at(...y), { gamma: 0 }))).toEqual(
      near(...elements(optim.sigmoidBinaryCrossEntropy(at(...x), at(...y)))),
    );
  });

  it("losses of numbers", () => {
    expect(elements(optim.quantileLoss(at(1, 3), at(3, 1), 0.9))).toEqual(near(1.8, 0.2));
    expect(elements(optim.quantileLoss(at(1), at(3), at(0.5, 0.25)))).toEqual(near(1, 0.5));
    expect(elements(optim.absoluteError(at(1, 4), at(3, 1)))).toEqual([2, 3]);
    const stirling = (y: number): number => y * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI * y);
    expect(elements(optim.poissonNll(at(0.5, 0.5), at(3, 1), { full: true }))).toEqual(
      near(Math.exp(0.5) - 1.5 + stirling(3), Math.exp(0.5) - 0.5),
    );
    expect(optim.poissonNll(at(2), at(3), { logInput: false, epsilon: 0 }).toArray()).toEqual(near(2 - 3 * Math.log(2)));
    expect(optim.gaussianNll(at(1), at(3), at(4), { full: true }).toArray()).toEqual(near(0.5 * (Math.log(4) + 1 + Math.log(2 * Math.PI))));
  });

  it("losses with margins", () => {
    const scores = arrayOf("float64", [2, 1.5, 0, 0, 3, 1], [2, 3]);
    expect(elements(optim.multiclassHingeLoss(scores, int(0, 0)))).toEqual(near(0.5, 4));
    expect(elements(optim.multiclassPerceptronLoss(scores, int(0, 0)))).toEqual([0, 3]);
    expect(elements(optim.multiclassHingeLoss(scores.T, int(0, 0), { axis: 0 }))).toEqual(near(0.5, 4));
    expect(slopes((x) => optim.multiclassHingeLoss(x, int(0, 0)), scores)).toEqual([-1, 1, 0, -1, 1, 0]);
    expect(elements(optim.perceptronLoss(at(2, -2), at(1, 1)))).toEqual([0, 2]);
    expect(elements(optim.marginRankingLoss(at(1, 1), at(3, 3), at(1, -1), { margin: 0.5 }))).toEqual([2.5, 0]);
    expect(elements(optim.contrastiveLoss(at(0.5, 0.5, 3), at(1, 0, 0), { margin: 2 }))).toEqual(near(0.25, 2.25, 0));
    const triplet = optim.tripletMarginLoss(at(0, 0), at(3, 4), at(1, 0), { margin: 0.5 });
    expect(triplet.item()).toBeCloseTo(Math.sqrt(25 + 1e-6) - Math.sqrt(1 + 1e-6) + 0.5, 12);
    expect(optim.tripletMarginLoss(at(0, 0), at(3, 4), at(1, 0), { normDegree: 1 }).item()).toBeCloseTo(7, 12);
  });

  it("divergences of logarithms, and overlap", () => {
    const [x, y] = [at(0.2, 0.8), at(0.5, 0.5)];
    expect(optim.klDivergenceWithLogTargets(np.log(x), np.log(y)).item()).toBeCloseTo(optim.klDivergence(np.log(x), y).item(), 13);
    expect(optim.diceLoss(at(1, 0, 1), at(1, 1, 0), { smooth: 1e-9 }).item()).toBeCloseTo(0.5, 8);
  });
});

describe("ntXent", () => {
  const labels = int(0, 1, 0, 2, 1, 0);
  const x = random([6, 3], 12);
  const mean = (v: NDArray): NDArray => optim.ntXent(v, labels, { temperature: 0.2 });

  it("is the mean over pairs of one label", () => {
    const kinds = [0, 1, 0, 2, 1, 0];
    const rows = kinds.map((_, i) => elements(x).slice(3 * i, 3 * i + 3));
    const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, v, k) => sum + v * b[k], 0);
    const s = rows.map((a) => rows.map((b) => Math.exp(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)) / 0.2)));
    const losses = kinds.flatMap((a, i) =>
      kinds.flatMap((b, j) => {
        if (a !== b || i === j) return [];
        const others = kinds.reduce((sum, c, k) => (c === a ? sum : sum + s[i][k]), 0);
        return [-Math.log(s[i][j] / (s[i][j] + others))];
      }),
    );
    expect(losses).toHaveLength(8);
    expect(mean(x).item()).toBeCloseTo(losses.reduce((a, b) => a + b, 0) / 8, 12);
    expect(jit(mean)(x).item()).toBeCloseTo(mean(x).item(), 12);
  });

  it("has its derivatives, and none where there are no pairs or no others", () => {
    expectDerivatives((v) => [mean(v)], [x]);
    for (const same of [int(0, 1, 2, 3, 4, 5), int(7, 7, 7, 7, 7, 7)]) {
      expect(optim.ntXent(x, same).item()).toBe(0);
      expect(slopes((v) => optim.ntXent(v, same), x).every((g) => Math.abs(g) === 0)).toBe(true);
    }
    expect(() => optim.ntXent(np.ones([3]), int(0))).toThrow("ntXent: expected embeddings [examples, width], got float32[3]");
  });
});

describe("extremes", () => {
  it("large logits", () => {
    const x = at(1e4, -1e4, 1e4, -1e4);
    const y = at(0, 1, 1, 0);
    expect(elements(optim.sigmoidBinaryCrossEntropy(x, y)).map(Math.abs)).toEqual([1e4, 1e4, 0, 0]);
    expect(slopes((v) => optim.sigmoidBinaryCrossEntropy(v, y), x).map((g) => g + 0)).toEqual([1, -1, 0, 0]);
    for (const gamma of [0, 0.5, 1, 2]) {
      expect(elements(optim.sigmoidFocalLoss(x, y, { gamma })).map(Math.abs)).toEqual([1e4, 1e4, 0, 0]);
      expect(slopes((v) => optim.sigmoidFocalLoss(v, y, { gamma }), x).map((g) => g + 0)).toEqual([1, -1, 0, 0]);
    }
    const wide = arrayOf("float64", [1e4, -1e4, 0], [1, 3]);
    const smoothed = (v: NDArray): NDArray => optim.softmaxCrossEntropyWithIntegerLabels(v, int(0), { labelSmoothing: 0.3 });
    expect(elements(smoothed(wide))).toEqual(near(0.1 * 3e4));
    expect(slopes(smoothed, wide)).toEqual(near(0.2, -0.1, -0.1));
  });

  it("certain logits and probabilities", () => {
    const x = at(Infinity, -Infinity);
    expect(elements(optim.sigmoidBinaryCrossEntropy(x, at(1, 0))).map(Math.abs)).toEqual([0, 0]);
    expect(elements(optim.sigmoidBinaryCrossEntropy(x, at(0, 1)))).toEqual([Infinity, Infinity]);
    // A label's own derivative is the logit, at 0 and 1 too.
    expect(slopes((y) => optim.sigmoidBinaryCrossEntropy(at(3, 3), y), at(0, 1))).toEqual(near(-3, -3));
    expect(optim.klDivergence(at(-Infinity, 0), at(0, 1)).item()).toBe(0);
    expect(slopes((v) => optim.klDivergence(v, at(0, 1)), at(-Infinity, 0)).map((g) => g + 0)).toEqual([0, -1]);
    expect(optim.klDivergenceWithLogTargets(at(-1, 0), at(-Infinity, 0)).item()).toBe(0);
    expect(slopes((v) => optim.klDivergenceWithLogTargets(at(-1, 0), v), at(-Infinity, 0))).toEqual([0, 1]);
    expect(elements(optim.poissonNll(at(0, 0), at(0, 1), { logInput: false, epsilon: 0 }))).toEqual([0, Infinity]);
    expect(slopes((v) => optim.tripletMarginLoss(v, at(0, 0), at(0, 0)), at(0, 0))).toEqual([0, 0]);
  });
});

it("misuse", () => {
  expect(() => optim.quantileLoss(1, 2, 1.5)).toThrow("quantileLoss: expected a quantile from 0 to 1, got 1.5");
  expect(() => optim.softmaxCrossEntropy(at(1), at(1), { labelSmoothing: 1 })).toThrow(
    "expected labelSmoothing from 0 up to, not including, 1, got 1",
  );
  expect(() => optim.multiclassHingeLoss(np.ones([2, 3]), int(1))).toThrow("multiclassHingeLoss: expected labels of shape [2]");
  expect(() => optim.tripletMarginLoss(at(1), at(1), at(1), { normDegree: 0.5 })).toThrow("expected normDegree from 1 up to");
  expect(() => optim.squaredError(np.ones([2]), np.ones([3]))).toThrow("squaredError: ");
});
