// Writes of windows: enters an operand, indices and updates, leaves the operand with the updates put or folded in, in order.
// Parameters are those of jax.lax.

import { isFloat } from "../core/dtype.js";
import type { DType, TypedArray } from "../core/dtype.js";
import { range, stridesOf } from "../core/shape.js";
import { clampedStarts } from "./gather.js";
import type { HostArray } from "./host.js";
import { transpose } from "./layout.js";
import { copyStrided } from "./strided.js";
import { OUTSIDE, windowRuns, windowStarts } from "./windowStarts.js";
import type { IndexMode } from "./windowStarts.js";

/** As in XLA; the index vectors always lie along the last axis of the indices. */
export interface ScatterDimensionNumbers {
  /** Axes of the updates that run inside of a window. */
  readonly updateWindowDims: readonly number[];
  /** Axes of the operand whose window has size 1 and which the updates lack. */
  readonly insertedWindowDims: readonly number[];
  /** The operand's axis for each element of an index vector. */
  readonly scatterDimsToOperandDims: readonly number[];
  readonly operandBatchingDims: readonly number[];
  readonly scatterIndicesBatchingDims: readonly number[];
}

export type ScatterKind = "update" | "add" | "mul" | "min" | "max";

export interface ScatterParams {
  readonly dimensionNumbers: ScatterDimensionNumbers;
  readonly kind: ScatterKind;
  readonly mode: IndexMode;
  /** The caller's name, for errors. */
  readonly op?: string | undefined;
}

const copyOf = ({ data, shape, dtype }: HostArray): HostArray => ({ data: data.slice(), shape, dtype });

// Folds x[start …] into out[at …]; the store rounds and wraps.
type Into = (out: TypedArray, at: number, x: TypedArray, start: number, n: number) => void;

const put: Into = (out, at, x, start, n) => {
  for (let i = 0; i < n; i++) out[at + i] = x[start + i];
};
const add: Into = (out, at, x, start, n) => {
  for (let i = 0; i < n; i++) out[at + i] += x[start + i];
};
const multiply: Into = (out, at, x, start, n) => {
  for (let i = 0; i < n; i++) out[at + i] *= x[start + i];
};
const multiplyIntegers: Into = (out, at, x, start, n) => {
  for (let i = 0; i < n; i++) out[at + i] = Math.imul(out[at + i], x[start + i]);
};
const takeMax: Into = (out, at, x, start, n) => {
  for (let i = 0; i < n; i++) out[at + i] = Math.max(out[at + i], x[start + i]);
};
const takeMin: Into = (out, at, x, start, n) => {
  for (let i = 0; i < n; i++) out[at + i] = Math.min(out[at + i], x[start + i]);
};

// On bool, sum is "or" and product is "and".
function intoOf(kind: ScatterKind, dtype: DType): Into {
  if (kind === "update") return put;
  if (kind === "add") return dtype === "bool" ? takeMax : add;
  if (kind === "mul") return isFloat(dtype) ? multiply : multiplyIntegers;
  return kind === "max" ? takeMax : takeMin;
}

// Sizes of the window along every axis of the operand: those of the updates, and 1 for the axes that the updates lack.
function windowSizesOf(operand: HostArray, updates: HostArray, numbers: ScatterDimensionNumbers): number[] {
  const dropped = [...numbers.insertedWindowDims, ...numbers.operandBatchingDims];
  let k = 0;
  return operand.shape.map((_, axis) => (dropped.includes(axis) ? 1 : updates.shape[numbers.updateWindowDims[k++]]));
}

/**
 * `operand` with each window of `updates` written or folded in at its index vector, in the order of the vectors.
 * A window that sticks out is dropped whole in mode "fill" and moved inside in mode "clip".
 *
 * @throws IndexError in mode "checked" for an index out of bounds.
 */
export function scatter(operand: HostArray, indices: HostArray, updates: HostArray, params: ScatterParams): HostArray {
  const { dimensionNumbers: numbers, kind, mode } = params;
  const windowSizes = windowSizesOf(operand, updates, numbers);
  const result = copyOf(operand);
  const starts = windowStarts(indices, {
    operandShape: operand.shape,
    windowSizes,
    axes: numbers.scatterDimsToOperandDims,
    operandBatchingDims: numbers.operandBatchingDims,
    indicesBatchingDims: numbers.scatterIndicesBatchingDims,
    mode,
    op: params.op ?? "scatter",
  });
  const others = range(0, updates.shape.length).filter((axis) => !numbers.updateWindowDims.includes(axis));
  const windows = transpose(updates, { permutation: [...others, ...numbers.updateWindowDims] }).data;
  const { run, offsets } = windowRuns(operand.shape, windowSizes);
  const into = intoOf(kind, operand.dtype);
  for (let w = 0, from = 0; w < starts.length; w++) {
    for (let k = 0; k < offsets.length; k++, from += run) {
      if (starts[w] !== OUTSIDE) into(result.data, starts[w] + offsets[k], windows, from, run);
    }
  }
  return result;
}

/** `operand` with `update` put at `startIndices` (a scalar array for each axis), moved inside where it sticks out. */
export function dynamicUpdateSlice(operand: HostArray, update: HostArray, startIndices: readonly HostArray[]): HostArray {
  const result = copyOf(operand);
  const strides = stridesOf(operand.shape);
  const offset = clampedStarts(startIndices, operand.shape, update.shape).reduce((sum, start, axis) => sum + start * strides[axis], 0);
  copyStrided(update.data, { offset: 0, strides: stridesOf(update.shape) }, result.data, { offset, strides }, update.shape);
  return result;
}
