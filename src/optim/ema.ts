// The exponential moving average of updates.

import type { NDArray } from "../core/array.js";
import { requireOptions } from "../core/options.js";
import { type Applied, type Hyperparameter, checkHyperparameter, hyperparameters } from "./hyperparameters.js";
import { corrected, nextMean } from "./moments.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation, zerosOf } from "./transformation.js";

export interface EmaState<Params> {
  /** Updates done. */
  readonly count: NDArray;
  /** The running mean, which began at zero. */
  readonly ema: Params;
  /** What the last update applied. */
  readonly hyperparams: Applied<"decay">;
}

export interface EmaOptions {
  /** What stays of the mean at each step. */
  readonly decay: Hyperparameter;
  /** Whether the mean is freed of its beginning at zero; true by default. */
  readonly debias?: boolean;
}

/**
 * The exponential moving average of the updates so far. As `optax.ema`.
 *
 * @throws OptionError for an unknown option, or a decay outside of [0, 1); TypeMismatchError without a decay.
 * @example optim.chain(optim.sgd({ learningRate: 0.1 }), optim.ema({ decay: 0.9 }))
 */
export function ema<Params = unknown>(options: EmaOptions): Transformation<Params, EmaState<Params>> {
  requireOptions("ema", options, ["decay", "debias"]);
  const { decay, debias = true } = options;
  checkHyperparameter("ema", "decay", decay, { from: 0, below: 1 });
  const evaluate = hyperparameters("ema", { decay });
  return transformation<Params, EmaState<Params>>({
    floating: "ema",
    like: (state) => state.ema,
    init: (params) => ({ count: noSteps(), ema: zerosOf(params), hyperparams: evaluate(noSteps()).applied }),
    update: (grads, state) => {
      const { values, applied } = evaluate(state.count);
      const count = oneMore(state.count);
      const mean = nextMean(values.decay, grads, state.ema);
      const updates = debias ? mapLeaves(corrected(values.decay, count), mean) : mean;
      return [updates, { count, ema: mean, hyperparams: applied }];
    },
  });
}
