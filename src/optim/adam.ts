// Adam (Kingma and Ba 2015, algorithm 1): steps by the mean of gradients over the root of the mean of their squares.

import type { NDArray } from "../core/array.js";
import type { DType } from "../core/dtype.js";
import { checkOptions } from "../core/options.js";
import { toDType } from "../numpy/promote.js";
import { add, div, mul, neg, square } from "../ops/arithmetic.js";
import { expm1, sqrt } from "../ops/exponential.js";
import { checkWithin } from "./checks.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { type GradientTransformation, chain, mapLeaves, noSteps, oneMore, zerosOf } from "./transformation.js";

export interface AdamState<Params> {
  /** Steps done. */
  readonly count: NDArray;
  /** The running mean of the gradients. */
  readonly mu: Params;
  /** The running mean of their squares. */
  readonly nu: Params;
}

export interface ScaleByAdamOptions {
  /** What stays of the mean at each step; 0.9 by default. */
  readonly b1?: number;
  /** What stays of the mean of squares at each step; 0.999 by default. */
  readonly b2?: number;
  /** Added to the root; 1e-8 by default. */
  readonly eps?: number;
  /** Added under the root, for derivatives through the optimizer; 0 by default. */
  readonly epsRoot?: number;
}

const optionNames = ["b1", "b2", "eps", "epsRoot"];

/** `decay · mean + (1 − decay) · x`. */
const running =
  (decay: number) =>
  (x: NDArray, mean: NDArray): NDArray =>
    add(mul(x, 1 - decay), mul(mean, decay));

/** `1 − decay^count`, exact also while it is small: −expm1(count · log decay). Computed once for each dtype. */
function biasOf(decay: number, count: NDArray): (dtype: DType) => NDArray {
  const biases = new Map<DType, NDArray>();
  return (dtype) => {
    const bias = biases.get(dtype) ?? neg(expm1(mul(toDType("adam", count, dtype), Math.log(decay))));
    biases.set(dtype, bias);
    return bias;
  };
}

/**
 * Gradients divided by the root of their mean square, after the means have been freed of their beginning at zero.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByAdam(), optim.scaleByLearningRate(1e-3))
 */
export function scaleByAdam<Params>(options: ScaleByAdamOptions = {}): GradientTransformation<Params, AdamState<Params>> {
  checkOptions("scaleByAdam", options, optionNames);
  const { b1 = 0.9, b2 = 0.999, eps = 1e-8, epsRoot = 0 } = options;
  checkWithin("adam", "b1", b1, 0, 1);
  checkWithin("adam", "b2", b2, 0, 1);
  checkWithin("adam", "eps", eps, 0, Infinity);
  checkWithin("adam", "epsRoot", epsRoot, 0, Infinity);
  return {
    init: (params) => ({ count: noSteps(), mu: zerosOf(params), nu: zerosOf(params) }),
    update: (grads, state) => {
      const count = oneMore(state.count);
      const mu = mapLeaves(running(b1), grads, state.mu);
      const nu = mapLeaves((g, mean) => running(b2)(square(g), mean), grads, state.nu);
      const [biasOfMean, biasOfSquares] = [biasOf(b1, count), biasOf(b2, count)];
      const direction = (m: NDArray, v: NDArray): NDArray => {
        const spread = sqrt(add(div(v, biasOfSquares(v.dtype)), epsRoot));
        return div(div(m, biasOfMean(m.dtype)), add(spread, eps));
      };
      return [mapLeaves(direction, mu, nu), { count, mu, nu }];
    },
  };
}

export interface AdamOptions extends ScaleByAdamOptions {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
}

/** The state of `adam` and its kin: the means, and the number of steps. */
export type AdamOptimizerState<Params> = readonly [AdamState<Params>, LearningRateState];

/**
 * The Adam optimizer.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate.
 * @example
 * const optimizer = optim.adam({ learningRate: 1e-3 });
 * let state = optimizer.init(params);
 * const [updates, next] = optimizer.update(grads, state, params);
 */
export function adam<Params = unknown>(options: AdamOptions): GradientTransformation<Params, AdamOptimizerState<Params>> {
  checkOptions("adam", options, ["learningRate", ...optionNames]);
  const { learningRate, ...rest } = options;
  return chain<Params, AdamOptimizerState<Params>>(scaleByAdam<Params>(rest), scaleByLearningRate<Params>(learningRate));
}
