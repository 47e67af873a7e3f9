// Updates scaled leaf by leaf to their parameters: by the ratio of lengths (You et al. 2017), or by the parameters' size.
// Lengths are computed in float64, so that they neither overflow nor vanish in float32.

import type { NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { add, div, max, min, mul } from "../ops/arithmetic.js";
import { bitOr } from "../ops/bitwise.js";
import { eq } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { select } from "../ops/select.js";
import type { EmptyState } from "./chain.js";
import { type Varying, type Hyperparameter, checkHyperparameter, varyingHyperparameters } from "./hyperparameters.js";
import { divisor, rootOf, sumOfSquares } from "./norms.js";
import { requireParams } from "./requirements.js";
import { stateless } from "./stateless.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation } from "./transformation.js";

export interface TrustRatioState {
  /** Updates done. */
  readonly count: NDArray;
  /** What was applied last. */
  readonly hyperparams: Varying<"trustCoefficient" | "eps">;
}

export interface ScaleByTrustRatioOptions {
  /** Lengths count as at least this; 0 by default. */
  readonly minNorm?: number;
  /** A factor of the ratio; 1 by default. */
  readonly trustCoefficient?: Hyperparameter;
  /** Added to the length of the updates; 0 by default. */
  readonly eps?: Hyperparameter;
}

const largest = (dtype: string): number => (dtype === "float64" ? Number.MAX_VALUE : 2 ** 127);

/** A float64 scalar in the dtype of a leaf: what is too large for it comes as the largest. */
const narrowed = (x: NDArray, leaf: NDArray): NDArray => convertElementType(min(x, largest(leaf.dtype)), leaf.dtype);

/** The length of a leaf, at least `least`, in float64. */
const lengthOf = (x: NDArray, least: number): NDArray => max(rootOf(sumOfSquares(x)), least);

/**
 * The updates of each leaf times `trustCoefficient · ‖params‖ / (‖updates‖ + eps)`, or times 1 where one of the lengths is
 * zero. As `optax.scale_by_trust_ratio`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError when `update` gets no parameters.
 * @example optim.chain(optim.scaleByAdam(), optim.scaleByTrustRatio(), optim.scaleByLearningRate(1e-3))
 */
export function scaleByTrustRatio<Params = unknown>(options: ScaleByTrustRatioOptions = {}): Transformation<Params, TrustRatioState> {
  const op = "scaleByTrustRatio";
  checkOptions(op, options, ["minNorm", "trustCoefficient", "eps"]);
  const { minNorm = 0, trustCoefficient = 1, eps = 0 } = options;
  checkHyperparameter(op, "minNorm", minNorm, { from: 0 });
  checkHyperparameter(op, "trustCoefficient", trustCoefficient, { from: 0 });
  checkHyperparameter(op, "eps", eps, { from: 0 });
  const evaluate = varyingHyperparameters(op, { trustCoefficient, eps });
  return transformation<Params, TrustRatioState>({
    floating: op,
    init: () => ({ count: noSteps(), hyperparams: evaluate(noSteps()).applied }),
    update: (grads, { count }, params) => {
      const { values, applied } = evaluate(count);
      const scaled = (u: NDArray, p: NDArray): NDArray => {
        const [ofParams, ofUpdates] = [lengthOf(p, minNorm), lengthOf(u, minNorm)];
        const ratio = div(mul(ofParams, values.trustCoefficient), add(divisor(ofUpdates), values.eps));
        return mul(u, narrowed(select(bitOr(eq(ofParams, 0), eq(ofUpdates, 0)), 1, ratio), u));
      };
      return [mapLeaves(scaled, grads, requireParams(op, params)), { count: oneMore(count), hyperparams: applied }];
    },
  });
}

/** The least scale of a leaf. */
function checkLeast(op: string, minScale: number): void {
  checkHyperparameter(op, "minScale", minScale, { from: 0 });
}

/**
 * The updates of each leaf times the length of its parameters, at least `minScale`. As `optax.scale_by_param_block_norm`.
 *
 * @throws OptionError for a negative scale; TypeMismatchError when `update` gets no parameters.
 * @example optim.chain(optim.scaleBySign(), optim.scaleByParamBlockNorm(), optim.scaleByLearningRate(1e-3))
 */
export function scaleByParamBlockNorm<Params = unknown>(minScale = 1e-3): Transformation<Params, EmptyState> {
  checkLeast("scaleByParamBlockNorm", minScale);
  const scaled = (u: NDArray, p: NDArray): NDArray => mul(u, narrowed(lengthOf(p, minScale), u));
  return stateless<Params>(
    (grads, params) => mapLeaves(scaled, grads, requireParams("scaleByParamBlockNorm", params)),
    "scaleByParamBlockNorm",
  );
}

/**
 * The updates of each leaf times the root mean square of its parameters, at least `minScale`. As
 * `optax.scale_by_param_block_rms`.
 *
 * @throws OptionError for a negative scale; TypeMismatchError when `update` gets no parameters.
 * @example optim.chain(optim.scaleByFactoredRms(), optim.scaleByParamBlockRms(), optim.scaleByLearningRate(1e-2))
 */
export function scaleByParamBlockRms<Params = unknown>(minScale = 1e-3): Transformation<Params, EmptyState> {
  checkLeast("scaleByParamBlockRms", minScale);
  const scaled = (u: NDArray, p: NDArray): NDArray => mul(u, narrowed(max(rootOf(div(sumOfSquares(p), Math.max(1, p.size))), minScale), u));
  return stateless<Params>(
    (grads, params) => mapLeaves(scaled, grads, requireParams("scaleByParamBlockRms", params)),
    "scaleByParamBlockRms",
  );
}
