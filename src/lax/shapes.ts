// The functions of jax.lax that are made of others: conveniences for one axis, broadcasting by new leading axes, filling.

import { type ArrayLike, type NDArray, isArray } from "../core/array.js";
import { type DType, checkDType } from "../core/dtype.js";
import { ShapeError } from "../core/errors.js";
import { checkFlags, checkOptions } from "../core/options.js";
import { type Shape, checkShape, normalizeAxis, range, showShape } from "../core/shape.js";
import { type DynamicOptions, dynamicSlice, dynamicUpdateSlice } from "../ops/dynamic.js";
import { broadcastInDim, full, iota, squeeze } from "../ops/layout.js";
import { operand } from "../ops/operands.js";
import { sliceInDim } from "../ops/slice.js";
import { sort } from "../ops/sort.js";

/**
 * `x` with new leading axes of the given sizes, along which it is repeated.
 *
 * @throws ShapeError for a negative or fractional size.
 * @example lax.broadcast(np.array([1, 2]), [2]) // [[1, 2], [1, 2]]
 */
export function broadcast(x: ArrayLike, sizes: Shape): NDArray {
  const array = operand(x, "broadcast");
  const shape = [...checkShape(sizes, "broadcast"), ...array.shape];
  return broadcastInDim(array, shape, range(sizes.length, shape.length));
}

/**
 * The index along axis `dimension`, at every place of `shape`: the same as `iota`, in JAX's order of names.
 *
 * @throws DTypeError for bool; ShapeError for an axis that the shape has not.
 * @example lax.broadcastedIota("int32", [2, 3], 0) // [[0, 0, 0], [1, 1, 1]]
 */
export const broadcastedIota = (dtype: DType, shape: Shape, dimension: number): NDArray => iota(dtype, shape, dimension);

/**
 * An array filled with one value, like `x` in shape and dtype unless these are given.
 *
 * @throws DTypeError for a value that the dtype cannot hold; ShapeError for a shape that is none; OptionError for an unknown option.
 * @example lax.fullLike(np.ones([2]), 7) // [7, 7]
 */
export function fullLike(x: ArrayLike, value: ArrayLike, options: { readonly dtype?: DType; readonly shape?: Shape } = {}): NDArray {
  const op = "fullLike";
  const array = operand(x, op);
  checkOptions(op, options, ["dtype", "shape"]);
  const { dtype = array.dtype, shape = array.shape } = options;
  return full(checkShape(shape, op), value, checkDType(dtype, op));
}

/**
 * Element `index` of `x` along an axis, which goes unless `keepdims` is set; a negative index counts from the end.
 *
 * @throws ShapeError for an axis or an index that `x` has not; OptionError for an option that does not exist or is no boolean.
 * @example lax.indexInDim(np.array([[1, 2], [3, 4]]), -1, 0) // [3, 4]
 */
export function indexInDim(x: NDArray, index: number, axis = 0, options: { readonly keepdims?: boolean } = {}): NDArray {
  checkOptions("indexInDim", options, ["keepdims"]);
  checkFlags("indexInDim", options, ["keepdims"]);
  const at = normalizeAxis(axis, x.ndim, "indexInDim");
  const size = x.shape[at];
  if (!Number.isInteger(index) || index < -size || index >= size) {
    throw new ShapeError({
      op: "indexInDim",
      expected:
        size === 0 ? `no index along axis ${at}, whose size is 0` : `an integer index from ${-size} to ${size - 1} along axis ${at}`,
      received: `${index} for ${showShape(x.shape)}`,
      remedy: "use dynamicIndexInDim for an index that is an array",
    });
  }
  const start = index < 0 ? index + size : index;
  const part = sliceInDim(x, start, start + 1, 1, at);
  return options.keepdims === true ? part : squeeze(part, [at]);
}

/**
 * `size` elements of `x` along an axis from `start` on, a scalar integer that may be traced; moved inside where it would
 * stick out.
 *
 * @throws ShapeError for an axis that `x` has not, or a size above the axis's own.
 * @example lax.dynamicSliceInDim(np.arange(5), 1, 2) // [1, 2]
 */
export function dynamicSliceInDim(x: NDArray, start: ArrayLike, size: number, axis = 0, options: DynamicOptions = {}): NDArray {
  const at = normalizeAxis(axis, x.ndim, "dynamicSliceInDim");
  const starts = x.shape.map((_, k) => (k === at ? start : zeroLike(start)));
  return dynamicSlice(x, starts, x.shape.with(at, size), options);
}

/**
 * `x` with `update` written along an axis from `start` on, a scalar integer that may be traced; moved inside where it would
 * stick out.
 *
 * @throws ShapeError for an axis that `x` has not, or an update that does not fit.
 * @example lax.dynamicUpdateSliceInDim(np.zeros([4]), np.ones([2]), 1) // [0, 1, 1, 0]
 */
export function dynamicUpdateSliceInDim(x: NDArray, update: ArrayLike, start: ArrayLike, axis = 0, options: DynamicOptions = {}): NDArray {
  const at = normalizeAxis(axis, x.ndim, "dynamicUpdateSliceInDim");
  const starts = x.shape.map((_, k) => (k === at ? start : zeroLike(start)));
  return dynamicUpdateSlice(x, update, starts, options);
}

/** Zero in the dtype of the start beside it: starts agree in dtype. */
const zeroLike = (start: ArrayLike): ArrayLike => (isArray(start) && start.aval.weak === undefined ? full([], 0, start.dtype) : 0);

/**
 * Keys in ascending order along an axis, and values in the order of their keys. Stable; NaN stands last.
 *
 * @throws ShapeError when the shapes differ, or for an axis that they have not.
 * @example lax.sortKeyVal(np.array([2, 1]), np.array([20, 10])) // [[1, 2], [10, 20]]
 */
export function sortKeyVal(keys: ArrayLike, values: ArrayLike, dimension = -1): readonly [keys: NDArray, values: NDArray] {
  const [sortedKeys, sortedValues] = sort([keys, values], { dimension });
  return [sortedKeys, sortedValues];
}
