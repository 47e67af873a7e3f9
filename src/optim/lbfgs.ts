// The L-BFGS optimizer: the direction, downhill, and a line search.

import { checkOptions } from "../core/options.js";
import { chain } from "./chain.js";
import { type LbfgsState, type ScaleByLbfgsOptions, scaleByLbfgs } from "./lbfgsDirection.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { type ZoomLinesearchState, scaleByZoomLinesearch } from "./linesearch/zoom.js";
import type { Transformation, TreeTransformation } from "./transformation.js";

export interface LbfgsOptions<Search = unknown> extends ScaleByLbfgsOptions {
  /** What the direction is multiplied by before the line search; 1 by default. */
  readonly learningRate?: LearningRate;
  /**
   * What chooses the step: `scaleByZoomLinesearch({ maxLinesearchSteps: 20, initialGuessStrategy: "one" })` by default. With
   * `identity()` every step is as long as the direction.
   */
  readonly linesearch?: TreeTransformation<Search>;
}

/** The state of `lbfgs`: the last part is that of the line search. */
export type LbfgsOptimizerState<Params, Search = ZoomLinesearchState<Params>> = readonly [LbfgsState<Params>, LearningRateState, Search];

/**
 * L-BFGS with a line search, for losses without noise. `update` needs the parameters and the extra `valueFn`; with `value` and
 * `grad` at the parameters it computes less. As `optax.lbfgs`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError when `update` gets no parameters or no `valueFn`.
 * @example
 * const optimizer = optim.lbfgs();
 * const [value, grad] = valueAndGrad(loss)(params);
 * const [updates, next] = optimizer.update(grad, state, params, { value, grad, valueFn: loss });
 */
export function lbfgs<Params = unknown, Search = ZoomLinesearchState<Params>>(
  options?: LbfgsOptions<Search>,
): Transformation<Params, LbfgsOptimizerState<Params, Search>>;
export function lbfgs(options: LbfgsOptions = {}): TreeTransformation<LbfgsOptimizerState<unknown, unknown>> {
  checkOptions("lbfgs", options, ["memorySize", "scaleInitPrecond", "learningRate", "linesearch"]);
  const { learningRate = 1, linesearch, ...direction } = options;
  const search = linesearch ?? scaleByZoomLinesearch({ maxLinesearchSteps: 20, initialGuessStrategy: "one" });
  return chain(scaleByLbfgs(direction), scaleByLearningRate(learningRate), search);
}
