// AdaGrad (Duchi, Hazan and Singer 2011): gradients over the root of the sum of all their squares.

import type { NDArray } from "../core/array.js";
import { checkOptions, requireOptions } from "../core/options.js";
import { add, mul, square } from "../ops/arithmetic.js";
import { gt } from "../ops/compare.js";
import { rsqrt } from "../ops/exponential.js";
import { select } from "../ops/select.js";
import { chain } from "./chain.js";
import { type L2Option, withL2 } from "./decay.js";
import { type Varying, type Hyperparameter, checkHyperparameter, varyingHyperparameters, scheduledBy } from "./hyperparameters.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { filled, squarable } from "./moments.js";
import { added, overRoot } from "./roots.js";
import { over, plus, times } from "./scalars.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation } from "./transformation.js";

export interface RssState<Params> {
  /** Updates done. */
  readonly count: NDArray;
  /** The sum of the squares of all gradients. */
  readonly sumOfSquares: Params;
  /** What was applied last. */
  readonly hyperparams: Varying<"eps">;
}

export interface ScaleByRssOptions {
  /** What the sum begins with; 0.1 by default (0 in PyTorch). */
  readonly initialAccumulatorValue?: number;
  /** Keeps the divisor from zero; 1e-7 by default (1e-10 in PyTorch). */
  readonly eps?: Hyperparameter;
  /** Whether `eps` is added under the root (Optax, the default) or to the root (PyTorch). */
  readonly epsInRoot?: boolean;
}

const ownNames = ["initialAccumulatorValue", "eps", "epsInRoot"];

/**
 * Gradients divided by the root of the sum of their squares; where that is zero, so is the update. As `optax.scale_by_rss`.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByRss(), optim.scaleByLearningRate(0.1))
 */
export function scaleByRss<Params = unknown>(options: ScaleByRssOptions = {}): Transformation<Params, RssState<Params>> {
  checkOptions("scaleByRss", options, ownNames);
  const { initialAccumulatorValue = 0.1, eps = 1e-7, epsInRoot = true } = options;
  checkHyperparameter("adagrad", "initialAccumulatorValue", initialAccumulatorValue, { from: 0 });
  checkHyperparameter("adagrad", "eps", eps, { from: 0 });
  const evaluate = varyingHyperparameters("adagrad", { eps });
  return transformation<Params, RssState<Params>>({
    floating: "scaleByRss",
    like: (state) => state.sumOfSquares,
    init: (params) => ({
      count: noSteps(),
      sumOfSquares: filled(params, initialAccumulatorValue),
      hyperparams: evaluate(noSteps()).applied,
    }),
    update: (given, { count, sumOfSquares: before }) => {
      const { values, applied } = evaluate(count);
      const grads = squarable(given);
      const sumOfSquares = mapLeaves((g, sum) => add(sum, square(g)), grads, before);
      const [under, outside] = [added(values.eps), overRoot({ eps: values.eps })];
      const inside = (g: NDArray, sum: NDArray): NDArray => select(gt(sum, 0), mul(g, rsqrt(under(sum))), 0);
      return [mapLeaves(epsInRoot ? inside : outside, grads, sumOfSquares), { count: oneMore(count), sumOfSquares, hyperparams: applied }];
    },
  });
}

export interface AdagradOptions extends ScaleByRssOptions, L2Option {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
  /** The learning rate is divided by `1 + rateDecay · step`: PyTorch's `lr_decay`. 0 by default. */
  readonly rateDecay?: number;
}

export type AdagradState<Params> = readonly [RssState<Params>, LearningRateState];

/**
 * AdaGrad. As `optax.adagrad`; with `{ initialAccumulatorValue: 0, eps: 1e-10, epsInRoot: false }`, as `torch.optim.Adagrad`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate.
 * @example optim.adagrad({ learningRate: 0.1 })
 */
export function adagrad<Params = unknown>(options: AdagradOptions): Transformation<Params, AdagradState<Params>>;
export function adagrad(options: AdagradOptions): Transformation<unknown, AdagradState<unknown>> {
  requireOptions("adagrad", options, ["learningRate", ...ownNames, "rateDecay", "l2"]);
  const { learningRate, rateDecay = 0, l2, ...rest } = options;
  checkHyperparameter("adagrad", "learningRate", learningRate);
  checkHyperparameter("adagrad", "rateDecay", rateDecay, { from: 0 });
  const slowed = scheduledBy("adagrad", "learningRate", learningRate, (rate, step) => over(rate, plus(1, times(rateDecay, step))));
  return withL2("adagrad", l2, chain(scaleByRss(rest), scaleByLearningRate(rateDecay === 0 ? learningRate : slowed)));
}
