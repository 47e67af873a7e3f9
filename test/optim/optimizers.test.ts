// Optimizers: Optax's path over forty steps, eager and compiled; states and updates as trees; schedules; misuse.

import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { type NDArray, TreeError, grad, jit, numpy as np, optim, valueAndGrad, vmap } from "../../src/index.js";
import { arrayOf, elements } from "../ops/rules.js";

interface Stored {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

interface Run {
  readonly optimizer: string;
  readonly attrs: Readonly<Record<string, number | boolean>>;
  readonly losses: readonly number[];
  readonly final: { readonly w: Stored; readonly b: Stored };
}

interface Reference {
  readonly A: Stored;
  readonly p0: { readonly w: Stored; readonly b: Stored };
  readonly runs: readonly Run[];
}

const file = new URL("../../../shared/reference/optimizers.json", import.meta.url);
const present = existsSync(file);
if (!present) console.warn("optimizers: the reference values are absent, so their tests are skipped");
const reference: Reference | undefined = present ? JSON.parse(readFileSync(file, "utf8")) : undefined;

interface Params {
  readonly w: NDArray;
  readonly b: NDArray;
}

type Optimizer = optim.GradientTransformation<Params, unknown>;

const makers: Readonly<Record<string, (attrs: Run["attrs"]) => Optimizer>> = {
  sgd: ({ learningRate, momentum, nesterov }) =>
    optim.sgd<Params>({ learningRate: Number(learningRate), momentum: Number(momentum ?? 0), nesterov: nesterov === true }),
  adam: ({ learningRate, b1, b2, eps }) =>
    optim.adam<Params>({ learningRate: Number(learningRate), b1: Number(b1 ?? 0.9), b2: Number(b2 ?? 0.999), eps: Number(eps ?? 1e-8) }),
};

const stored = ({ shape, data }: Stored): NDArray => arrayOf("float64", data, shape);
const expectNear = (x: number, expected: number): void =>
  expect(Math.abs(x - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));

describe.skipIf(reference === undefined)("Optax's optimizers", () => {
  const runs = (reference?.runs ?? []).filter(({ optimizer }) => optimizer in makers);

  const loss =
    (A: NDArray) =>
    (p: Params): NDArray =>
      np
        .tanh(np.add(np.matmul(p.w, A), p.b))
        .square()
        .sum()
        .add(np.cos(p.b.mul(3)).sum().mul(0.1))
        .add(p.w.square().sum().mul(0.05));

  it.each(runs.map((run) => [run.optimizer, JSON.stringify(run.attrs), run] as const))("%s %s", (_, __, run) => {
    const { A, p0 } = reference as Reference;
    const optimizer = makers[run.optimizer](run.attrs);
    const step = (params: Params, state: unknown): readonly [NDArray, Params, unknown] => {
      const [value, grads] = valueAndGrad(loss(stored(A)))(params);
      const [updates, next] = optimizer.update(grads, state, params);
      return [value, optim.applyUpdates(params, updates), next];
    };
    for (const run1 of [step, jit(step)]) {
      let params: Params = { w: stored(p0.w), b: stored(p0.b) };
      let state = optimizer.init(params);
      for (const expected of run.losses) {
        const [value, nextParams, nextState] = run1(params, state);
        expectNear(value.item(), expected);
        [params, state] = [nextParams, nextState];
      }
      elements(params.w).forEach((x, i) => expectNear(x, run.final.w.data[i]));
      elements(params.b).forEach((x, i) => expectNear(x, run.final.b.data[i]));
    }
  });
});

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
    const both = optim.chain<NDArray, readonly [NDArray, optim.LearningRateState, NDArray]>(
      double,
      optim.scaleByLearningRate<NDArray>(0.1),
      double,
    );
    const [updates, [first, , third]] = both.update(np.array(3), both.init(np.array(0)));
    expect(updates.item()).toBeCloseTo(-1.2, 6);
    expect([first.item(), third.item()]).toEqual([1, 1]);
  });

  it("applyUpdates keeps the parameters' dtypes, and never narrows on the way", () => {
    const params = np.array([1 + 2 ** -40], { dtype: "float64" });
    expect(elements(optim.applyUpdates(params, np.array([0])))).toEqual([1 + 2 ** -40]);
    expect(optim.applyUpdates(np.array([1]), params).dtype).toBe("float32");
  });

  it("the count stays at the largest int32", () => {
    const optimizer = optim.scaleByLearningRate<NDArray>(1);
    const [, { count }] = optimizer.update(np.array(0), { count: np.array(2 ** 31 - 1, { dtype: "int32" }) });
    expect(count.item()).toBe(2 ** 31 - 1);
  });
});

describe("misuse", () => {
  it("options out of range or misspelt are refused when the optimizer is made", () => {
    expect(() => optim.adam({ learningRate: 0.1, b1: 1 })).toThrow("adam: expected b1 from 0 up to, not including, 1, got 1");
    expect(() => optim.sgd({ learningRate: 0.1, momentum: -0.1 })).toThrow("decay from 0 up to, not including, 1, got -0.1");
    expect(() => optim.sgd({ learningRate: NaN })).toThrow("expected one finite learning rate, got NaN");
    expect(() => optim.sgd({ learningRate: np.ones([2]) })).toThrow("expected one finite learning rate, got float32[2]");
    const misspelt = { learningRate: 0.1, lr: 1 };
    expect(() => optim.adam(misspelt)).toThrow("adam: expected options among learningRate, b1, b2, eps, epsRoot, got lr");
    const empty = {} as optim.SgdOptions;
    expect(() => optim.sgd(empty)).toThrow("expected a learning rate: a number, a scalar array or a schedule, got nothing");
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
