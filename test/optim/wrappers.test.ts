// Wrappers: what they pass on, what they hold back, and what they remember.

import { describe, expect, it } from "vitest";
import { type NDArray, jit, numpy as np, optim, random, vmap } from "../../src/index.js";
import { treeLeaves } from "../../src/tree/index.js";
import { arrayOf, elements } from "../ops/rules.js";

const wide = (...xs: number[]): NDArray => arrayOf("float64", xs);

/** The updates of each of the gradients in turn, and the last state. */
function run<State>(
  t: optim.GradientTransformation<NDArray, State>,
  gradients: readonly NDArray[],
  params = gradients[0],
): [number[][], State] {
  let state = t.init(params);
  const updates = gradients.map((g) => {
    const [u, next] = t.update(g, state, params);
    state = next;
    return elements(u);
  });
  return [updates, state];
}

describe("applyIfFinite", () => {
  const bad = [wide(1), wide(NaN), wide(Infinity), wide(NaN), wide(1)];

  it("holds back what is not finite, and gives up after too many in a row", () => {
    const [updates, state] = run(optim.applyIfFinite(optim.trace<NDArray>({ decay: 0.5 }), 2), bad);
    expect(updates).toEqual([[1], [0], [0], [NaN], [NaN]]);
    expect([state.notFiniteCount.item(), state.totalNotFinite.item(), state.lastFinite.toArray()]).toEqual([0, 3, true]);
  });

  it("goes on as if nothing had been, where they are few", () => {
    const t = optim.applyIfFinite(optim.trace<NDArray>({ decay: 0.5 }), 5);
    const [updates, state] = run(t, bad);
    expect(updates).toEqual([[1], [0], [0], [0], [1.5]]);
    expect(state.innerState.count.item()).toBe(2);
    expect(() => optim.applyIfFinite(optim.identity(), -1)).toThrow(
      "applyIfFinite: expected maxConsecutiveErrors, an integer of at least 0, got -1",
    );
  });
});

const layers = () => ({ encoder: { w: np.ones([2, 2]), b: np.ones([2]) }, head: { w: np.ones([2, 2]), b: np.ones([2]) } });

describe("masked", () => {
  const grads = layers();

  it("takes a tree, a prefix of one, or a function", () => {
    const byTree = optim.masked(optim.scale(2), { encoder: { w: true, b: false }, head: false });
    const byFunction = optim.masked(optim.scale(2), (path, leaf) => path[0] === "encoder" && leaf.ndim === 2);
    for (const t of [byTree, byFunction]) {
      const [updates] = t.update(grads, t.init(grads));
      expect(updates.encoder.w.toArray()).toEqual([
        [2, 2],
        [2, 2],
      ]);
      expect(updates.encoder.b).toBe(grads.encoder.b);
      expect(updates.head.w).toBe(grads.head.w);
    }
  });

  it("keeps no state for what it leaves out", () => {
    const t = optim.masked(optim.trace({ decay: 0.9 }), { encoder: false, head: { w: false, b: true } });
    const { innerState } = t.init(grads);
    expect(innerState.trace).toEqual({ encoder: { w: null, b: null }, head: { w: null, b: expect.anything() } });
    const [, next] = t.update(grads, t.init(grads));
    expect(treeLeaves(next.innerState.trace)).toHaveLength(1);
  });

  it("refuses masks that do not fit", () => {
    const t = optim.masked(optim.scale(2), { encoder: true });
    expect(() => t.init(grads)).toThrow("masked");
    const odd = optim.masked(optim.scale(2), (() => 1) as unknown as optim.MaskFunction);
    expect(() => odd.init(grads)).toThrow("masked: expected mask to give a boolean for every leaf, got number at .encoder.b");
  });
});

describe("partition", () => {
  it("sends each leaf to the transformation of its label", () => {
    const t = optim.partition({ slow: optim.scale(0.5), fast: optim.trace({ decay: 0.9 }) }, { encoder: "slow", head: "fast" });
    const [updates, state] = t.update(layers(), t.init(layers()));
    expect(updates.encoder.b.toArray()).toEqual([0.5, 0.5]);
    expect(updates.head.b.toArray()).toEqual([1, 1]);
    expect(treeLeaves(state.innerStates.fast.trace)).toHaveLength(2);
    expect(state.innerStates.slow.count.item()).toBe(1);
  });

  it("gives each transformation the lengths of its own leaves only", () => {
    const t = optim.partition({ a: optim.clipByGlobalNorm(1), b: optim.identity() }, (path) => (path[0] === 0 ? "a" : "b"));
    const [updates] = t.update([wide(0.6), wide(100)], t.init([wide(0.6), wide(100)]));
    expect(updates.map((u) => u.item())).toEqual([0.6, 100]);
  });

  it("refuses labels without transformation", () => {
    const t = optim.partition({ a: optim.identity() }, { encoder: "a", head: "b" });
    expect(() => t.init(layers())).toThrow('partition: expected labels among a, got "b" at .head.b');
  });

  it("freeze and setToZero stop what they concern", () => {
    const t = optim.chain(
      optim.scale(3),
      optim.freeze((path) => path[0] === "encoder"),
    );
    const [updates] = t.update(layers(), t.init(layers()));
    expect([updates.encoder.b.toArray(), updates.head.b.toArray()]).toEqual([
      [0, 0],
      [3, 3],
    ]);
    expect(elements(optim.setToZero().update(wide(1, NaN), [])[0])).toEqual([0, 0]);
  });
});

