// Adafactor (Shazeer and Stern 2018): steps in proportion to the parameters, with means of squares kept by rows and columns.

import { checkOptions } from "../core/options.js";
import { neg } from "../ops/arithmetic.js";
import { type EmptyState, chain } from "./chain.js";
import { clipByBlockRms } from "./clipping.js";
import { type DecayState, addDecayedWeights } from "./decay.js";
import { type EmaState, ema } from "./ema.js";
import { type FactoredState, factoredNames, type ScaleByFactoredRmsOptions, scaleByFactoredRms } from "./factored.js";
import type { Hyperparameter } from "./hyperparameters.js";
import { identity } from "./identity.js";
import { type HyperparametersState, type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import type { Mask } from "./masks.js";
import { stateless } from "./stateless.js";
import { type Transformation, type TreeTransformation, mapLeaves } from "./transformation.js";
import { scaleByParamBlockRms } from "./trustRatio.js";

export interface AdafactorOptions extends ScaleByFactoredRmsOptions {
  /** A number, a scalar array, or a schedule from the step to one; without it the direction is not scaled. */
  readonly learningRate?: LearningRate;
  /** Whether the steps of each leaf are in proportion to its root mean square (at least 1e-3); true by default. */
  readonly multiplyByParameterScale?: boolean;
  /** The largest root mean square of the direction of each leaf; `null` for none. 1 by default. */
  readonly clippingThreshold?: Hyperparameter | null;
  /** What stays of the past updates at each step; none by default. */
  readonly momentum?: Hyperparameter;
  /** The part of the parameters that is subtracted at each step, not times the learning rate; none by default. */
  readonly weightDecayRate?: Hyperparameter;
  /** The leaves that decay; all by default. */
  readonly weightDecayMask?: Mask;
}

const ownNames = ["multiplyByParameterScale", "clippingThreshold", "momentum", "weightDecayRate", "weightDecayMask"];

export type AdafactorState<Params> = readonly [
  FactoredState<Params>,
  HyperparametersState<"threshold"> | EmptyState,
  LearningRateState | EmptyState,
  EmptyState,
  EmaState<Params> | EmptyState,
  DecayState | EmptyState,
  EmptyState,
];

/** What `make` makes of a value, and nothing where there is none. */
const given = <T, State>(
  value: T | null | undefined,
  make: (value: T) => TreeTransformation<State>,
): TreeTransformation<State | EmptyState> => (value === undefined || value === null ? identity() : make(value));

/**
 * Adafactor. As `optax.adafactor`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError when `update` needs parameters and gets none.
 * @example optim.adafactor({ learningRate: 1e-2 })
 */
export function adafactor<Params = unknown>(options?: AdafactorOptions): Transformation<Params, AdafactorState<Params>>;
export function adafactor(options: AdafactorOptions = {}): Transformation<unknown, AdafactorState<unknown>> {
  checkOptions("adafactor", options, ["learningRate", ...factoredNames, ...ownNames]);
  const { learningRate, multiplyByParameterScale = true, clippingThreshold = 1, ...others } = options;
  const { momentum, weightDecayRate, weightDecayMask, ...rest } = others;
  const mask = weightDecayMask === undefined ? {} : { mask: weightDecayMask };
  return chain(
    scaleByFactoredRms(rest),
    given(clippingThreshold, (threshold) => clipByBlockRms(threshold)),
    given(learningRate, (rate) => scaleByLearningRate(rate, { flipSign: false })),
    multiplyByParameterScale ? scaleByParamBlockRms() : identity(),
    given(momentum, (decay) => ema({ decay, debias: false })),
    given(weightDecayRate, (rate) => addDecayedWeights(rate, mask)),
    stateless<unknown>((updates) => mapLeaves(neg, updates)),
  );
}
