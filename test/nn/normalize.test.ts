import { describe, expect, it } from "vitest";
import { type NDArray, grad, jit, nn, numpy as np, vmap } from "../../src/index.js";
import { arrayOf, elements, expectDerivatives, random } from "../ops/rules.js";

const expectClose = (x: NDArray, expected: readonly number[], digits = 12): void => {
  expect(elements(x).length).toBe(expected.length);
  elements(x).forEach((v, i) => expect(v).toBeCloseTo(expected[i], digits));
};

describe("standardize, layerNorm, rmsNorm, groupNorm", () => {
  const x = random([2, 6], 5, 3);

  it("make mean 0 and variance 1", () => {
    for (const y of [nn.standardize(x, -1, { epsilon: 0 }), nn.layerNorm(x, { epsilon: 0 }), nn.groupNorm(x, 1, { epsilon: 0 })]) {
      expectClose(y.mean(-1), [0, 0]);
      expectClose(y.mul(y).mean(-1), [1, 1]);
    }
    const groups = nn.groupNorm(random([2, 4, 3]), 2, { epsilon: 0 }).reshape([2, 2, 6]);
    expectClose(groups.mean(-1), [0, 0, 0, 0]);
    expectClose(groups.mul(groups).mean(-1), [1, 1, 1, 1]);
    const y = nn.rmsNorm(x, { epsilon: 0 });
    expectClose(y.mul(y).mean(-1), [1, 1]);
  });

  it("keep their accuracy far from zero", () => {
    const far = np.array([10_000, 10_001, 10_002]);
    expectClose(nn.layerNorm(far), [-1.22474, 0, 1.22474], 4);
  });

  it("standardize takes statistics, and leaves elements out", () => {
    expectClose(
      nn.standardize(x, 0, { mean: 1, variance: 4, epsilon: 0 }),
      elements(x).map((v) => (v - 1) / 2),
    );
    const where = np.array([true, true, false]);
    expectClose(nn.standardize(arrayOf("float64", [1, 3, 100]), -1, { where, epsilon: 0 }), [-1, 1, 98]);
  });

  it("scale and shift along the axes", () => {
    const scale = arrayOf("float64", [1, 2, 3, 4, 5, 6]);
    const plain = elements(nn.layerNorm(x));
    expectClose(
      nn.layerNorm(x, { scale, bias: scale }),
      plain.map((v, i) => (v + 1) * ((i % 6) + 1)),
    );
    expectClose(
      nn.layerNorm(x, { axis: [0, 1], scale: scale.reshape([1, 6]).mul(np.ones([2, 1])) }).div(nn.layerNorm(x, { axis: null })),
      elements(scale).concat(elements(scale)),
      9,
    );
    expectClose(
      nn.groupNorm(random([1, 2, 3]), 1, { scale: arrayOf("float64", [1, 10]) }),
      elements(nn.groupNorm(random([1, 2, 3]), 1)).map((v, i) => v * (i < 3 ? 1 : 10)),
    );
    expect(() => nn.layerNorm(x, { scale: np.ones([3]) })).toThrow("layerNorm: expected scale of shape [6], got float64[3]");
    expect(() => nn.groupNorm(x, 4)).toThrow("groupNorm: expected a number of groups that divides the 6 channels of axis 1, got 4");
  });

  it("have their derivatives", () => {
    const scale = random([6], 9);
    expectDerivatives(
      (a, s) => [nn.layerNorm(a, { scale: s, bias: s }), nn.rmsNorm(a, { scale: s }), nn.groupNorm(a, 3), nn.standardize(a)],
      [x, scale],
    );
    const constant = grad((a: NDArray) => nn.layerNorm(a).sum())(np.ones([4]));
    expect(elements(constant).every(Number.isFinite)).toBe(true);
  });
});

describe("batchNorm", () => {
  const x = random([8, 3, 2], 4, 2);

  it("normalises each channel while training, and moves the running statistics", () => {
    const state = nn.batchNormState(3, { dtype: "float64" });
    const [y, next] = nn.batchNorm(x, state, { training: true, epsilon: 0 });
    expectClose(y.mean([0, 2]), [0, 0, 0]);
    expectClose(y.mul(y).mean([0, 2]), [1, 1, 1]);
    expectClose(
      next.mean,
      elements(x.mean([0, 2])).map((m) => 0.1 * m),
    );
    expectClose(
      next.variance,
      elements(np.var(x, [0, 2])).map((v) => 0.9 + 0.1 * v),
    );
    expect(elements(state.mean)).toEqual([0, 0, 0]);
  });

  it("uses the running statistics otherwise, and gives the state back", () => {
    const state = { mean: arrayOf("float64", [1, 2, 3]), variance: arrayOf("float64", [4, 4, 4]) };
    const [y, next] = nn.batchNorm(x, state, { training: false, epsilon: 0, scale: 2, bias: np.array([0, 0, 1]) });
    expect(next).toBe(state);
    expectClose(
      y,
      elements(x).map((v, i) => v - ((Math.floor(i / 2) % 3) + 1) + (Math.floor(i / 2) % 3 === 2 ? 1 : 0)),
    );
  });

  it("works compiled, mapped and differentiated, channels last too", () => {
    const state = nn.batchNormState(2, { dtype: "float64" });
    const step = (a: NDArray, s: nn.BatchNormState): readonly [NDArray, nn.BatchNormState] =>
      nn.batchNorm(a, s, { training: true, axis: -1 });
    const [y, next] = step(x, state);
    const [compiled, compiledNext] = jit(step)(x, state);
    expectClose(compiled, elements(y));
    expectClose(compiledNext.variance, elements(next.variance));
    expect(vmap((a: NDArray) => step(a, state)[0], { inAxes: 1 })(x).shape).toEqual([3, 8, 2]);
    expectDerivatives((a) => [step(a, state)[0]], [random([4, 2], 6)]);
  });

  it("must be told whether it trains", () => {
    const options = {} as nn.BatchNormOptions;
    expect(() => nn.batchNorm(x, nn.batchNormState(3), options)).toThrow("batchNorm: expected training: true or false, got undefined");
    expect(() => nn.batchNorm(x, nn.batchNormState(4), { training: true })).toThrow(
      "batchNorm: expected state.mean of shape [3], got float64[4]",
    );
  });
});
