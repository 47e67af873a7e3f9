// Special optimizers: L-BFGS against dense BFGS, Muon against the iteration in plain numbers, Prodigy against its formulas in
// plain numbers, schedule-free and the line searches against the figures of Optax's documentation.

import { describe, expect, it } from "vitest";
import { type NDArray, grad, jit, numpy as np, optim, valueAndGrad } from "../../src/index.js";
import { arrayOf, elements, noise } from "../ops/rules.js";

const wide = (...xs: number[]): NDArray => arrayOf("float64", xs);
const squares = (x: NDArray): NDArray => x.square().sum();

/** The loss after each step, with all extras; `at` says at which parameters. */
function losses<State>(
  optimizer: optim.GradientTransformation<NDArray, State>,
  steps: number,
  at: (state: State, params: NDArray) => NDArray = (_, params) => params,
): string[] {
  let params = wide(1, 2, 3);
  let state = optimizer.init(params);
  return Array.from({ length: steps }, () => {
    const [value, gradient] = valueAndGrad(squares)(params);
    const extras = { value, grad: gradient, valueFn: squares, gradFn: grad(squares) };
    const [updates, next] = optimizer.update(gradient, state, params, extras);
    [params, state] = [optim.applyUpdates(params, updates), next];
    return squares(at(state, params)).item().toExponential(2);
  });
}

describe("figures of Optax's documentation, of Σ x² from (1, 2, 3)", () => {
  it("schedule-free", () => {
    const sgd = losses(optim.scheduleFreeSgd<NDArray>(), 5, optim.scheduleFreeEvalParams);
    // Optax prints the second one as 1.75e-14, in float32; it is zero but for rounding.
    expect(Number(sgd[1])).toBeLessThan(1e-28);
    expect(sgd.toSpliced(1, 1)).toEqual(["1.40e+1", "9.96e-1", "8.06e-1", "2.41e-1"]);
    const adamw = losses(optim.scheduleFreeAdamw<NDArray>({ learningRate: 1 }), 5, optim.scheduleFreeEvalParams);
    expect(adamw).toEqual(["5.00e+0", "3.05e+0", "1.73e+0", "8.94e-1", "4.13e-1"]);
  });

  it("backtracking and zoom line searches", () => {
    const sgd = optim.sgd<NDArray>({ learningRate: 1 });
    const backtracking = optim.scaleByBacktrackingLinesearch<NDArray>({ maxBacktrackingSteps: 15, storeGrad: true });
    expect(losses(optim.chain(sgd, backtracking), 5)).toEqual(["5.04e+0", "1.81e+0", "6.53e-1", "2.35e-1", "8.47e-2"]);
    const zoom = optim.scaleByZoomLinesearch<NDArray>({ maxLinesearchSteps: 15 });
    expect(losses(optim.chain(sgd, zoom), 2)).toEqual(["0.00e+0", "0.00e+0"]);
  });

  it("Polyak's step size", () => {
    expect(losses(optim.polyakSgd<NDArray>(), 5)).toEqual(["3.50e+0", "8.75e-1", "2.19e-1", "5.47e-2", "1.37e-2"]);
    const t = optim.scaleByPolyak<NDArray>();
    expect(() => t.update(wide(1), t.init(wide(1)))).toThrow("scaleByPolyak: expected value among the extras, got nothing");
    const [, { hyperparams }] = t.update(wide(2), t.init(wide(2)), wide(2), { value: 1 });
    expect(hyperparams.learningRate.item()).toBe(0.25);
  });
});