describe("multiSteps", () => {
  it("updates with the mean of every k gradients, and the inner schedule counts updates", () => {
    const seen = optim.multiSteps(
      optim.scale<NDArray>((step) => step.add(1).astype("float64")),
      3,
    );
    const [updates, state] = run(
      seen,
      [3, 6, 9, 1, 1, 4, 7].map((x) => wide(x)),
    );
    expect(updates.map(([u]) => u)).toEqual([0, 0, 6, 0, 0, 4, 0]);
    expect([state.miniStep.item(), state.gradientStep.item(), state.accumulated.item()]).toEqual([1, 2, 7]);
    expect(state.innerState.count.item()).toBe(2);
  });

  it("sums if asked, and takes k from the number of updates", () => {
    const t = optim.multiSteps(optim.identity<NDArray>(), (updates) => updates.add(1), { useGradMean: false });
    const [updates] = run(
      t,
      [1, 2, 3, 4, 5, 6].map((x) => wide(x)),
    );
    expect(updates.map(([u]) => u)).toEqual([1, 0, 5, 0, 0, 15]);
  });

  it("skips gradients that should not count", () => {
    const t = optim.multiSteps(optim.identity<NDArray>(), 2, { shouldSkip: optim.skipNotFinite });
    const [updates, state] = run(t, [wide(1), wide(NaN), wide(3), wide(Infinity)]);
    expect(updates.map(([u]) => u)).toEqual([0, 0, 2, 0]);
    expect([state.miniStep.item(), state.gradientStep.item()]).toEqual([0, 1]);
    const large = optim.skipLargeUpdates(5);
    expect([wide(3, 3.9), wide(3, 4), wide(NaN)].map((g) => large(g).toArray())).toEqual([false, true, true]);
    expect(() => optim.skipLargeUpdates(0)).toThrow("skipLargeUpdates: expected a positive maxNorm, got 0");
  });

  it("refuses a k that is no positive integer", () => {
    expect(() => optim.multiSteps(optim.identity(), 0)).toThrow("multiSteps: expected everyK, an integer of at least 1, got 0");
    expect(() => optim.multiSteps(optim.identity(), 1.5)).toThrow("got 1.5");
  });
});

describe("lookahead", () => {
  it("lets the slow parameters follow a part of the way, and the fast ones go on from there", () => {
    const t = optim.lookahead(optim.sgd<NDArray>({ learningRate: 1 }), { syncPeriod: 2, slowStepSize: 0.25 });
    let params = optim.lookaheadParams(wide(8));
    let state = t.init(params);
    const path = [1, 3, 1, 1].map((g) => {
      const [updates, next] = t.update(wide(g), state, params);
      [params, state] = [optim.applyUpdates(params, updates), next];
      return [params.fast.item(), params.slow.item()];
    });
    expect(path).toEqual([
      [7, 8],
      [7, 7], // fast reached 4; a quarter of the way from 8 is 7
      [6, 7],
      [6.5, 6.5],
    ]);
    expect([state.stepsSinceSync.item(), state.syncs.item()]).toEqual([0, 2]);
  });

  it("forgets the fast state if asked", () => {
    const make = (resetState: boolean) =>
      optim.lookahead(optim.trace<NDArray>({ decay: 0.5 }), { syncPeriod: 1, slowStepSize: 1, resetState });
    const after = (resetState: boolean): number => {
      const [t, params] = [make(resetState), optim.lookaheadParams(wide(0))];
      return t.update(wide(1), t.init(params), params)[1].fastState.trace.item();
    };
    expect([after(false), after(true)]).toEqual([1, 0]);
  });
});

