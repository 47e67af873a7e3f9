// The schedule-free forms of gradient descent and of AdamW.

import { type ArrayLike, type NDArray, asArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { toDType } from "../numpy/promote.js";
import { div, min, mul } from "../ops/arithmetic.js";
import { type AdamState, scaleByAdam } from "./adam.js";
import { chain } from "./chain.js";
import { type DecayState, addDecayedWeights } from "./decay.js";
import type { Hyperparameter, Schedule } from "./hyperparameters.js";
import { type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { checkCount } from "./requirements.js";
import { type ScheduleFreeState, scheduleFree } from "./scheduleFree.js";
import type { Transformation } from "./transformation.js";

interface SharedOptions {
  /** The steps over which the learning rate rises from 0, linearly; none by default. */
  readonly warmupSteps?: number;
  /** How far from z towards the average the gradients are taken; 0.9 by default. */
  readonly b1?: Hyperparameter;
  /** An iterate's weight is the largest learning rate so far to this power; 2 by default. */
  readonly weightLrPower?: Hyperparameter;
  /** Weight decay; 0 by default. */
  readonly weightDecay?: Hyperparameter;
}

export interface ScheduleFreeSgdOptions extends SharedOptions {
  /** 1 by default. */
  readonly learningRate?: number | NDArray;
}

export interface ScheduleFreeAdamWOptions extends SharedOptions {
  /** 0.0025 by default. */
  readonly learningRate?: number | NDArray;
  /** What stays of the mean of squares at each step; 0.999 by default. */
  readonly b2?: Hyperparameter;
  /** Added to the root; 1e-8 by default. */
  readonly eps?: Hyperparameter;
}

const sharedNames = ["learningRate", "warmupSteps", "b1", "weightLrPower", "weightDecay"];

/** The peak, or a schedule that rises to it. */
function warmedUp(op: string, peak: number | NDArray, steps: number | undefined): Hyperparameter {
  if (steps === undefined) return peak;
  checkCount(op, "warmupSteps", steps);
  const rising: Schedule = (step): ArrayLike =>
    mul(min(div(toDType(op, step, "float64"), steps), 1), toDType(op, asArray(peak, op), "float64"));
  return rising;
}

/** The state of `scheduleFreeSgd`. */
export type ScheduleFreeSgdState<Params> = ScheduleFreeState<Params, readonly [DecayState, LearningRateState]>;

/**
 * Gradient descent, schedule-free; see `scheduleFreeEvalParams` for the result. As `optax.contrib.schedule_free_sgd`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError when `update` gets no parameters.
 * @example
 * const optimizer = optim.scheduleFreeSgd({ learningRate: 0.5, warmupSteps: 100 });
 * const [updates, next] = optimizer.update(grads, state, params);
 */
export function scheduleFreeSgd<Params = unknown>(options?: ScheduleFreeSgdOptions): Transformation<Params, ScheduleFreeSgdState<Params>>;
export function scheduleFreeSgd(options: ScheduleFreeSgdOptions = {}): Transformation<unknown, ScheduleFreeSgdState<unknown>> {
  checkOptions("scheduleFreeSgd", options, sharedNames);
  const { learningRate = 1, warmupSteps, b1 = 0.9, weightLrPower = 2, weightDecay = 0 } = options;
  const rate = warmedUp("scheduleFreeSgd", learningRate, warmupSteps);
  return scheduleFree(chain(addDecayedWeights(weightDecay), scaleByLearningRate(rate)), { learningRate: rate, b1, weightLrPower });
}

/** The state of `scheduleFreeAdamw`. */
export type ScheduleFreeAdamWState<Params> = ScheduleFreeState<Params, readonly [AdamState<Params>, DecayState, LearningRateState]>;

/**
 * AdamW, schedule-free; see `scheduleFreeEvalParams` for the result. As `optax.contrib.schedule_free_adamw`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError when `update` gets no parameters.
 * @example
 * const optimizer = optim.scheduleFreeAdamw({ learningRate: 0.01, weightDecay: 1e-4 });
 * const [updates, next] = optimizer.update(grads, state, params);
 */
export function scheduleFreeAdamw<Params = unknown>(
  options?: ScheduleFreeAdamWOptions,
): Transformation<Params, ScheduleFreeAdamWState<Params>>;
export function scheduleFreeAdamw(options: ScheduleFreeAdamWOptions = {}): Transformation<unknown, ScheduleFreeAdamWState<unknown>> {
  checkOptions("scheduleFreeAdamw", options, [...sharedNames, "b2", "eps"]);
  const { learningRate = 0.0025, warmupSteps, b1 = 0.9, b2 = 0.999, eps = 1e-8, weightLrPower = 2, weightDecay = 0 } = options;
  const rate = warmedUp("scheduleFreeAdamw", learningRate, warmupSteps);
  const inner = chain(scaleByAdam({ b1: 0, b2, eps }), addDecayedWeights(weightDecay), scaleByLearningRate(rate));
  return scheduleFree(inner, { learningRate: rate, b1, weightLrPower });
}
