// Reductions over axes: sums, products, extrema, truth, and where the extrema stand. Without an axis, over all elements.
// Sums and products of narrow integers are int32 (uint32 for uint8), those of bool int32.

import type { ArrayLike, NDArray } from "../core/array.js";
import { type DType, checkDType, highest, lowest } from "../core/dtype.js";
import { OptionError } from "../core/errors.js";
import * as arithmetic from "../ops/arithmetic.js";
import { ne } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { expandDims, reshape } from "../ops/layout.js";
import * as ops from "../ops/reduce.js";
import { select } from "../ops/select.js";
import { type Axes, axesOf, axisOf } from "./axes.js";
import { truth } from "./comparison.js";
import { checkOptions } from "../core/options.js";
import { broadcastTogether, broadcastTrailing, promote, toDType } from "./promote.js";

export interface KeepdimsOption {
  /** Whether the reduced axes stay, with size 1. */
  readonly keepdims?: boolean;
}

export interface MaskOption {
  /** Which elements take part: bool, broadcasts against the array. */
  readonly where?: ArrayLike;
}

export interface SumOptions extends KeepdimsOption, MaskOption {
  /** The dtype to add up in, and of the result. */
  readonly dtype?: DType;
  /** A value to begin with. */
  readonly initial?: ArrayLike;
}

export interface ExtremumOptions extends KeepdimsOption, MaskOption {
  /** A value that takes part as well; needed where there may be no elements, and with `where`. */
  readonly initial?: ArrayLike;
}

export interface TruthOptions extends KeepdimsOption, MaskOption {}

/** `x` with `filler` where the mask does not hold; both broadcast. */
export function masked(op: string, x: NDArray, mask: ArrayLike | undefined, filler: number | boolean): NDArray {
  if (mask === undefined) return x;
  const [which, array] = broadcastTogether(op, truth(op, mask), x);
  // A scalar beside a mask with axes is one element for each place of the mask.
  const full = array.ndim < which.ndim ? broadcastTrailing(array, which.shape) : array;
  return select(which, full, filler);
}

/** The result with the reduced axes put back, where that was asked for. */
export const kept = (result: NDArray, axes: readonly number[], keepdims: boolean | undefined): NDArray =>
  keepdims === true ? expandDims(result, axes) : result;

/** The dtype of sums: at least 32 bits. */
export const sumDType = (dtype: DType): DType => (dtype === "bool" || dtype === "int8" ? "int32" : dtype === "uint8" ? "uint32" : dtype);

/** The array in the dtype of its sum. */
export function summand(op: string, x: ArrayLike, dtype: DType | undefined): NDArray {
  const [array] = promote(op, x);
  return convertElementType(array, dtype === undefined ? sumDType(array.dtype) : checkDType(dtype, op));
}

interface Accumulation {
  readonly identity: number;
  readonly reduce: (x: NDArray, axes: readonly number[]) => NDArray;
  readonly combine: (x: NDArray, y: NDArray) => NDArray;
}

function accumulate(op: string, { identity, reduce, combine }: Accumulation, x: ArrayLike, axis: Axes, options: SumOptions): NDArray {
  checkOptions(op, options, ["keepdims", "dtype", "where", "initial"]);
  const array = masked(op, summand(op, x, options.dtype), options.where, identity);
  const axes = axesOf(op, axis, array.ndim);
  const result = kept(reduce(array, axes), axes, options.keepdims);
  if (options.initial === undefined) return result;
  const [a, b] = broadcastTogether(op, result, toDType(op, options.initial, result.dtype));
  return combine(a, b);
}

const summing: Accumulation = { identity: 0, reduce: ops.reduceSum, combine: arithmetic.add };
const multiplying: Accumulation = { identity: 1, reduce: ops.reduceProd, combine: arithmetic.mul };

/**
 * The sum over an axis, several, or all; 0 over no elements. bool and int8 give int32, uint8 gives uint32.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.sum(np.array([[1, 2], [3, 4]]), 0) // [4, 6]
 */
export const sum = (x: ArrayLike, axis?: Axes, options: SumOptions = {}): NDArray => accumulate("sum", summing, x, axis, options);

/**
 * The product over an axis, several, or all; 1 over no elements. bool and int8 give int32, uint8 gives uint32.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.prod(np.array([[1, 2], [3, 4]]), 1) // [2, 12]
 */
export const prod = (x: ArrayLike, axis?: Axes, options: SumOptions = {}): NDArray => accumulate("prod", multiplying, x, axis, options);

interface Extremum {
  readonly worst: (dtype: DType) => number;
  readonly reduce: (x: NDArray, axes: readonly number[]) => NDArray;
  readonly choose: (x: NDArray, y: NDArray) => NDArray;
}

const largest: Extremum = { worst: lowest, reduce: ops.reduceMax, choose: arithmetic.max };
const smallest: Extremum = { worst: highest, reduce: ops.reduceMin, choose: arithmetic.min };

function extreme(op: string, { worst, reduce, choose }: Extremum, x: ArrayLike, axis: Axes, options: ExtremumOptions): NDArray {
  checkOptions(op, options, ["keepdims", "where", "initial"]);
  const { initial, where } = options;
  if (where !== undefined && initial === undefined) {
    throw new OptionError({
      op,
      expected: "initial together with where",
      received: "where alone",
      remedy: "say with { initial } what stands where no element takes part",
    });
  }
  const [array] = promote(op, x);
  const { dtype } = array;
  const some = masked(op, array, where, dtype === "bool" ? worst(dtype) === 1 : worst(dtype));
  const axes = axesOf(op, axis, some.ndim);
  if (initial === undefined) return kept(reduce(some, axes), axes, options.keepdims);
  const start = toDType(op, initial, dtype);
  const empty = axes.some((k) => some.shape[k] === 0);
  const [a, b] = broadcastTogether(op, empty ? nothing(some, axes, start) : reduce(some, axes), start);
  return kept(empty ? a : choose(a, b), axes, options.keepdims);
}

