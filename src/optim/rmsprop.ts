// RMSProp (Tieleman and Hinton 2012, lecture 6e): gradients over the root of their running mean square, with momentum if wanted.

import { requireOptions } from "../core/options.js";
import { type EmptyState, chain } from "./chain.js";
import { type L2Option, withL2 } from "./decay.js";
import type { Hyperparameter } from "./hyperparameters.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { type RmsState, type ScaleByRmsOptions, type StddevState, rmsNames, scaleByRms, scaleByStddev } from "./rms.js";
import { type TraceState, momentumOf } from "./sgd.js";
import type { Transformation, TreeTransformation } from "./transformation.js";

export interface RmspropOptions extends ScaleByRmsOptions, L2Option {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
  /** Whether squares are taken about the running mean of the gradients; false by default. */
  readonly centered?: boolean;
  /** What stays of the past updates at each step; 0 (none) by default. */
  readonly momentum?: Hyperparameter;
  /** Whether the momentum looks one step ahead. */
  readonly nesterov?: boolean;
}

export type RmspropState<Params> = readonly [RmsState<Params> | StddevState<Params>, LearningRateState, TraceState<Params> | EmptyState];

const direction = (centered: boolean, options: ScaleByRmsOptions): TreeTransformation<RmsState<unknown> | StddevState<unknown>> =>
  centered ? scaleByStddev(options) : scaleByRms(options);

/**
 * RMSProp. As `optax.rmsprop`; with `epsInRoot: false` and `decay: 0.99`, as `torch.optim.RMSprop`. The momentum sums updates
 * that have been multiplied by the learning rate; PyTorch multiplies their sum, which differs where the rate changes:
 * chain `scaleByRms`, `trace` and `scaleByLearningRate` for that.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate.
 * @example optim.rmsprop({ learningRate: 1e-3, momentum: 0.9, centered: true })
 */
export function rmsprop<Params = unknown>(options: RmspropOptions): Transformation<Params, RmspropState<Params>>;
export function rmsprop(options: RmspropOptions): Transformation<unknown, RmspropState<unknown>> {
  requireOptions("rmsprop", options, ["learningRate", "centered", "momentum", "nesterov", ...rmsNames, "l2"]);
  const { learningRate, centered = false, momentum = 0, nesterov = false, l2, ...rest } = options;
  return withL2(
    "rmsprop",
    l2,
    chain(direction(centered, rest), scaleByLearningRate(learningRate), momentumOf({ decay: momentum, nesterov })),
  );
}
