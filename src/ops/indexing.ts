// What gathers and scatters share: the dimension numbers that say which axes are indexed, which run inside of a window and
// which run together with axes of the indices; their validation; and their renumbering around a batch.
// The index vectors always lie along the last axis of the indices, whose other axes are those of the windows.

import { type Aval, aval, showAval } from "../core/aval.js";
import { holds, isInteger } from "../core/dtype.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import { range, sameShape, showShape } from "../core/shape.js";
import type { GatherDimensionNumbers } from "../kernels/gather.js";
import type { ScatterDimensionNumbers } from "../kernels/scatter.js";
import { allPastBatch, inserted } from "./axes.js";
import { checkSameDType } from "./pointwise.js";

export type { GatherDimensionNumbers } from "../kernels/gather.js";
export type { ScatterDimensionNumbers } from "../kernels/scatter.js";

/**
 * What becomes of a window that does not lie inside of the operand: `"checked"` throws where the index is known and is
 * `"fill"` in a compiled program, which cannot throw; `"fill"` reads a fill value and drops writes; `"clip"` moves it inside.
 */
export type IndexMode = "checked" | "fill" | "clip";

export interface IndexingParams {
  readonly indicesAreSorted: boolean;
  /** The caller's promise that no two windows overlap. */
  readonly uniqueIndices: boolean;
  readonly mode: IndexMode;
}

export interface GatherParams extends IndexingParams {
  readonly dimensionNumbers: GatherDimensionNumbers;
  readonly sliceSizes: readonly number[];
  /** What is read out of bounds; `null` is NaN, or the lowest value of integers. */
  readonly fillValue: number | null;
}

export interface ScatterParams extends IndexingParams {
  readonly dimensionNumbers: ScatterDimensionNumbers;
}

/** The parameters in a compiled program, where an index out of bounds cannot throw. */
export const unchecked = <P extends IndexingParams>(params: P): P => (params.mode === "checked" ? { ...params, mode: "fill" } : params);

/** The gather that reads what a scatter writes. */
export const readingNumbers = (numbers: ScatterDimensionNumbers): GatherDimensionNumbers => ({
  offsetDims: numbers.updateWindowDims,
  collapsedSliceDims: numbers.insertedWindowDims,
  startIndexMap: numbers.scatterDimsToOperandDims,
  operandBatchingDims: numbers.operandBatchingDims,
  startIndicesBatchingDims: numbers.scatterIndicesBatchingDims,
});

/** The scatter that writes what a gather reads. */
export const writingNumbers = (numbers: GatherDimensionNumbers): ScatterDimensionNumbers => ({
  updateWindowDims: numbers.offsetDims,
  insertedWindowDims: numbers.collapsedSliceDims,
  scatterDimsToOperandDims: numbers.startIndexMap,
  operandBatchingDims: numbers.operandBatchingDims,
  scatterIndicesBatchingDims: numbers.startIndicesBatchingDims,
});

/** The axes of the operand that windows have and results keep, in order. */
const windowAxes = (ndim: number, { collapsedSliceDims, operandBatchingDims }: GatherDimensionNumbers): number[] =>
  range(0, ndim).filter((axis) => !collapsedSliceDims.includes(axis) && !operandBatchingDims.includes(axis));

/** Sizes of the window along every axis of the operand, from the updates of a scatter. */
export function windowSizes(operand: Aval, updates: Aval, numbers: ScatterDimensionNumbers): number[] {
  const sizes = new Array<number>(operand.shape.length).fill(1);
  windowAxes(sizes.length, readingNumbers(numbers)).forEach((axis, k) => {
    sizes[axis] = updates.shape[numbers.updateWindowDims[k]];
  });
  return sizes;
}

const distinct = (axes: readonly number[], ndim: number): boolean =>
  new Set(axes).size === axes.length && axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < ndim);

const increasing = (axes: readonly number[]): boolean => axes.every((axis, k) => k === 0 || axis > axes[k - 1]);