/** What stands for a reduction over no elements: the initial value in the shape of the result. */
const nothing = (x: NDArray, axes: readonly number[], initial: NDArray): NDArray =>
  broadcastTrailing(
    initial,
    x.shape.filter((_, k) => !axes.includes(k)),
  );

/**
 * The largest element over an axis, several, or all; NaN if any is. Ties share the derivative equally.
 *
 * @throws ShapeError over no elements without `initial`, or for an axis that does not exist; OptionError for an unknown option.
 * @example np.max(np.array([[1, 5], [3, 2]]), 1) // [5, 3]
 */
export const max = (x: ArrayLike, axis?: Axes, options: ExtremumOptions = {}): NDArray => extreme("max", largest, x, axis, options);

/**
 * The smallest element over an axis, several, or all; NaN if any is. Ties share the derivative equally.
 *
 * @throws ShapeError over no elements without `initial`, or for an axis that does not exist; OptionError for an unknown option.
 * @example np.min(np.array([[1, 5], [3, 2]]), 1) // [1, 2]
 */
export const min = (x: ArrayLike, axis?: Axes, options: ExtremumOptions = {}): NDArray => extreme("min", smallest, x, axis, options);

export { max as amax, min as amin };

/**
 * The largest element less the smallest, over an axis, several, or all.
 *
 * @throws ShapeError over no elements, or for an axis that does not exist; OptionError for an unknown option.
 * @example np.ptp(np.array([3, 1, 7])) // 6
 */
export function ptp(x: ArrayLike, axis?: Axes, options: KeepdimsOption = {}): NDArray {
  checkOptions("ptp", options, ["keepdims"]);
  return arithmetic.sub(max(x, axis, options), min(x, axis, options));
}

function truthOver(
  op: string,
  neutral: boolean,
  reduce: (x: NDArray, axes: readonly number[]) => NDArray,
  x: ArrayLike,
  axis: Axes,
  options: TruthOptions,
): NDArray {
  checkOptions(op, options, ["keepdims", "where"]);
  const array = masked(op, truth(op, x), options.where, neutral);
  const axes = axesOf(op, axis, array.ndim);
  return kept(reduce(array, axes), axes, options.keepdims);
}

/**
 * Whether all elements are true (not zero) over an axis, several, or all; true over none.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.all(np.array([[true, false], [true, true]]), 1) // [false, true]
 */
export const all = (x: ArrayLike, axis?: Axes, options: TruthOptions = {}): NDArray =>
  truthOver("all", true, ops.reduceAnd, x, axis, options);

/**
 * Whether any element is true (not zero) over an axis, several, or all; false over none.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.any(np.array([[true, false], [false, false]]), 1) // [true, false]
 */
export const any = (x: ArrayLike, axis?: Axes, options: TruthOptions = {}): NDArray =>
  truthOver("any", false, ops.reduceOr, x, axis, options);

/**
 * How many elements are not zero, over an axis, several, or all, as int32.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.countNonzero(np.array([0, 3, 4])) // 2
 */
export function countNonzero(x: ArrayLike, axis?: Axes, options: KeepdimsOption = {}): NDArray {
  checkOptions("countNonzero", options, ["keepdims"]);
  const [array] = promote("countNonzero", x);
  return sum(array.dtype === "bool" ? array : ne(array, 0), axis, options);
}

function place(
  op: string,
  find: (x: NDArray, axis: number) => NDArray,
  x: ArrayLike,
  axis: number | null | undefined,
  options: KeepdimsOption,
): NDArray {
  checkOptions(op, options, ["keepdims"]);
  const [given] = promote(op, x);
  const array = given.dtype === "bool" ? convertElementType(given, "int8") : given;
  const along = axisOf(op, axis, array.ndim);
  if (along !== undefined) return kept(find(array, along), [along], options.keepdims);
  const result = find(reshape(array, [array.size]), 0);
  return options.keepdims === true
    ? reshape(
        result,
        array.shape.map(() => 1),
      )
    : result;
}

/**
 * Where along an axis the largest element stands, as int32; without an axis, its row-major position among all. The first
 * of equals; the first NaN, if there is one.
 *
 * @throws ShapeError over no elements, or for an axis that does not exist; OptionError for an unknown option.
 * @example np.argmax(np.array([[1, 5], [7, 2]]), 1) // [1, 0]
 */
export const argmax = (x: ArrayLike, axis?: number | null, options: KeepdimsOption = {}): NDArray =>
  place("argmax", ops.argmax, x, axis, options);

/**
 * Where along an axis the smallest element stands, as int32; without an axis, its row-major position among all. The first
 * of equals; the first NaN, if there is one.
 *
 * @throws ShapeError over no elements, or for an axis that does not exist; OptionError for an unknown option.
 * @example np.argmin(np.array([[1, 5], [7, 2]]), 1) // [0, 1]
 */
export const argmin = (x: ArrayLike, axis?: number | null, options: KeepdimsOption = {}): NDArray =>
  place("argmin", ops.argmin, x, axis, options);
