// The methods of arrays, as their users see them: the functions of numpy with the array as first argument, so that
// arithmetic reads from left to right. See those functions for shapes, dtypes and errors.

import type { ArrayLike, NDArray } from "../core/array.js";
import type { DType } from "../core/dtype.js";
import type { IndexedArray } from "./at.js";
import type { Axes } from "./axes.js";
import type { IndexOptions } from "./bounds.js";
import type { ShapeLike } from "./creation.js";
import type { CumulativeOptions } from "./cumulative.js";
import type { DiagonalOptions } from "./grids.js";
import type { Index } from "./indexing.js";
import type { IntegersLike } from "./lists.js";
import type { ExtremumOptions, KeepdimsOption, SumOptions, TruthOptions } from "./reductions.js";
import type { SortOptions } from "./sorting.js";
import type { MeanOptions, VarOptions } from "./statistics.js";

/** What arrays can do. */
export interface ArrayMethods {
  /** `x + y`. Broadcasts. @example np.array([1, 2]).add(10) // [11, 12] */
  add(y: ArrayLike): NDArray;
  /** `x − y`. Broadcasts. @example np.array([1, 2]).sub(1) // [0, 1] */
  sub(y: ArrayLike): NDArray;
  /** `x · y`, element by element. Broadcasts. @example np.array([1, 2]).mul(3) // [3, 6] */
  mul(y: ArrayLike): NDArray;
  /** `x / y`, always floating point. Broadcasts. @example np.array([1, 2]).div(4) // [0.25, 0.5] */
  div(y: ArrayLike): NDArray;
  /** `x / y` rounded down. Broadcasts. @example np.array([5, -5]).floorDivide(3) // [1, -2] */
  floorDivide(y: ArrayLike): NDArray;
  /** The remainder of `x / y` with the sign of `y`. Broadcasts. @example np.array([5, -5]).mod(3) // [2, 1] */
  mod(y: ArrayLike): NDArray;
  /** `x` to the power of `y`. Broadcasts. @example np.array([1, 2, -3]).pow(2) // [1, 4, 9] */
  pow(y: ArrayLike): NDArray;
  /** `−x`. @example np.array([1, -2]).neg() // [-1, 2] */
  neg(): NDArray;
  /** `|x|`. @example np.array([1, -2]).abs() // [1, 2] */
  abs(): NDArray;
  /** −1, 0 or 1 by the sign. @example np.array([-3, 0, 2]).sign() // [-1, 0, 1] */
  sign(): NDArray;
  /** `x²`. @example np.array([2, -3]).square() // [4, 9] */
  square(): NDArray;
  /** The square root. @example np.array([4, 9]).sqrt() // [2, 3] */
  sqrt(): NDArray;
  /** `eˣ`. @example np.array([0]).exp() // [1] */
  exp(): NDArray;
  /** The natural logarithm. @example np.array([1]).log() // [0] */
  log(): NDArray;
  /** The sine. @example np.array([0]).sin() // [0] */
  sin(): NDArray;
  /** The cosine. @example np.array([0]).cos() // [1] */
  cos(): NDArray;
  /** The hyperbolic tangent. @example np.array([0]).tanh() // [0] */
  tanh(): NDArray;
  /** The larger of `x` and `y`. Broadcasts. @example np.array([-1, 2]).maximum(0) // [0, 2] */
  maximum(y: ArrayLike): NDArray;
  /** The smaller of `x` and `y`. Broadcasts. @example np.array([-1, 2]).minimum(0) // [-1, 0] */
  minimum(y: ArrayLike): NDArray;
  /** `x` limited to `min … max`; null is no limit. @example np.array([-2, 0.5, 3]).clip(0, 1) // [0, 0.5, 1] */
  clip(min?: ArrayLike | null, max?: ArrayLike | null): NDArray;
  /** Rounded to `decimals` places (0), halves to even. @example np.array([1.5, 2.5]).round() // [2, 2] */
  round(decimals?: number): NDArray;
  /** Rounded down. @example np.array([1.5, -1.5]).floor() // [1, -2] */
  floor(): NDArray;
  /** Rounded up. @example np.array([1.5, -1.5]).ceil() // [2, -1] */
  ceil(): NDArray;

  /** Whether `x = y`. Broadcasts. @example np.array([1, 2]).equal(2) // [false, true] */
  equal(y: ArrayLike): NDArray;
  /** Whether `x ≠ y`. Broadcasts. @example np.array([1, 2]).notEqual(2) // [true, false] */
  notEqual(y: ArrayLike): NDArray;
  /** Whether `x > y`. Broadcasts. @example np.array([1, 3]).greater(2) // [false, true] */
  greater(y: ArrayLike): NDArray;
  /** Whether `x ≥ y`. Broadcasts. @example np.array([1, 2]).greaterEqual(2) // [false, true] */
  greaterEqual(y: ArrayLike): NDArray;
  /** Whether `x < y`. Broadcasts. @example np.array([1, 3]).less(2) // [true, false] */
  less(y: ArrayLike): NDArray;
  /** Whether `x ≤ y`. Broadcasts. @example np.array([2, 3]).lessEqual(2) // [true, false] */
  lessEqual(y: ArrayLike): NDArray;