describe("conditional transformations", () => {
  const every2nd = (step: NDArray): NDArray => np.remainder(step, 2).equal(1);
  const ones = [wide(1), wide(1), wide(1), wide(1)];

  it("pass updates through, or hold them back, where the condition does not hold; the inner state rests", () => {
    const inner = (): optim.Transformation<NDArray, optim.TraceState<NDArray>> => optim.trace<NDArray>({ decay: 1 - 2 ** -1 });
    expect(run(optim.conditionallyTransform(inner(), every2nd), ones)[0]).toEqual([[1], [1], [1], [1.5]]);
    expect(run(optim.conditionallyMask(inner(), every2nd), ones)[0]).toEqual([[0], [1], [0], [1.5]]);
  });

  it("may ask the extras", () => {
    const t = optim.conditionallyMask(optim.identity<NDArray>(), (_, { value }) => np.less(value ?? 0, 1));
    const [low] = t.update(wide(1), t.init(wide(1)), wide(1), { value: 0.5 });
    const [high] = t.update(wide(1), t.init(wide(1)), wide(1), { value: 2 });
    expect([low.item(), high.item()]).toEqual([1, 0]);
  });
});

describe("injectHyperparams", () => {
  it("keeps hyperparameters in the state, where they can be changed without a new compilation", () => {
    const t = optim.injectHyperparams(({ learningRate }) => optim.sgd<NDArray>({ learningRate, momentum: 0.5 }), { learningRate: 0.1 });
    const step = jit((g: NDArray, state: optim.StateOf<typeof t>) => t.update(g, state));
    const [first, state] = step(wide(1), t.init(wide(1)));
    const [second, next] = step(wide(0), { ...state, hyperparams: { learningRate: wide(0.2).reshape([]) } });
    expect([first.item(), second.item()]).toEqual([-0.1, -0.1]);
    expect(step.cacheSize).toBe(1);
    expect(optim.appliedHyperparams(next)["learningRate"].item()).toBe(0.2);
  });

  it("evaluates schedules anew, and can be batched over", () => {
    const t = optim.injectHyperparams(optim.sgd<NDArray>, { learningRate: (step) => np.divide(1, step.add(1)) });
    expect(run(t, [wide(1), wide(1)])[0]).toEqual([[-1], [-0.5]]);
    const rates = vmap((learningRate: NDArray) => {
      const one = optim.injectHyperparams(optim.sgd<NDArray>, { learningRate });
      return one.update(wide(1), one.init(wide(1)))[0];
    })(wide(0.5, 0.25));
    expect(rates.toArray()).toEqual([[-0.5], [-0.25]]);
    expect(() => optim.injectHyperparams(optim.sgd, { learningRate: NaN })).toThrow("injectHyperparams: expected learningRate");
  });
});

describe("ema", () => {
  it("is the mean with discounted past, freed of its beginning or not", () => {
    const gradients = [wide(1), wide(2)];
    expect(run(optim.ema<NDArray>({ decay: 0.5, debias: false }), gradients)[0]).toEqual([[0.5], [1.25]]);
    const [[[one], [two]]] = run(optim.ema<NDArray>({ decay: 0.5 }), gradients);
    expect([one, two]).toEqual([expect.closeTo(1, 14), expect.closeTo(1.25 / 0.75, 14)]);
    expect(() => optim.ema({ decay: 1 })).toThrow("ema: expected decay from 0 up to, not including, 1, got 1");
  });
});

describe("addNoise", () => {
  const zeros = (): NDArray => np.zeros([4000], { dtype: "float64" });
  const variance = (xs: readonly number[]): number => xs.reduce((sum, x) => sum + x * x, 0) / xs.length;

  it("adds noise of the variance eta / t^gamma, new at each step, the same for the same seed", () => {
    const t = optim.addNoise<NDArray>({ eta: 0.04, gamma: 1, seed: 5 });
    const [[first, second], state] = run(t, [zeros(), zeros()]);
    expect(Math.abs(variance(first) / 0.04 - 1)).toBeLessThan(0.1);
    expect(Math.abs(variance(second) / 0.02 - 1)).toBeLessThan(0.1);
    expect(run(t, [zeros()])[0][0]).toEqual(first);
    expect(run(optim.addNoise<NDArray>({ eta: 0.04, gamma: 1, seed: 6 }), [zeros()])[0][0]).not.toEqual(first);
    expect(state.key.dtype).toBe("uint32");
  });

  it("differs from leaf to leaf, takes keys, and can be batched over them", () => {
    const t = optim.addNoise<NDArray[]>({ eta: 1, gamma: 0, key: random.key(3) });
    const [a, b] = t.update([np.zeros([3]), np.zeros([3])], t.init([np.zeros([3]), np.zeros([3])]))[0];
    expect(elements(a)).not.toEqual(elements(b));
    const drawn = vmap((key: NDArray) => {
      const one = optim.addNoise<NDArray>({ eta: 1, gamma: 0, key });
      return one.update(np.zeros([3]), one.init(np.zeros([3])))[0];
    })(random.split(random.key(0), 2));
    expect(elements(drawn).slice(0, 3)).not.toEqual(elements(drawn).slice(3));
    expect(() => optim.addNoise({ eta: 1, gamma: 1, key: np.array(1) })).toThrow("addNoise: expected one key");
  });
});
