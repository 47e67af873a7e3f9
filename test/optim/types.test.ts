// The example of the design: it must typecheck without type arguments and without casts. What is here runs, too.

import { pipe } from "fp-ts/lib/function.js";
import { describe, expect, expectTypeOf, it } from "vitest";
import { type NDArray, jit, numpy as np, optim, valueAndGrad } from "../../src/index.js";

type Params = { w: NDArray; b: NDArray }[];

const make = (): Params => [{ w: np.array([[1, 2]]), b: np.array([0.5]) }];
const loss = (params: Params, x: NDArray, y: NDArray): NDArray =>
  params
    .reduce((h, { w, b }) => np.matmul(w, h).add(b), x)
    .sub(y)
    .square()
    .mean();

describe("types of optimizers", () => {
  it("a training step needs neither type arguments nor casts", () => {
    const optimizer = optim.adamw({ learningRate: (step) => np.divide(0.1, step.add(1)) });
    const step = jit(
      (params: Params, state: optim.StateOf<typeof optimizer>, x: NDArray, y: NDArray) => {
        const [value, grads] = valueAndGrad(loss)(params, x, y);
        const [updates, next] = optimizer.update(grads, state, params);
        expectTypeOf(updates).toEqualTypeOf<Params>();
        return [optim.applyUpdates(params, updates), next, value] as const;
      },
      { donateArgnums: [0, 1] },
    );
    let params = make();
    let state = optimizer.init(params);
    const values: number[] = [];
    for (let i = 0; i < 3; i++) {
      const [moved, next, value] = step(params, state, np.array([[1], [1]]), np.array([[0]]));
      [params, state] = [moved, next];
      values.push(value.item());
    }
    expect(values[2]).toBeLessThan(values[0]);
    expect(optim.appliedHyperparams(state)["learningRate"].item()).toBeCloseTo(0.1 / 3, 6);
  });

  it("chains and pipes know their states", () => {
    const params = make();
    const piped = pipe(optim.scaleByAdam(), optim.andThen(optim.addDecayedWeights(0.1), optim.scaleByLearningRate(0.1)));
    const chained = optim.chain(optim.scaleByAdam(), optim.addDecayedWeights(0.1), optim.scaleByLearningRate(0.1));
    expectTypeOf(piped).toEqualTypeOf(chained);
    const [updates, state] = piped.update(params, piped.init(params), params);
    expectTypeOf(updates).toEqualTypeOf<Params>();
    expectTypeOf(state[2].count).toEqualTypeOf<NDArray>();
    expect(updates[0].w.toArray()).toEqual(chained.update(params, chained.init(params), params)[0][0].w.toArray());
  });

  it("a type argument opens the state", () => {
    const typed = optim.chain(optim.scaleByAdam<Params>(), optim.scaleByLearningRate(0.1));
    const state = typed.init(make());
    expectTypeOf(state[0].mu).toEqualTypeOf<Params>();
    expectTypeOf(optim.adam<Params>({ learningRate: 1 }).init(make())[0].nu).toEqualTypeOf<Params>();
    expect(state[0].mu[0].w.shape).toEqual([1, 2]);
  });

  it("one's own transformation is two functions, and joins others; its parameters are those of the chain", () => {
    const halve: optim.GradientTransformation<NDArray, NDArray> = {
      init: (x) => np.zerosLike(x),
      update: (grads, sum) => [grads.mul(0.5), sum.add(grads)],
    };
    const both = optim.chain(optim.scaleByLearningRate(0.1), halve);
    expectTypeOf<optim.ParamsOf<typeof both>>().toEqualTypeOf<NDArray>();
    expectTypeOf<optim.StateOf<typeof both>[1]>().toEqualTypeOf<NDArray>();
    expect(both.update(np.array(2), both.init(np.array(0)))[0].item()).toBeCloseTo(-0.1, 6);
    // @ts-expect-error its parameters are one array
    expect(() => both.init(make())).toThrow("expected an array");
  });

  it("a tree's optimizer is an optimizer of each type of parameters", () => {
    const run = <State>(optimizer: optim.GradientTransformation<Params, State>): Params => {
      const params = make();
      return optimizer.update(params, optimizer.init(params), params)[0];
    };
    expect(run(optim.adamw({ learningRate: 0.1 }))[0].w.shape).toEqual([1, 2]);
    expect(run(optim.sgd({ learningRate: 0.1 }))[0].b.item()).toBeCloseTo(-0.05, 6);
  });

  it("extras reach every part of a chain", () => {
    const heard: unknown[] = [];
    const listen = optim.transformation<NDArray, readonly []>({
      init: () => [],
      update: (grads, state, _, { value, ...others }) => {
        heard.push(value, others["mine"]);
        return [grads, state];
      },
    });
    const optimizer = optim.chain(optim.chain(listen), optim.sgd({ learningRate: 1 }));
    const x = np.array(1);
    optimizer.update(x, optimizer.init(x), x, { value: 3, mine: "yes", valueFn: (p: NDArray) => p.square() });
    optimizer.update(x, optimizer.init(x), x);
    expect(heard).toEqual([3, "yes", undefined, undefined]);
  });
});
