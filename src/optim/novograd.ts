// NovoGrad (Ginsburg et al. 2019, algorithm 1): gradients divided leaf by leaf by their running length, then summed.

import type { NDArray } from "../core/array.js";
import { checkOptions, requireOptions } from "../core/options.js";
import { add, min, mul } from "../ops/arithmetic.js";
import { eq } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { select } from "../ops/select.js";
import { full } from "../ops/layout.js";
import { chain } from "./chain.js";
import { type Varying, type Hyperparameter, checkHyperparameter, varyingHyperparameters } from "./hyperparameters.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { squarable, towards } from "./moments.js";
import { sumOfSquares } from "./norms.js";
import { requireParams } from "./requirements.js";
import { overRoot } from "./roots.js";
import { beside } from "./scalars.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation, zerosOf } from "./transformation.js";

type Names = "b1" | "b2" | "eps" | "epsRoot" | "weightDecay";

export interface ScaleByNovogradState<Params> {
  /** Updates done. */
  readonly count: NDArray;
  /** The sum of past directions, discounted. */
  readonly mu: Params;
  /** For each leaf the running mean of its squared length, a scalar. */
  readonly nu: Params;
  /** What was applied last. */
  readonly hyperparams: Varying<Names>;
}

export interface ScaleByNovogradOptions {
  /** What stays of the sum at each step; 0.9 by default. */
  readonly b1?: Hyperparameter;
  /** What stays of the mean of squared lengths at each step; 0.25 by default. */
  readonly b2?: Hyperparameter;
  /** Added to the length; 1e-8 by default (1e-6 in `novograd`). */
  readonly eps?: Hyperparameter;
  /** Added under the root; 0 by default. */
  readonly epsRoot?: Hyperparameter;
  /** The part of the parameters that joins each direction; 0 by default. */
  readonly weightDecay?: Hyperparameter;
}

const ownNames = ["b1", "b2", "eps", "epsRoot", "weightDecay"];

function novogradHyperparameters(options: ScaleByNovogradOptions) {
  const { b1 = 0.9, b2 = 0.25, eps = 1e-8, epsRoot = 0, weightDecay = 0 } = options;
  checkHyperparameter("novograd", "b1", b1, { from: 0, below: 1 });
  checkHyperparameter("novograd", "b2", b2, { from: 0, below: 1 });
  checkHyperparameter("novograd", "eps", eps, { from: 0 });
  checkHyperparameter("novograd", "epsRoot", epsRoot, { from: 0 });
  checkHyperparameter("novograd", "weightDecay", weightDecay, { from: 0 });
  return varyingHyperparameters<Names>("novograd", { b1, b2, eps, epsRoot, weightDecay });
}

/** The squared length of a leaf in its dtype; at the most the largest power of two there. */
const squaredLength = (g: NDArray): NDArray => {
  const squares = sumOfSquares(g);
  return convertElementType(g.dtype === "float64" ? squares : min(squares, 2 ** 127), g.dtype);
};

/**
 * `mu ← b1 · mu + g / (√(nu + epsRoot) + eps) + weightDecay · params`, where `nu` is the running mean of the leaf's squared
 * length and begins with the first. As `optax.scale_by_novograd`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError when `update` needs parameters and gets none.
 * @example optim.chain(optim.scaleByNovograd(), optim.scaleByLearningRate(1e-2))
 */
export function scaleByNovograd<Params = unknown>(
  options: ScaleByNovogradOptions = {},
): Transformation<Params, ScaleByNovogradState<Params>> {
  checkOptions("scaleByNovograd", options, ownNames);
  const evaluate = novogradHyperparameters(options);
  return transformation<Params, ScaleByNovogradState<Params>>({
    floating: "scaleByNovograd",
    like: (state) => state.mu,
    init: (params) => ({
      count: noSteps(),
      mu: zerosOf(params),
      nu: mapLeaves((p) => full([], 0, p.dtype), params),
      hyperparams: evaluate(noSteps()).applied,
    }),
    update: (given, state, params) => {
      const { values, applied } = evaluate(state.count);
      const grads = squarable(given);
      const [first, next, divided] = [eq(state.count, 0), towards(values.b2), overRoot(values)];
      const lengths = mapLeaves(squaredLength, grads);
      const nu = mapLeaves((n, before) => select(first, n, next(before, n)), lengths, state.nu);
      const [kept, decay] = [beside(values.b1), beside(values.weightDecay)];
      const direction = mapLeaves(divided, grads, nu);
      const joined =
        values.weightDecay === 0
          ? direction
          : mapLeaves((d, p) => add(d, mul(p, decay(p))), direction, requireParams("scaleByNovograd", params));
      const mu = mapLeaves((d, m) => add(mul(m, kept(m)), d), joined, state.mu);
      return [mu, { count: oneMore(state.count), mu, nu, hyperparams: applied }];
    },
  });
}

export interface NovogradOptions extends ScaleByNovogradOptions {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
}

export type NovogradState<Params> = readonly [ScaleByNovogradState<Params>, LearningRateState];

/**
 * NovoGrad. As `optax.novograd`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate, or when
 *   `update` needs parameters and gets none.
 * @example optim.novograd({ learningRate: 1e-2, weightDecay: 1e-3 })
 */
export function novograd<Params = unknown>(options: NovogradOptions): Transformation<Params, NovogradState<Params>>;
export function novograd(options: NovogradOptions): Transformation<unknown, NovogradState<unknown>> {
  requireOptions("novograd", options, ["learningRate", ...ownNames]);
  const { learningRate, eps = 1e-6, ...rest } = options;
  return chain(scaleByNovograd({ ...rest, eps }), scaleByLearningRate(learningRate));
}
