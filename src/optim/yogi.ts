// Yogi (Zaheer et al. 2018): Adam whose mean of squares moves towards each square by a part of that square.

import type { NDArray } from "../core/array.js";
import { checkOptions, requireOptions } from "../core/options.js";
import { mul, sign, square, sub } from "../ops/arithmetic.js";
import { type MomentNames, type MomentOptions, momentHyperparameters, momentNames } from "./adam.js";
import { chain } from "./chain.js";
import { checkHyperparameter } from "./hyperparameters.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { type MomentState, corrected, nextMean, withMoments } from "./moments.js";
import { overRoot } from "./roots.js";
import { beside, complement } from "./scalars.js";
import { type Transformation, mapLeaves } from "./transformation.js";

export type YogiState<Params> = MomentState<Params, MomentNames>;

export interface ScaleByYogiOptions extends MomentOptions {
  /** What both means begin with; 1e-6 by default. */
  readonly initialAccumulatorValue?: number;
}

const ownNames = [...momentNames, "initialAccumulatorValue"];

/**
 * Yogi's direction: `nu ← nu − (1 − b2) · sign(nu − g²) · g²`. As `optax.scale_by_yogi`; `eps` is 1e-3 by default.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByYogi(), optim.scaleByLearningRate(1e-2))
 */
export function scaleByYogi<Params = unknown>(options: ScaleByYogiOptions = {}): Transformation<Params, YogiState<Params>> {
  checkOptions("scaleByYogi", options, ownNames);
  const { initialAccumulatorValue = 1e-6, ...given } = options;
  checkHyperparameter("yogi", "initialAccumulatorValue", initialAccumulatorValue, { from: 0 });
  const evaluate = momentHyperparameters("yogi", given, { eps: 1e-3, epsRoot: 0 });
  return withMoments<Params, MomentNames>(
    "scaleByYogi",
    evaluate,
    ({ values: { b1, b2, eps, epsRoot }, count, grads, mu: before, nu: squaresBefore }) => {
      const part = beside(complement(b2));
      const towardsSquare = (g: NDArray, v: NDArray): NDArray => {
        const squared = square(g);
        return sub(v, mul(mul(sign(sub(v, squared)), squared), part(v)));
      };
      const [mu, nu] = [nextMean(b1, grads, before), mapLeaves(towardsSquare, grads, squaresBefore)];
      const [mean, divided] = [corrected(b1, count), overRoot({ free: corrected(b2, count), eps, epsRoot })];
      return { updates: mapLeaves((m, v) => divided(mean(m), v), mu, nu), mu, nu };
    },
    initialAccumulatorValue,
  );
}

export interface YogiOptions extends ScaleByYogiOptions {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
}

export type YogiOptimizerState<Params> = readonly [YogiState<Params>, LearningRateState];

/**
 * Yogi. As `optax.yogi`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate.
 * @example optim.yogi({ learningRate: 1e-2 })
 */
export function yogi<Params = unknown>(options: YogiOptions): Transformation<Params, YogiOptimizerState<Params>>;
export function yogi(options: YogiOptions): Transformation<unknown, YogiOptimizerState<unknown>> {
  requireOptions("yogi", options, ["learningRate", ...ownNames]);
  const { learningRate, ...rest } = options;
  return chain(scaleByYogi(rest), scaleByLearningRate(learningRate));
}
