// Reading and writing at index arrays: the gathers and scatters behind take and x.at(…). Enters an array, the axes that
// are indexed, with int32 indices counted from the front, and where their common shape stands in the result.

import { ConcreteArray, type NDArray, fromTypedArray } from "../core/array.js";
import { type Shape, range, sizeOf, stridesOf } from "../core/shape.js";
import { type GivenGatherNumbers, gather, scatterAdd } from "../ops/gather.js";
import type { IndexMode } from "../ops/indexing.js";
import { reshape } from "../ops/layout.js";
import { scatter, scatterMax, scatterMin, scatterMul } from "../ops/scatter.js";
import { concatenate } from "../ops/slice.js";
import type { IndexedAxis } from "./indexing.js";
import { broadcastTrailing } from "./promote.js";

/** The axes that index arrays run over, and the place of their common shape in the result. */
export interface Indexing {
  readonly indexed: readonly IndexedAxis[];
  readonly together: Shape;
  readonly position: number;
}

/** Index vectors along a new last axis. */
function indexVectors({ indexed, together }: Indexing): NDArray {
  const shape = [...together, 1];
  if (indexed.length === 1) return reshape(broadcastTrailing(indexed[0].index, together), shape);
  const known = indexed.map(({ index }) => (index instanceof ConcreteArray ? index : undefined));
  if (known.every((index) => index !== undefined)) return knownVectors(known, together);
  return concatenate(
    indexed.map(({ index }) => reshape(broadcastTrailing(index, together), shape)),
    together.length,
  );
}

function knownVectors(columns: readonly ConcreteArray[], together: Shape): NDArray {
  const vectors = new Int32Array(sizeOf(together) * columns.length);
  const strides = stridesOf(together);
  columns.forEach(({ data, shape }, k) => {
    const own = stridesOf(shape);
    const first = together.length - shape.length;
    for (let i = 0, at = k; at < vectors.length; i++, at += columns.length) {
      let from = 0;
      for (let axis = 0; axis < shape.length; axis++) {
        if (shape[axis] !== 1) from += (Math.floor(i / strides[first + axis]) % together[first + axis]) * own[axis];
      }
      vectors[at] = data[from];
    }
  });
  return fromTypedArray(vectors, [...together, columns.length], "int32");
}

function numbersOf(ndim: number, { indexed, together, position }: Indexing): GivenGatherNumbers {
  const axes = indexed.map(({ axis }) => axis);
  const rank = ndim - axes.length + together.length;
  const offsetDims = range(0, rank).filter((axis) => axis < position || axis >= position + together.length);
  return { offsetDims, collapsedSliceDims: axes, startIndexMap: axes };
}

/** The shape of what is read. */
export function shapeRead(shape: Shape, { indexed, together, position }: Indexing): number[] {
  const axes = indexed.map(({ axis }) => axis);
  const kept = shape.filter((_, axis) => !axes.includes(axis));
  return [...kept.slice(0, position), ...together, ...kept.slice(position)];
}

/** What `x` holds at the indices. */
export function readAt(x: NDArray, indexing: Indexing, mode: IndexMode, fillValue?: number): NDArray {
  const axes = indexing.indexed.map(({ axis }) => axis);
  const sizes = x.shape.map((n, axis) => (axes.includes(axis) ? 1 : n));
  const options = fillValue === undefined ? { mode } : { mode, fillValue };
  return gather(x, indexVectors(indexing), numbersOf(x.ndim, indexing), sizes, options);
}

/** How a value meets what stands at its place. */
export type Meeting = "set" | "add" | "multiply" | "min" | "max";

const scatters: Readonly<Record<Meeting, typeof scatter>> = {
  set: scatter,
  add: scatterAdd,
  multiply: scatterMul,
  min: scatterMin,
  max: scatterMax,
};

/** `x` with `values` (of the shape that is read) written, or met, at the indices. */
export function writeAt(
  meeting: Meeting,
  x: NDArray,
  indexing: Indexing,
  values: NDArray,
  mode: IndexMode,
  uniqueIndices: boolean,
): NDArray {
  const { offsetDims, collapsedSliceDims, startIndexMap } = numbersOf(x.ndim, indexing);
  const numbers = { updateWindowDims: offsetDims, insertedWindowDims: collapsedSliceDims, scatterDimsToOperandDims: startIndexMap };
  return scatters[meeting](x, indexVectors(indexing), values, numbers, { mode, uniqueIndices });
}