// Everything that is wrong with dimension numbers, in the order in which it is best told.
function faults(operand: Aval, indices: Aval, numbers: GatherDimensionNumbers): readonly (readonly [boolean, string])[] {
  const [ndim, indexRank] = [operand.shape.length, indices.shape.length - 1];
  const { offsetDims, collapsedSliceDims, startIndexMap, operandBatchingDims, startIndicesBatchingDims } = numbers;
  return [
    [indexRank < 0, "indices with at least one axis: the last one holds the index vectors"],
    [indices.shape[indexRank] !== startIndexMap.length, `index vectors of ${startIndexMap.length} elements, one for each indexed axis`],
    [!distinct([...collapsedSliceDims, ...operandBatchingDims], ndim), "dropped and batching axes that the operand has, each once"],
    [!distinct([...startIndexMap, ...operandBatchingDims], ndim), "indexed and batching axes that the operand has, each once"],
    [!increasing(collapsedSliceDims) || !increasing(operandBatchingDims), "dropped axes and batching axes in increasing order"],
    [!distinct(startIndicesBatchingDims, indexRank), "batching axes that the indices have, each once, and not the last"],
    [operandBatchingDims.length !== startIndicesBatchingDims.length, "as many batching axes of the operand as of the indices"],
    [
      operandBatchingDims.some((axis, k) => operand.shape[axis] !== indices.shape[startIndicesBatchingDims[k]]),
      "batching axes of one size in operand and indices",
    ],
    [
      offsetDims.length !== windowAxes(ndim, numbers).length ||
        !increasing(offsetDims) ||
        !distinct(offsetDims, offsetDims.length + indexRank),
      "increasing axes of the result for the window's axes, one for each that is not dropped",
    ],
  ];
}

function checkNumbers(op: string, operand: Aval, indices: Aval, numbers: GatherDimensionNumbers): void {
  if (!isInteger(indices.dtype)) {
    throw new DTypeError({
      op,
      expected: "integer indices",
      received: showAval(indices),
      remedy: `convert them first with x.astype("int32")`,
    });
  }
  for (const [wrong, expected] of faults(operand, indices, numbers)) {
    if (!wrong) continue;
    throw new ShapeError({
      op,
      expected,
      received: `operand ${showAval(operand)}, indices ${showAval(indices)}, dimension numbers ${JSON.stringify(numbers)}`,
      remedy: "correct the dimension numbers; np.take and x.at(…) write them for you",
    });
  }
}

// A window of 1 along an axis without elements is always out of bounds, which only "clip" cannot express.
function checkSizes(
  op: string,
  operand: Aval,
  sizes: readonly number[],
  { collapsedSliceDims, operandBatchingDims }: GatherDimensionNumbers,
  mode: IndexMode,
): void {
  const single = [...collapsedSliceDims, ...operandBatchingDims];
  const fits = (n: number, axis: number): boolean => {
    const size = sizes[axis];
    if (!Number.isInteger(size) || size < 0 || (single.includes(axis) && size !== 1)) return false;
    return size <= n || operandBatchingDims.includes(axis) || (size === 1 && mode !== "clip");
  };
  if (sizes.length === operand.shape.length && operand.shape.every(fits)) return;
  throw new ShapeError({
    op,
    expected: `a window within ${showAval(operand)}, of size 1 along dropped and batching axes`,
    received: `window ${showShape(sizes)}`,
    remedy: "give a size for each axis of the operand, not above the axis's own",
  });
}

function checkFill({ dtype }: Aval, fillValue: number): void {
  if (holds(dtype, fillValue)) return;
  throw new DTypeError({
    op: "gather",
    expected: `a fillValue that ${dtype} holds`,
    received: String(fillValue),
    remedy: "convert the array to a wider dtype first",
  });
}

