// Means, spreads, quantiles and covariances. Integers and bool become float32.

import type { ArrayLike, NDArray } from "../core/array.js";
import { type DType, checkDType } from "../core/dtype.js";
import { OptionError } from "../core/errors.js";
import { range } from "../core/shape.js";
import { div, mul, square, sub } from "../ops/arithmetic.js";
import { spread } from "../ops/broadcast.js";
import { gt } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { sqrt } from "../ops/exponential.js";
import { dotGeneral } from "../ops/dot.js";
import { broadcastInDim, reshape, squeeze, transpose } from "../ops/layout.js";
import { reduceSum } from "../ops/reduce.js";
import { select } from "../ops/select.js";
import { slice } from "../ops/slice.js";
import { type Axes, axesOf } from "./axes.js";
import { truth } from "./comparison.js";
import { checkOptions } from "../core/options.js";
import { broadcastTogether, broadcastTrailing, promoteFloat, toDType } from "./promote.js";
import { type KeepdimsOption, type MaskOption, kept, masked } from "./reductions.js";

export interface MeanOptions extends KeepdimsOption, MaskOption {
  /** The dtype to compute in, and of the result. */
  readonly dtype?: DType;
}

export interface VarOptions extends MeanOptions {
  /** What is subtracted from the count in the divisor; 0 if not given. */
  readonly ddof?: number;
  /** The array standard's name for `ddof`. */
  readonly correction?: number;
}

const floats = (op: string, x: ArrayLike, dtype: DType | undefined): NDArray =>
  dtype === undefined ? promoteFloat(op, x)[0] : toDType(op, x, checkDType(dtype, op));

const countOver = (x: NDArray, axes: readonly number[]): number => axes.reduce((n, axis) => n * x.shape[axis], 1);

/** A sum over axes, and how many elements took part: a number, or an array where a mask decides. */
interface Tally {
  readonly total: NDArray;
  readonly count: NDArray | number;
}

function tally(op: string, x: NDArray, axes: readonly number[], mask: ArrayLike | undefined): Tally {
  if (mask === undefined) return { total: reduceSum(x, axes), count: countOver(x, axes) };
  const which = broadcastTrailing(truth(op, mask), x.shape);
  return { total: reduceSum(masked(op, x, which, 0), axes), count: reduceSum(convertElementType(which, x.dtype), axes) };
}

/** `x` in the shape in which a mask makes it count. */
function alongside(op: string, x: NDArray, mask: ArrayLike | undefined): NDArray {
  if (mask === undefined) return x;
  const [array, which] = broadcastTogether(op, x, truth(op, mask));
  return array.ndim === 0 ? broadcastTrailing(array, which.shape) : array;
}

/**
 * The arithmetic mean over an axis, several, or all; NaN over no elements.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.mean(np.array([[1, 2], [3, 5]]), 0) // [2, 3.5]
 */
export function mean(x: ArrayLike, axis?: Axes, options: MeanOptions = {}): NDArray {
  checkOptions("mean", options, ["keepdims", "where", "dtype"]);
  const array = alongside("mean", floats("mean", x, options.dtype), options.where);
  const axes = axesOf("mean", axis, array.ndim);
  const { total, count } = tally("mean", array, axes, options.where);
  return kept(div(total, count), axes, options.keepdims);
}

function degrees(op: string, { ddof, correction }: VarOptions): number {
  if (ddof === undefined || correction === undefined) return ddof ?? correction ?? 0;
  throw new OptionError({ op, expected: "ddof or correction", received: "both", remedy: "they mean the same: give one" });
}

/** A reduced value beside the array that it came from: a scalar as it is, else repeated along the axes it lost. */
const besides = (value: NDArray, x: NDArray, axes: readonly number[]): NDArray => (value.ndim === 0 ? value : spread(value, x.shape, axes));

function spreadOf(op: string, x: ArrayLike, axis: Axes, options: VarOptions): NDArray {
  checkOptions(op, options, ["keepdims", "where", "dtype", "ddof", "correction"]);
  const { where } = options;
  const array = alongside(op, floats(op, x, options.dtype), where);
  const axes = axesOf(op, axis, array.ndim);
  const { total, count } = tally(op, array, axes, where);
  const squares = tally(op, square(sub(array, besides(div(total, count), array, axes))), axes, where);
  const ddof = degrees(op, options);
  const divisor = typeof count === "number" ? (count > ddof ? count - ddof : NaN) : select(gt(count, ddof), sub(count, ddof), NaN);
  return kept(div(squares.total, divisor), axes, options.keepdims);
}

/**
 * The variance over an axis, several, or all: the mean of squared deviations, divided by the count less `ddof`.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.var(np.array([1, 3])) // 1
 */
