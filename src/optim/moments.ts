// Running means of gradients and of their squares, which most optimizers keep: `decay · mean + (1 − decay) · x`, and what
// frees them of their beginning at zero. Adam's kin are made of these by `withMoments`, each by one rule.

import type { NDArray } from "../core/array.js";
import type { DType } from "../core/dtype.js";
import { add, mul, square } from "../ops/arithmetic.js";
import { gt, isFinite, lt } from "../ops/compare.js";
import { fullLike } from "../ops/layout.js";
import { select } from "../ops/select.js";
import type { Evaluated, Varying } from "./hyperparameters.js";
import { type Scalar, beside, biasOf, complement, over } from "./scalars.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation } from "./transformation.js";

export interface MomentState<Params, Names extends string> {
  /** Steps done. */
  readonly count: NDArray;
  /** The running mean of the gradients. */
  readonly mu: Params;
  /** The running mean of their squares, or what the rule has in its place. */
  readonly nu: Params;
  /** What was applied last. */
  readonly hyperparams: Varying<Names>;
}

/** What a rule gets: hyperparameters, the number of this step (from 1), gradients, and the means before it. */
export interface MomentStep<Params, Names extends string> {
  readonly values: Readonly<Record<Names, Scalar>>;
  readonly count: NDArray;
  readonly grads: Params;
  readonly mu: Params;
  readonly nu: Params;
}

export interface MomentResult<Params> {
  readonly updates: Params;
  readonly mu: Params;
  readonly nu: Params;
}

/** A transformation that keeps two means, from its name, the rule of one step and the value that both begin with. */
export const withMoments = <Params, Names extends string>(
  op: string,
  evaluate: (count: NDArray) => Evaluated<Names, Varying<Names>>,
  rule: (step: MomentStep<Params, Names>) => MomentResult<Params>,
  begin: Scalar = 0,
): Transformation<Params, MomentState<Params, Names>> =>
  transformation<Params, MomentState<Params, Names>>({
    floating: op,
    like: (state) => state.mu,
    init: (params) => ({
      count: noSteps(),
      mu: filled(params, begin),
      nu: filled(params, begin),
      hyperparams: evaluate(noSteps()).applied,
    }),
    update: (given, { count: done, mu: before, nu: squaresBefore }) => {
      const { values, applied } = evaluate(done);
      const count = oneMore(done);
      const { updates, mu, nu } = rule({ values, count, grads: squarable(given), mu: before, nu: squaresBefore });
      return [updates, { count, mu, nu, hyperparams: applied }];
    },
  });

/** `decay · mean + (1 − decay) · x` for leaves. */
export function towards(decay: Scalar): (mean: NDArray, x: NDArray) => NDArray {
  const [kept, added] = [beside(decay), beside(complement(decay))];
  return (mean, x) => add(mul(x, added(x)), mul(mean, kept(mean)));
}

/** The next running mean of gradients. */
export const nextMean = <Params>(decay: Scalar, grads: Params, mean: Params): Params => {
  const next = towards(decay);
  return mapLeaves((g, m) => next(m, g), grads, mean);
};

/** The next running mean of their squares. */
export const nextSquares = <Params>(decay: Scalar, grads: Params, mean: Params): Params => {
  const next = towards(decay);
  return mapLeaves((g, v) => next(v, square(g)), grads, mean);
};

/** A running mean of `count` terms freed of its beginning at zero: divided by `1 − decay^count`. */
export function corrected(decay: Scalar, count: NDArray): (mean: NDArray) => NDArray {
  const correction = beside(over(1, biasOf(decay, count)));
  return (mean) => mul(mean, correction(mean));
}

/** A tree of one value, like `tree`. */
export const filled = <Params>(tree: Params, value: Scalar): Params => {
  const of = beside(value);
  return mapLeaves((leaf) => fullLike(leaf, of(leaf)), tree);
};

/** 2⁵⁴ and 2⁵⁰²: a million of their squares can be summed. */
const largestToSquare = (dtype: DType): number => (dtype === "float64" ? 2 ** 502 : 2 ** 54);

/**
 * Gradients that can be squared: finite elements beyond 2⁵⁴ (float32; 2⁵⁰² in float64) come back to it with their sign. A
 * quotient of a gradient and a root of squares is as it should be then, where the formula as printed gives 0 or no number
 * for ever after. Elements that are not finite stay, to be seen.
 */
export const squarable = <Params>(grads: Params): Params =>
  mapLeaves((g) => {
    const limit = largestToSquare(g.dtype);
    // Two choices cost a third of a clamp, which minds NaN at each bound.
    const below = select(gt(g, limit), limit, g);
    return select(isFinite(g), select(lt(below, -limit), -limit, below), g);
  }, grads);
