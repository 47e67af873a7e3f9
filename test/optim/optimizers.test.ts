// Gradient transformations: states and updates as trees; schedules; derivatives through steps; chains; misuse. Values are
// compared with Optax and PyTorch in test/reference.

import { describe, expect, it } from "vitest";
import { type NDArray, OptionError, TreeError, grad, jit, numpy as np, optim, vmap } from "../../src/index.js";
import { elements } from "../ops/rules.js";

const tree = (): { layers: [NDArray, NDArray]; scale: NDArray } => ({ layers: [np.ones([2]), np.zeros([1])], scale: np.array(3) });

describe("gradient transformations", () => {
  it("keep the trees' structure, dtypes and types", () => {
    const params = { ...tree(), wide: np.array([1], { dtype: "float64" }) };
    const optimizer = optim.adam<typeof params>({ learningRate: 0.1 });
    const state: optim.StateOf<typeof optimizer> = optimizer.init(params);
    const [updates, next] = optimizer.update(params, state, params);
    expect(updates.layers.map((u) => u.shape)).toEqual([[2], [1]]);
    expect(updates.wide.dtype).toBe("float64");
    expect(next[0].mu.layers[0].toArray()).toEqual([expect.closeTo(0.1, 6), expect.closeTo(0.1, 6)]);
    expect(next[0].count.item()).toBe(1);
    // The first step of Adam is the learning rate, whatever the gradient's size, once it is not zero.
    expect(updates.scale.item()).toBeCloseTo(-0.1, 6);
    expect(updates.layers[1].item()).toBe(-0);
    expect(optimizer.init(params)[0].count.item()).toBe(0);
  });

  it("need no type argument where the state is not looked into", () => {
    const optimizer = optim.sgd({ learningRate: 0.5, momentum: 0.9 });
    const params = tree();
    const [updates, state] = optimizer.update(params, optimizer.init(params));
    const moved = optim.applyUpdates(params, updates);
    expect(moved.scale.item()).toBe(1.5);
    expect(state[1].count.item()).toBe(1);
  });

  it("take schedules and arrays as learning rates, compiled too", () => {
    const schedule = optim.sgd<NDArray>({ learningRate: (step) => np.divide(1, step.add(1)) });
    const step = jit((x: NDArray, state: optim.StateOf<typeof schedule>) => schedule.update(np.onesLike(x), state, x));
    let state = schedule.init(np.array(0));
    const rates = [0, 1, 2].map(() => {
      const [updates, next] = step(np.array(0), state);
      state = next;
      return updates.item();
    });
    expect(rates).toEqual([-1, -0.5, Math.fround(-1 / 3)]);
    expect(step.cacheSize).toBe(1);
    const traced = (rate: NDArray): NDArray => {
      const optimizer = optim.adam<NDArray>({ learningRate: rate });
      return optimizer.update(np.array(2), optimizer.init(np.array(0)))[0];
    };
    expect(jit(traced)(0.25).item()).toBeCloseTo(-0.25, 6);
    expect(elements(vmap(traced)(np.array([0.1, 0.2])))).toEqual([expect.closeTo(-0.1, 6), expect.closeTo(-0.2, 6)]);
  });

  it("have derivatives through their steps", () => {
    const target = (rate: NDArray): NDArray => {
      const optimizer = optim.adam<NDArray>({ learningRate: rate, epsRoot: 1e-12 });
      let [x, state] = [np.array(1, { dtype: "float64" }), optimizer.init(np.array(1, { dtype: "float64" }))];
      for (let i = 0; i < 3; i++) {
        const [updates, next] = optimizer.update(grad((v: NDArray) => v.square())(x), state, x);
        [x, state] = [optim.applyUpdates(x, updates), next];
      }
      return x.square();
    };
    const at = (x: number): NDArray => np.array(x, { dtype: "float64" });
    const h = 1e-5;
    expect(grad(target)(at(0.1)).item()).toBeCloseTo((target(at(0.1 + h)).item() - target(at(0.1 - h)).item()) / (2 * h), 6);
  });

  it("chain in order, each state its own", () => {
    const double: optim.GradientTransformation<NDArray, NDArray> = {
      init: () => np.array(0),
      update: (g, n) => [g.mul(2), n.add(1)],
    };
    const both = optim.chain(double, optim.scaleByLearningRate(0.1), double);
    const [updates, [first, , third]] = both.update(np.array(3), both.init(np.array(0)));
    expect(updates.item()).toBeCloseTo(-1.2, 6);
    expect([first.item(), third.item()]).toEqual([1, 1]);
  });

  it("small ones: scale, signs, a rate that keeps the sign, identity", () => {
    const g = np.array([2, -3, 0]);
    const of = (t: optim.TreeTransformation<unknown>, steps = 1): number[] => {
      let [updates, state] = t.update(g, t.init(g));
      for (let i = 1; i < steps; i++) [updates, state] = t.update(g, state);
      return elements(updates);
    };
    expect(of(optim.scale(-2))).toEqual([-4, 6, -0]);
    expect(
      of(
        optim.scale((step) => step.add(1)),
        3,
      ),
    ).toEqual([6, -9, 0]);
    expect(of(optim.scaleBySign())).toEqual([1, -1, 0]);
    expect(of(optim.scaleByLearningRate(0.5, { flipSign: false }))).toEqual([1, -1.5, 0]);
    const [same, nothing] = optim.identity().update(g, []);
    expect(same).toBe(g);
    expect(nothing).toEqual([]);
  });

  it("applyUpdates keeps the parameters' dtypes, and never narrows on the way", () => {
    const params = np.array([1 + 2 ** -40], { dtype: "float64" });
    expect(elements(optim.applyUpdates(params, np.array([0])))).toEqual([1 + 2 ** -40]);
    expect(optim.applyUpdates(np.array([1]), params).dtype).toBe("float32");
  });

  it("the count stays at the largest int32", () => {
    const optimizer = optim.scaleByLearningRate<NDArray>(1);
    const last = { ...optimizer.init(np.array(0)), count: np.array(2 ** 31 - 1, { dtype: "int32" }) };
    const [, { count }] = optimizer.update(np.array(0), last);
    expect(count.item()).toBe(2 ** 31 - 1);
  });
});

