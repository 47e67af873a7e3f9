import { describe, expect, it } from "vitest";
import { expectClose } from "../close.js";
import { type NDArray, jit, nn, numpy as np, random } from "../../src/index.js";
import { elements } from "../ops/rules.js";

const { initializers } = nn;
const key = random.key(17);

const variance = (x: NDArray): number => np.var(x).item();

describe("initializers", () => {
  it.each([
    ["glorotUniform", initializers.glorotUniform(), 2 / 110],
    ["glorotNormal", initializers.glorotNormal(), 2 / 110],
    ["heUniform", initializers.heUniform(), 2 / 60],
    ["heNormal", initializers.heNormal(), 2 / 60],
    ["lecunUniform", initializers.lecunUniform(), 1 / 60],
    ["lecunNormal", initializers.lecunNormal(), 1 / 60],
    ["normal", initializers.normal(0.5), 0.25],
    ["uniform", initializers.uniform(3), 9 / 12],
    ["fanOut", initializers.varianceScaling({ scale: 3, mode: "fanOut", distribution: "normal" }), 3 / 50],
  ])("%s has its variance", (_, init, expected) => {
    const x = init(key, [60, 50]);
    expect(x.dtype).toBe("float32");
    // The variance of 3000 numbers, within five standard errors of the widest of these distributions.
    expect(Math.abs(variance(x) / expected - 1)).toBeLessThan(5 * Math.sqrt(2 / 3000));
    expect(init(key, [4, 4], { dtype: "float64" }).dtype).toBe("float64");
    expectClose(jit((k: NDArray) => init(k, [60, 50]))(key), x);
  });

  it("count the window of convolution kernels, in either layout", () => {
    const last = initializers.heNormal()(key, [3, 3, 20, 40]);
    const first = initializers.heNormal({ inAxis: 1, outAxis: 0 })(key, [40, 20, 3, 3]);
    for (const x of [last, first]) expect(Math.abs(variance(x) / (2 / 180) - 1)).toBeLessThan(5 * Math.sqrt(2 / 7200));
  });

  it("orthogonal keeps lengths, along any column axis", () => {
    const q = initializers.orthogonal({ scale: 2 })(key, [2, 3, 4]).reshape([6, 4]);
    elements(np.matmul(q.T, q)).forEach((x, i) => expect(x).toBeCloseTo(i % 5 === 0 ? 4 : 0, 5));
    const rows = initializers.orthogonal({ columnAxis: 0 })(key, [4, 6]);
    elements(np.matmul(rows, rows.T)).forEach((x, i) => expect(x).toBeCloseTo(i % 5 === 0 ? 1 : 0, 5));
    const delta = initializers.deltaOrthogonal()(key, [3, 3, 2, 4]);
    const centre = elements(delta).slice(4 * 8, 5 * 8);
    expect(elements(delta).filter((x) => x !== 0).length).toBe(8);
    expect(centre.slice(0, 4).reduce((sum, x) => sum + x * x, 0)).toBeCloseTo(1, 5);
  });

  it("constants and the identity", () => {
    expect(initializers.zeros(key, [2]).toArray()).toEqual([0, 0]);
    expect(initializers.ones(key, [2], { dtype: "int32" }).dtype).toBe("int32");
    expect(initializers.constant(0.5)(key, [1]).toArray()).toEqual([0.5]);
    expect(initializers.identity({ scale: 3 })(key, [2, 3]).toArray()).toEqual([
      [3, 0, 0],
      [0, 3, 0],
    ]);
    const xs = elements(initializers.truncatedNormal(2, { lower: -1, upper: 0.5 })(key, [200]));
    expect(Math.min(...xs)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...xs)).toBeLessThanOrEqual(1);
  });

  it("refuse shapes without fans, and words that mean nothing", () => {
    expect(() => initializers.heNormal()(key, [3])).toThrow(
      "heNormal: expected a shape with an axis of inputs and one of outputs, got [3]",
    );
    expect(() => initializers.orthogonal()(key, [3])).toThrow("orthogonal: expected a shape of at least two axes, got [3]");
    const mode = { scale: 1, mode: "fan_in", distribution: "normal" } as unknown as nn.VarianceScalingOptions;
    expect(() => initializers.varianceScaling(mode)).toThrow("varianceScaling: expected mode among fanIn, fanOut, fanAvg, got fan_in");
    expect(() => initializers.glorotUniform()(key, [2, 2], { dtype: "int8" })).toThrow(
      "glorotUniform: expected dtype float32 or float64, got int8",
    );
  });
});
