// The learning rate: what turns updates into steps downhill.

import type { NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { mul } from "../ops/arithmetic.js";
import { type Applied, type Hyperparameter, checkHyperparameter, hyperparameters } from "./hyperparameters.js";
import { beside, negated } from "./scalars.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation } from "./transformation.js";

/** A number, a scalar array, or a schedule. */
export type LearningRate = Hyperparameter;

/** The state of a transformation by one hyperparameter or several, and nothing else. */
export interface HyperparametersState<Names extends string> {
  /** Updates done. */
  readonly count: NDArray;
  /** What was applied last. */
  readonly hyperparams: Applied<Names>;
}

export type LearningRateState = HyperparametersState<"learningRate">;
export type ScaleState = HyperparametersState<"scale">;

export interface ScaleByLearningRateOptions {
  /** Whether the updates change their sign, to go downhill; true by default. */
  readonly flipSign?: boolean;
}

/**
 * Updates multiplied by minus the learning rate. As `optax.scale_by_learning_rate`.
 *
 * @throws TypeMismatchError for a learning rate that is neither number, array nor function; OptionError for one that is not finite.
 * @example optim.scaleByLearningRate((step) => np.divide(0.1, step.add(1)))
 */
export function scaleByLearningRate<Params = unknown>(
  learningRate: LearningRate,
  options: ScaleByLearningRateOptions = {},
): Transformation<Params, LearningRateState> {
  checkOptions("scaleByLearningRate", options, ["flipSign"]);
  checkHyperparameter("scaleByLearningRate", "learningRate", learningRate);
  const { flipSign = true } = options;
  const evaluate = hyperparameters("scaleByLearningRate", { learningRate });
  return transformation<Params, LearningRateState>({
    floating: "scaleByLearningRate",
    init: () => ({ count: noSteps(), hyperparams: evaluate(noSteps()).applied }),
    update: (grads, { count }) => {
      const { values, applied } = evaluate(count);
      const rate = beside(flipSign ? negated(values.learningRate) : values.learningRate);
      return [mapLeaves((g) => mul(g, rate(g)), grads), { count: oneMore(count), hyperparams: applied }];
    },
  });
}

/**
 * Updates multiplied by a number, which may follow a schedule. As `optax.scale` and `optax.scale_by_schedule`.
 *
 * @throws TypeMismatchError for what is neither number, array nor function; OptionError for a number that is not finite.
 * @example optim.chain(optim.scaleByAdam(), optim.scale(-1e-3))
 */
export function scale<Params = unknown>(factor: Hyperparameter): Transformation<Params, ScaleState> {
  checkHyperparameter("scale", "scale", factor);
  const evaluate = hyperparameters("scale", { scale: factor });
  return transformation<Params, ScaleState>({
    floating: "scale",
    init: () => ({ count: noSteps(), hyperparams: evaluate(noSteps()).applied }),
    update: (grads, { count }) => {
      const { values, applied } = evaluate(count);
      const by = beside(values.scale);
      return [mapLeaves((g) => mul(g, by(g)), grads), { count: oneMore(count), hyperparams: applied }];
    },
  });
}