const withOptions: Readonly<Record<string, (options: never) => unknown>> = {
  adabelief: optim.adabelief,
  adadelta: optim.adadelta,
  adafactor: optim.adafactor,
  adagrad: optim.adagrad,
  adam: optim.adam,
  adamax: optim.adamax,
  adamaxw: optim.adamaxw,
  adamw: optim.adamw,
  amsgrad: optim.amsgrad,
  lamb: optim.lamb,
  lars: optim.lars,
  lion: optim.lion,
  nadam: optim.nadam,
  nadamw: optim.nadamw,
  novograd: optim.novograd,
  radam: optim.radam,
  rmsprop: optim.rmsprop,
  rprop: optim.rprop,
  sgd: optim.sgd,
  sm3: optim.sm3,
  yogi: optim.yogi,
  scaleByAdadelta: optim.scaleByAdadelta,
  scaleByAdam: optim.scaleByAdam,
  scaleByAdamax: optim.scaleByAdamax,
  scaleByAmsgrad: optim.scaleByAmsgrad,
  scaleByBelief: optim.scaleByBelief,
  scaleByFactoredRms: optim.scaleByFactoredRms,
  scaleByLion: optim.scaleByLion,
  scaleByNadam: optim.scaleByNadam,
  scaleByNovograd: optim.scaleByNovograd,
  scaleByRadam: optim.scaleByRadam,
  scaleByRms: optim.scaleByRms,
  scaleByRprop: optim.scaleByRprop,
  scaleByRss: optim.scaleByRss,
  scaleBySm3: optim.scaleBySm3,
  scaleByStddev: optim.scaleByStddev,
  scaleByTrustRatio: optim.scaleByTrustRatio,
  scaleByYogi: optim.scaleByYogi,
  trace: optim.trace,
};

describe("misuse", () => {
  it("options out of range or misspelt are refused when the optimizer is made", () => {
    expect(() => optim.adam({ learningRate: 0.1, b1: 1 })).toThrow("adam: expected b1 from 0 up to, not including, 1, got 1");
    expect(() => optim.sgd({ learningRate: 0.1, momentum: -0.1 })).toThrow(
      "trace: expected decay from 0 up to, not including, 1, got -0.1",
    );
    expect(() => optim.sgd({ learningRate: NaN })).toThrow("scaleByLearningRate: expected learningRate to be a finite number, got NaN");
    expect(() => optim.sgd({ learningRate: np.ones([2]) })).toThrow("expected one number as learningRate, got float32[2]");
    const misspelt = { learningRate: 0.1, lr: 1 };
    expect(() => optim.adam(misspelt)).toThrow("adam: expected options among learningRate, b1, b2, eps, epsRoot, nesterov, l2, got lr");
    const empty = {} as optim.SgdOptions;
    expect(() => optim.sgd(empty)).toThrow("expected learningRate as a number, a scalar array or a schedule, got nothing");
  });

  it.each(Object.entries(withOptions))("%s refuses an option that does not exist, and lists those that do", (_, make) => {
    const options = { misspelt: 1 };
    expect(() => make(options as never)).toThrow(OptionError);
    expect(() => make(options as never)).toThrow(/expected options among [a-zA-Z0-9, ]+, got misspelt/);
  });

  it("trees that do not match are refused, with their paths", () => {
    const optimizer = optim.adam({ learningRate: 0.1 });
    const state = optimizer.init(tree());
    const other = { layers: [np.ones([2])], scale: np.array(3) };
    expect(() => optimizer.update(other, state)).toThrow(TreeError);
    expect(() => optimizer.update(other, state)).toThrow(".layers");
    expect(() => optim.applyUpdates(tree(), { scale: np.array(1) })).toThrow(TreeError);
  });
});
