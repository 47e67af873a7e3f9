// Changes of layout that move or relabel elements and compute nothing: reshape, transpose, squeeze, rev, and iota.
// All but iota are linear, and their transposes are changes of layout too.

import { type ArrayLike, type NDArray } from "../core/array.js";
import { aval, showAval } from "../core/aval.js";
import { type DType, checkDType } from "../core/dtype.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import { batched, constant, linear, operands, pointwise, primitive } from "../core/primitive.js";
import { type Shape, checkShape, normalizeAxes, normalizeAxis, range, sameShape, showShape, sizeOf, withoutAxes } from "../core/shape.js";
import { bind } from "../core/trace.js";
import * as kernels from "../kernels/layout.js";
import { allPastBatch, dimWithout } from "./axes.js";
import { broadcastInDim } from "./broadcast.js";
import { operand } from "./operands.js";

export { broadcastInDim, broadcastInDimP, full, fullLike, zerosLike } from "./broadcast.js";

export interface ReshapeParams {
  readonly newSizes: Shape;
  /** JAX's order of axes to read in; always the row-major one here. */
  readonly dimensions: null;
}

export const reshapeP = primitive("reshape")<ReshapeParams>({
  type: ([x], { newSizes }) => {
    checkShape(newSizes, "reshape");
    if (sizeOf(newSizes) === sizeOf(x.shape)) return [aval(newSizes, x.dtype)];
    throw new ShapeError({
      op: "reshape",
      expected: `a shape of ${sizeOf(x.shape)} elements, as many as ${showAval(x)} has`,
      received: `${showShape(newSizes)}, of ${sizeOf(newSizes)}`,
      remedy: "give sizes with that product",
    });
  },
  derivative: operands(linear((ct, [x]) => reshape(ct, x.aval.shape))),
  batch: batched((size, [x], [dim], { newSizes }) =>
    dim === null ? [reshape(x, newSizes), null] : [reshape(moveAxis(x, dim, 0), [size, ...newSizes]), 0],
  ),
  reference: ([x], params) => [kernels.reshape(x, params)],
});

/**
 * The same elements in the same row-major order under another shape.
 *
 * @throws ShapeError unless the shape has as many elements as `x`.
 * @example lax.reshape(np.arange(6), [2, 3]) // [[0, 1, 2], [3, 4, 5]]
 */
export function reshape(x: ArrayLike, shape: Shape): NDArray {
  const array = operand(x, "reshape");
  return sameShape(array.shape, shape) ? array : bind(reshapeP, [array], { newSizes: [...shape], dimensions: null });
}

export interface TransposeParams {
  readonly permutation: readonly number[];
}

export const transposeP = primitive("transpose")<TransposeParams>({
  type: ([x], { permutation }) => {
    const valid = permutation.length === x.shape.length && range(0, permutation.length).every((axis) => permutation.includes(axis));
    if (valid)
      return [
        aval(
          permutation.map((axis) => x.shape[axis]),
          x.dtype,
        ),
      ];
    throw new ShapeError({
      op: "transpose",
      expected: `a permutation of the axes ${showShape(range(0, x.shape.length))}`,
      received: `${showShape(permutation)} for ${showAval(x)}`,
      remedy: "name each axis of the operand once",
    });
  },
  derivative: operands(linear((ct, _, { permutation }) => transpose(ct, inversePermutation(permutation)))),
  batch: batched((_, [x], [dim], { permutation }) =>
    dim === null ? [transpose(x, permutation), null] : [transpose(x, [dim, ...allPastBatch(permutation, dim)]), 0],
  ),
  reference: ([x], params) => [kernels.transpose(x, params)],
});

/** The permutation that undoes `permutation`. */
export function inversePermutation(permutation: readonly number[]): number[] {
  const inverse = new Array<number>(permutation.length);
  permutation.forEach((axis, k) => {
    inverse[axis] = k;
  });
  return inverse;
}

/**
 * `x` with its axes reordered: axis `k` of the result is axis `permutation[k]` of `x`. Axes may count from the back.
 *
 * @throws ShapeError unless `permutation` names each axis once.
 * @example lax.transpose(np.ones([2, 3, 4]), [2, 0, 1]).shape // [4, 2, 3]
 */
export function transpose(x: ArrayLike, permutation: readonly number[]): NDArray {
  const array = operand(x, "transpose");
  const axes = normalizeAxes(permutation, array.ndim, "transpose");
  const identity = axes.length === array.ndim && axes.every((axis, k) => axis === k);
  return identity ? array : bind(transposeP, [array], { permutation: axes });
}

/**
 * `x` with the axis `from` moved to position `to`; the other axes keep their order.
 *
 * @throws ShapeError for an axis that `x` has not.
 * @example lax.moveAxis(np.ones([2, 3, 4]), 0, 2).shape // [3, 4, 2]
 */
