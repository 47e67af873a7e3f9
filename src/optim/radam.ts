// RAdam (Liu et al. 2020, algorithm 2): Adam that steps by the plain mean until the mean of squares rests on enough of them.

import { checkOptions, requireOptions } from "../core/options.js";
import { toDType } from "../numpy/promote.js";
import { mul } from "../ops/arithmetic.js";
import { ge } from "../ops/compare.js";
import { sqrt } from "../ops/exponential.js";
import { select } from "../ops/select.js";
import type { NDArray } from "../core/array.js";
import { type MomentNames, type ScaleByAdamOptions, meanAhead, momentHyperparameters, momentNames } from "./adam.js";
import { chain } from "./chain.js";
import { type L2Option, withL2 } from "./decay.js";
import { checkHyperparameter } from "./hyperparameters.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { type MomentState, corrected, nextMean, nextSquares, withMoments } from "./moments.js";
import { overRoot } from "./roots.js";
import { type Scalar, asScalar, beside, biasOf, complement, minus, over, power, root, times } from "./scalars.js";
import { type Transformation, mapLeaves } from "./transformation.js";

export type RadamState<Params> = MomentState<Params, MomentNames>;

export interface ScaleByRadamOptions extends ScaleByAdamOptions {
  /** The length of the average (ρ in the paper) from which on squares are trusted; 5 by default, 4 in the paper. */
  readonly threshold?: number;
  /** Whether `eps` is added to the root before it is freed of its beginning, as in PyTorch; false by default. */
  readonly epsBeforeCorrection?: boolean;
}

const ownNames = [...momentNames, "nesterov", "threshold", "epsBeforeCorrection"];

/** Whether squares are trusted at a step, and the factor that makes up for how few they are (equation 7 of the paper). */
function rectification(b2: Scalar, count: NDArray, threshold: number): readonly [trusted: NDArray, factor: NDArray] {
  const longest = minus(over(2, complement(b2)), 1);
  const lacking = over(times(times(2, asScalar(count)), power(b2, asScalar(count))), biasOf(b2, count));
  const length = toDType("radam", minus(longest, lacking), "float64");
  const trusted = ge(length, threshold);
  const above = times(times(minus(length, 4), minus(length, 2)), longest);
  const below = times(times(minus(longest, 4), minus(longest, 2)), length);
  return [trusted, sqrt(select(trusted, toDType("radam", over(above, below), "float64"), 1))];
}

/** The quotient with `eps` added before the correction: `m · √bias / (√v + eps)`. */
function overEarlyRoot(b2: Scalar, count: NDArray, eps: Scalar, epsRoot: Scalar): (m: NDArray, v: NDArray) => NDArray {
  const [by, divided] = [beside(root(biasOf(b2, count))), overRoot({ eps, epsRoot })];
  return (m, v) => mul(divided(m, v), by(m));
}

/**
 * Rectified Adam. As `optax.scale_by_radam`.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByRadam(), optim.scaleByLearningRate(1e-3))
 */
export function scaleByRadam<Params = unknown>(options: ScaleByRadamOptions = {}): Transformation<Params, RadamState<Params>> {
  checkOptions("scaleByRadam", options, ownNames);
  const { nesterov = false, threshold = 5, epsBeforeCorrection = false, ...given } = options;
  checkHyperparameter("radam", "threshold", threshold, { from: 4 });
  const evaluate = momentHyperparameters("radam", given, { eps: 1e-8, epsRoot: 0 });
  return withMoments<Params, MomentNames>("scaleByRadam", evaluate, (step) => {
    const { count, grads } = step;
    const { b1, b2, eps, epsRoot } = step.values;
    const [mu, nu] = [nextMean(b1, grads, step.mu), nextSquares(b2, grads, step.nu)];
    const [trusted, factor] = rectification(b2, count, threshold);
    const by = beside(factor);
    const divided = epsBeforeCorrection ? overEarlyRoot(b2, count, eps, epsRoot) : overRoot({ free: corrected(b2, count), eps, epsRoot });
    const rectified = (m: NDArray, v: NDArray): NDArray => select(trusted, mul(divided(m, v), by(m)), m);
    return { updates: mapLeaves(rectified, meanAhead(b1, count, grads, mu, nesterov), nu), mu, nu };
  });
}

export interface RadamOptions extends ScaleByRadamOptions, L2Option {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
}

export type RadamOptimizerState<Params> = readonly [RadamState<Params>, LearningRateState];

/**
 * Rectified Adam. As `optax.radam`; with `epsBeforeCorrection`, as `torch.optim.RAdam`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate.
 * @example optim.radam({ learningRate: 1e-3 })
 */
export function radam<Params = unknown>(options: RadamOptions): Transformation<Params, RadamOptimizerState<Params>>;
export function radam(options: RadamOptions): Transformation<unknown, RadamOptimizerState<unknown>> {
  requireOptions("radam", options, ["learningRate", ...ownNames, "l2"]);
  const { learningRate, l2, ...rest } = options;
  return withL2("radam", l2, chain(scaleByRadam(rest), scaleByLearningRate(learningRate)));
}
