// Stochastic gradient descent, with momentum if wanted.

import type { NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { add, mul } from "../ops/arithmetic.js";
import { checkWithin } from "./checks.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { type GradientTransformation, chain, mapLeaves, zerosOf } from "./transformation.js";

export interface TraceState<Params> {
  /** The sum of past gradients, each discounted by the decay at every step since. Empty without momentum. */
  readonly trace: readonly Params[];
}

export interface TraceOptions {
  /** What stays of the past at each step; 0 keeps nothing, and no state. */
  readonly decay: number;
  /** Whether the update looks one step ahead (Nesterov). */
  readonly nesterov?: boolean;
}

/**
 * Momentum: `t ← g + decay · t`; the update is `t`, or `g + decay · t` with the new `t` for Nesterov's.
 *
 * @throws OptionError for an unknown option, or a decay outside of [0, 1).
 * @example optim.chain(optim.trace({ decay: 0.9 }), optim.scaleByLearningRate(0.1))
 */
export function trace<Params>(options: TraceOptions): GradientTransformation<Params, TraceState<Params>> {
  checkOptions("trace", options, ["decay", "nesterov"]);
  const { decay, nesterov = false } = options;
  checkWithin("trace", "decay", decay, 0, 1);
  if (decay === 0) return { init: () => ({ trace: [] }), update: (grads, state) => [grads, state] };
  const onward = (g: NDArray, t: NDArray): NDArray => add(g, mul(t, decay));
  return {
    init: (params) => ({ trace: [zerosOf(params)] }),
    update: (grads, state) => {
      const next = mapLeaves(onward, grads, state.trace[0]);
      return [nesterov ? mapLeaves(onward, grads, next) : next, { trace: [next] }];
    },
  };
}

export interface SgdOptions {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
  /** What stays of the past gradients at each step; 0 (none) by default. */
  readonly momentum?: number;
  /** Whether the momentum looks one step ahead. */
  readonly nesterov?: boolean;
}

/** The state of `sgd`: past gradients, and the number of steps. */
export type SgdState<Params> = readonly [TraceState<Params>, LearningRateState];

/**
 * Stochastic gradient descent.
 *
 * @throws OptionError for an unknown option or a momentum outside of [0, 1); TypeMismatchError without a learning rate.
 * @example
 * const optimizer = optim.sgd({ learningRate: 0.1, momentum: 0.9 });
 * const [updates, next] = optimizer.update(grads, state, params);
 */
export function sgd<Params = unknown>(options: SgdOptions): GradientTransformation<Params, SgdState<Params>> {
  checkOptions("sgd", options, ["learningRate", "momentum", "nesterov"]);
  const { learningRate, momentum = 0, nesterov = false } = options;
  return chain<Params, SgdState<Params>>(trace<Params>({ decay: momentum, nesterov }), scaleByLearningRate<Params>(learningRate));
}
