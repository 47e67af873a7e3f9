// AdaBelief (Zhuang et al. 2020, algorithm 2): Adam that divides by how far gradients are from their mean, not from zero.

import { checkOptions, requireOptions } from "../core/options.js";
import { square, sub } from "../ops/arithmetic.js";
import { type MomentNames, type ScaleByAdamOptions, meanAhead, momentHyperparameters, momentNames } from "./adam.js";
import { chain } from "./chain.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { type MomentState, corrected, nextMean, towards, withMoments } from "./moments.js";
import { added, overRoot } from "./roots.js";
import { type Transformation, mapLeaves } from "./transformation.js";

/** The state of `scaleByBelief`; `nu` is the mean square of gradients less their mean. */
export type BeliefState<Params> = MomentState<Params, MomentNames>;

const ownNames = [...momentNames, "nesterov"];

/**
 * The mean of gradients over the root of their mean square distance from it. As `optax.scale_by_belief`; `eps` and
 * `epsRoot`, which is added to the distances at each step, are 1e-16 by default.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByBelief(), optim.scaleByLearningRate(1e-3))
 */
export function scaleByBelief<Params = unknown>(options: ScaleByAdamOptions = {}): Transformation<Params, BeliefState<Params>> {
  checkOptions("scaleByBelief", options, ownNames);
  const { nesterov = false, ...given } = options;
  const evaluate = momentHyperparameters("adabelief", given, { eps: 1e-16, epsRoot: 1e-16 });
  return withMoments<Params, MomentNames>("scaleByBelief", evaluate, (step) => {
    const { count, grads } = step;
    const { b1, b2, eps, epsRoot } = step.values;
    const [next, raised] = [towards(b2), added(epsRoot)];
    const mu = nextMean(b1, grads, step.mu);
    const nu = mapLeaves((g, m, v) => raised(next(v, square(sub(g, m)))), grads, mu, step.nu);
    const divided = overRoot({ free: corrected(b2, count), eps });
    return { updates: mapLeaves(divided, meanAhead(b1, count, grads, mu, nesterov), nu), mu, nu };
  });
}

export interface AdabeliefOptions extends ScaleByAdamOptions {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
}

export type AdabeliefState<Params> = readonly [BeliefState<Params>, LearningRateState];

/**
 * AdaBelief. As `optax.adabelief`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate.
 * @example optim.adabelief({ learningRate: 1e-3 })
 */
export function adabelief<Params = unknown>(options: AdabeliefOptions): Transformation<Params, AdabeliefState<Params>>;
export function adabelief(options: AdabeliefOptions): Transformation<unknown, AdabeliefState<unknown>> {
  requireOptions("adabelief", options, ["learningRate", ...ownNames]);
  const { learningRate, ...rest } = options;
  return chain(scaleByBelief(rest), scaleByLearningRate(learningRate));
}
