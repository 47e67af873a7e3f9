// Each direction against its formula in plain numbers, over a few steps of drawn gradients: the options that the
// trajectories of test/reference do not have, and those that differ between Optax, PyTorch and the papers.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type NDArray, jit, numpy as np, optim } from "../../src/index.js";
import { arrayOf, elements } from "../ops/rules.js";

/** One step in plain numbers: from gradients and parameters to updates. Makes of it keep their state. */
type Rule = (g: readonly number[], p: readonly number[], t: number) => readonly number[];
type Vector = optim.GradientTransformation<NDArray, unknown>;

const elementwise = (make: () => (g: number, p: number, t: number) => number): (() => Rule) => {
  return () => {
    const rules = new Map<number, (g: number, p: number, t: number) => number>();
    return (g, p, t) =>
      g.map((x, i) => {
        const rule = rules.get(i) ?? make();
        rules.set(i, rule);
        return rule(x, p[i], t);
      });
  };
};

/** Running mean of numbers, from `begin`. */
const mean = (decay: number, begin = 0): ((x: number) => number) => {
  let m = begin;
  return (x) => (m = decay * m + (1 - decay) * x);
};
const length = (xs: readonly number[]): number => Math.sqrt(xs.reduce((sum, x) => sum + x * x, 0));

const rows: Readonly<Record<string, readonly [make: () => Vector, rule: () => Rule]>> = {
  "sgd with dampening, Nesterov's step and an L2 penalty": [
    () => optim.sgd({ learningRate: 0.1, momentum: 0.8, dampening: 0.3, nesterov: true, l2: 0.05 }),
    elementwise(() => {
      let buffer: number | undefined;
      return (g, p) => {
        const d = g + 0.05 * p;
        buffer = buffer === undefined ? d : 0.8 * buffer + 0.7 * d;
        return -0.1 * (d + 0.8 * buffer);
      };
    }),
  ],
  "adam with eps under the root": [
    () => optim.scaleByAdam({ b1: 0.7, b2: 0.8, eps: 0.1, epsRoot: 0.2 }),
    elementwise(() => {
      const [m, v] = [mean(0.7), mean(0.8)];
      return (g, _, t) => m(g) / (1 - 0.7 ** t) / (Math.sqrt(v(g * g) / (1 - 0.8 ** t) + 0.2) + 0.1);
    }),
  ],
  "adamw of some leaves, with a schedule of the decay": [
    () => optim.adamw({ learningRate: 0.1, weightDecay: (step) => np.divide(0.5, step.add(1).astype("float64")) }),
    elementwise(() => {
      const [m, v] = [mean(0.9), mean(0.999)];
      return (g, p, t) => -0.1 * (m(g) / (1 - 0.9 ** t) / (Math.sqrt(v(g * g) / (1 - 0.999 ** t)) + 1e-8) + (0.5 / t) * p);
    }),
  ],
  "amsgrad of the paper": [
    () => optim.scaleByAmsgrad({ b1: 0.7, b2: 0.8, correctMean: false, correctSquares: "never" }),
    elementwise(() => {
      const [m, v] = [mean(0.7), mean(0.8)];
      let largest = 0;
      return (g) => {
        largest = Math.max(largest, v(g * g));
        return m(g) / (Math.sqrt(largest) + 1e-8);
      };
    }),
  ],
  adamaxw: [
    () => optim.adamaxw({ learningRate: 0.1, b1: 0.7, b2: 0.8, eps: 0.01, weightDecay: 0.2 }),
    elementwise(() => {
      const m = mean(0.7);
      let u = 0;
      return (g, p, t) => {
        u = Math.max(0.8 * u, Math.abs(g) + 0.01);
        return -0.1 * (m(g) / (1 - 0.7 ** t) / u + 0.2 * p);
      };
    }),
  ],
  "nadamw with a momentum that warms up": [
    () => optim.nadamw({ learningRate: 0.1, b2: 0.8, momentumDecay: 0.5, weightDecay: 0.2 }),
    elementwise(() => {
      const [m, v] = [mean(0.9), mean(0.8)];
      let product = 1;
      return (g, p, t) => {
        const [now, next] = [t, t + 1].map((s) => 0.9 * (1 - 0.5 * 0.96 ** (s * 0.5)));
        product = Math.fround(product * Math.fround(now));
        const ahead = ((1 - now) / (1 - product)) * g + (next / (1 - product * next)) * m(g);
        return -0.1 * (ahead / (Math.sqrt(v(g * g) / (1 - 0.8 ** t)) + 1e-8) + 0.2 * p);
      };
    }),
  ],
  "radam that trusts squares from 4 on": [
    () => optim.scaleByRadam({ b1: 0.7, b2: 0.95, threshold: 4 }),
    elementwise(() => {
      const [m, v] = [mean(0.7), mean(0.95)];
      return (g, _, t) => {
        const longest = 2 / 0.05 - 1;
        const rho = longest - (2 * t * 0.95 ** t) / (1 - 0.95 ** t);
        const [free, squares] = [m(g) / (1 - 0.7 ** t), v(g * g) / (1 - 0.95 ** t)];
        if (rho < 4) return free;
        const r = Math.sqrt(((rho - 4) * (rho - 2) * longest) / ((longest - 4) * (longest - 2) * rho));
        return (r * free) / (Math.sqrt(squares) + 1e-8);
      };
    }),
  ],
  "yogi from another beginning": [
    () => optim.scaleByYogi({ b1: 0.7, b2: 0.8, initialAccumulatorValue: 0.1 }),
    elementwise(() => {
      const m = mean(0.7, 0.1);
      let v = 0.1;
      return (g, _, t) => {
        v -= 0.2 * Math.sign(v - g * g) * g * g;
        return m(g) / (1 - 0.7 ** t) / (Math.sqrt(v / (1 - 0.8 ** t)) + 1e-3);
      };
    }),
  ],
  "belief with Nesterov's look ahead": [
    () => optim.scaleByBelief({ b1: 0.7, b2: 0.8, eps: 0.01, epsRoot: 0.001, nesterov: true }),
    elementwise(() => {
      const m = mean(0.7);
      let s = 0;
      return (g, _, t) => {
        const mu = m(g);
        s = 0.8 * s + 0.2 * (g - mu) ** 2 + 0.001;
        const ahead = (0.7 * mu) / (1 - 0.7 ** (t + 1)) + (0.3 * g) / (1 - 0.7 ** t);
        return ahead / (Math.sqrt(s / (1 - 0.8 ** t)) + 0.01);
      };
    }),
  ],
  "rms with means freed of their beginning": [
    () => optim.scaleByRms({ decay: 0.8, eps: 0.01, biasCorrection: true, epsInRoot: false }),
    elementwise(() => {
      const v = mean(0.8);
      return (g, _, t) => g / (Math.sqrt(v(g * g) / (1 - 0.8 ** t)) + 0.01);
    }),
  ],
  "stddev from another beginning": [
    () => optim.scaleByStddev({ decay: 0.8, eps: 0.01, initialScale: 0.5 }),
    elementwise(() => {
      const [m, v] = [mean(0.8), mean(0.8, 0.5)];
      return (g) => g / Math.sqrt(v(g * g) - m(g) ** 2 + 0.01);
    }),
  ],
  "adagrad with a rate that decays, as in PyTorch": [
    () => optim.adagrad({ learningRate: 0.1, rateDecay: 0.5, initialAccumulatorValue: 0, eps: 0.01, epsInRoot: false, l2: 0.1 }),
    elementwise(() => {
      let sum = 0;
      return (g, p, t) => {
        const d = g + 0.1 * p;
        sum += d * d;
        return ((-0.1 / (1 + 0.5 * (t - 1))) * d) / (Math.sqrt(sum) + 0.01);
      };
    }),
  ],
  adadelta: [
    () => optim.scaleByAdadelta({ rho: 0.7, eps: 0.01 }),
    elementwise(() => {
      const [eG, eX] = [mean(0.7), mean(0.7)];
      let before = 0;
      return (g) => {
        const update = (Math.sqrt(before + 0.01) / Math.sqrt(eG(g * g) + 0.01)) * g;
        before = eX(update * update);
        return update;
      };
    }),
  ],
  lion: [
    () => optim.scaleByLion({ b1: 0.6, b2: 0.8 }),
    elementwise(() => {
      const m = mean(0.8);
      let before = 0;
      return (g) => {
        const update = Math.sign(0.6 * before + 0.4 * g);
        before = m(g);
        return update;
      };
    }),
  ],
  "rprop at once": [
    () => optim.rprop({ learningRate: 0.1, etaMinus: 0.4, etaPlus: 1.5, minStepSize: 0.03, maxStepSize: 0.3, delayed: false }),
    elementwise(() => {
      let [size, before] = [0.1, 0];
      return (g) => {
        const agreement = Math.sign(g) * Math.sign(before);
        if (agreement !== 0) size = Math.min(0.3, Math.max(0.03, size * (agreement > 0 ? 1.5 : 0.4)));
        before = agreement < 0 ? 0 : g;
        return -size * Math.sign(before);
      };
    }),
  ],
  "trust ratio with a least length": [
    () => optim.scaleByTrustRatio({ minNorm: 1.5, trustCoefficient: 0.5, eps: 0.1 }),
    () => (g, p) => g.map((x) => (x * 0.5 * Math.max(1.5, length(p))) / (Math.max(1.5, length(g)) + 0.1)),
  ],
  "parameters' length": [() => optim.scaleByParamBlockNorm(2.5), () => (g, p) => g.map((x) => x * Math.max(2.5, length(p)))],
  "parameters' root mean square": [
    () => optim.scaleByParamBlockRms(0.9),
    () => (g, p) => g.map((x) => x * Math.max(0.9, length(p) / Math.sqrt(p.length))),
  ],
  "novograd with weight decay": [
    () => optim.scaleByNovograd({ b1: 0.7, b2: 0.8, eps: 0.01, weightDecay: 0.1 }),
    () => {
      let nu: number | undefined;
      let mu: readonly number[] = [0, 0, 0];
      return (g, p) => {
        const squares = length(g) ** 2;
        nu = nu === undefined ? squares : 0.8 * nu + 0.2 * squares;
        const divisor = Math.sqrt(nu) + 0.01;
        mu = mu.map((m, i) => 0.7 * m + g[i] / divisor + 0.1 * p[i]);
        return mu;
      };
    },
  ],
  "sm3 with means": [
    () => optim.scaleBySm3({ b1: 0.7, b2: 0.8 }),
    elementwise(() => {
      const m = mean(0.7);
      let v = 0;
      return (g) => {
        v = 0.2 * g * g + 0.8 * v;
        return m(v > 0 ? g / Math.sqrt(v + 1e-8) : 0);
      };
    }),
  ],
  "a factored mean that keeps all of a vector": [
    () => optim.scaleByFactoredRms({ minDimSizeToFactor: 1, stepOffset: 1 }),
    elementwise(() => {
      let v = 0;
      return (g, _, t) => {
        const decay = Math.fround(1 - Math.fround(Math.max(1, t - 1) ** Math.fround(-0.8)));
        v = decay * v + (1 - decay) * (g * g + 1e-30);
        return g / Math.sqrt(v);
      };
    }),
  ],
};

