// The arrays that kernels take and return: contiguous, row-major typed arrays with a shape and a dtype.
// Kernels never write to an array that they were given.

import { typedArray } from "../core/dtype.js";
import type { DType, TypedArray } from "../core/dtype.js";
import { sizeOf } from "../core/shape.js";
import type { Shape } from "../core/shape.js";

/** A contiguous, row-major array on the host. */
export interface HostArray {
  readonly data: TypedArray;
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/**
 * An array of zeros.
 *
 * @example zeros("float32", [2, 3]).data.length // 6
 */
export const zeros = (dtype: DType, shape: Shape): HostArray => ({ data: typedArray(dtype, sizeOf(shape)), shape, dtype });

/**
 * An array of `dtype` with the given `values`: stored as a typed array stores (floats rounded, integers wrapped). Shares nothing.
 *
 * @example stored("int8", [2], [127, 128]).data // Int8Array [127, -128]
 */
export function stored(dtype: DType, shape: Shape, values: ArrayLike<number>): HostArray {
  const result = zeros(dtype, shape);
  result.data.set(values);
  return result;
}

/** The shape around one axis: `x[o, r, i]` is element `(o * size + r) * inner + i`. */
export interface AxisView {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

export const axisView = (shape: Shape, axis: number): AxisView => ({
  outer: sizeOf(shape.slice(0, axis)),
  size: shape[axis],
  inner: sizeOf(shape.slice(axis + 1)),
});
