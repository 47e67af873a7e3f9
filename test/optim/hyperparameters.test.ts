// Hyperparameters: numbers, arrays and schedules of all of them; what was applied, read out of the state; derivatives and
// batches of them; misuse.

import { describe, expect, it } from "vitest";
import { type NDArray, grad, jit, numpy as np, optim, vmap } from "../../src/index.js";
import { arrayOf, elements } from "../ops/rules.js";

const wide = (...xs: readonly number[]): NDArray => arrayOf("float64", xs);
const scalar = (x: number): NDArray => np.array(x, { dtype: "float64" });
const numbers = (applied: Readonly<Record<string, NDArray>>): Record<string, number> =>
  Object.fromEntries(Object.entries(applied).map(([name, value]) => [name, value.item()]));

/** The updates of `steps` steps with one gradient. */
function updatesOf(optimizer: optim.GradientTransformation<NDArray, unknown>, g: NDArray, steps: number): number[] {
  let state = optimizer.init(g);
  return Array.from({ length: steps }, () => {
    const [updates, next] = optimizer.update(g, state, g);
    state = next;
    return updates.item();
  });
}

describe("hyperparameters", () => {
  it("numbers, arrays and schedules that give the same are the same", () => {
    const all = { learningRate: 0.1, b1: 0.8, b2: 0.9, eps: 1e-3, epsRoot: 1e-4, weightDecay: 0.3 };
    const arrays = Object.fromEntries(Object.entries(all).map(([name, x]) => [name, scalar(x)])) as unknown as optim.AdamWOptions;
    const schedules = Object.fromEntries(Object.entries(all).map(([name, x]) => [name, () => x])) as unknown as optim.AdamWOptions;
    const expected = updatesOf(optim.adamw(all), wide(0.7), 4);
    for (const options of [arrays, schedules]) {
      updatesOf(optim.adamw(options), wide(0.7), 4).forEach((u, i) => expect(u).toBeCloseTo(expected[i], 14));
    }
  });

  it("numbers are exact beside float64 parameters, and do not widen float32 ones", () => {
    expect(updatesOf(optim.sgd({ learningRate: 0.1 }), wide(1), 1)).toEqual([-0.1]);
    expect(updatesOf(optim.sgd({ learningRate: () => 0.1 }), wide(1), 1)).toEqual([-0.1]);
    const optimizer = optim.adam<NDArray>({ learningRate: scalar(0.1), b1: scalar(0.9) });
    const [updates, [state]] = optimizer.update(np.array([1]), optimizer.init(np.array([1])));
    expect([updates.dtype, state.mu.dtype, state.nu.dtype]).toEqual(["float32", "float32", "float32"]);
  });

  it("schedules get the number of updates done, and momenta follow theirs", () => {
    const seen: number[] = [];
    const decay = (step: NDArray): number => {
      seen.push(step.item());
      return step.item() < 2 ? 0.5 : 0;
    };
    expect(updatesOf(optim.trace({ decay }), wide(1), 4)).toEqual([1, 1.5, 1, 1]);
    // The first is what the state begins with.
    expect(seen).toEqual([0, 0, 1, 2, 3]);
  });

  it("have derivatives", () => {
    const target = (b1: NDArray, weightDecay: NDArray): NDArray => {
      const optimizer = optim.adamw<NDArray>({ learningRate: 0.1, b1, weightDecay });
      let [x, state] = [scalar(1), optimizer.init(scalar(1))];
      for (let i = 0; i < 3; i++) {
        const [updates, next] = optimizer.update(grad((v: NDArray) => v.square().add(np.sin(v)))(x), state, x);
        [x, state] = [optim.applyUpdates(x, updates), next];
      }
      return x;
    };
    const h = 1e-6;
    const at = (b1: number, decay: number): number => target(scalar(b1), scalar(decay)).item();
    const [ofB1, ofDecay] = grad(target, { argnums: [0, 1] })(scalar(0.8), scalar(0.2));
    expect(ofB1.item()).toBeCloseTo((at(0.8 + h, 0.2) - at(0.8 - h, 0.2)) / (2 * h), 6);
    expect(ofDecay.item()).toBeCloseTo((at(0.8, 0.2 + h) - at(0.8, 0.2 - h)) / (2 * h), 6);
  });

  it("may be batched", () => {
    const step = (eps: NDArray): NDArray => {
      const optimizer = optim.rmsprop<NDArray>({ learningRate: 1, eps, decay: eps, momentum: eps, centered: true });
      const [, state] = optimizer.update(wide(2), optimizer.init(wide(2)));
      return optimizer.update(wide(1), state)[0];
    };
    const together = elements(jit(vmap(step))(wide(0.1, 0.5)));
    together.forEach((u, i) => expect(u).toBeCloseTo(step(scalar([0.1, 0.5][i])).item(), 12));
  });
});