describe("scaleByLbfgs", () => {
  type Matrix = readonly (readonly number[])[];
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, v, i) => sum + v * y[i], 0);
  const less = (x: readonly number[], y: readonly number[]): number[] => x.map((v, i) => v - y[i]);
  const apply = (H: Matrix, x: readonly number[]): number[] => H.map((row) => dot(row, x));

  /** `(I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ`: the dense inverse Hessian after one more pair. */
  const dense = (H: Matrix, s: readonly number[], y: readonly number[]): Matrix => {
    const [rho, Hy] = [1 / dot(s, y), apply(H, y)];
    const yHy = dot(y, Hy);
    return H.map((row, i) => row.map((h, j) => h - rho * (s[i] * Hy[j] + Hy[i] * s[j]) + rho * (rho * yHy + 1) * s[i] * s[j]));
  };

  /** What dense BFGS makes of the last gradient, from the last `memory` pairs. */
  function expected(places: readonly number[][], gradients: readonly number[][], memory: number): number[] {
    const pairs = places.slice(1).map((p, i) => [less(p, places[i]), less(gradients[i + 1], gradients[i])]);
    const [s, y] = pairs[pairs.length - 1];
    const gamma = dot(s, y) / dot(y, y);
    const identity: Matrix = s.map((_, i) => s.map((__, j) => (i === j ? gamma : 0)));
    return apply(
      pairs.slice(-memory).reduce((H, [a, b]) => dense(H, a, b), identity),
      gradients[gradients.length - 1],
    );
  }

  it.each([1, 2, 5])("is dense BFGS from the last pairs (memory %d)", (memorySize) => {
    const next = noise(3);
    const curvatures = [1, 3, 10];
    const places = Array.from({ length: 5 }, () => curvatures.map(() => next()));
    // Gradients of a quartic bowl: convex, so that every pair counts.
    const gradients = places.map((p) => p.map((x, i) => curvatures[i] * x + x ** 3));
    const t = optim.scaleByLbfgs<NDArray[]>({ memorySize });
    // The parameters lie in two leaves.
    const split = (x: readonly number[]): NDArray[] => [wide(x[0]), wide(x[1], x[2])];
    let state = t.init(split(places[0]));
    const step = jit((g: NDArray[], s: typeof state, p: NDArray[]) => t.update(g, s, p));
    places.forEach((p, k) => {
      const [direction, following] = step(split(gradients[k]), state, split(p));
      state = following;
      if (k === 0) return;
      const found = direction.flatMap(elements);
      expected(places.slice(0, k + 1), gradients.slice(0, k + 1), memorySize).forEach((x, i) => expect(found[i]).toBeCloseTo(x, 10));
    });
  });

  it("begins with a step no longer than 1, and takes no notice of pairs without curvature", () => {
    const t = optim.scaleByLbfgs<NDArray>();
    const [first, state] = t.update(wide(30, 40), t.init(wide(0, 0)), wide(0, 0));
    expect(elements(first)).toEqual([expect.closeTo(0.6, 14), expect.closeTo(0.8, 14)]);
    // The gradient falls along the step: negative curvature.
    const [second, { weightsMemory }] = t.update(wide(-0.3, 0.4), state, wide(1, 1));
    expect(elements(second)).toEqual([-0.3, 0.4]);
    expect(elements(weightsMemory).every((w) => w === 0)).toBe(true);
    expect(() => optim.scaleByLbfgs({ memorySize: 0 })).toThrow("scaleByLbfgs: expected memorySize, an integer of at least 1, got 0");
  });
});

