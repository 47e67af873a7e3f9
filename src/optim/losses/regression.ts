// Losses of numbers predicted: one for each element. Targets may be left out where the predictions are errors themselves.

import type { ArrayLike, NDArray } from "../../core/array.js";
import { OptionError } from "../../core/errors.js";
import { checkOptions } from "../../core/options.js";
import { softplus } from "../../nn/activations.js";
import { abs, add, div, max, mul, neg, square, sub } from "../../ops/arithmetic.js";
import { bitAnd } from "../../ops/bitwise.js";
import { eq, gt, le } from "../../ops/compare.js";
import { exp, log } from "../../ops/exponential.js";
import { clamp, select } from "../../ops/select.js";
import { checkPositive, checkWithin } from "../checks.js";
import { type MaskOption, elementwise, errorsOf, keeping } from "./masked.js";

/**
 * `(predictions − targets)²`, element by element; without targets, of the predictions themselves.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.squaredError(3, 1) // 4
 */
export function squaredError(predictions: ArrayLike, targets?: ArrayLike, options: MaskOption = {}): NDArray {
  checkOptions("squaredError", options, ["where"]);
  const [errors, mask] = errorsOf("squaredError", predictions, targets, options.where);
  return keeping(mask, square(errors));
}

/**
 * `½ (predictions − targets)²`, element by element: its gradient is the error.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.l2Loss(3, 1) // 2
 */
export function l2Loss(predictions: ArrayLike, targets?: ArrayLike, options: MaskOption = {}): NDArray {
  checkOptions("l2Loss", options, ["where"]);
  const [errors, mask] = errorsOf("l2Loss", predictions, targets, options.where);
  return keeping(mask, mul(square(errors), 0.5));
}

/**
 * `|predictions − targets|`, element by element: PyTorch's L1Loss.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.absoluteError(1, 3) // 2
 */
export function absoluteError(predictions: ArrayLike, targets?: ArrayLike, options: MaskOption = {}): NDArray {
  checkOptions("absoluteError", options, ["where"]);
  const [errors, mask] = errorsOf("absoluteError", predictions, targets, options.where);
  return keeping(mask, abs(errors));
}

export interface HuberOptions extends MaskOption {
  /** The size of an error from which on the loss is linear; 1 by default. */
  readonly delta?: number;
}

/**
 * `½ e²` for errors up to `delta`, linear with the same slope beyond (Huber 1964).
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option, or a delta that is not positive.
 * @example optim.huberLoss(3, 0) // 2.5
 */
export function huberLoss(predictions: ArrayLike, targets?: ArrayLike, options: HuberOptions = {}): NDArray {
  checkOptions("huberLoss", options, ["delta", "where"]);
  const { delta = 1 } = options;
  checkPositive("huberLoss", "delta", delta);
  const [errors, mask] = errorsOf("huberLoss", predictions, targets, options.where);
  // c (e − c/2) with e cut to c: ½ e² within, delta (|e| − delta/2) beyond, and no kink that a second derivative could see.
  const cut = clamp(-delta, errors, delta);
  return keeping(mask, mul(cut, sub(errors, mul(cut, 0.5))));
}

/**
 * `log cosh(predictions − targets)`, element by element, without overflow.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.logCosh(0, 0) // 0
 */
export function logCosh(predictions: ArrayLike, targets?: ArrayLike, options: MaskOption = {}): NDArray {
  checkOptions("logCosh", options, ["where"]);
  const [errors, mask] = errorsOf("logCosh", predictions, targets, options.where);
  // log(eˣ + e⁻ˣ) − log 2 = softplus(2x) − x − log 2, evaluated where x is not negative: the function is even.
  const sign = le(errors, 0);
  const size = select(sign, neg(errors), errors);
  return keeping(mask, sub(add(softplus(mul(size, -2)), size), Math.LN2));
}

