// Wrappers keep types: nothing here needs a cast, and type arguments only where a state is looked into.

import { describe, expect, expectTypeOf, it } from "vitest";
import { type NDArray, jit, numpy as np, optim } from "../../src/index.js";

type Params = { w: NDArray; b: NDArray }[];
const make = (): Params => [{ w: np.ones([2, 2]), b: np.ones([2]) }];

describe("types of wrappers", () => {
  it("updates have the gradients' type, whatever is wrapped in what", () => {
    const optimizer = optim.applyIfFinite(
      optim.multiSteps(
        optim.masked(
          optim.partition(
            { a: optim.adam({ learningRate: 0.1 }), b: optim.chain(optim.clip(1), optim.sgd({ learningRate: 1 })) },
            (path) => (path[1] === "w" ? "a" : "b"),
          ),
          () => true,
        ),
        2,
      ),
      3,
    );
    const step = jit((params: Params, state: optim.StateOf<typeof optimizer>) => {
      const [updates, next] = optimizer.update(params, state, params);
      expectTypeOf(updates).toEqualTypeOf<Params>();
      return [optim.applyUpdates(params, updates), next] as const;
    });
    const [, state] = step(make(), optimizer.init(make()));
    expectTypeOf(state.innerState.innerState.innerState.innerStates.b[0].hyperparams.maxDelta).toEqualTypeOf<NDArray>();
    expect(state.innerState.miniStep.item()).toBe(1);
  });

  it("type arguments open the states", () => {
    const optimizer = optim.masked(optim.ema<Params>({ decay: 0.9 }), true);
    expectTypeOf(optimizer.init(make()).innerState.ema).toEqualTypeOf<Params>();
    expectTypeOf(optim.lbfgs<Params>().init(make())[2].info.curvatureError).toEqualTypeOf<NDArray>();
    expectTypeOf(optim.multiSteps(optim.sgd<Params>({ learningRate: 1 }), 2).init(make()).accumulated).toEqualTypeOf<Params>();
    const injected = optim.injectHyperparams(({ learningRate }) => optim.sgd<Params>({ learningRate }), { learningRate: 1 });
    expectTypeOf(injected.init(make()).hyperparams.learningRate).toEqualTypeOf<NDArray>();
    // @ts-expect-error: no such hyperparameter
    expect(injected.init(make()).hyperparams.momentum).toBeUndefined();
  });

  it("partition takes what all its parts take", () => {
    const typed = optim.partition({ a: optim.sgd<Params>({ learningRate: 1 }), b: optim.identity() }, "a");
    expectTypeOf(typed.init).parameter(0).toEqualTypeOf<Params>();
    expectTypeOf<optim.ParamsOf<typeof typed>>().toEqualTypeOf<Params>();
    const [updates] = typed.update(make(), typed.init(make()));
    expectTypeOf(updates).toEqualTypeOf<Params>();
    // @ts-expect-error: other parameters
    expect(() => typed.init(1)).not.toThrow();
  });

  it("lookahead tells fast from slow parameters", () => {
    const optimizer = optim.lookahead(optim.sgd({ learningRate: 1 }), { syncPeriod: 2, slowStepSize: 0.5 });
    const params = optim.lookaheadParams(make());
    const [updates, state] = optimizer.update(make(), optimizer.init(params), params);
    expectTypeOf(updates).toEqualTypeOf<optim.LookaheadParams<Params>>();
    expectTypeOf(optim.applyUpdates(params, updates).slow).toEqualTypeOf<Params>();
    expect(state.stepsSinceSync.item()).toBe(1);
  });
});
