// Reads of windows: enters an operand and indices, leaves the windows they point at. Parameters are those of jax.lax.

import { isFloat, lowest } from "../core/dtype.js";
import { range, sizeOf } from "../core/shape.js";
import type { Shape } from "../core/shape.js";
import { zeros } from "./host.js";
import type { HostArray } from "./host.js";
import { slice, transpose } from "./layout.js";
import { OUTSIDE, windowRuns, windowStarts } from "./windowStarts.js";
import type { IndexMode } from "./windowStarts.js";

/** As in XLA; the index vectors always lie along the last axis of the indices. */
export interface GatherDimensionNumbers {
  /** Axes of the result that run inside of a window. */
  readonly offsetDims: readonly number[];
  /** Axes of the operand whose window has size 1 and which the result lacks. */
  readonly collapsedSliceDims: readonly number[];
  /** The operand's axis for each element of an index vector. */
  readonly startIndexMap: readonly number[];
  readonly operandBatchingDims: readonly number[];
  readonly startIndicesBatchingDims: readonly number[];
}

export interface GatherParams {
  readonly dimensionNumbers: GatherDimensionNumbers;
  readonly sliceSizes: readonly number[];
  readonly mode: IndexMode;
  /** What "fill" reads out of bounds; default NaN, and the lowest value of integers and bool. */
  readonly fillValue?: number | undefined;
  /** The caller's name, for errors. */
  readonly op?: string | undefined;
}

/** The permutation that takes [others…, window…] to the order where the window's axes are `windowDims`. */
export function windowsToPlaces(rank: number, windowDims: readonly number[]): number[] {
  const others = range(0, rank).filter((axis) => !windowDims.includes(axis));
  const order = [...others, ...windowDims];
  return range(0, rank).map((axis) => order.indexOf(axis));
}

// All windows one after the other: [window, element].
function readWindows(operand: HostArray, starts: Int32Array, windowSizes: Shape, fill: number): HostArray {
  const length = sizeOf(windowSizes);
  const result = zeros(operand.dtype, [starts.length, length]);
  const { run, offsets } = windowRuns(operand.shape, windowSizes);
  const [source, target] = [operand.data, result.data];
  for (let w = 0, at = 0; w < starts.length; w++) {
    if (starts[w] === OUTSIDE) {
      target.fill(fill, at, at + length);
      at += length;
      continue;
    }
    for (let k = 0; k < offsets.length; k++, at += run) {
      const from = starts[w] + offsets[k];
      if (run > 32) target.set(source.subarray(from, from + run), at);
      else for (let i = 0; i < run; i++) target[at + i] = source[from + i];
    }
  }
  return result;
}

/**
 * The windows of `sliceSizes` of `operand` that start at the index vectors in `startIndices`.
 *
 * @throws IndexError in mode "checked" for an index out of bounds.
 */
export function gather(operand: HostArray, startIndices: HostArray, params: GatherParams): HostArray {
  const { dimensionNumbers: numbers, sliceSizes, mode } = params;
  const starts = windowStarts(startIndices, {
    operandShape: operand.shape,
    windowSizes: sliceSizes,
    axes: numbers.startIndexMap,
    operandBatchingDims: numbers.operandBatchingDims,
    indicesBatchingDims: numbers.startIndicesBatchingDims,
    mode,
    op: params.op ?? "gather",
  });
  const fill = params.fillValue ?? (isFloat(operand.dtype) ? NaN : lowest(operand.dtype));
  const windows = readWindows(operand, starts, sliceSizes, fill);
  const dropped = [...numbers.collapsedSliceDims, ...numbers.operandBatchingDims];
  const shape = [...startIndices.shape.slice(0, -1), ...sliceSizes.filter((_, axis) => !dropped.includes(axis))];
  return transpose({ ...windows, shape }, { permutation: windowsToPlaces(shape.length, numbers.offsetDims) });
}

/** The start of each axis, from scalar arrays, moved so that a window of `sizes` lies inside of `shape`. */
export const clampedStarts = (starts: readonly HostArray[], shape: Shape, sizes: Shape): number[] =>
  starts.map((start, axis) => Math.max(0, Math.min(start.data[0], shape[axis] - sizes[axis])));

/** The slice of `sliceSizes` that starts at `startIndices` (a scalar array for each axis), moved inside where it sticks out. */
export function dynamicSlice(
  operand: HostArray,
  startIndices: readonly HostArray[],
  { sliceSizes }: { readonly sliceSizes: readonly number[] },
): HostArray {
  const starts = clampedStarts(startIndices, operand.shape, sliceSizes);
  return slice(operand, { startIndices: starts, limitIndices: starts.map((start, axis) => start + sliceSizes[axis]) });
}