const variance = (x: ArrayLike, axis?: Axes, options: VarOptions = {}): NDArray => spreadOf("var", x, axis, options);

// `var` is a reserved word: it can only be an exported name.
export { variance as var, variance };

/**
 * The standard deviation over an axis, several, or all: the square root of `var`. Its derivative is NaN where all are equal.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.std(np.array([1, 3])) // 1
 */
export const std = (x: ArrayLike, axis?: Axes, options: VarOptions = {}): NDArray => sqrt(spreadOf("std", x, axis, options));

export interface AverageOptions extends KeepdimsOption {
  /** A weight for each element (broadcasts), or for each place along a single axis. */
  readonly weights?: ArrayLike;
}

/**
 * The weighted mean `Σ wx / Σ w` over an axis, several, or all; `mean` without weights.
 *
 * @throws ShapeError for an axis that does not exist, or weights that do not broadcast; OptionError for an unknown option.
 * @example np.average(np.array([1, 4]), null, { weights: np.array([2, 1]) }) // 2
 */
export function average(x: ArrayLike, axis?: Axes, options: AverageOptions = {}): NDArray {
  checkOptions("average", options, ["keepdims", "weights"]);
  const { weights, keepdims = false } = options;
  if (weights === undefined) return mean(x, axis, { keepdims });
  const [array, given] = promoteFloat("average", x, weights);
  const axes = axesOf("average", axis, array.ndim);
  // One weight for each place along the axis: aligned with it instead of with the last one.
  const aligned = given.ndim === 1 && array.ndim > 1 && axes.length === 1 ? alignedWith(given, axes[0], array.ndim) : given;
  const [a, w] = broadcastTogether("average", array, aligned);
  const full = w.ndim === a.ndim ? w : broadcastTrailing(w, a.shape);
  return kept(div(reduceSum(mul(a, w), axes), reduceSum(full, axes)), axes, keepdims);
}

const alignedWith = (x: NDArray, axis: number, ndim: number): NDArray =>
  kept(
    x,
    range(0, ndim).filter((k) => k !== axis),
    true,
  );

export interface CovOptions {
  /** Whether rows are variables and columns observations; true if not given. */
  readonly rowvar?: boolean;
  /** What is subtracted from the number of observations in the divisor; 1 if not given. */
  readonly ddof?: number;
}

/** Deviations from the mean, variables along the first axis. */
function deviations(op: string, x: ArrayLike, rowvar: boolean): NDArray {
  const [given] = promoteFloat(op, x);
  if (given.ndim > 2) {
    throw new OptionError({
      op,
      expected: "a vector or a matrix",
      received: `${given.ndim} axes`,
      remedy: "reshape it to variables by observations",
    });
  }
  const rows = given.ndim < 2 ? broadcastTrailing(given, [1, given.size]) : rowvar ? given : transpose(given, [1, 0]);
  return sub(rows, spread(mean(rows, 1), rows.shape, [1]));
}

function covariance(op: string, x: ArrayLike, { rowvar = true, ddof = 1 }: CovOptions): NDArray {
  const d = deviations(op, x, rowvar);
  return div(
    dotGeneral(d, d, [
      [[1], [1]],
      [[], []],
    ]),
    d.shape[1] - ddof,
  );
}

/**
 * The covariance matrix of variables (rows, unless `rowvar` is false) over observations; a scalar for a single variable.
 *
 * @throws OptionError for more than two axes, or an unknown option.
 * @example np.cov(np.array([[0, 2], [2, 0]])) // [[2, -2], [-2, 2]]
 */
export function cov(x: ArrayLike, options: CovOptions = {}): NDArray {
  checkOptions("cov", options, ["rowvar", "ddof"]);
  return squeeze(covariance("cov", x, options));
}

/**
 * The matrix of correlation coefficients of variables (rows, unless `rowvar` is false) over observations.
 *
 * @throws OptionError for more than two axes, or an unknown option.
 * @example np.corrcoef(np.array([[0, 2], [2, 0]])) // [[1, -1], [-1, 1]]
 */
export function corrcoef(x: ArrayLike, options: Pick<CovOptions, "rowvar"> = {}): NDArray {
  checkOptions("corrcoef", options, ["rowvar"]);
  const c = covariance("corrcoef", x, options);
  const n = c.shape[0];
  const deviation = sqrt(slice(reshape(c, [n * n]), [0], [n * n], [n + 1]));
  const ratio = div(div(c, broadcastInDim(deviation, [n, n], [0])), broadcastInDim(deviation, [n, n], [1]));
  return squeeze(ratio);
}
