// Clipping: gradients made smaller where they are too large, by element, by leaf, by unit or all together. Limits are
// hyperparameters: numbers, scalar arrays or schedules.

import type { NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { normalizeAxis, range } from "../core/shape.js";
import { div, max, mul } from "../ops/arithmetic.js";
import { lt } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { broadcastInDim } from "../ops/layout.js";
import { clamp, select } from "../ops/select.js";
import { type Hyperparameter, checkHyperparameter } from "./hyperparameters.js";
import type { HyperparametersState } from "./learningRate.js";
import { divisor, rootOf, sumOfSquares, wideNorm } from "./norms.js";
import { requireParams } from "./requirements.js";
import { type Scalar, beside, negated } from "./scalars.js";
import { scheduled } from "./scheduled.js";
import { type Transformation, mapLeaves } from "./transformation.js";

const positive = { from: Number.MIN_VALUE };

/**
 * Each element of the updates limited to `−maxDelta … maxDelta`. As `optax.clip`.
 *
 * @throws OptionError unless `maxDelta` is positive.
 * @example optim.chain(optim.clip(0.1), optim.sgd({ learningRate: 0.5 }))
 */
export function clip<Params = unknown>(maxDelta: Hyperparameter): Transformation<Params, HyperparametersState<"maxDelta">> {
  checkHyperparameter("clip", "maxDelta", maxDelta, positive);
  return scheduled<Params, "maxDelta">("clip", { maxDelta }, (grads, values) => {
    const [low, high] = [beside(negated(values.maxDelta)), beside(values.maxDelta)];
    return mapLeaves((g) => clamp(low(g), g, high(g)), grads);
  });
}

/** `g · bound / norm` where the float64 norm reaches the bound, else `g`, bit for bit. */
function shortened(g: NDArray, norm: NDArray, bound: Scalar): NDArray {
  const factor = convertElementType(div(bound, divisor(norm)), g.dtype);
  return select(lt(norm, bound), g, mul(g, factor));
}

/**
 * All updates multiplied by one number, so that their length together is at most `maxNorm` (Pascanu et al. 2013). The
 * length is computed in float64: float32 gradients do not overflow in it. As `optax.clip_by_global_norm`.
 *
 * @throws OptionError unless `maxNorm` is positive.
 * @example optim.chain(optim.clipByGlobalNorm(1), optim.adam({ learningRate: 1e-3 }))
 */
export function clipByGlobalNorm<Params = unknown>(maxNorm: Hyperparameter): Transformation<Params, HyperparametersState<"maxNorm">> {
  const op = "clipByGlobalNorm";
  checkHyperparameter(op, "maxNorm", maxNorm, positive);
  return scheduled<Params, "maxNorm">(op, { maxNorm }, (grads, values) => {
    const norm = wideNorm(op, grads);
    return mapLeaves((g) => shortened(g, norm, values.maxNorm), grads);
  });
}

/**
 * The updates of each leaf divided by one number, so that the root of their mean square is at most `threshold` (Shazeer and
 * Stern 2018, section 6). As `optax.clip_by_block_rms`.
 *
 * @throws OptionError unless `threshold` is positive.
 * @example optim.chain(optim.clipByBlockRms(1), optim.sgd({ learningRate: 0.1 }))
 */
export function clipByBlockRms<Params = unknown>(threshold: Hyperparameter): Transformation<Params, HyperparametersState<"threshold">> {
  const op = "clipByBlockRms";
  checkHyperparameter(op, "threshold", threshold, positive);
  return scheduled<Params, "threshold">(op, { threshold }, (grads, values) =>
    mapLeaves((g) => {
      const rms = rootOf(div(sumOfSquares(g), Math.max(g.size, 1)));
      const excess = max(div(rms, values.threshold), 1);
      return mul(g, convertElementType(div(1, excess), g.dtype));
    }, grads),
  );
}

/** The axes over which the weights of one output lie. */
function unitAxes(x: NDArray, outAxis: number | undefined): readonly number[] {
  const axes = range(0, x.ndim);
  if (x.shape.filter((size) => size > 1).length <= 1) return axes;
  if (outAxis !== undefined) return axes.filter((axis) => axis !== normalizeAxis(outAxis, x.ndim, "adaptiveGradClip"));
  return x.ndim <= 3 ? [0] : axes.slice(0, -1);
}

/** The length of the weights of each output, in float64, in the shape of `x`. */
function unitNorms(x: NDArray, axes: readonly number[]): NDArray {
  const norms = rootOf(sumOfSquares(x, axes));
  const left = range(0, x.ndim).filter((axis) => !axes.includes(axis));
  return broadcastInDim(norms, x.shape, left);
}

export interface AdaptiveGradClipOptions {
  /** The least length that a unit's parameters count as; 1e-3 by default. */
  readonly eps?: Hyperparameter;
  /**
   * The axis of the outputs. Without it a vector is one unit; leaves of two or three axes have units along all axes but the
   * first, leaves of more along the last (so HWIO kernels fit). Pass 0 for OIHW kernels.
   */
  readonly outAxis?: number;
}

/** Below this length of a gradient nothing is divided by it. */
const SMALLEST_NORM = 1e-6;

/**
 * The gradient of each unit (the weights of one output) limited to `clipping` times the length of the unit's parameters
 * (Brock et al. 2021, "High-performance large-scale image recognition without normalization"). As
 * `optax.adaptive_grad_clip`. `update` needs the parameters.
 *
 * @throws OptionError unless `clipping` and `eps` are positive; TypeMismatchError when `update` gets no parameters.
 * @example optim.chain(optim.adaptiveGradClip(0.01), optim.sgd({ learningRate: 0.1, momentum: 0.9 }))
 */
export function adaptiveGradClip<Params = unknown>(
  clipping: Hyperparameter,
  options: AdaptiveGradClipOptions = {},
): Transformation<Params, HyperparametersState<"clipping" | "eps">> {
  const op = "adaptiveGradClip";
  checkOptions(op, options, ["eps", "outAxis"]);
  const { eps = 1e-3, outAxis } = options;
  checkHyperparameter(op, "clipping", clipping, positive);
  checkHyperparameter(op, "eps", eps, positive);
  return scheduled<Params, "clipping" | "eps">(op, { clipping, eps }, (grads, values, params) => {
    const limit = (g: NDArray, p: NDArray): NDArray => {
      const axes = unitAxes(g, outAxis);
      const bound = mul(max(unitNorms(p, axes), values.eps), values.clipping);
      return shortened(g, max(unitNorms(g, axes), SMALLEST_NORM), bound);
    };
    return mapLeaves(limit, grads, requireParams(op, params));
  });
}
