// Sorting along an axis: enters arrays of one shape, leaves them in the order of the first `numKeys`.
// NaN stands last, -0 equals 0, and equals keep their order; a merge sort of positions by float64 keys, which hold every dtype.

import { isFloat } from "../core/dtype.js";
import { axisView, zeros } from "./host.js";
import type { HostArray } from "./host.js";

const RUN = 8;

// Whether key b stands strictly before key a: NaN is the largest.
const before = (b: number, a: number): boolean => b < a || (a !== a && b === b);

function insertionSort(order: Int32Array, keys: Float64Array, start: number, end: number): void {
  for (let i = start + 1; i < end; i++) {
    const moved = order[i];
    let j = i;
    for (; j > start && before(keys[moved], keys[order[j - 1]]); j--) order[j] = order[j - 1];
    order[j] = moved;
  }
}

function merge(from: Int32Array, to: Int32Array, keys: Float64Array, start: number, middle: number, end: number): void {
  let i = start;
  let j = middle;
  for (let k = start; k < end; k++) {
    if (j >= end || (i < middle && !before(keys[from[j]], keys[from[i]]))) to[k] = from[i++];
    else to[k] = from[j++];
  }
}

/** Sorts the positions in `order` by their keys, stably and in place; `spare` has the same length. */
function sortPositions(order: Int32Array, keys: Float64Array, spare: Int32Array): void {
  const n = order.length;
  for (let start = 0; start < n; start += RUN) insertionSort(order, keys, start, Math.min(start + RUN, n));
  let from = order;
  let to = spare;
  for (let width = RUN; width < n; width *= 2) {
    for (let start = 0; start < n; start += 2 * width) {
      merge(from, to, keys, start, Math.min(start + width, n), Math.min(start + 2 * width, n));
    }
    const sorted = to;
    to = from;
    from = sorted;
  }
  if (from !== order) order.set(from);
}

export interface SortParams {
  readonly dimension: number;
  /** How many of the operands are keys, the first one deciding before the second; default 1. */
  readonly numKeys?: number;
}

/**
 * The operands, of one shape, sorted together along `dimension` by the first `numKeys` of them. Stable.
 *
 * @example sort([stored("int8", [3], [3, 1, 2])], { dimension: 0 })[0].data // Int8Array [1, 2, 3]
 */
export function sort(operands: readonly HostArray[], { dimension, numKeys = 1 }: SortParams): HostArray[] {
  const { outer, size, inner } = axisView(operands[0].shape, dimension);
  const results = operands.map((x) => zeros(x.dtype, x.shape));
  const keys = new Float64Array(size);
  const [order, spare] = [new Int32Array(size), new Int32Array(size)];
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * size * inner + i;
      if (operands.length === 1 && sortNatively(operands[0], results[0], start, inner, size)) continue;
      for (let r = 0; r < size; r++) order[r] = r;
      // Stable sorts by the last key first leave the lexicographic order.
      for (let k = numKeys - 1; k >= 0; k--) {
        const { data } = operands[k];
        for (let r = 0; r < size; r++) keys[r] = data[start + r * inner];
        sortPositions(order, keys, spare);
      }
      operands.forEach(({ data }, k) => {
        const target = results[k].data;
        for (let r = 0; r < size; r++) target[start + r * inner] = data[start + order[r] * inner];
      });
    }
  }
  return results;
}

// One integer operand needs no positions, and its equals cannot be told apart. (Floats can: -0 from 0.)
function sortNatively(x: HostArray, result: HostArray, start: number, inner: number, size: number): boolean {
  if (inner !== 1 || isFloat(x.dtype)) return false;
  const line = result.data.subarray(start, start + size);
  line.set(x.data.subarray(start, start + size));
  line.sort();
  return true;
}

/** The `k` largest along the last axis, largest first, and their int32 positions; of equals the first comes first, NaN before all. */
export function topK(x: HostArray, { k }: { readonly k: number }): [values: HostArray, indices: HostArray] {
  const size = x.shape[x.shape.length - 1];
  const shape = [...x.shape.slice(0, -1), k];
  const [values, indices] = [zeros(x.dtype, shape), zeros("int32", shape)];
  const keys = new Float64Array(size);
  const spare = new Int32Array(size);
  const order = new Int32Array(size);
  for (let start = 0, out = 0; start < x.data.length; start += size, out += k) {
    let nans = 0;
    for (let r = 0; r < size; r++) if (x.data[start + r] !== x.data[start + r]) order[nans++] = r;
    for (let r = 0, at = nans; r < size; r++) {
      keys[r] = -x.data[start + r];
      if (keys[r] === keys[r]) order[at++] = r;
    }
    sortPositions(order.subarray(nans), keys, spare.subarray(nans));
    for (let r = 0; r < k; r++) {
      indices.data[out + r] = order[r];
      values.data[out + r] = x.data[start + order[r]];
    }
  }
  return [values, indices];
}
