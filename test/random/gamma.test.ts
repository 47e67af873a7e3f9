import { describe, expect, it } from "vitest";
import { gammaLogSlope } from "../../src/kernels/gammaQuantile.js";
import { type NDArray, grad, numpy as np, random, vmap } from "../../src/index.js";
import { elements } from "../ops/rules.js";

/** log Γ by Stirling's series. */
function logGamma(given: number): number {
  let [x, sum] = [given, 0];
  for (; x < 15; x++) sum -= Math.log(x);
  const s = 1 / (x * x);
  return sum + (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s / 1680))) / x;
}

/** The gamma distribution function by its series. */
function probability(a: number, x: number): number {
  let [term, sum] = [1, 1];
  for (let n = 1; term > 1e-18 * sum; n++) {
    term *= x / (a + n);
    sum += term;
  }
  return Math.exp(a * Math.log(x) - x - logGamma(a + 1)) * sum;
}

const density = (a: number, x: number): number => Math.exp((a - 1) * Math.log(x) - x - logGamma(a));

describe("the slope of a gamma sample in its parameter", () => {
  it.each([
    [1, 1],
    [0.1, 1e-3],
    [0.5, 2],
    [2, 0.3],
    [2, 5],
    [10, 8],
    [10, 20],
    [50, 40],
    [300, 330],
    [1000, 1010],
    [0.01, 1e-40],
  ])("keeps the probability at a = %d, x = %d", (a, x) => {
    const h = 1e-4 * a;
    const dP = (probability(a - 2 * h, x) - 8 * probability(a - h, x) + 8 * probability(a + h, x) - probability(a + 2 * h, x)) / (12 * h);
    const expected = -dP / density(a, x) / x;
    expect(Math.abs(gammaLogSlope(a, Math.log(x)) / expected - 1)).toBeLessThan(1e-7);
  });

  it("joins its expansion for large parameters", () => {
    for (const z of [-4, -1, 0, 1, 4]) {
      const slope = (a: number): number => {
        const root = Math.sqrt(a);
        const x = a + z * root + (z * z - 1) / 3 + (z ** 3 - 7 * z) / (36 * root);
        return x * gammaLogSlope(a, Math.log(x));
      };
      expect(Math.abs(slope(9999.999) - slope(10_000.001))).toBeLessThan(2e-8);
    }
    expect(gammaLogSlope(-1, 0)).toBeNaN();
    expect(gammaLogSlope(1, NaN)).toBeNaN();
  });
});

describe("gamma", () => {
  const key = random.key(11);
  const at = (...values: number[]): NDArray => np.array(values, { dtype: "float64" });

  it("has the derivative of its samples' mean: 1", () => {
    const slopes = grad((a: NDArray) => random.gamma(key, a, [3000], { dtype: "float64" }).mean())(np.array(2, { dtype: "float64" }));
    expect(slopes.item()).toBeGreaterThan(0.97);
    expect(slopes.item()).toBeLessThan(1.03);
  });

  it("agrees with its logarithm, derivatives too", () => {
    const alphas = at(0.05, 0.5, 1, 3, 40);
    const logs = random.loggamma(key, alphas, undefined, { dtype: "float64" });
    const samples = random.gamma(key, alphas, undefined, { dtype: "float64" });
    elements(logs).forEach((x, i) => expect(Math.exp(x) / elements(samples)[i]).toBeCloseTo(1, 12));
    const slope = (f: typeof random.gamma): number[] =>
      elements(grad((a: NDArray) => f(key, a, undefined, { dtype: "float64" }).sum())(alphas));
    const [plain, logarithmic] = [slope(random.gamma), slope(random.loggamma)];
    plain.forEach((x, i) => expect(x / elements(samples)[i] / logarithmic[i]).toBeCloseTo(1, 10));
  });

  it("keeps its logarithm finite where the sample underflows", () => {
    const logs = elements(random.loggamma(key, 1e-3, [50]));
    expect(logs.every(Number.isFinite)).toBe(true);
    expect(Math.min(...logs)).toBeLessThan(-200);
    expect(elements(random.gamma(key, 1e-3, [50])).filter((x) => x === 0).length).toBeGreaterThan(0);
    const slope = grad((a: NDArray) => random.gamma(key, a, [50]).sum())(np.array(1e-3)).item();
    expect(Number.isFinite(slope)).toBe(true);
  });

  it("is NaN for negative and NaN parameters", () => {
    expect(elements(random.gamma(key, np.array([-1, NaN, -0.1])))).toEqual([NaN, NaN, NaN]);
  });

  it("says that its second derivative does not exist", () => {
    const f = (a: NDArray): NDArray => random.gamma(key, a, []);
    expect(() => grad(grad(f))(np.array(2))).toThrow("the second derivative of a gamma sample in its parameter has no rule");
  });
});

describe("dirichlet", () => {
  it("draws points of the simplex, with their means", () => {
    const alpha = np.array([1, 2, 5]);
    const xs = random.dirichlet(random.key(5), alpha, [4000]);
    expect(xs.shape).toEqual([4000, 3]);
    elements(xs.sum(-1)).forEach((x) => expect(x).toBeCloseTo(1, 5));
    elements(xs.mean(0)).forEach((x, i) => {
      const mean = [1, 2, 5][i] / 8;
      expect(Math.abs(x - mean)).toBeLessThan(5 * Math.sqrt((mean * (1 - mean)) / 9 / 4000));
    });
  });

  it("maps, takes tiny parameters, and refuses a scalar", () => {
    const keys = random.split(random.key(5), 3);
    const mapped = vmap((key: NDArray) => random.dirichlet(key, np.array([1e-4, 1e-4])))(keys);
    elements(mapped.sum(-1)).forEach((x) => expect(x).toBeCloseTo(1, 5));
    expect(() => random.dirichlet(random.key(0), 1)).toThrow("dirichlet: expected alpha with at least one axis");
  });
});
