// Large batches by trust ratios: LAMB (You et al. 2020, algorithm 2) on Adam's direction, LARS (You et al. 2017) on the gradient's.

import { requireOptions } from "../core/options.js";
import { type AdamState, type MomentOptions, momentNames, scaleByAdam } from "./adam.js";
import { type EmptyState, chain } from "./chain.js";
import { type DecayMask, type DecayState, addDecayedWeights } from "./decay.js";
import type { Hyperparameter } from "./hyperparameters.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { type MaskedState, masked } from "./masked.js";
import type { Mask } from "./masks.js";
import { type TraceState, momentumOf } from "./sgd.js";
import type { Transformation } from "./transformation.js";
import { type TrustRatioState, scaleByTrustRatio } from "./trustRatio.js";

export interface LambOptions extends MomentOptions, DecayMask {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
  /** The part of the parameters that joins the direction before its length is taken; 0 by default. */
  readonly weightDecay?: Hyperparameter;
}

export type LambState<Params> = readonly [AdamState<Params>, DecayState, TrustRatioState, LearningRateState];

/**
 * LAMB. As `optax.lamb`; `eps` is 1e-6 by default.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate, or when
 *   `update` gets no parameters.
 * @example optim.lamb({ learningRate: 1e-3, weightDecay: 0.01 })
 */
export function lamb<Params = unknown>(options: LambOptions): Transformation<Params, LambState<Params>>;
export function lamb(options: LambOptions): Transformation<unknown, LambState<unknown>> {
  requireOptions("lamb", options, ["learningRate", ...momentNames, "weightDecay", "mask"]);
  const { learningRate, weightDecay = 0, mask, eps = 1e-6, ...rest } = options;
  const decay = addDecayedWeights(weightDecay, mask === undefined ? {} : { mask });
  return chain(scaleByAdam({ ...rest, eps }), decay, scaleByTrustRatio(), scaleByLearningRate(learningRate));
}

export interface LarsOptions {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
  /** The part of the parameters that joins the gradient before its length is taken; 0 by default. */
  readonly weightDecay?: Hyperparameter;
  /** The leaves that decay; all by default. */
  readonly weightDecayMask?: Mask;
  /** A factor of the ratio; 0.001 by default. */
  readonly trustCoefficient?: Hyperparameter;
  /** Added to the length of the gradient; 0 by default. */
  readonly eps?: Hyperparameter;
  /** The leaves that are scaled by their ratio; all by default. */
  readonly trustRatioMask?: Mask;
  /** What stays of the past updates at each step; 0.9 by default. */
  readonly momentum?: Hyperparameter;
  /** Whether the momentum looks one step ahead. */
  readonly nesterov?: boolean;
}

const larsNames = ["weightDecay", "weightDecayMask", "trustCoefficient", "eps", "trustRatioMask", "momentum", "nesterov"];

export type LarsState<Params> = readonly [DecayState, MaskedState<TrustRatioState>, LearningRateState, TraceState<Params> | EmptyState];

/**
 * LARS. As `optax.lars`: the momentum sums updates that have been multiplied by the learning rate.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate, or when
 *   `update` gets no parameters.
 * @example optim.lars({ learningRate: 0.1, weightDecay: 1e-4 })
 */
export function lars<Params = unknown>(options: LarsOptions): Transformation<Params, LarsState<Params>>;
export function lars(options: LarsOptions): Transformation<unknown, LarsState<unknown>> {
  requireOptions("lars", options, ["learningRate", ...larsNames]);
  const { learningRate, weightDecay = 0, weightDecayMask, trustCoefficient = 0.001, eps = 0, trustRatioMask = true } = options;
  const { momentum = 0.9, nesterov = false } = options;
  return chain(
    addDecayedWeights(weightDecay, weightDecayMask === undefined ? {} : { mask: weightDecayMask }),
    masked(scaleByTrustRatio({ trustCoefficient, eps }), trustRatioMask),
    scaleByLearningRate(learningRate),
    momentumOf({ decay: momentum, nesterov }),
  );
}