/**
 * `q e` for errors `e = targets − predictions` above 0 and `(q − 1) e` below: least, in the mean, for the q-quantile (the pinball
 * loss, Koenker and Bassett 1978). As `optax.quantile_loss`.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option, or a quantile out of 0 … 1.
 * @example optim.quantileLoss(1, 3, 0.9) // 1.8
 */
export function quantileLoss(predictions: ArrayLike, targets: ArrayLike, quantile: ArrayLike, options: MaskOption = {}): NDArray {
  const op = "quantileLoss";
  checkOptions(op, options, ["where"]);
  if (typeof quantile === "number" && !(quantile >= 0 && quantile <= 1)) {
    throw new OptionError({ op, expected: "a quantile from 0 to 1", received: String(quantile), remedy: "pass 0.5 for the median" });
  }
  return elementwise(op, options.where, [predictions, targets, quantile], (x, y, q) => {
    const errors = sub(y, x);
    return mul(errors, select(gt(errors, 0), q, sub(q, 1)));
  });
}

export { quantileLoss as pinballLoss };

export interface PoissonNllOptions extends MaskOption {
  /** Whether predictions are logarithms of rates; true by default. */
  readonly logInput?: boolean;
  /** Whether Stirling's approximation of `log targets!` is added for targets above 1; false by default. */
  readonly full?: boolean;
  /** Added to rates before their logarithm; 1e-8 by default. */
  readonly epsilon?: number;
}

/**
 * The negative log-likelihood of counts whose rates are predicted, element by element: `e^x − y x`, or `x − y log(x + epsilon)`, up to
 * `log y!`. As PyTorch's PoissonNLLLoss.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.poissonNll(0, 3) // 1
 */
export function poissonNll(predictions: ArrayLike, targets: ArrayLike, options: PoissonNllOptions = {}): NDArray {
  const op = "poissonNll";
  checkOptions(op, options, ["logInput", "full", "epsilon", "where"]);
  const { logInput = true, full = false, epsilon = 1e-8 } = options;
  checkWithin(op, "epsilon", epsilon, 0, Infinity);
  return elementwise(op, options.where, [predictions, targets], (x, y) => {
    const loss = logInput ? sub(exp(x), mul(y, x)) : sub(x, timesLog(y, add(x, epsilon)));
    if (!full) return loss;
    const many = gt(y, 1);
    const count = select(many, y, 1);
    const stirling = add(sub(mul(count, log(count)), count), mul(log(mul(count, 2 * Math.PI)), 0.5));
    return add(loss, select(many, stirling, 0));
  });
}

/** `y log x`, where 0 · log 0 is 0. */
function timesLog(y: NDArray, x: NDArray): NDArray {
  const empty = eq(x, 0);
  const logarithm = select(empty, -Infinity, log(select(empty, 1, x)));
  return mul(y, select(bitAnd(empty, eq(y, 0)), 0, logarithm));
}

export interface GaussianNllOptions extends MaskOption {
  /** Whether the constant `½ log 2π` is added; false by default. */
  readonly full?: boolean;
  /** The least variance; 1e-6 by default. */
  readonly epsilon?: number;
}

/**
 * The negative log-likelihood of numbers whose mean and variance are predicted, element by element: `½ (log v + (y − x)²/v)`. As
 * PyTorch's GaussianNLLLoss, except that a variance cut at `epsilon` gets no gradient.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option, or an epsilon that is not positive.
 * @example optim.gaussianNll(0, 2, 1) // 2
 */
export function gaussianNll(means: ArrayLike, targets: ArrayLike, variances: ArrayLike, options: GaussianNllOptions = {}): NDArray {
  const op = "gaussianNll";
  checkOptions(op, options, ["full", "epsilon", "where"]);
  const { full = false, epsilon = 1e-6 } = options;
  checkPositive(op, "epsilon", epsilon);
  return elementwise(op, options.where, [means, targets, variances], (x, y, v) => {
    const variance = max(v, epsilon);
    const loss = mul(add(log(variance), div(square(sub(y, x)), variance)), 0.5);
    return full ? add(loss, 0.5 * Math.log(2 * Math.PI)) : loss;
  });
}
