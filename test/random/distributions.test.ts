// Each distribution's mean and variance within five standard errors for a fixed seed; its support; its dtype; and that
// compiled and mapped functions draw the same.

import { describe, expect, it } from "vitest";
import { expectClose } from "../close.js";
import { type NDArray, grad, jit, numpy as np, random, vmap } from "../../src/index.js";
import { elements } from "../ops/rules.js";

type DType = "float32" | "float64";
type Sampler = (key: NDArray, shape: readonly number[], options: { dtype: DType }) => NDArray;

interface Distribution {
  readonly draw: Sampler;
  readonly mean: number;
  readonly variance: number;
  /** The fourth central moment over the squared variance. */
  readonly kurtosis: number;
  readonly support: readonly [number, number];
}

const alpha = 2.5;
const distributions: Readonly<Record<string, Distribution>> = {
  uniform: { draw: random.uniform, mean: 0.5, variance: 1 / 12, kurtosis: 1.8, support: [0, 1] },
  "uniform(-2, 3)": {
    draw: (key, shape, options) => random.uniform(key, shape, { minval: -2, maxval: 3, ...options }),
    mean: 0.5,
    variance: 25 / 12,
    kurtosis: 1.8,
    support: [-2, 3],
  },
  normal: { draw: random.normal, mean: 0, variance: 1, kurtosis: 3, support: [-8, 8] },
  truncatedNormal: {
    draw: (key, shape, options) => random.truncatedNormal(key, -2, 2, shape, options),
    mean: 0,
    variance: 0.7737413035499232,
    kurtosis: 2.4,
    support: [-2, 2],
  },
  exponential: { draw: random.exponential, mean: 1, variance: 1, kurtosis: 9, support: [0, Infinity] },
  gumbel: { draw: random.gumbel, mean: 0.5772156649, variance: Math.PI ** 2 / 6, kurtosis: 5.4, support: [-10, Infinity] },
  laplace: { draw: random.laplace, mean: 0, variance: 2, kurtosis: 6, support: [-30, 30] },
  logistic: { draw: random.logistic, mean: 0, variance: Math.PI ** 2 / 3, kurtosis: 4.2, support: [-40, 40] },
  gamma: {
    draw: (key, shape, options) => random.gamma(key, alpha, shape, options),
    mean: alpha,
    variance: alpha,
    kurtosis: 3 + 6 / alpha,
    support: [0, Infinity],
  },
  "gamma(0.3)": {
    draw: (key, shape, options) => random.gamma(key, 0.3, shape, options),
    mean: 0.3,
    variance: 0.3,
    kurtosis: 23,
    support: [0, Infinity],
  },
  beta: {
    draw: (key, shape, options) => random.beta(key, 2, 3, shape, options),
    mean: 0.4,
    variance: 0.04,
    kurtosis: 2.4,
    support: [0, 1],
  },
  chisquare: {
    draw: (key, shape, options) => random.chisquare(key, 3, shape, options),
    mean: 3,
    variance: 6,
    kurtosis: 7,
    support: [0, Infinity],
  },
  t: {
    draw: (key, shape, options) => random.t(key, 10, shape, options),
    mean: 0,
    variance: 1.25,
    kurtosis: 4,
    support: [-Infinity, Infinity],
  },
  lognormal: {
    draw: (key, shape, options) => random.lognormal(key, shape, { sigma: 0.25, ...options }),
    mean: Math.exp(0.03125),
    variance: Math.expm1(0.0625) * Math.exp(0.0625),
    kurtosis: 5,
    support: [0, Infinity],
  },
  pareto: {
    draw: (key, shape, options) => random.pareto(key, 9, shape, options),
    mean: 9 / 8,
    variance: 9 / (64 * 7),
    kurtosis: 15,
    support: [1, Infinity],
  },
};

const names = Object.keys(distributions);
const count = 4000;

function moments(xs: readonly number[]): readonly [number, number] {
  const mean = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  return [mean, xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (xs.length - 1)];
}