const gradients = fc.array(fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 }), {
  minLength: 4,
  maxLength: 4,
});
const wide = (xs: readonly number[]): NDArray => arrayOf("float64", xs);

describe.each(Object.entries(rows))("%s", (_, [make, rule]) => {
  it("is its formula, eager and compiled", () => {
    const optimizer = make();
    const update = (g: NDArray, state: unknown, p: NDArray): readonly [NDArray, unknown] => optimizer.update(g, state, p);
    const compiled = jit(update);
    fc.assert(
      fc.property(gradients, (steps) => {
        const p = [1, -2, 0.5];
        for (const run of [update, compiled]) {
          const expected = rule();
          let state = optimizer.init(wide(p));
          steps.forEach((g, i) => {
            const [updates, next] = run(wide(g), state, wide(p));
            state = next;
            const wanted = expected(g, p, i + 1);
            elements(updates).forEach((u, j) => expect(Math.abs(u - wanted[j])).toBeLessThan(1e-9 * Math.max(1, Math.abs(wanted[j]))));
          });
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe("directions of matrices", () => {
  it("factored means are an outer product of rows and columns", () => {
    const g = np.array(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      { dtype: "float64" },
    );
    const optimizer = optim.scaleByFactoredRms<NDArray>({ minDimSizeToFactor: 2, eps: 0 });
    const [updates, state] = optimizer.update(g, optimizer.init(g));
    // The largest axis is the last: rows are means over it.
    expect(state.vRow.toArray()).toEqual([14 / 3, 77 / 3]);
    expect(state.vCol.toArray()).toEqual([8.5, 14.5, 22.5]);
    expect(state.v.shape).toEqual([]);
    const overall = (14 / 3 + 77 / 3) / 2;
    expect(elements(updates)[5]).toBeCloseTo(6 / Math.sqrt(((77 / 3) * 22.5) / overall), 12);
    const [transposed] = optimizer.update(g.transpose(), optimizer.init(g.transpose()));
    expect(elements(transposed.transpose())).toEqual(elements(updates).map((x) => expect.closeTo(x, 12)));
  });

  it("factored means of small or flat leaves are whole", () => {
    const optimizer = optim.scaleByFactoredRms<NDArray>();
    expect(optimizer.init(np.ones([127, 400])).v.shape).toEqual([127, 400]);
    expect(optimizer.init(np.ones([128, 400, 2])).vRow.shape).toEqual([128, 2]);
    expect(optim.scaleByFactoredRms<NDArray>({ factored: false }).init(np.ones([128, 400])).v.shape).toEqual([128, 400]);
  });

  it("sm3 keeps one accumulator an axis, the least of which counts", () => {
    const optimizer = optim.scaleBySm3<{ w: NDArray; s: NDArray }>({ b1: 0, eps: 0 });
    const grads = {
      w: np.array(
        [
          [1, 2],
          [3, 4],
        ],
        { dtype: "float64" },
      ),
      s: np.array(2, { dtype: "float64" }),
    };
    const [first, state] = optimizer.update(grads, optimizer.init(grads));
    expect(elements(first.w)).toEqual([1, 1, 1, 1]);
    expect(first.s.item()).toBe(1);
    const [second] = optimizer.update(grads, state);
    // Accumulators are 4 and 16 for the rows, 9 and 16 for the columns.
    expect(elements(second.w)).toEqual(
      [1 / Math.sqrt(5), 2 / Math.sqrt(8), 3 / Math.sqrt(18), 4 / Math.sqrt(32)].map((x) => expect.closeTo(x, 12)),
    );
    expect(second.s.item()).toBeCloseTo(2 / Math.sqrt(8), 12);
  });

  it("adafactor's steps are in proportion to the parameters, and limited", () => {
    const p = wide([3, 4]);
    const only = optim.adafactor<NDArray>({ learningRate: 0.1, clippingThreshold: null, weightDecayRate: 0.01, momentum: 0.5 });
    const [updates] = only.update(wide([1, -5]), only.init(p), p);
    const rms = 5 / Math.sqrt(2);
    expect(elements(updates)).toEqual([expect.closeTo(-(0.5 * 0.1 * rms + 0.03), 12), expect.closeTo(0.5 * 0.1 * rms - 0.04, 12)]);
    const bare = optim.adafactor<NDArray>({ multiplyByParameterScale: false, clippingThreshold: 0.5 });
    expect(elements(bare.update(wide([1, -5]), bare.init(p), p)[0])).toEqual([expect.closeTo(-0.5, 12), expect.closeTo(0.5, 12)]);
  });

  it("decay and trust ratios pass over what their masks leave out", () => {
    const params = { w: wide([3, 4]), b: wide([1]) };
    const grads = { w: wide([1, 0]), b: wide([1]) };
    const weights = (path: readonly (string | number)[]): boolean => path.at(-1) === "w";
    const decay = optim.addDecayedWeights(0.5, { mask: weights });
    const [decayed] = decay.update(grads, decay.init(params), params);
    expect([elements(decayed.w), elements(decayed.b)]).toEqual([[2.5, 2], [1]]);
    const only = optim.lars({ learningRate: 1, trustCoefficient: 1, momentum: 0, trustRatioMask: { w: true, b: false } });
    const [scaled] = only.update(grads, only.init(params), params);
    expect([elements(scaled.w), elements(scaled.b)]).toEqual([[-5, -0], [-1]]);
  });

  it("a trust ratio of nothing is 1", () => {
    const ratio = optim.scaleByTrustRatio();
    const at = (g: readonly number[], p: readonly number[]): number[] => elements(ratio.update(wide(g), ratio.init(wide(p)), wide(p))[0]);
    expect(at([2, 0], [0, 0])).toEqual([2, 0]);
    expect(at([0, 0], [1, 1])).toEqual([0, 0]);
  });

  it("what needs the parameters says so; a decay of 0 needs none", () => {
    const w = optim.adamw({ learningRate: 0.1 });
    expect(() => w.update(wide([1]), w.init(wide([1])))).toThrow("addDecayedWeights: expected the parameters, got nothing");
    const l2 = optim.adam({ learningRate: 0.1, l2: 0.1 });
    expect(() => l2.update(wide([1]), l2.init(wide([1])))).toThrow("adam: expected the parameters, got nothing");
    const none = optim.adadelta();
    expect(none.update(wide([0]), none.init(wide([1])))[0].item()).toBe(-0);
  });
});
