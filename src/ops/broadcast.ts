// Broadcasting and summation, each the other's transpose: broadcast_in_dim, reduce_sum, and arrays filled with one value.
// Axes of an array keep their order when they are broadcast: `broadcastDimensions` increases.

import { type ArrayLike, type NDArray, asArray, scalar } from "../core/array.js";
import { type Aval, aval, showAval } from "../core/aval.js";
import { type DType, checkDType } from "../core/dtype.js";
import { ShapeError } from "../core/errors.js";
import { batched, linear, operands, primitive } from "../core/primitive.js";
import { type Shape, checkShape, normalizeAxes, range, sameShape, showShape, withoutAxes } from "../core/shape.js";
import { bind } from "../core/trace.js";
import * as layout from "../kernels/layout.js";
import * as kernels from "../kernels/reduce.js";
import { allPastBatch, dimWithout, inserted } from "./axes.js";
import { convertElementType } from "./convert.js";
import { literalTo, operand } from "./operands.js";
import { checkDTypes } from "./pointwise.js";

export interface BroadcastParams {
  readonly shape: Shape;
  readonly broadcastDimensions: readonly number[];
}

export const broadcastInDimP = primitive("broadcast_in_dim")<BroadcastParams>({
  type: ([x], params) => {
    checkBroadcast(x, params);
    return [aval(params.shape, x.dtype)];
  },
  derivative: operands(linear((ct, [x], { broadcastDimensions }) => sumToShape(ct, x.aval.shape, broadcastDimensions))),
  // The batch goes right behind the axis that precedes it, so that the dimensions go on increasing.
  batch: batched((size, [x], [dim], { shape, broadcastDimensions }) => {
    if (dim === null) return [broadcastInDim(x, shape, broadcastDimensions), null];
    const target = dim === 0 ? 0 : broadcastDimensions[dim - 1] + 1;
    const dimensions = inserted(allPastBatch(broadcastDimensions, target), dim, target);
    return [broadcastInDim(x, inserted(shape, target, size), dimensions), target];
  }),
  reference: ([x], params) => [layout.broadcastInDim(x, params)],
  hidden: ({ broadcastDimensions }) => (broadcastDimensions.length === 0 ? ["broadcastDimensions", "shape"] : []),
});

function checkBroadcast(x: Aval, { shape, broadcastDimensions }: BroadcastParams): void {
  checkShape(shape, "broadcastInDim");
  const increasing = broadcastDimensions.every((axis, k) => axis > (k === 0 ? -1 : broadcastDimensions[k - 1]) && axis < shape.length);
  if (broadcastDimensions.length !== x.shape.length || !increasing) {
    throw new ShapeError({
      op: "broadcastInDim",
      expected: `${x.shape.length} increasing axes of ${showShape(shape)}, one for each axis of the operand`,
      received: `broadcastDimensions ${showShape(broadcastDimensions)} for ${showAval(x)}`,
      remedy: "say for each axis of the operand which axis of the result it becomes",
    });
  }
  if (x.shape.every((n, k) => n === 1 || n === shape[broadcastDimensions[k]])) return;
  throw new ShapeError({
    op: "broadcastInDim",
    expected: `an operand whose axes have size 1 or the size of their axis in ${showShape(shape)}`,
    received: `${showAval(x)} with broadcastDimensions ${showShape(broadcastDimensions)}`,
    remedy: "give the result the operand's sizes, or broadcast only axes of size 1",
  });
}

// Sums over the axes that broadcasting added or stretched; those that were of size 1 come back with that size.
function sumToShape(ct: NDArray, shape: Shape, broadcastDimensions: readonly number[]): NDArray {
  const kept = range(0, shape.length).filter((k) => shape[k] === ct.shape[broadcastDimensions[k]]);
  const keptAxes = kept.map((k) => broadcastDimensions[k]);
  const summed = reduceSum(
    ct,
    range(0, ct.ndim).filter((axis) => !keptAxes.includes(axis)),
  );
  return broadcastInDim(summed, shape, kept);
}

