// NAdam (Dozat 2016): Adam whose mean looks one step ahead, with a fixed b1 (Optax) or one that warms up (PyTorch).

import { type NDArray, scalar } from "../core/array.js";
import { checkOptions, requireOptions } from "../core/options.js";
import { toDType } from "../numpy/promote.js";
import { add, mul } from "../ops/arithmetic.js";
import { type AdamState, type MomentNames, type MomentOptions, momentHyperparameters, momentNames, scaleByAdam } from "./adam.js";
import { chain } from "./chain.js";
import { type DecayMask, type DecayState, type L2Option, addDecayedWeights, withL2 } from "./decay.js";
import { type Hyperparameter, checkHyperparameter } from "./hyperparameters.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { type MomentState, corrected, nextMean, nextSquares, squarable } from "./moments.js";
import { overRoot } from "./roots.js";
import { type Scalar, asScalar, beside, complement, over, plus, power, times } from "./scalars.js";
import { type Transformation, type TreeTransformation, mapLeaves, noSteps, oneMore, transformation, zerosOf } from "./transformation.js";

export interface NadamState<Params> extends MomentState<Params, MomentNames> {
  /** The product of all momenta so far, a float32 scalar as in PyTorch. */
  readonly product: NDArray;
}

export interface ScaleByNadamOptions extends MomentOptions {
  /** How fast the momentum warms up: at step t it is `b1 · (1 − ½ · 0.96^(t · momentumDecay))`; 0.004 by default. */
  readonly momentumDecay?: number;
}

/** The momentum of step `count`. */
const momentum = (b1: Scalar, decay: number, count: Scalar): Scalar => times(b1, complement(times(0.5, power(0.96, times(decay, count)))));

/**
 * NAdam's direction with a momentum that warms up, as `torch.optim.NAdam`. With a fixed momentum it is
 * `scaleByAdam({ nesterov: true })`.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByNadam(), optim.scaleByLearningRate(2e-3))
 */
export function scaleByNadam<Params = unknown>(options: ScaleByNadamOptions = {}): Transformation<Params, NadamState<Params>> {
  checkOptions("scaleByNadam", options, [...momentNames, "momentumDecay"]);
  const { momentumDecay = 0.004, ...given } = options;
  checkHyperparameter("nadam", "momentumDecay", momentumDecay, { from: 0 });
  const evaluate = momentHyperparameters("nadam", given, { eps: 1e-8, epsRoot: 0 });
  return transformation<Params, NadamState<Params>>({
    floating: "scaleByNadam",
    like: (state) => state.mu,
    init: (params) => ({
      count: noSteps(),
      mu: zerosOf(params),
      nu: zerosOf(params),
      product: scalar(1, "float32"),
      hyperparams: evaluate(noSteps()).applied,
    }),
    update: (given, state) => {
      const { values, applied } = evaluate(state.count);
      const { b1, b2, eps, epsRoot } = values;
      const [count, grads] = [oneMore(state.count), squarable(given)];
      const now = momentum(b1, momentumDecay, asScalar(count));
      const next = momentum(b1, momentumDecay, plus(asScalar(count), 1));
      const product = mul(state.product, toDType("nadam", now, "float32"));
      const [mu, nu] = [nextMean(b1, grads, state.mu), nextSquares(b2, grads, state.nu)];
      const ofGradient = beside(over(complement(now), complement(asScalar(product))));
      const ofMean = beside(over(next, complement(times(asScalar(product), next))));
      const mean = mapLeaves((g, m) => add(mul(g, ofGradient(g)), mul(m, ofMean(m))), grads, mu);
      const updates = mapLeaves(overRoot({ free: corrected(b2, count), eps, epsRoot }), mean, nu);
      return [updates, { count, mu, nu, product, hyperparams: applied }];
    },
  });
}

export interface NadamOptions extends MomentOptions, L2Option {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
  /** How fast the momentum warms up, as in PyTorch (0.004 there); by default it is `b1` from the start. */
  readonly momentumDecay?: number;
}

export type NadamOptimizerState<Params> = readonly [AdamState<Params> | NadamState<Params>, LearningRateState];

/** The direction: with a momentum that warms up where its decay is given. */
const direction = (decay: number | undefined, rest: MomentOptions): TreeTransformation<AdamState<unknown> | NadamState<unknown>> =>
  decay === undefined ? scaleByAdam({ ...rest, nesterov: true }) : scaleByNadam({ ...rest, momentumDecay: decay });

/**
 * NAdam. As `optax.nadam`; with `momentumDecay: 0.004`, as `torch.optim.NAdam`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate.
 * @example optim.nadam({ learningRate: 2e-3 })
 */
export function nadam<Params = unknown>(options: NadamOptions): Transformation<Params, NadamOptimizerState<Params>>;
export function nadam(options: NadamOptions): Transformation<unknown, NadamOptimizerState<unknown>> {
  requireOptions("nadam", options, ["learningRate", ...momentNames, "momentumDecay", "l2"]);
  const { learningRate, momentumDecay, l2, ...rest } = options;
  return withL2("nadam", l2, chain(direction(momentumDecay, rest), scaleByLearningRate(learningRate)));
}

export interface NadamWOptions extends MomentOptions, DecayMask {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
  /** How fast the momentum warms up, as in PyTorch (0.004 there); by default it is `b1` from the start. */
  readonly momentumDecay?: number;
  /** The part of the parameters that is subtracted at each step, times the learning rate; 1e-4 by default. */
  readonly weightDecay?: Hyperparameter;
}

export type NadamWState<Params> = readonly [AdamState<Params> | NadamState<Params>, DecayState, LearningRateState];

/**
 * NAdam with decoupled weight decay. As `optax.nadamw`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate, or when
 *   `update` gets no parameters.
 * @example optim.nadamw({ learningRate: 2e-3, weightDecay: 0.01 })
 */
export function nadamw<Params = unknown>(options: NadamWOptions): Transformation<Params, NadamWState<Params>>;
export function nadamw(options: NadamWOptions): Transformation<unknown, NadamWState<unknown>> {
  requireOptions("nadamw", options, ["learningRate", ...momentNames, "momentumDecay", "weightDecay", "mask"]);
  const { learningRate, momentumDecay, weightDecay = 1e-4, mask, ...rest } = options;
  const decay = addDecayedWeights(weightDecay, mask === undefined ? {} : { mask });
  return chain(direction(momentumDecay, rest), decay, scaleByLearningRate(learningRate));
}