describe("appliedHyperparams", () => {
  const halving: optim.Schedule = (step) => np.power(scalar(0.5), step);

  it("tells what the last update applied, compiled too; before the first, what it will apply", () => {
    const optimizer = optim.adamw({ learningRate: halving, weightDecay: 0.25, b1: (step) => np.divide(scalar(1), step.add(2)) });
    const step = jit((g: NDArray, state: optim.StateOf<typeof optimizer>) => optimizer.update(g, state, g));
    let state = optimizer.init(np.ones([2]));
    expect(numbers(optim.appliedHyperparams(state))).toEqual({ learningRate: 1, weightDecay: 0.25, b1: 0.5 });
    const applied = [0, 1, 2].map(() => {
      [, state] = step(np.ones([2]), state);
      return numbers(optim.appliedHyperparams(state));
    });
    expect(applied).toEqual(
      [1, 0.5, 0.25].map((learningRate, i) => ({ learningRate, weightDecay: 0.25, b1: expect.closeTo(1 / (i + 2), 15) })),
    );
    expect(step.cacheSize).toBe(1);
  });

  it("does not trust what a restored state says", () => {
    const before = optim.sgd({ learningRate: 0.5 });
    const after = optim.sgd({ learningRate: 0.125 });
    const [, state] = after.update(wide(1), before.init(wide(1)));
    expect(optim.appliedHyperparams(state)["learningRate"].item()).toBe(0.125);
  });

  it("names by their places what has one name in several", () => {
    const twice = optim.chain(optim.sgd({ learningRate: 0.5 }), optim.sgd({ learningRate: 0.25 }), optim.addDecayedWeights(0.125));
    const state = { trained: twice.init(wide(1)) };
    expect(numbers(optim.appliedHyperparams(state))).toEqual({
      ".trained[0][1].learningRate": 0.5,
      ".trained[1][1].learningRate": 0.25,
      weightDecay: 0.125,
    });
    const outer = optim.chain(twice, optim.scaleByLearningRate(2));
    expect(numbers(optim.appliedHyperparams(outer.init(wide(1))))["learningRate"]).toBe(2);
  });

  it("finds nothing in a state without hyperparameters", () => {
    expect(optim.appliedHyperparams([{ learningRate: np.array(1) }, []])).toEqual({});
  });
});

describe("misuse", () => {
  it("numbers out of range and arrays that are none are refused when the optimizer is made", () => {
    expect(() => optim.adam({ learningRate: 0.1, b2: -0.5 })).toThrow("adam: expected b2 from 0 up to, not including, 1, got -0.5");
    expect(() => optim.adam({ learningRate: 0.1, eps: Infinity })).toThrow(
      "adam: expected eps from 0 up to, not including, Infinity, got Infinity",
    );
    expect(() => optim.addDecayedWeights(-1)).toThrow("addDecayedWeights: expected weightDecay from 0");
    expect(() => optim.adam({ learningRate: 0.1, b1: np.ones([2]) })).toThrow("adam: expected one number as b1, got float32[2]");
    expect(() => optim.sgd({ learningRate: "fast" as never })).toThrow("as a number, a scalar array or a schedule, got string");
    expect(() => optim.scale(null as never)).toThrow("scale: expected scale as a number, a scalar array or a schedule, got null");
    expect(() => optim.rprop({ learningRate: 0.1, minStepSize: 2, maxStepSize: 1 })).toThrow(
      "rprop: expected minStepSize of at most maxStepSize, got 2 and 1",
    );
    expect(() => optim.rprop({ learningRate: (() => 1) as never })).toThrow(
      "rprop: expected learningRate as a number or an array, got a schedule",
    );
    expect(() => optim.amsgrad({ learningRate: 0.1, correctSquares: "later" as never })).toThrow('"before", "after" or "never", got later');
    expect(() => optim.radam({ learningRate: 0.1, threshold: 3 })).toThrow("radam: expected threshold from 4");
    expect(() => optim.sm3({ learningRate: 0.1, momentum: 1 })).toThrow("sm3: expected b1 from 0 up to, not including, 1, got 1");
  });

  it("options that cannot be left out are asked for by name", () => {
    const without = (make: (options: never) => unknown) => () => Reflect.apply(make, undefined, []);
    expect(without(optim.adam)).toThrow("adam: expected an options object with names among learningRate, b1, b2");
    expect(without(optim.sgd)).toThrow("write it as { learningRate: ... }");
    expect(without(optim.cosineDecaySchedule)).toThrow("cosineDecaySchedule: expected an options object with names among initValue");
    expect(without(optim.cyclicSchedule)).toThrow("got nothing");
  });

  it("updates of another shape are refused by their path", () => {
    const apply = () => optim.applyUpdates({ a: [wide(1), wide(1, 2)] }, { a: [wide(1), wide(1)] });
    expect(apply).toThrow("applyUpdates: expected an update of the parameter's shape, float64[2] at params.a[1], got float64[1]");
  });

  it("a chain refuses states of another", () => {
    const [adam, g] = [optim.adam({ learningRate: 1 }), wide(1)];
    const update = (state: unknown) => () => Reflect.apply(adam.update, adam, [g, state, g]);
    expect(update(undefined)).toThrow("chain: expected the states of its 2 parts, in a list, got undefined");
    expect(update(optim.chain(optim.identity()).init(g))).toThrow("got a list of 1");
  });

  it("what a schedule gives is checked when it is there", () => {
    const vector = optim.sgd({ learningRate: () => np.ones([2]) });
    expect(() => vector.init(wide(1))).toThrow("scaleByLearningRate: expected one number as learningRate, got float32[2]");
    const nothing = optim.sgd({ learningRate: (() => undefined) as never });
    expect(() => nothing.init(wide(1))).toThrow("expected learningRate as a number, a scalar array or a schedule, got nothing");
  });
});
