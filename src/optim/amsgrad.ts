// AMSGrad (Reddi, Kale and Kumar 2018, algorithm 2): Adam whose divisor never falls.

import type { NDArray } from "../core/array.js";
import { OptionError } from "../core/errors.js";
import { checkOptions, requireOptions } from "../core/options.js";
import { max } from "../ops/arithmetic.js";
import { type MomentNames, type MomentOptions, momentHyperparameters, momentNames } from "./adam.js";
import { chain } from "./chain.js";
import { type L2Option, withL2 } from "./decay.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { type MomentState, corrected, nextMean, nextSquares, squarable } from "./moments.js";
import { overRoot } from "./roots.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation, zerosOf } from "./transformation.js";

export interface AmsgradState<Params> extends MomentState<Params, MomentNames> {
  /** The largest mean of squares so far. */
  readonly nuMax: Params;
}

export interface ScaleByAmsgradOptions extends MomentOptions {
  /** Whether the mean of gradients is freed of its beginning at zero; true by default, false in the paper. */
  readonly correctMean?: boolean;
  /**
   * When the mean of squares is freed of its beginning at zero: before it is compared with the largest so far (Optax, the
   * default), after it (PyTorch), or never (the paper).
   */
  readonly correctSquares?: "before" | "after" | "never";
}

const ownNames = [...momentNames, "correctMean", "correctSquares"];
const unchanged = (x: NDArray): NDArray => x;

function checkWhen(correctSquares: string): void {
  if (["before", "after", "never"].includes(correctSquares)) return;
  throw new OptionError({
    op: "amsgrad",
    expected: 'correctSquares as "before", "after" or "never"',
    received: String(correctSquares),
    remedy: "leave it out for Optax's way",
  });
}

/**
 * The mean of gradients over the root of the largest mean of squares so far. As `optax.scale_by_amsgrad`.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByAmsgrad(), optim.scaleByLearningRate(1e-3))
 */
export function scaleByAmsgrad<Params = unknown>(options: ScaleByAmsgradOptions = {}): Transformation<Params, AmsgradState<Params>> {
  checkOptions("scaleByAmsgrad", options, ownNames);
  const { correctMean = true, correctSquares = "before", ...given } = options;
  checkWhen(correctSquares);
  const evaluate = momentHyperparameters("amsgrad", given, { eps: 1e-8, epsRoot: 0 });
  return transformation<Params, AmsgradState<Params>>({
    floating: "scaleByAmsgrad",
    like: (state) => state.mu,
    init: (params) => ({
      count: noSteps(),
      mu: zerosOf(params),
      nu: zerosOf(params),
      nuMax: zerosOf(params),
      hyperparams: evaluate(noSteps()).applied,
    }),
    update: (given, state) => {
      const { values, applied } = evaluate(state.count);
      const { b1, b2, eps, epsRoot } = values;
      const [count, grads] = [oneMore(state.count), squarable(given)];
      const [mu, nu] = [nextMean(b1, grads, state.mu), nextSquares(b2, grads, state.nu)];
      const free = corrected(b2, count);
      const before = correctSquares === "before" ? free : unchanged;
      const nuMax = mapLeaves((v, largest) => max(before(v), largest), nu, state.nuMax);
      const divided = overRoot({ free: correctSquares === "after" ? free : unchanged, eps, epsRoot });
      const mean = correctMean ? mapLeaves(corrected(b1, count), mu) : mu;
      return [mapLeaves(divided, mean, nuMax), { count, mu, nu, nuMax, hyperparams: applied }];
    },
  });
}

export interface AmsgradOptions extends ScaleByAmsgradOptions, L2Option {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
}

export type AmsgradOptimizerState<Params> = readonly [AmsgradState<Params>, LearningRateState];

/**
 * AMSGrad. As `optax.amsgrad`; with `correctSquares: "after"`, as PyTorch's `Adam` with `amsgrad`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate.
 * @example optim.amsgrad({ learningRate: 1e-3 })
 */
export function amsgrad<Params = unknown>(options: AmsgradOptions): Transformation<Params, AmsgradOptimizerState<Params>>;
export function amsgrad(options: AmsgradOptions): Transformation<unknown, AmsgradOptimizerState<unknown>> {
  requireOptions("amsgrad", options, ["learningRate", ...ownNames, "l2"]);
  const { learningRate, l2, ...rest } = options;
  return withL2("amsgrad", l2, chain(scaleByAmsgrad(rest), scaleByLearningRate(learningRate)));
}