describe("muon", () => {
  type Matrix = number[][];
  const product = (x: Matrix, y: Matrix): Matrix => x.map((row) => y[0].map((_, j) => row.reduce((sum, v, k) => sum + v * y[k][j], 0)));
  const turned = (x: Matrix): Matrix => x[0].map((_, j) => x.map((row) => row[j]));

  function newtonSchulz(x: Matrix, steps: number): Matrix {
    const length = Math.sqrt(x.flat().reduce((sum, v) => sum + v * v, 0)) + 1e-8;
    let y = x.map((row) => row.map((v) => v / length));
    for (let i = 0; i < steps; i++) {
      const gram = product(y, turned(y));
      const square = product(gram, gram);
      const mixed = gram.map((row, r) => row.map((v, c) => -4.775 * v + 2.0315 * square[r][c]));
      const moved = product(mixed, y);
      y = y.map((row, r) => row.map((v, c) => 3.4445 * v + moved[r][c]));
    }
    return y;
  }

  const g: Matrix = [
    [1, 2, -1],
    [0.5, -1, 3],
  ];

  it("makes the momentum of matrices orthogonal", () => {
    const t = optim.scaleByMuon<NDArray>();
    const [u] = t.update(np.array(g, { dtype: "float64" }), t.init(np.array(g, { dtype: "float64" })));
    const wanted = newtonSchulz(g, 5);
    elements(u).forEach((v, i) => expect(v).toBeCloseTo(wanted.flat()[i] * Math.sqrt(3 / 2), 7));
    // Taller than wide: the same, turned, without the factor of the sides.
    const tall = np.array(turned(g), { dtype: "float64" });
    elements(t.update(tall, t.init(tall))[0]).forEach((v, i) => expect(v).toBeCloseTo(turned(wanted).flat()[i], 7));
    // The squares of the singular values: the eigenvalues of u uᵀ, of which a matrix of two rows has two.
    const [a, b, , d] = elements(np.matmul(u, u.T).mul(2 / 3));
    const spread = Math.hypot((a - d) / 2, b);
    expect((a + d) / 2 - spread).toBeGreaterThan(0.65 ** 2);
    expect((a + d) / 2 + spread).toBeLessThan(1.25 ** 2);
  });

  it("leaves what is no matrix to Adam", () => {
    const params = { w: np.array(g), b: np.array([1, -2]) };
    const t = optim.muon<typeof params>({ learningRate: 0.1, adamLearningRate: 0.01 });
    const [updates, state] = t.update(params, t.init(params), params);
    // Nesterov's look ahead: 0.9 · 0.1 / (1 − 0.9²) + 1.
    const ahead = 0.09 / 0.19 + 1;
    expect(elements(updates.b)).toEqual([expect.closeTo(-0.01 * ahead, 6), expect.closeTo(0.01 * ahead, 6)]);
    expect(elements(updates.w).every((v) => Math.abs(v) > 0 && Math.abs(v) < 0.15)).toBe(true);
    expect(state.innerStates.muon[0].mu.b).toBeNull();
    const direction = optim.scaleByMuon<NDArray>();
    expect(() => direction.update(params.b, direction.init(params.b))).toThrow("scaleByMuon: expected matrices, got float32[2]");
    expect(() => optim.scaleByMuon({ nsCoeffs: [1, 2] as unknown as optim.NewtonSchulzCoefficients })).toThrow("three Newton–Schulz");
  });
});

describe("prodigy", () => {
  it("follows the paper's formulas", () => {
    const [b1, b2, b3, eps, d0, decay, lr] = [0.9, 0.999, Math.sqrt(0.999), 1e-8, 1e-2, 0.1, 0.5];
    let [x, m, v, s, d, r] = [2, 0, 0, 0, d0, 0];
    const x0 = x;
    const t = optim.prodigy<NDArray>({ learningRate: lr, estimLr0: d0, weightDecay: decay });
    let params = wide(x).reshape([]);
    let state = t.init(params);
    for (let k = 1; k <= 30; k++) {
      const gradient = x * 3;
      const rate = (d * lr * Math.sqrt(1 - b2 ** k)) / (1 - b1 ** k);
      r = b3 * r + (d / d0) * rate * gradient * (x0 - x);
      [m, v] = [b1 * m + (1 - b1) * d * gradient, b2 * v + (1 - b2) * (d * gradient) ** 2];
      s = b3 * s + (rate * d * gradient) / d0;
      d = Math.max(d, r / Math.abs(s));
      x += -decay * rate * x - (rate * m) / (Math.sqrt(v) + d * eps);
      const [updates, next] = t.update(params.mul(3), state, params);
      [params, state] = [optim.applyUpdates(params, updates), next];
      expect(params.item()).toBeCloseTo(x, 10);
      expect(state.estimLr.item()).toBeCloseTo(d, 10);
    }
    expect(d).toBeGreaterThan(10 * d0);
  });
});

describe("sam", () => {
  it("takes the gradient uphill of the parameters", () => {
    const cubic = (x: NDArray): NDArray => x.mul(x).mul(x).sum();
    const uphill = optim.chain(optim.normalize<NDArray>(), optim.sgd<NDArray>({ learningRate: 0.5 }));
    const t = optim.sam(optim.sgd<NDArray>({ learningRate: 1 }), uphill);
    const params = wide(1, 0);
    const [updates] = t.update(grad(cubic)(params), t.init(params), params, { gradFn: grad(cubic) });
    // At (1.5, 0) the gradient is 3 · 2.25.
    expect(elements(updates)).toEqual([-6.75, -0]);
    const twice = optim.sam(optim.sgd<NDArray>({ learningRate: 1 }), uphill, { syncPeriod: 3 });
    expect(elements(twice.update(grad(cubic)(params), twice.init(params), params, { gradFn: grad(cubic) })[0])[0]).toBe(-12);
    expect(() => t.update(params, t.init(params), params)).toThrow("sam: expected gradFn among the extras, got nothing");
  });
});
