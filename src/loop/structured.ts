// The structured steps in plain JavaScript: selections in windows, running folds, and windows at index vectors. Each is
// written as its definition reads; elements round to their dtype when they are stored.

import { type TypedArray, isFloat, typedArray } from "../core/dtype.js";
import { sizeOf } from "../core/shape.js";
import type { Gather, IndexedWindows, Row, Running, Scatter, SelectWindow, Sort, WindowAxis } from "./ir.js";

type Memory = readonly TypedArray[];

/** The index vector of a flat position, row-major. */
export function unravel(position: number, sizes: readonly number[]): number[] {
  const index = new Array<number>(sizes.length);
  for (let k = sizes.length - 1; k >= 0; k--) {
    index[k] = position % sizes[k];
    position = Math.floor(position / sizes[k]);
  }
  return index;
}

/** The element that a tap of a window reads along one axis, or −1 in padding and in holes. */
export function tapped({ size, stride, low, baseDilation, windowDilation }: WindowAxis, place: number, tap: number): number {
  const position = place * stride - low + tap * windowDilation;
  const element = position / baseDilation;
  return Number.isInteger(element) && element >= 0 && element < size ? element : -1;
}

export function runSelectWindow({ direction, select, dtype, axes, operand, source, target }: SelectWindow, memory: Memory): void {
  const places = axes.map((axis) => axis.places);
  const taps = axes.map((axis) => axis.window);
  const [x, values, out] = [memory[operand.buffer], memory[source.buffer], memory[target]];
  const sums = new Float64Array(out.length);
  for (let p = 0; p < sizeOf(places); p++) {
    const place = unravel(p, places);
    let best = -1;
    for (let t = 0; t < sizeOf(taps); t++) {
      const tap = unravel(t, taps);
      const index = axes.map((axis, k) => tapped(axis, place[k], tap[k]));
      if (index.includes(-1)) continue;
      const at = index.reduce((sum, i, k) => sum * axes[k].size + i, 0);
      const [kept, later] = [x[operand.offset + best], x[operand.offset + at]];
      if (best < 0 || !(select === "ge" ? kept >= later : kept <= later)) best = at;
    }
    if (direction === "gather") sums[p] = best < 0 ? 0 : values[source.offset + best];
    else if (best >= 0) sums[best] += values[source.offset + p];
  }
  out.set(typedArray(dtype, sums));
}

export function runRunning({ fold, dtype, outer, size, inner, reverse, inputs, target }: Running, memory: Memory): void {
  const element = ({ buffer, offset }: Row, at: number): number => memory[buffer][offset + at];
  const combine = (total: number, at: number): number => {
    const x = element(inputs[0], at);
    if (fold === "linear") return x * total + element(inputs[1], at);
    if (fold === "max") return Math.max(total, x);
    if (fold === "min") return Math.min(total, x);
    if (fold === "sum") return isFloat(dtype) ? total + x : (total + x) | 0;
    return isFloat(dtype) ? total * x : Math.imul(total, x);
  };
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < inner; i++) {
      let total = 0;
      for (let r = 0; r < size; r++) {
        const at = (o * size + (reverse ? size - 1 - r : r)) * inner + i;
        total = r > 0 ? combine(total, at) : element(inputs[fold === "linear" ? 1 : 0], at);
        memory[target][at] = total;
      }
    }
}

/** The place of each window's first element, or −1 where it is out of bounds and is not moved inside. */
function startsOf({ windows, indices, axes, batch, clip }: IndexedWindows, memory: Memory): number[] {
  return Array.from({ length: windows }, (_, w) => {
    let start = 0;
    for (let j = 0; j < axes.length; j++) {
      const index = memory[indices.buffer][indices.offset + w * axes.length + j];
      const inside = Math.max(0, Math.min(index, axes[j].last));
      if (index !== inside && !clip) return -1;
      start += inside * axes[j].stride;
    }
    return batch.reduce((sum, { stride, divisor, size }) => sum + stride * (Math.floor(w / divisor) % size), start);
  });
}

/** The places of a window's elements from its first one. */
const boxOf = ({ sizes, strides }: IndexedWindows): number[] =>
  Array.from({ length: sizeOf(sizes) }, (_, e) => unravel(e, sizes).reduce((sum, i, k) => sum + i * strides[k], 0));

export function runGather({ where, operand, fill, target }: Gather, memory: Memory): void {
  const box = boxOf(where);
  startsOf(where, memory).forEach((start, w) => {
    box.forEach((at, e) => (memory[target][w * box.length + e] = start < 0 ? fill : memory[operand.buffer][operand.offset + start + at]));
  });
}

export function runScatter({ combine, dtype, where, updates, target }: Scatter, memory: Memory): void {
  const box = boxOf(where);
  const out = memory[target];
  const folded = (x: number, u: number): number => {
    if (combine === "update") return u;
    if (combine === "min") return Math.min(x, u);
    if (combine === "max") return Math.max(x, u);
    if (combine === "add") return isFloat(dtype) ? x + u : (x + u) | 0;
    return isFloat(dtype) ? x * u : Math.imul(x, u);
  };
  startsOf(where, memory).forEach((start, w) => {
    if (start >= 0)
      box.forEach((at, e) => (out[start + at] = folded(out[start + at], memory[updates.buffer][updates.offset + w * box.length + e])));
  });
}

export function runSort({ outer, size, inner, count, descending, keys, moved, positions }: Sort, memory: Memory): void {
  for (let line = 0; line < outer * inner; line++) {
    const [o, i] = [Math.floor(line / inner), line % inner];
    const at = (row: Row, r: number): number => memory[row.buffer][row.offset + (o * size + r) * inner + i];
    // NaN is the largest; what is no different counts as equal, the two zeros too.
    const compare = (x: number, y: number): number => (x < y || (y !== y && x === x) ? -1 : x > y || (x !== x && y === y) ? 1 : 0);
    const inOrder = (a: number, b: number): number => {
      const found = keys.map(({ row }) => compare(at(row, a), at(row, b))).find((sign) => sign !== 0) ?? 0;
      return descending ? -found : found;
    };
    const order = Array.from({ length: size }, (_, r) => r).sort(inOrder);
    for (let r = 0; r < count; r++) {
      for (const { row, target } of moved) memory[target][(o * count + r) * inner + i] = at(row, order[r]);
      if (positions !== undefined) memory[positions][(o * count + r) * inner + i] = order[r];
    }
  }
}
