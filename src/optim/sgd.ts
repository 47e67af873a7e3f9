// Stochastic gradient descent, with momentum if wanted.

import type { NDArray } from "../core/array.js";
import { requireOptions } from "../core/options.js";
import { toDType } from "../numpy/promote.js";
import { add, mul } from "../ops/arithmetic.js";
import { eq } from "../ops/compare.js";
import { select } from "../ops/select.js";
import { type EmptyState, chain } from "./chain.js";
import { type L2Option, withL2 } from "./decay.js";
import { type Varying, type Hyperparameter, checkHyperparameter, varyingHyperparameters } from "./hyperparameters.js";
import { identity } from "./identity.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { type Scalar, beside, complement } from "./scalars.js";
import { type Transformation, type TreeTransformation, mapLeaves, noSteps, oneMore, transformation, zerosOf } from "./transformation.js";

export interface TraceState<Params> {
  /** Updates done. */
  readonly count: NDArray;
  /** The sum of past gradients, each discounted by the decay at every step since. */
  readonly trace: Params;
  /** What was applied last. */
  readonly hyperparams: Varying<"decay" | "dampening">;
}

export interface TraceOptions {
  /** What stays of the past at each step. */
  readonly decay: Hyperparameter;
  /** Whether the update looks one step ahead (Nesterov). */
  readonly nesterov?: boolean;
  /** The part of each gradient but the first that the trace leaves out, as in PyTorch; 0 by default. */
  readonly dampening?: Hyperparameter;
}

/** The part of a gradient that enters the trace: all of the first, `1 − dampening` of the others. */
function entering(dampening: Scalar, count: NDArray): Scalar {
  if (dampening === 0) return 1;
  return select(eq(count, 0), toDType("trace", 1, "float64"), toDType("trace", complement(dampening), "float64"));
}

/**
 * Momentum: `t ← (1 − dampening) · g + decay · t`; the update is `t`, or `g + decay · t` with the new `t` for Nesterov's. As
 * `optax.trace`, and `torch.optim.SGD` with a dampening.
 *
 * @throws OptionError for an unknown option, or a decay or dampening outside of [0, 1).
 * @example optim.chain(optim.trace({ decay: 0.9 }), optim.scaleByLearningRate(0.1))
 */
export function trace<Params = unknown>(options: TraceOptions): Transformation<Params, TraceState<Params>> {
  requireOptions("trace", options, ["decay", "nesterov", "dampening"]);
  const { decay, nesterov = false, dampening = 0 } = options;
  checkHyperparameter("trace", "decay", decay, { from: 0, below: 1 });
  checkHyperparameter("trace", "dampening", dampening, { from: 0, below: 1 });
  const evaluate = varyingHyperparameters("trace", { decay, dampening });
  return transformation<Params, TraceState<Params>>({
    floating: "trace",
    like: (state) => state.trace,
    init: (params) => ({ count: noSteps(), trace: zerosOf(params), hyperparams: evaluate(noSteps()).applied }),
    update: (grads, { count, trace: past }) => {
      const { values, applied } = evaluate(count);
      const [kept, part] = [beside(values.decay), entering(values.dampening, count)];
      const onward = (g: NDArray, t: NDArray): NDArray => add(g, mul(t, kept(t)));
      const entered =
        part === 1
          ? (g: NDArray): NDArray => g
          : (
              (by) => (g: NDArray) =>
                mul(g, by(g))
            )(beside(part));
      const next = mapLeaves((g, t) => onward(entered(g), t), grads, past);
      return [nesterov ? mapLeaves(onward, grads, next) : next, { count: oneMore(count), trace: next, hyperparams: applied }];
    },
  });
}

/** Momentum, or nothing where the decay is the number 0: then there is no state either. */
export const momentumOf = (options: TraceOptions): TreeTransformation<TraceState<unknown> | EmptyState> =>
  options.decay === 0 ? identity() : trace(options);

export interface SgdOptions extends L2Option {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
  /** What stays of the past gradients at each step; 0 (none) by default. */
  readonly momentum?: Hyperparameter;
  /** Whether the momentum looks one step ahead. */
  readonly nesterov?: boolean;
  /** The part of each gradient but the first that the momentum leaves out, as in PyTorch; 0 by default. */
  readonly dampening?: Hyperparameter;
}

/** The state of `sgd`: past gradients (nothing without momentum), and the number of steps. */
export type SgdState<Params> = readonly [TraceState<Params> | EmptyState, LearningRateState];

/**
 * Stochastic gradient descent. As `optax.sgd`; with `dampening` and `l2`, as `torch.optim.SGD`.
 *
 * @throws OptionError for an unknown option or a momentum outside of [0, 1); TypeMismatchError without a learning rate.
 * @example
 * const optimizer = optim.sgd({ learningRate: 0.1, momentum: 0.9 });
 * let state = optimizer.init(params);
 * const [updates, next] = optimizer.update(grads, state, params);
 */
export function sgd<Params = unknown>(options: SgdOptions): Transformation<Params, SgdState<Params>>;
export function sgd(options: SgdOptions): Transformation<unknown, SgdState<unknown>> {
  requireOptions("sgd", options, ["learningRate", "momentum", "nesterov", "dampening", "l2"]);
  const { learningRate, momentum = 0, nesterov = false, dampening = 0, l2 } = options;
  return withL2("sgd", l2, chain(momentumOf({ decay: momentum, nesterov, dampening }), scaleByLearningRate(learningRate)));
}