  /** The sum over axes (all). @example np.array([[1, 2], [3, 4]]).sum(0) // [4, 6] */
  sum(axis?: Axes, options?: SumOptions): NDArray;
  /** The product over axes (all). @example np.array([2, 3, 4]).prod() // 24 */
  prod(axis?: Axes, options?: SumOptions): NDArray;
  /** The arithmetic mean over axes (all). @example np.array([1, 2, 6]).mean() // 3 */
  mean(axis?: Axes, options?: MeanOptions): NDArray;
  /** The variance over axes (all). @example np.array([1, 3]).var() // 1 */
  var(axis?: Axes, options?: VarOptions): NDArray;
  /** The standard deviation over axes (all). @example np.array([1, 3]).std() // 1 */
  std(axis?: Axes, options?: VarOptions): NDArray;
  /** The largest element over axes (all). @example np.array([[1, 5], [3, 2]]).max(1) // [5, 3] */
  max(axis?: Axes, options?: ExtremumOptions): NDArray;
  /** The smallest element over axes (all). @example np.array([[1, 5], [3, 2]]).min(1) // [1, 2] */
  min(axis?: Axes, options?: ExtremumOptions): NDArray;
  /** Where along an axis (in the flattened array) the largest element stands. @example np.array([1, 5, 2]).argmax() // 1 */
  argmax(axis?: number | null, options?: KeepdimsOption): NDArray;
  /** Where along an axis (in the flattened array) the smallest element stands. @example np.array([3, 1, 2]).argmin() // 1 */
  argmin(axis?: number | null, options?: KeepdimsOption): NDArray;
  /** Whether all elements over axes (all) are true. @example np.array([true, false]).all() // false */
  all(axis?: Axes, options?: TruthOptions): NDArray;
  /** Whether any element over axes (all) is true. @example np.array([true, false]).any() // true */
  any(axis?: Axes, options?: TruthOptions): NDArray;
  /** Running sums along an axis (of the flattened array). @example np.array([1, 2, 3]).cumsum() // [1, 3, 6] */
  cumsum(axis?: number | null, options?: CumulativeOptions): NDArray;
  /** Running products along an axis (of the flattened array). @example np.array([2, 3, 4]).cumprod() // [2, 6, 24] */
  cumprod(axis?: number | null, options?: CumulativeOptions): NDArray;

  /** The product of vectors and matrices: last axis by second to last. @example np.ones([2, 3]).dot(np.ones([3])) // [3, 3] */
  dot(y: ArrayLike): NDArray;
  /** The matrix product; leading axes broadcast. @example np.ones([2, 3]).matmul(np.ones([3, 4])).shape // [2, 4] */
  matmul(y: ArrayLike): NDArray;

  /** The same elements under another shape; one size may be −1. @example np.arange(6).reshape([2, -1]).shape // [2, 3] */
  reshape(shape: ShapeLike): NDArray;
  /** The elements in row-major order, as a vector. @example np.ones([2, 2]).ravel() // [1, 1, 1, 1] */
  ravel(): NDArray;
  /** As `ravel`. @example np.ones([2, 2]).flatten() // [1, 1, 1, 1] */
  flatten(): NDArray;
  /** Axes in another order (reversed). @example np.ones([2, 3, 4]).transpose([2, 0, 1]).shape // [4, 2, 3] */
  transpose(axes?: readonly number[] | null): NDArray;
  /** The axes in reversed order. @example np.ones([2, 3]).T.shape // [3, 2] */
  readonly T: NDArray;
  /** Two axes exchanged. @example np.ones([2, 3, 4]).swapaxes(0, 2).shape // [4, 3, 2] */
  swapaxes(axis1: number, axis2: number): NDArray;
  /** Without axes of size 1 (all of them). @example np.ones([1, 3, 1]).squeeze(0).shape // [3, 1] */
  squeeze(axis?: number | readonly number[] | null): NDArray;
  /** With new axes of size 1. @example np.ones([3]).expandDims(0).shape // [1, 3] */
  expandDims(axis: number | readonly number[]): NDArray;
  /** Repeated to a shape. @example np.array([1, 2]).broadcastTo([2, 2]) // [[1, 2], [1, 2]] */
  broadcastTo(shape: ShapeLike): NDArray;
  /** Each element several times. @example np.array([1, 2]).repeat(2) // [1, 1, 2, 2] */
  repeat(repeats: number | readonly number[] | NDArray, axis?: number | null): NDArray;
  /** Copies side by side. @example np.array([1, 2]).tile(2) // [1, 2, 1, 2] */
  tile(reps: number | readonly number[]): NDArray;
  /** A diagonal of the matrices of two axes. @example np.array([[1, 2], [3, 4]]).diagonal() // [1, 4] */
  diagonal(options?: DiagonalOptions): NDArray;

  /** The parts along the first axis, as in `const [a, b] = random.split(key)`. A scalar is refused. @example [...np.array([[1, 2], [3, 4]])] // [[1, 2], [3, 4]] */
  [Symbol.iterator](): Iterator<NDArray>;
  /** What stands at NumPy-style indices, to read or to make a changed array. @example np.zeros([3]).at(1).set(7) // [0, 7, 0] */
  at(...indices: readonly Index[]): IndexedArray;
  /** The elements at indices along an axis (of the flattened array). @example np.array([5, 6, 7]).take(np.arange(2)) // [5, 6] */
  take(indices: IntegersLike, axis?: number | null, options?: IndexOptions): NDArray;
  /** In ascending order along an axis (the last). @example np.array([3, 1, 2]).sort() // [1, 2, 3] */
  sort(axis?: number | null, options?: SortOptions): NDArray;
  /** The positions that sort along an axis (the last). @example np.array([30, 10, 20]).argsort() // [1, 2, 0] */
  argsort(axis?: number | null, options?: SortOptions): NDArray;
  /** With elements of another dtype. @example np.array([1.7]).astype("int32") // [1] */
  astype(dtype: DType): NDArray;
}

declare module "../core/array.js" {
  interface NDArray extends ArrayMethods {}
}