describe.each(names)("%s", (name) => {
  const { draw, mean, variance, kurtosis, support } = distributions[name];

  it.each<DType>(["float32", "float64"])("has its mean, variance and support in %s", (dtype) => {
    const samples = draw(random.key(42), [count / 40, 40], { dtype });
    expect(samples.dtype).toBe(dtype);
    expect(samples.shape).toEqual([count / 40, 40]);
    const xs = elements(samples);
    const [sampleMean, sampleVariance] = moments(xs);
    expect(Math.abs(sampleMean - mean)).toBeLessThan(5 * Math.sqrt(variance / count));
    expect(Math.abs(sampleVariance - variance)).toBeLessThan(5 * variance * Math.sqrt((kurtosis - 1) / count));
    expect(Math.min(...xs)).toBeGreaterThanOrEqual(support[0]);
    expect(Math.max(...xs)).toBeLessThanOrEqual(support[1]);
  });

  it("is the same compiled, and mapped over keys", () => {
    const f = (key: NDArray): NDArray => draw(key, [3, 2], { dtype: "float32" });
    const keys = random.split(random.key(3), 4);
    const each = random.splitKeys(random.key(3), 4).map((key) => f(key));
    random.splitKeys(random.key(3), 4).forEach((key, i) => expectClose(jit(f)(key), each[i]));
    expect(vmap(f)(keys).toArray()).toEqual(each.map((x) => x.toArray()));
    expectClose(jit(vmap(f))(keys), np.stack(each));
    expect(f(random.key(4)).toArray()).not.toEqual(f(random.key(5)).toArray());
  });
});

describe("cauchy", () => {
  it("has its quartiles at −1, 0 and 1", () => {
    const sorted = elements(random.cauchy(random.key(1), [count])).sort((a, b) => a - b);
    // The standard error of a quantile is √(p(1 − p)/n) over the density there.
    expect(Math.abs(sorted[count / 2])).toBeLessThan(5 * Math.sqrt(0.25 / count) * Math.PI);
    expect(Math.abs(sorted[count / 4] + 1)).toBeLessThan(5 * Math.sqrt(3 / 16 / count) * 2 * Math.PI);
    expect(Math.abs(sorted[(3 * count) / 4] - 1)).toBeLessThan(5 * Math.sqrt(3 / 16 / count) * 2 * Math.PI);
  });
});

describe("parameters", () => {
  const key = random.key(0);

  it("broadcast to the shape of the samples", () => {
    const low = np.array([0, 10, 20]);
    const xs = elements(random.uniform(key, [2, 3], { minval: low, maxval: low.add(1) }));
    xs.forEach((x, i) => expect(Math.floor(x)).toBe([0, 10, 20][i % 3]));
    expect(random.gamma(key, np.array([1, 2])).shape).toEqual([2]);
    expect(random.truncatedNormal(key, -1, np.array([1, 2])).shape).toEqual([2]);
    expect(() => random.gamma(key, np.array([1, 2]), [3])).toThrow("gamma: expected");
    expect(() => random.uniform(key, [2], { minval: np.zeros([2, 2]) })).toThrow(
      "uniform: expected a shape that the parameters ([2,2]) broadcast to, got [2]",
    );
  });

  it("float64 draws fill 52 bits", () => {
    const xs = elements(random.uniform(key, [100], { dtype: "float64" }));
    expect(xs.every((x) => Number.isInteger(x * 2 ** 52))).toBe(true);
    expect(xs.filter((x) => Number.isInteger(x * 2 ** 32)).length).toBe(0);
  });

  it("refuse dtypes and options that do not exist", () => {
    expect(() => random.normal(key, [2], { dtype: "int32" })).toThrow("normal: expected dtype float32 or float64, got int32");
    const misspelt: object = { min: 3 };
    expect(() => random.uniform(key, [2], misspelt)).toThrow("uniform: expected options among dtype, minval, maxval, got min");
    expect(() => random.normal(key, [-1])).toThrow("a list of non-negative integers");
  });

  it("have derivatives: the samples move with their bounds and scales", () => {
    const shift = (a: NDArray): NDArray => random.uniform(key, [4], { minval: a, maxval: a.add(2) }).sum();
    expect(grad(shift)(np.array(1)).item()).toBeCloseTo(4, 5);
    const f = (upper: NDArray): NDArray => random.truncatedNormal(key, -1, upper, [], { dtype: "float64" });
    const h = 1e-6;
    const at = (x: number): NDArray => np.array(x, { dtype: "float64" });
    expect(grad(f)(at(1.5)).item()).toBeCloseTo((f(at(1.5 + h)).item() - f(at(1.5 - h)).item()) / (2 * h), 6);
  });
});

describe("bits", () => {
  it("of 8 bits are the low ones of 32", () => {
    const key = random.key(7);
    const wide = elements(random.bits(key, [20]));
    const narrow = random.bits(key, [20], { dtype: "uint8" });
    expect(narrow.dtype).toBe("uint8");
    expect(elements(narrow)).toEqual(wide.map((x) => x % 256));
    expect(() => random.bits(key, [2], { dtype: "int32" })).toThrow("bits: expected dtype uint32 or uint8, got int32");
    expect(random.bits(key, [0]).shape).toEqual([0]);
    expect(random.bits(key).shape).toEqual([]);
  });
});
