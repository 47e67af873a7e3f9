// Division by the root of a running mean of squares (Tieleman and Hinton 2012), about zero or about the running mean.

import type { NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { max, square, sub } from "../ops/arithmetic.js";
import { type Varying, type Hyperparameter, checkHyperparameter, varyingHyperparameters } from "./hyperparameters.js";
import { corrected, filled, nextMean, nextSquares, squarable } from "./moments.js";
import { overRoot } from "./roots.js";
import type { Scalar } from "./scalars.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation, zerosOf } from "./transformation.js";

type Names = "decay" | "eps";

export interface RmsState<Params> {
  /** Updates done. */
  readonly count: NDArray;
  /** The running mean of squares. */
  readonly nu: Params;
  /** What was applied last. */
  readonly hyperparams: Varying<Names>;
}

export interface StddevState<Params> extends RmsState<Params> {
  /** The running mean of the gradients. */
  readonly mu: Params;
}

export interface ScaleByRmsOptions {
  /** What stays of the mean of squares at each step; 0.9 by default (0.99 in PyTorch). */
  readonly decay?: Hyperparameter;
  /** Keeps the divisor from zero; 1e-8 by default. */
  readonly eps?: Hyperparameter;
  /** What the mean of squares begins with; 0 by default. */
  readonly initialScale?: number;
  /** Whether `eps` is added under the root (Optax, the default) or to the root (PyTorch). */
  readonly epsInRoot?: boolean;
  /** Whether the means are freed of their beginning; false by default. */
  readonly biasCorrection?: boolean;
}

export const rmsNames = ["decay", "eps", "initialScale", "epsInRoot", "biasCorrection"];

/** Checks the options, and gives what evaluates them. */
function rmsHyperparameters(
  op: string,
  options: ScaleByRmsOptions,
): (count: NDArray) => {
  readonly values: Readonly<Record<Names, Scalar>>;
  readonly applied: Varying<Names>;
} {
  checkOptions(op, options, rmsNames);
  const { decay = 0.9, eps = 1e-8, initialScale = 0 } = options;
  checkHyperparameter(op, "decay", decay, { from: 0, below: 1 });
  checkHyperparameter(op, "eps", eps, { from: 0 });
  checkHyperparameter(op, "initialScale", initialScale, { from: 0 });
  return varyingHyperparameters<Names>(op, { decay, eps });
}

const quotient = (eps: Scalar, epsInRoot: boolean): ((g: NDArray, nu: NDArray) => NDArray) =>
  epsInRoot ? overRoot({ eps: 0, epsRoot: eps }) : overRoot({ eps });

/**
 * Gradients divided by the root of the running mean of their squares. As `optax.scale_by_rms`.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByRms({ decay: 0.99 }), optim.scaleByLearningRate(1e-3))
 */
export function scaleByRms<Params = unknown>(options: ScaleByRmsOptions = {}): Transformation<Params, RmsState<Params>> {
  const evaluate = rmsHyperparameters("scaleByRms", options);
  const { initialScale = 0, epsInRoot = true, biasCorrection = false } = options;
  return transformation<Params, RmsState<Params>>({
    floating: "scaleByRms",
    like: (state) => state.nu,
    init: (params) => ({ count: noSteps(), nu: filled(params, initialScale), hyperparams: evaluate(noSteps()).applied }),
    update: (given, state) => {
      const { values, applied } = evaluate(state.count);
      const [count, grads] = [oneMore(state.count), squarable(given)];
      const nu = nextSquares(values.decay, grads, state.nu);
      const free = biasCorrection ? mapLeaves(corrected(values.decay, count), nu) : nu;
      return [mapLeaves(quotient(values.eps, epsInRoot), grads, free), { count, nu, hyperparams: applied }];
    },
  });
}

/**
 * Gradients divided by the running root mean square of their distance from their running mean. As `optax.scale_by_stddev`.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByStddev(), optim.scaleByLearningRate(1e-3))
 */
export function scaleByStddev<Params = unknown>(options: ScaleByRmsOptions = {}): Transformation<Params, StddevState<Params>> {
  const evaluate = rmsHyperparameters("scaleByStddev", options);
  const { initialScale = 0, epsInRoot = true, biasCorrection = false } = options;
  return transformation<Params, StddevState<Params>>({
    floating: "scaleByStddev",
    like: (state) => state.mu,
    init: (params) => ({
      count: noSteps(),
      mu: zerosOf(params),
      nu: filled(params, initialScale),
      hyperparams: evaluate(noSteps()).applied,
    }),
    update: (given, state) => {
      const { values, applied } = evaluate(state.count);
      const [count, grads] = [oneMore(state.count), squarable(given)];
      const [mu, nu] = [nextMean(values.decay, grads, state.mu), nextSquares(values.decay, grads, state.nu)];
      const free = biasCorrection ? corrected(values.decay, count) : (x: NDArray): NDArray => x;
      // The difference is not negative, but its rounding may be.
      const variance = mapLeaves((m, v) => max(sub(free(v), square(free(m))), 0), mu, nu);
      return [mapLeaves(quotient(values.eps, epsInRoot), grads, variance), { count, mu, nu, hyperparams: applied }];
    },
  });
}