/**
 * `x` with axis `k` as axis `broadcastDimensions[k]` of `shape`: repeated along the axes that it does not have and along
 * those where its size is 1. Same as `jax.lax.broadcast_in_dim`.
 *
 * @throws ShapeError unless `broadcastDimensions` increases, has an entry for each axis of `x`, and the sizes agree.
 * @example lax.broadcastInDim(np.array([1, 2]), [2, 3], [0]) // [[1, 1, 1], [2, 2, 2]]
 */
export function broadcastInDim(x: ArrayLike, shape: Shape, broadcastDimensions: readonly number[]): NDArray {
  const array = operand(x, "broadcastInDim");
  if (sameShape(array.shape, shape) && broadcastDimensions.length === shape.length) {
    checkBroadcast(array.aval, { shape, broadcastDimensions });
    return array;
  }
  return bind(broadcastInDimP, [array], { shape: [...shape], broadcastDimensions: [...broadcastDimensions] });
}

/**
 * An array of `shape` filled with one value; a scalar array as value is converted to `dtype`.
 *
 * @throws ShapeError for a shape with a negative or fractional size; DTypeError for a number that `dtype` cannot hold.
 * @example lax.full([2, 2], 7, "int32") // [[7, 7], [7, 7]]
 */
export function full(shape: Shape, value: ArrayLike, dtype: DType): NDArray {
  checkDType(dtype, "full");
  const one = typeof value === "boolean" ? scalar(value, dtype) : filling(asArray(value, "full"), dtype);
  return broadcastInDim(one, shape, []);
}

const filling = (value: NDArray, dtype: DType): NDArray =>
  value.aval.weak === undefined ? convertElementType(value, dtype) : literalTo(value, dtype, "full");

/** An array like `x` in shape and dtype, filled with one value. */
export const fullLike = (x: NDArray, value: ArrayLike): NDArray => full(x.shape, value, x.dtype);

/** An array like `x` in shape and dtype, filled with zeros. */
export const zerosLike = (x: NDArray): NDArray => fullLike(x, 0);

export interface AxesParams {
  readonly axes: readonly number[];
}

/** The type of a reduction over `axes`. */
export const reduced = (x: Aval, axes: readonly number[]): Aval => aval(withoutAxes(x.shape, axes), x.dtype);

/** Axes of a reduction as parameters keep them: counted from the front, in order; all axes when none are named. */
export const reductionAxes = (x: NDArray, axes: number | readonly number[] | undefined, op: string): number[] =>
  normalizeAxes(axes, x.ndim, op).sort((a, b) => a - b);

/** The undoing of a reduction: `y` repeated along the `axes` of `shape` that it lost. */
export const spread = (y: NDArray, shape: Shape, axes: readonly number[]): NDArray =>
  broadcastInDim(
    y,
    shape,
    range(0, shape.length).filter((axis) => !axes.includes(axis)),
  );

/** Batching for reductions: the axes are renumbered around the batch. */
export const batchedReduction = (reduce: (x: NDArray, axes: readonly number[]) => NDArray) =>
  batched<AxesParams>((_, [x], [dim], { axes }) => {
    if (dim === null) return [reduce(x, axes), null];
    const around = allPastBatch(axes, dim);
    return [reduce(x, around), dimWithout(dim, around)];
  });

export const reduceSumP = primitive("reduce_sum")<AxesParams>({
  type: ([x], { axes }) => {
    checkDTypes("reduceSum", [x], "number");
    return [reduced(x, axes)];
  },
  derivative: operands(linear((ct, [x], { axes }) => spread(ct, x.aval.shape, axes))),
  batch: batchedReduction((x, axes) => reduceSum(x, axes)),
  reference: ([x], params) => [kernels.reduceSum(x, params)],
});

/**
 * The sum over `axes` (all of them if not given), which disappear from the shape; 0 over no elements. Integers wrap.
 *
 * @throws ShapeError for an axis that `x` has not; DTypeError for bool.
 * @example lax.reduceSum(np.array([[1, 2], [3, 4]]), [0]) // [4, 6]
 */
export function reduceSum(x: ArrayLike, axes?: number | readonly number[]): NDArray {
  const array = operand(x, "reduceSum");
  const list = reductionAxes(array, axes, "reduceSum");
  return list.length === 0 ? array : bind(reduceSumP, [array], { axes: list });
}
