// Changes of shape and of the order of axes. No element changes.

import type { ArrayLike, NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { type Shape, broadcastShapes, checkShape, normalizeAxes, normalizeAxis, range, sameShape, showShape } from "../core/shape.js";
import * as ops from "../ops/layout.js";
import { type ShapeLike, shapeOf } from "./creation.js";
import { broadcastTrailing, promote } from "./promote.js";

const strong = (op: string, x: ArrayLike): NDArray => promote(op, x)[0];

/** The shape with its one −1 replaced by the size that is left. */
function inferred(op: string, x: NDArray, shape: Shape): Shape {
  const open = shape.filter((n) => n === -1).length;
  if (open === 0) return checkShape(shape, op);
  const known = shape.reduce((product, n) => (n === -1 ? product : product * n), 1);
  checkShape(
    shape.map((n) => (n === -1 ? 0 : n)),
    op,
  );
  if (open === 1 && known > 0 && x.size % known === 0) return shape.map((n) => (n === -1 ? x.size / known : n));
  throw new ShapeError({
    op,
    expected: open > 1 ? "at most one size of -1" : `sizes whose product divides ${x.size}, the number of elements of ${showAval(x.aval)}`,
    received: showShape(shape),
    remedy: open > 1 ? "give all sizes but one" : "correct the sizes, or give all of them",
  });
}

/**
 * The same elements in row-major order under another shape; one size may be −1, for what is left.
 *
 * @throws ShapeError unless the shape has as many elements as `x`.
 * @example np.reshape(np.arange(6), [2, -1]) // [[0, 1, 2], [3, 4, 5]]
 */
export function reshape(x: ArrayLike, shape: ShapeLike): NDArray {
  const array = strong("reshape", x);
  const sizes = typeof shape === "number" ? [shape] : shape;
  return ops.reshape(array, inferred("reshape", array, Array.isArray(sizes) ? sizes : checkShape(sizes, "reshape")));
}

/**
 * The elements in row-major order, as a vector.
 *
 * @example np.ravel(np.array([[1, 2], [3, 4]])) // [1, 2, 3, 4]
 */
export function ravel(x: ArrayLike): NDArray {
  const array = strong("ravel", x);
  return ops.reshape(array, [array.size]);
}

/**
 * `x` with its axes in another order (reversed if not given): axis `k` of the result is axis `axes[k]` of `x`.
 *
 * @throws ShapeError unless `axes` names each axis once.
 * @example np.transpose(np.array([[1, 2], [3, 4]])) // [[1, 3], [2, 4]]
 */
export function transpose(x: ArrayLike, axes?: readonly number[] | null): NDArray {
  const array = strong("transpose", x);
  return ops.transpose(array, axes ?? range(0, array.ndim).toReversed());
}

export { transpose as permuteDims };

/**
 * The matrices of the last two axes, transposed.
 *
 * @throws ShapeError for fewer than two axes.
 * @example np.matrixTranspose(np.ones([5, 2, 3])).shape // [5, 3, 2]
 */
export function matrixTranspose(x: ArrayLike): NDArray {
  const array = strong("matrixTranspose", x);
  if (array.ndim >= 2) return swapaxes(array, -1, -2);
  throw new ShapeError({
    op: "matrixTranspose",
    expected: "at least two axes",
    received: showAval(array.aval),
    remedy: "use np.transpose for other ranks",
  });
}

/**
 * `x` with two axes exchanged.
 *
 * @throws ShapeError for an axis that `x` has not.
 * @example np.swapaxes(np.ones([2, 3, 4]), 0, 2).shape // [4, 3, 2]
 */
export function swapaxes(x: ArrayLike, axis1: number, axis2: number): NDArray {
  const array = strong("swapaxes", x);
  const [a, b] = [axis1, axis2].map((axis) => normalizeAxis(axis, array.ndim, "swapaxes"));
  return ops.transpose(
    array,
    range(0, array.ndim).map((k) => (k === a ? b : k === b ? a : k)),
  );
}

/**
 * `x` with one axis, or several, moved to other positions; the rest keep their order.
 *
 * @throws ShapeError for an axis that `x` has not, a repeated one, or lists of different length.
 * @example np.moveaxis(np.ones([2, 3, 4]), 0, -1).shape // [3, 4, 2]
 */
export function moveaxis(x: ArrayLike, source: number | readonly number[], destination: number | readonly number[]): NDArray {
  const array = strong("moveaxis", x);
  const from = normalizeAxes(source, array.ndim, "moveaxis");
  const to = normalizeAxes(destination, array.ndim, "moveaxis");
  if (from.length !== to.length) {
    throw new ShapeError({
      op: "moveaxis",
      expected: "as many destinations as sources",
      received: `${from.length} sources, ${to.length} destinations`,
      remedy: "pair them up",
    });
  }
  const rest = range(0, array.ndim).filter((axis) => !from.includes(axis));
  const permutation = range(0, array.ndim).map((axis) => {
    const place = to.indexOf(axis);
    return place >= 0 ? from[place] : (rest.shift() ?? 0);
  });
  return ops.transpose(array, permutation);
}

/**
 * `x` without the given axes (all of size 1 if not given), each of which has size 1.
 *
 * @throws ShapeError for an axis that `x` has not, or one of another size.
 * @example np.squeeze(np.ones([1, 3, 1])).shape // [3]
 */
export const squeeze = (x: ArrayLike, axis?: number | readonly number[] | null): NDArray =>
  ops.squeeze(strong("squeeze", x), axis ?? undefined);

/**
 * `x` with new axes of size 1 at the given positions of the result.
 *
 * @throws ShapeError for a position that the result has not, or a repeated one.
 * @example np.expandDims(np.ones([3]), 0).shape // [1, 3]
 */
export const expandDims = (x: ArrayLike, axis: number | readonly number[]): NDArray => ops.expandDims(strong("expandDims", x), axis);

/**
 * `x` repeated to a shape, aligned at the last axis.
 *
 * @throws ShapeError when a size is neither 1 nor that of the shape.
 * @example np.broadcastTo(np.array([1, 2]), [2, 2]) // [[1, 2], [1, 2]]
 */
export function broadcastTo(x: ArrayLike, shape: ShapeLike): NDArray {
  const array = strong("broadcastTo", x);
  const target = shapeOf("broadcastTo", shape);
  if (array.ndim <= target.length && sameShape(broadcastShapes([array.shape, target], "broadcastTo"), target)) {
    return broadcastTrailing(array, target);
  }
  throw new ShapeError({
    op: "broadcastTo",
    expected: `an array that broadcasts to ${showShape(target)}`,
    received: showAval(array.aval),
    remedy: "reshape or expandDims it so that the axes line up, each of size 1 or the target's",
  });
}

/**
 * The arrays repeated to their common shape; dtypes stay.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.broadcastArrays(np.ones([2, 1]), np.ones([3]))[0].shape // [2, 3]
 */
export function broadcastArrays(...xs: readonly ArrayLike[]): NDArray[] {
  const arrays = xs.map((x) => strong("broadcastArrays", x));
  const shape = broadcastShapes(
    arrays.map((x) => x.shape),
    "broadcastArrays",
  );
  return arrays.map((x) => broadcastTrailing(x, shape));
}

/**
 * `x` with at least one axis.
 *
 * @example np.atleast1d(3).shape // [1]
 */
export function atleast1d(x: ArrayLike): NDArray {
  const array = strong("atleast1d", x);
  return array.ndim === 0 ? ops.reshape(array, [1]) : array;
}

/**
 * `x` with at least two axes, new ones in front.
 *
 * @example np.atleast2d(np.ones([3])).shape // [1, 3]
 */
export function atleast2d(x: ArrayLike): NDArray {
  const array = strong("atleast2d", x);
  return array.ndim >= 2 ? array : ops.reshape(array, [1, array.size]);
}

/**
 * `x` with at least three axes: a vector lies along the middle one, a matrix along the first two.
 *
 * @example np.atleast3d(np.ones([3])).shape // [1, 3, 1]
 */
export function atleast3d(x: ArrayLike): NDArray {
  const array = strong("atleast3d", x);
  if (array.ndim >= 3) return array;
  return ops.reshape(array, array.ndim === 2 ? [...array.shape, 1] : [1, array.size, 1]);
}
