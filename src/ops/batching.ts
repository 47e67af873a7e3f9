// Arithmetic on axes for batching rules: operands enter with one extra axis, the batch; parameters that number axes are
// renumbered around it, so that no operand has to be moved for its batch.

import type { NDArray } from "../core/array.js";
import type { BatchDim } from "../core/primitive.js";
import { sameShape } from "../core/shape.js";
import { broadcastInDim } from "./broadcast.js";
import { moveAxis } from "./layout.js";

/** Axis `axis` of the unbatched array, in the array that carries its batch at `dim`. */
export const pastBatch = (axis: number, dim: number): number => (axis >= dim ? axis + 1 : axis);

/** The same for several axes. */
export const allPastBatch = (axes: readonly number[], dim: number): number[] => axes.map((axis) => pastBatch(axis, dim));

/** Where axis `dim` is once the axes `removed` are gone. */
export const dimWithout = (dim: number, removed: readonly number[]): number => dim - removed.filter((axis) => axis < dim).length;

/** The list with `value` put in at `position`. */
export const inserted = <T>(list: readonly T[], position: number, value: T): T[] => [...list.slice(0, position), value, ...list.slice(position)];

/** `x` with its batch at axis 0; repeated `size` times if it has none. */
export function batchFirst(x: NDArray, dim: BatchDim, size: number): NDArray {
  return batchAt(x, dim, size, 0);
}

/** `x` with its batch at axis `target`; repeated `size` times if it has none. */
export function batchAt(x: NDArray, dim: BatchDim, size: number, target: number): NDArray {
  if (dim !== null) return moveAxis(x, dim, target);
  const shape = inserted(x.shape, target, size);
  return sameShape(shape, x.shape) ? x : broadcastInDim(x, shape, allPastBatch(x.shape.map((_, axis) => axis), target));
}
