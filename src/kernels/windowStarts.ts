// Where the windows of gathers and scatters lie: enters an array of index vectors, leaves a flat offset for each window.
// The last axis of the index array holds the vectors; a window out of bounds is marked, moved inside or refused, by the mode.

import { IndexError } from "../core/errors.js";
import { sizeOf, stridesOf } from "../core/shape.js";
import type { Shape } from "../core/shape.js";
import type { HostArray } from "./host.js";

/**
 * What to do with a window that does not lie inside of the operand: "fill" reads a fill value and drops writes, "clip" moves
 * the window inside, "checked" throws.
 */
export type IndexMode = "fill" | "clip" | "checked";

export interface WindowStarts {
  /** Sizes of the operand that is indexed. */
  readonly operandShape: Shape;
  /** Size of the window along every axis of the operand. */
  readonly windowSizes: readonly number[];
  /** The operand's axis that each element of an index vector counts along. */
  readonly axes: readonly number[];
  /** Axes of the operand and of the indices that run together. */
  readonly operandBatchingDims: readonly number[];
  readonly indicesBatchingDims: readonly number[];
  readonly mode: IndexMode;
  readonly op: string;
}

/** The mark of a window that is out of bounds in mode "fill". */
export const OUTSIDE = -1;

/** The flat offset of each window's first element, in the order of the index vectors. */
export function windowStarts(indices: HostArray, where: WindowStarts): Int32Array {
  const strides = stridesOf(where.operandShape);
  const batchShape = indices.shape.slice(0, -1);
  const batchStrides = stridesOf(batchShape);
  const starts = new Int32Array(sizeOf(batchShape));
  const { axes } = where;
  const lasts = axes.map((axis) => where.operandShape[axis] - where.windowSizes[axis]);
  for (let b = 0; b < starts.length; b++) {
    let offset = 0;
    for (let j = 0; j < axes.length; j++) {
      let index = indices.data[b * axes.length + j];
      if (index < 0 || index > lasts[j]) {
        if (where.mode === "checked") throw outOfBounds(index, axes[j], where);
        if (where.mode === "fill") {
          offset = OUTSIDE;
          break;
        }
        index = Math.max(0, Math.min(index, lasts[j]));
      }
      offset += index * strides[axes[j]];
    }
    starts[b] = offset === OUTSIDE ? OUTSIDE : offset + batchOffset(b, batchShape, batchStrides, strides, where);
  }
  return starts;
}

function batchOffset(
  b: number,
  batchShape: Shape,
  batchStrides: readonly number[],
  strides: readonly number[],
  where: WindowStarts,
): number {
  let offset = 0;
  for (let k = 0; k < where.indicesBatchingDims.length; k++) {
    const axis = where.indicesBatchingDims[k];
    offset += (Math.floor(b / batchStrides[axis]) % batchShape[axis]) * strides[where.operandBatchingDims[k]];
  }
  return offset;
}

function outOfBounds(index: number, axis: number, { operandShape, windowSizes, op }: WindowStarts): IndexError {
  const [size, window] = [operandShape[axis], windowSizes[axis]];
  const last = size - window;
  const slice = window === 1 ? "" : ` for a slice of ${window}`;
  return new IndexError({
    op,
    expected:
      last < 0
        ? `no index along axis ${axis}, whose size ${size} leaves none${slice}`
        : `an index from 0 to ${last} along axis ${axis} of size ${size}${slice}`,
    received: `index ${index}`,
    remedy: `use indices inside of the axis, or the mode "clip" or "fill"`,
  });
}

/** Offsets of a window's runs of neighbours, relative to its first element, and the length of a run. */
export interface WindowRuns {
  readonly run: number;
  readonly offsets: Int32Array;
}

/** The runs of a window of `windowSizes` in an array of `shape`, in row-major order. */
export function windowRuns(shape: Shape, windowSizes: readonly number[]): WindowRuns {
  const strides = stridesOf(shape);
  let run = 1;
  let axis = shape.length - 1;
  // Whole trailing axes lie side by side, and so does the part of the axis before them.
  for (; axis >= 0; axis--) {
    run *= windowSizes[axis];
    if (windowSizes[axis] !== shape[axis]) break;
  }
  const outer = windowSizes.slice(0, Math.max(0, axis));
  const outerStrides = stridesOf(outer);
  const offsets = new Int32Array(sizeOf(outer));
  for (let i = 0; i < offsets.length; i++) {
    for (let k = 0; k < outer.length; k++) offsets[i] += (Math.floor(i / outerStrides[k]) % outer[k]) * strides[k];
  }
  return { run, offsets };
}