/** The type of a gather. */
export function gatherType(operand: Aval, indices: Aval, { dimensionNumbers, sliceSizes, mode, fillValue }: GatherParams): Aval {
  checkNumbers("gather", operand, indices, dimensionNumbers);
  if (fillValue !== null) checkFill(operand, fillValue);
  checkSizes("gather", operand, sliceSizes, dimensionNumbers, mode);
  const { offsetDims } = dimensionNumbers;
  const inside = windowAxes(operand.shape.length, dimensionNumbers).map((axis) => sliceSizes[axis]);
  const outside = indices.shape.slice(0, -1);
  let [k, b] = [0, 0];
  const shape = range(0, inside.length + outside.length).map((axis) => (offsetDims.includes(axis) ? inside[k++] : outside[b++]));
  return aval(shape, operand.dtype);
}

/** The type of a scatter: the operand's. */
export function scatterType(op: string, operand: Aval, indices: Aval, updates: Aval, { dimensionNumbers, mode }: ScatterParams): Aval {
  checkSameDType(op, [operand, updates]);
  const numbers = readingNumbers(dimensionNumbers);
  checkNumbers(op, operand, indices, numbers);
  const windows = indices.shape.slice(0, -1);
  const outside = updates.shape.filter((_, axis) => !dimensionNumbers.updateWindowDims.includes(axis));
  if (updates.shape.length !== numbers.offsetDims.length + indices.shape.length - 1 || !sameShape(outside, windows)) {
    throw new ShapeError({
      op,
      expected: `updates with the axes ${showShape(windows)} of the indices and ${numbers.offsetDims.length} window axes`,
      received: `updates ${showAval(updates)}`,
      remedy: "give one window of updates for each index vector",
    });
  }
  checkSizes(op, operand, windowSizes(operand, updates, dimensionNumbers), numbers, mode);
  return operand;
}

/** Dimension numbers and window sizes of a batched gather or scatter; `target` is the batch's axis in the result or updates. */
export interface Renumbered {
  readonly numbers: GatherDimensionNumbers;
  readonly target: number;
}

/** When the operand carries a batch at `dim` and the indices none: one more axis of the window, whole. */
export function batchInWindow(numbers: GatherDimensionNumbers, ndim: number, dim: number): Renumbered {
  const place = windowAxes(ndim, numbers).filter((axis) => axis < dim).length;
  const target = place === 0 ? 0 : numbers.offsetDims[place - 1] + 1;
  return {
    target,
    numbers: {
      offsetDims: inserted(allPastBatch(numbers.offsetDims, target), place, target),
      collapsedSliceDims: allPastBatch(numbers.collapsedSliceDims, dim),
      startIndexMap: allPastBatch(numbers.startIndexMap, dim),
      operandBatchingDims: allPastBatch(numbers.operandBatchingDims, dim),
      startIndicesBatchingDims: numbers.startIndicesBatchingDims,
    },
  };
}

/** When the indices carry a batch at axis 0 and the operand none: one more axis of windows. */
export const batchOfIndices = (numbers: GatherDimensionNumbers): Renumbered => ({
  target: 0,
  numbers: {
    ...numbers,
    offsetDims: allPastBatch(numbers.offsetDims, 0),
    startIndicesBatchingDims: allPastBatch(numbers.startIndicesBatchingDims, 0),
  },
});

/** When the operand carries a batch at `dim` and the indices at axis 0: these run together. */
export function batchOfBoth(numbers: GatherDimensionNumbers, dim: number): Renumbered {
  const around = allPastBatch(numbers.operandBatchingDims, dim);
  const place = around.filter((axis) => axis < dim).length;
  return {
    target: 0,
    numbers: {
      offsetDims: allPastBatch(numbers.offsetDims, 0),
      collapsedSliceDims: allPastBatch(numbers.collapsedSliceDims, dim),
      startIndexMap: allPastBatch(numbers.startIndexMap, dim),
      operandBatchingDims: inserted(around, place, dim),
      startIndicesBatchingDims: inserted(allPastBatch(numbers.startIndicesBatchingDims, 0), place, 0),
    },
  };
}
