// AdaMax (Kingma and Ba 2015, algorithm 2): Adam with the largest discounted gradient in the place of the root of squares.

import { checkOptions, requireOptions } from "../core/options.js";
import { abs, add, div, max, mul } from "../ops/arithmetic.js";
import { chain } from "./chain.js";
import { type DecayMask, type DecayState, type L2Option, addDecayedWeights, withL2 } from "./decay.js";
import { type Hyperparameter, checkHyperparameter, varyingHyperparameters } from "./hyperparameters.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { type MomentState, corrected, nextMean, withMoments } from "./moments.js";
import { beside } from "./scalars.js";
import { type Transformation, mapLeaves } from "./transformation.js";

type Names = "b1" | "b2" | "eps";

/** The state of `scaleByAdamax`; `nu` holds the largest discounted gradients. */
export type AdamaxState<Params> = MomentState<Params, Names>;

export interface ScaleByAdamaxOptions {
  /** What stays of the mean at each step; 0.9 by default. */
  readonly b1?: Hyperparameter;
  /** What stays of the largest gradient at each step; 0.999 by default. */
  readonly b2?: Hyperparameter;
  /** Added to the size of each gradient; 1e-8 by default. */
  readonly eps?: Hyperparameter;
}

const ownNames = ["b1", "b2", "eps"];

/**
 * The mean of gradients over `nu ← max(b2 · nu, |g| + eps)`. As `optax.scale_by_adamax`.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByAdamax(), optim.scaleByLearningRate(2e-3))
 */
export function scaleByAdamax<Params = unknown>(options: ScaleByAdamaxOptions = {}): Transformation<Params, AdamaxState<Params>> {
  checkOptions("scaleByAdamax", options, ownNames);
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8 } = options;
  checkHyperparameter("adamax", "b1", b1, { from: 0, below: 1 });
  checkHyperparameter("adamax", "b2", b2, { from: 0, below: 1 });
  checkHyperparameter("adamax", "eps", eps, { from: 0 });
  return withMoments<Params, Names>(
    "scaleByAdamax",
    varyingHyperparameters("adamax", { b1, b2, eps }),
    ({ values, count, grads, mu: before, nu: largest }) => {
      const [kept, least] = [beside(values.b2), beside(values.eps)];
      const mu = nextMean(values.b1, grads, before);
      const nu = mapLeaves((g, n) => max(mul(n, kept(n)), add(abs(g), least(g))), grads, largest);
      const mean = corrected(values.b1, count);
      return { updates: mapLeaves((m, n) => div(mean(m), n), mu, nu), mu, nu };
    },
  );
}

export interface AdamaxOptions extends ScaleByAdamaxOptions, L2Option {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
}

export type AdamaxOptimizerState<Params> = readonly [AdamaxState<Params>, LearningRateState];

/**
 * AdaMax. As `optax.adamax` and `torch.optim.Adamax`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate.
 * @example optim.adamax({ learningRate: 2e-3 })
 */
export function adamax<Params = unknown>(options: AdamaxOptions): Transformation<Params, AdamaxOptimizerState<Params>>;
export function adamax(options: AdamaxOptions): Transformation<unknown, AdamaxOptimizerState<unknown>> {
  requireOptions("adamax", options, ["learningRate", ...ownNames, "l2"]);
  const { learningRate, l2, ...rest } = options;
  return withL2("adamax", l2, chain(scaleByAdamax(rest), scaleByLearningRate(learningRate)));
}

export interface AdamaxWOptions extends ScaleByAdamaxOptions, DecayMask {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
  /** The part of the parameters that is subtracted at each step, times the learning rate; 1e-4 by default. */
  readonly weightDecay?: Hyperparameter;
}

export type AdamaxWState<Params> = readonly [AdamaxState<Params>, DecayState, LearningRateState];

/**
 * AdaMax with decoupled weight decay. As `optax.adamaxw`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate, or when
 *   `update` gets no parameters.
 * @example optim.adamaxw({ learningRate: 2e-3, weightDecay: 0.01 })
 */
export function adamaxw<Params = unknown>(options: AdamaxWOptions): Transformation<Params, AdamaxWState<Params>>;
export function adamaxw(options: AdamaxWOptions): Transformation<unknown, AdamaxWState<unknown>> {
  requireOptions("adamaxw", options, ["learningRate", ...ownNames, "weightDecay", "mask"]);
  const { learningRate, weightDecay = 1e-4, mask, ...rest } = options;
  const decay = addDecayedWeights(weightDecay, mask === undefined ? {} : { mask });
  return chain(scaleByAdamax(rest), decay, scaleByLearningRate(learningRate));
}
