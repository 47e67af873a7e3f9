// Lion (Chen et al. 2023, algorithm 2): the sign of an interpolation between the running mean of gradients and the gradient.

import type { NDArray } from "../core/array.js";
import { checkOptions, requireOptions } from "../core/options.js";
import { sign } from "../ops/arithmetic.js";
import { chain } from "./chain.js";
import { type DecayMask, type DecayState, addDecayedWeights } from "./decay.js";
import { type Varying, type Hyperparameter, checkHyperparameter, varyingHyperparameters } from "./hyperparameters.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { nextMean, towards } from "./moments.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation, zerosOf } from "./transformation.js";

export interface ScaleByLionState<Params> {
  /** Updates done. */
  readonly count: NDArray;
  /** The running mean of the gradients. */
  readonly mu: Params;
  /** What was applied last. */
  readonly hyperparams: Varying<"b1" | "b2">;
}

export interface ScaleByLionOptions {
  /** The part of the mean in the interpolation; 0.9 by default. */
  readonly b1?: Hyperparameter;
  /** What stays of the mean at each step; 0.99 by default. */
  readonly b2?: Hyperparameter;
}

const ownNames = ["b1", "b2"];

/**
 * `sign(b1 · mu + (1 − b1) · g)`, then `mu ← b2 · mu + (1 − b2) · g`. As `optax.scale_by_lion`.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByLion(), optim.scaleByLearningRate(1e-4))
 */
export function scaleByLion<Params = unknown>(options: ScaleByLionOptions = {}): Transformation<Params, ScaleByLionState<Params>> {
  checkOptions("scaleByLion", options, ownNames);
  const { b1 = 0.9, b2 = 0.99 } = options;
  checkHyperparameter("lion", "b1", b1, { from: 0, below: 1 });
  checkHyperparameter("lion", "b2", b2, { from: 0, below: 1 });
  const evaluate = varyingHyperparameters("lion", { b1, b2 });
  return transformation<Params, ScaleByLionState<Params>>({
    floating: "scaleByLion",
    like: (state) => state.mu,
    init: (params) => ({ count: noSteps(), mu: zerosOf(params), hyperparams: evaluate(noSteps()).applied }),
    update: (grads, state) => {
      const { values, applied } = evaluate(state.count);
      const between = towards(values.b1);
      const updates = mapLeaves((g, m) => sign(between(m, g)), grads, state.mu);
      const mu = nextMean(values.b2, grads, state.mu);
      return [updates, { count: oneMore(state.count), mu, hyperparams: applied }];
    },
  });
}

export interface LionOptions extends ScaleByLionOptions, DecayMask {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
  /** The part of the parameters that is subtracted at each step, times the learning rate; 1e-3 by default. */
  readonly weightDecay?: Hyperparameter;
}

export type LionState<Params> = readonly [ScaleByLionState<Params>, DecayState, LearningRateState];

/**
 * Lion. As `optax.lion`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate, or when
 *   `update` gets no parameters.
 * @example optim.lion({ learningRate: 1e-4, weightDecay: 0.01 })
 */
export function lion<Params = unknown>(options: LionOptions): Transformation<Params, LionState<Params>>;
export function lion(options: LionOptions): Transformation<unknown, LionState<unknown>> {
  requireOptions("lion", options, ["learningRate", ...ownNames, "weightDecay", "mask"]);
  const { learningRate, weightDecay = 1e-3, mask, ...rest } = options;
  const decay = addDecayedWeights(weightDecay, mask === undefined ? {} : { mask });
  return chain(scaleByLion(rest), decay, scaleByLearningRate(learningRate));
}