export function moveAxis(x: NDArray, from: number, to: number): NDArray {
  const source = normalizeAxis(from, x.ndim, "moveAxis");
  const target = normalizeAxis(to, x.ndim, "moveAxis");
  const permutation = range(0, x.ndim).filter((axis) => axis !== source);
  permutation.splice(target, 0, source);
  return transpose(x, permutation);
}

export interface DimensionsParams {
  readonly dimensions: readonly number[];
}

export const squeezeP = primitive("squeeze")<DimensionsParams>({
  type: ([x], { dimensions }) => {
    if (dimensions.every((axis) => x.shape[axis] === 1)) return [aval(withoutAxes(x.shape, dimensions), x.dtype)];
    throw new ShapeError({
      op: "squeeze",
      expected: "axes of size 1",
      received: `axes ${showShape(dimensions)} of ${showAval(x)}`,
      remedy: "name only axes of size 1; index or reduce the others",
    });
  },
  derivative: operands(linear((ct, [x]) => reshape(ct, x.aval.shape))),
  batch: batched((_, [x], [dim], { dimensions }) => {
    if (dim === null) return [squeeze(x, dimensions), null];
    const around = allPastBatch(dimensions, dim);
    return [squeeze(x, around), dimWithout(dim, around)];
  }),
  reference: ([x], params) => [kernels.squeeze(x, params)],
});

/**
 * `x` without the given axes (all axes of size 1 if not given), each of which has size 1.
 *
 * @throws ShapeError for an axis that `x` has not, or one of another size.
 * @example lax.squeeze(np.ones([1, 3, 1]), [0]).shape // [3, 1]
 */
export function squeeze(x: ArrayLike, dimensions?: number | readonly number[]): NDArray {
  const array = operand(x, "squeeze");
  const given = dimensions ?? range(0, array.ndim).filter((axis) => array.shape[axis] === 1);
  const axes = normalizeAxes(given, array.ndim, "squeeze").sort((a, b) => a - b);
  return axes.length === 0 ? array : bind(squeezeP, [array], { dimensions: axes });
}

/**
 * `x` with new axes of size 1, at the positions `dimensions` of the result.
 *
 * @throws ShapeError for a position that the result has not, or a repeated one.
 * @example lax.expandDims(np.ones([3]), [0, 2]).shape // [1, 3, 1]
 */
export function expandDims(x: ArrayLike, dimensions: number | readonly number[]): NDArray {
  const array = operand(x, "expandDims");
  const count = typeof dimensions === "number" ? 1 : dimensions.length;
  const ndim = array.ndim + count;
  const added = normalizeAxes(dimensions, ndim, "expandDims");
  if (added.length === 0) return array;
  const kept = range(0, ndim).filter((axis) => !added.includes(axis));
  const shape = new Array<number>(ndim).fill(1);
  kept.forEach((axis, k) => {
    shape[axis] = array.shape[k];
  });
  return broadcastInDim(array, shape, kept);
}

export const revP = primitive("rev")<DimensionsParams>({
  type: ([x]) => [aval(x.shape, x.dtype)],
  derivative: operands(linear((ct, _, { dimensions }) => reverse(ct, dimensions))),
  batch: batched((_, [x], [dim], { dimensions }) => [reverse(x, dim === null ? dimensions : allPastBatch(dimensions, dim)), dim]),
  reference: ([x], params) => [kernels.reverse(x, params)],
});

/**
 * `x` with its elements in the opposite order along the given axes.
 *
 * @throws ShapeError for an axis that `x` has not, or a repeated one.
 * @example lax.reverse(np.array([1, 2, 3]), [0]) // [3, 2, 1]
 */
export function reverse(x: ArrayLike, dimensions: number | readonly number[]): NDArray {
  const array = operand(x, "reverse");
  const axes = normalizeAxes(dimensions, array.ndim, "reverse").sort((a, b) => a - b);
  return axes.length === 0 ? array : bind(revP, [array], { dimensions: axes });
}

export interface IotaParams {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly dimension: number;
}

export const iotaP = primitive("iota")<IotaParams>({
  type: (_, { dtype, shape }) => {
    if (checkDType(dtype, "iota") !== "bool") return [aval(shape, dtype)];
    throw new DTypeError({ op: "iota", expected: "a numeric dtype", received: dtype, remedy: "use int32 and compare it with a number" });
  },
  derivative: constant,
  batch: pointwise,
  reference: (_, params) => [kernels.iota(params)],
});

/**
 * The index along axis `dimension`, at every place of `shape`.
 *
 * @throws DTypeError for bool; ShapeError for an axis that the shape has not.
 * @example lax.iota("int32", [2, 3], 1) // [[0, 1, 2], [0, 1, 2]]
 */
export function iota(dtype: DType, shape: Shape, dimension = 0): NDArray {
  checkShape(shape, "iota");
  const axis = normalizeAxis(dimension, shape.length, "iota");
  return bind(iotaP, [], { dtype, shape: [...shape], dimension: axis });
}
