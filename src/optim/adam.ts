// Adam (Kingma and Ba 2015, algorithm 1): steps by the mean of gradients over the root of the mean of their squares; with
// decoupled weight decay (Loshchilov and Hutter 2019), and with Nesterov's look ahead (Dozat 2016).

import type { NDArray } from "../core/array.js";
import { checkOptions, requireOptions } from "../core/options.js";
import { chain } from "./chain.js";
import { type DecayMask, type DecayState, type L2Option, addDecayedWeights, withL2 } from "./decay.js";
import { type Hyperparameter, checkHyperparameter, varyingHyperparameters } from "./hyperparameters.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { type MomentState, corrected, nextMean, nextSquares, towards, withMoments } from "./moments.js";
import { overRoot } from "./roots.js";
import type { Scalar } from "./scalars.js";
import { type Transformation, mapLeaves, oneMore } from "./transformation.js";

/** The hyperparameters of Adam and its kin. */
export type MomentNames = "b1" | "b2" | "eps" | "epsRoot";

/** The state of `scaleByAdam`: the means of gradients and of their squares. */
export type AdamState<Params> = MomentState<Params, MomentNames>;

export interface MomentOptions {
  /** What stays of the mean at each step; 0.9 by default. */
  readonly b1?: Hyperparameter;
  /** What stays of the mean of squares at each step; 0.999 by default. */
  readonly b2?: Hyperparameter;
  /** Added to the root; 1e-8 by default. */
  readonly eps?: Hyperparameter;
  /** Added under the root, for derivatives through the optimizer; 0 by default. */
  readonly epsRoot?: Hyperparameter;
}

export interface ScaleByAdamOptions extends MomentOptions {
  /** Whether the mean looks one step ahead (NAdam); false by default. */
  readonly nesterov?: boolean;
}

export const momentNames = ["b1", "b2", "eps", "epsRoot"];
const ownNames = [...momentNames, "nesterov"];

/** Checks the options that Adam's kin share, and gives what evaluates them. */
export function momentHyperparameters(op: string, options: MomentOptions, defaults: { readonly eps: number; readonly epsRoot: number }) {
  const { b1 = 0.9, b2 = 0.999, eps = defaults.eps, epsRoot = defaults.epsRoot } = options;
  checkHyperparameter(op, "b1", b1, { from: 0, below: 1 });
  checkHyperparameter(op, "b2", b2, { from: 0, below: 1 });
  checkHyperparameter(op, "eps", eps, { from: 0 });
  checkHyperparameter(op, "epsRoot", epsRoot, { from: 0 });
  return varyingHyperparameters<MomentNames>(op, { b1, b2, eps, epsRoot });
}

/** The mean without its beginning at zero; with Nesterov's look ahead, as it would be were the next gradient like this one. */
export function meanAhead<Params>(b1: Scalar, count: NDArray, grads: Params, mu: Params, nesterov: boolean): Params {
  if (!nesterov) return mapLeaves(corrected(b1, count), mu);
  const [next, ofNext, ofThis] = [towards(b1), corrected(b1, oneMore(count)), corrected(b1, count)];
  return mapLeaves((m, g) => next(ofNext(m), ofThis(g)), mu, grads);
}

/**
 * Gradients divided by the root of their mean square, after the means have been freed of their beginning at zero. As
 * `optax.scale_by_adam`. Finite gradients whose squares would overflow (beyond 2⁵⁴ in float32) count as the largest that do not.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByAdam(), optim.scaleByLearningRate(1e-3))
 */
export function scaleByAdam<Params = unknown>(options: ScaleByAdamOptions = {}): Transformation<Params, AdamState<Params>> {
  checkOptions("scaleByAdam", options, ownNames);
  const { nesterov = false, ...given } = options;
  const evaluate = momentHyperparameters("adam", given, { eps: 1e-8, epsRoot: 0 });
  return withMoments<Params, MomentNames>("scaleByAdam", evaluate, (step) => {
    const { count, grads } = step;
    const { b1, b2, eps, epsRoot } = step.values;
    const [mu, nu] = [nextMean(b1, grads, step.mu), nextSquares(b2, grads, step.nu)];
    const divided = overRoot({ free: corrected(b2, count), eps, epsRoot });
    return { updates: mapLeaves(divided, meanAhead(b1, count, grads, mu, nesterov), nu), mu, nu };
  });
}

export interface AdamOptions extends ScaleByAdamOptions, L2Option {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
}

/** The state of `adam` and its kin: the means, and the number of steps. */
export type AdamOptimizerState<Params> = readonly [AdamState<Params>, LearningRateState];

/**
 * The Adam optimizer. As `optax.adam`; with `l2`, as PyTorch's `Adam` with `weight_decay`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate.
 * @example
 * const optimizer = optim.adam({ learningRate: 1e-3 });
 * let state = optimizer.init(params);
 * const [updates, next] = optimizer.update(grads, state, params);
 */
export function adam<Params = unknown>(options: AdamOptions): Transformation<Params, AdamOptimizerState<Params>>;
export function adam(options: AdamOptions): Transformation<unknown, AdamOptimizerState<unknown>> {
  requireOptions("adam", options, ["learningRate", ...ownNames, "l2"]);
  const { learningRate, l2, ...rest } = options;
  return withL2("adam", l2, chain(scaleByAdam(rest), scaleByLearningRate(learningRate)));
}

export interface AdamWOptions extends ScaleByAdamOptions, DecayMask {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
  /** The part of the parameters that is subtracted at each step, times the learning rate; 1e-4 by default (0.01 in PyTorch). */
  readonly weightDecay?: Hyperparameter;
}

/** The state of `adamw`: that of `adam`, with that of the weight decay between. */
export type AdamWState<Params> = readonly [AdamState<Params>, DecayState, LearningRateState];

/**
 * Adam with decoupled weight decay. As `optax.adamw`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate, or when
 *   `update` gets no parameters.
 * @example optim.adamw({ learningRate: 1e-3, weightDecay: 0.01, mask: (path) => path.at(-1) !== "b" })
 */
export function adamw<Params = unknown>(options: AdamWOptions): Transformation<Params, AdamWState<Params>>;
export function adamw(options: AdamWOptions): Transformation<unknown, AdamWState<unknown>> {
  requireOptions("adamw", options, ["learningRate", ...ownNames, "weightDecay", "mask"]);
  const { learningRate, weightDecay = 1e-4, mask, ...rest } = options;
  const decay = addDecayedWeights(weightDecay, mask === undefined ? {} : { mask });
  return chain(scaleByAdam(rest), decay, scaleByLearningRate(learningRate));
}
