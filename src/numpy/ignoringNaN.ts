// Reductions that pass over NaN. Where all elements are NaN: 0 or 1 for sums and products, NaN for means and extrema.

import type { ArrayLike, NDArray } from "../core/array.js";
import { isFloat } from "../core/dtype.js";
import { bitNot } from "../ops/bitwise.js";
import { ne } from "../ops/compare.js";
import { full } from "../ops/layout.js";
import { select } from "../ops/select.js";
import type { Axes } from "./axes.js";
import { promote } from "./promote.js";
import { type KeepdimsOption, type SumOptions, all, max, min, prod, sum } from "./reductions.js";
import { type MeanOptions, type VarOptions, mean, std, variance } from "./statistics.js";

const isNaNOf = (x: NDArray): NDArray => (isFloat(x.dtype) ? ne(x, x) : full(x.shape, false, "bool"));

/** The array with `filler` for NaN. */
function without(op: string, x: ArrayLike, filler: number): NDArray {
  const [array] = promote(op, x);
  return isFloat(array.dtype) ? select(ne(array, array), filler, array) : array;
}

/**
 * The sum over axes (all), NaN counting as 0.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.nansum(np.array([1, NaN, 3])) // 4
 */
export const nansum = (x: ArrayLike, axis?: Axes, options: SumOptions = {}): NDArray => sum(without("nansum", x, 0), axis, options);

/**
 * The product over axes (all), NaN counting as 1.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.nanprod(np.array([2, NaN, 3])) // 6
 */
export const nanprod = (x: ArrayLike, axis?: Axes, options: SumOptions = {}): NDArray => prod(without("nanprod", x, 1), axis, options);

/** The numbers alone, with the mask that tells them. */
function numbers(op: string, x: ArrayLike): { readonly array: NDArray; readonly where: NDArray } {
  const [given] = promote(op, x);
  // NaN must not reach the arithmetic: a zero that is masked out has a clean derivative.
  return { array: without(op, given, 0), where: bitNot(isNaNOf(given)) };
}

/**
 * The mean over axes (all) of what is not NaN; NaN where nothing is.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.nanmean(np.array([1, NaN, 3])) // 2
 */
export function nanmean(x: ArrayLike, axis?: Axes, options: Omit<MeanOptions, "where"> = {}): NDArray {
  const { array, where } = numbers("nanmean", x);
  return mean(array, axis, { ...options, where });
}

/**
 * The variance over axes (all) of what is not NaN; NaN where nothing is.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.nanvar(np.array([1, NaN, 3])) // 1
 */
export function nanvar(x: ArrayLike, axis?: Axes, options: Omit<VarOptions, "where"> = {}): NDArray {
  const { array, where } = numbers("nanvar", x);
  return variance(array, axis, { ...options, where });
}

/**
 * The standard deviation over axes (all) of what is not NaN; NaN where nothing is.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.nanstd(np.array([1, NaN, 3])) // 1
 */
export function nanstd(x: ArrayLike, axis?: Axes, options: Omit<VarOptions, "where"> = {}): NDArray {
  const { array, where } = numbers("nanstd", x);
  return std(array, axis, { ...options, where });
}

function extreme(
  op: string,
  of: (x: NDArray, axis: Axes, options: KeepdimsOption) => NDArray,
  worst: number,
  x: ArrayLike,
  axis: Axes,
  options: KeepdimsOption,
): NDArray {
  const [array] = promote(op, x);
  if (!isFloat(array.dtype)) return of(array, axis, options);
  const isNaN = isNaNOf(array);
  return select(all(isNaN, axis, options), NaN, of(select(isNaN, worst, array), axis, options));
}

/**
 * The largest element over axes (all) that is not NaN; NaN where all are.
 *
 * @throws ShapeError over no elements, or for an axis that does not exist; OptionError for an unknown option.
 * @example np.nanmax(np.array([1, NaN, 3])) // 3
 */
export const nanmax = (x: ArrayLike, axis?: Axes, options: KeepdimsOption = {}): NDArray =>
  extreme("nanmax", max, -Infinity, x, axis, options);

/**
 * The smallest element over axes (all) that is not NaN; NaN where all are.
 *
 * @throws ShapeError over no elements, or for an axis that does not exist; OptionError for an unknown option.
 * @example np.nanmin(np.array([1, NaN, 3])) // 1
 */
export const nanmin = (x: ArrayLike, axis?: Axes, options: KeepdimsOption = {}): NDArray =>
  extreme("nanmin", min, Infinity, x, axis, options);
