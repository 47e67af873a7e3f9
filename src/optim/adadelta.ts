// Adadelta (Zeiler 2012, algorithm 1): gradients over the root of their mean square, times that of the updates before.

import type { NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { mul } from "../ops/arithmetic.js";
import { sqrt } from "../ops/exponential.js";
import { chain } from "./chain.js";
import { type DecayMask, type DecayState, addDecayedWeights } from "./decay.js";
import { type Varying, type Hyperparameter, checkHyperparameter, varyingHyperparameters } from "./hyperparameters.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { nextSquares, squarable } from "./moments.js";
import { added, overRoot } from "./roots.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation, zerosOf } from "./transformation.js";

export interface ScaleByAdadeltaState<Params> {
  /** Updates done. */
  readonly count: NDArray;
  /** The running mean of the gradients' squares. */
  readonly eG: Params;
  /** The running mean of the updates' squares. */
  readonly eX: Params;
  /** What was applied last. */
  readonly hyperparams: Varying<"rho" | "eps">;
}

export interface ScaleByAdadeltaOptions {
  /** What stays of both means at each step; 0.9 by default. */
  readonly rho?: Hyperparameter;
  /** Added under both roots; 1e-6 by default. */
  readonly eps?: Hyperparameter;
}

const ownNames = ["rho", "eps"];

/**
 * `g · √(eX + eps) / √(eG + eps)` with the running means of squares of gradients and of updates. As `optax.scale_by_adadelta`.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByAdadelta(), optim.scaleByLearningRate(1))
 */
export function scaleByAdadelta<Params = unknown>(
  options: ScaleByAdadeltaOptions = {},
): Transformation<Params, ScaleByAdadeltaState<Params>> {
  checkOptions("scaleByAdadelta", options, ownNames);
  const { rho = 0.9, eps = 1e-6 } = options;
  checkHyperparameter("adadelta", "rho", rho, { from: 0, below: 1 });
  checkHyperparameter("adadelta", "eps", eps, { from: 0 });
  const evaluate = varyingHyperparameters("adadelta", { rho, eps });
  return transformation<Params, ScaleByAdadeltaState<Params>>({
    floating: "scaleByAdadelta",
    like: (state) => state.eG,
    init: (params) => ({ count: noSteps(), eG: zerosOf(params), eX: zerosOf(params), hyperparams: evaluate(noSteps()).applied }),
    update: (given, state) => {
      const { values, applied } = evaluate(state.count);
      const grads = squarable(given);
      const eG = nextSquares(values.rho, grads, state.eG);
      const [raised, divided] = [added(values.eps), overRoot({ eps: 0, epsRoot: values.eps })];
      const updates = mapLeaves((g, squares, x) => mul(divided(sqrt(raised(x)), squares), g), grads, eG, state.eX);
      const eX = nextSquares(values.rho, updates, state.eX);
      return [updates, { count: oneMore(state.count), eG, eX, hyperparams: applied }];
    },
  });
}

export interface AdadeltaOptions extends ScaleByAdadeltaOptions, DecayMask {
  /** A number, a scalar array, or a schedule from the step to one; 1 in the paper and by default. */
  readonly learningRate?: LearningRate;
  /** The part of the parameters that is added to the gradients first, an L2 penalty; 0 by default. */
  readonly weightDecay?: Hyperparameter;
}

export type AdadeltaState<Params> = readonly [DecayState, ScaleByAdadeltaState<Params>, LearningRateState];

/**
 * Adadelta. As `optax.adadelta` and `torch.optim.Adadelta`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError when `update` gets no parameters.
 * @example optim.adadelta({ learningRate: 1 })
 */
export function adadelta<Params = unknown>(options?: AdadeltaOptions): Transformation<Params, AdadeltaState<Params>>;
export function adadelta(options: AdadeltaOptions = {}): Transformation<unknown, AdadeltaState<unknown>> {
  checkOptions("adadelta", options, ["learningRate", ...ownNames, "weightDecay", "mask"]);
  const { learningRate = 1, weightDecay = 0, mask, ...rest } = options;
  const decay = addDecayedWeights(weightDecay, mask === undefined ? {} : { mask });
  return chain(decay, scaleByAdadelta(rest), scaleByLearningRate(learningRate));
}
