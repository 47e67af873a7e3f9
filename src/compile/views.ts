// Values while a program is lowered: a view of a buffer (offset and strides over the value's shape), or one number
// everywhere. Layout operations only make new views; nothing moves until someone needs the elements in a row.

import type { DType } from "../core/dtype.js";
import { type Shape, sameShape, sizeOf, stridesOf } from "../core/shape.js";
import type { BufferId } from "../loop/ir.js";

/** The elements of a value as they lie in a buffer, counted in elements. */
export interface View {
  readonly kind: "view";
  readonly buffer: BufferId;
  readonly offset: number;
  readonly strides: readonly number[];
  readonly shape: Shape;
  readonly dtype: DType;
}

/** A number that every element equals. */
export interface Splat {
  readonly kind: "splat";
  readonly value: number;
  readonly shape: Shape;
  readonly dtype: DType;
}

export type Value = View | Splat;

/** A whole buffer in row-major order. */
export const wholeView = (buffer: BufferId, shape: Shape, dtype: DType): View => ({
  kind: "view",
  buffer,
  offset: 0,
  strides: stridesOf(shape),
  shape,
  dtype,
});

/** Whether the elements lie in a row, in row-major order (axes of size 1 may have any stride). */
export function isContiguous({ shape, strides }: View): boolean {
  const expected = stridesOf(shape);
  return sizeOf(shape) === 0 || shape.every((n, k) => n === 1 || strides[k] === expected[k]);
}

export function broadcastView(x: Value, shape: Shape, broadcastDimensions: readonly number[]): Value {
  if (x.kind === "splat") return { ...x, shape };
  const strides = new Array<number>(shape.length).fill(0);
  broadcastDimensions.forEach((axis, k) => (strides[axis] = x.shape[k] === 1 ? 0 : x.strides[k]));
  return { ...x, shape, strides };
}

export function transposeView(x: Value, permutation: readonly number[]): Value {
  const shape = permutation.map((axis) => x.shape[axis]);
  return x.kind === "splat" ? { ...x, shape } : { ...x, shape, strides: permutation.map((axis) => x.strides[axis]) };
}

export function sliceView(x: Value, shape: Shape, starts: readonly number[], steps: readonly number[]): Value {
  if (x.kind === "splat") return { ...x, shape };
  const offset = starts.reduce((sum, start, k) => sum + start * x.strides[k], x.offset);
  return { ...x, shape, offset, strides: x.strides.map((s, k) => s * steps[k]) };
}

export function reverseView(x: Value, dimensions: readonly number[]): Value {
  if (x.kind === "splat" || sizeOf(x.shape) === 0) return x;
  const offset = dimensions.reduce((sum, axis) => sum + (x.shape[axis] - 1) * x.strides[axis], x.offset);
  return { ...x, offset, strides: x.strides.map((s, k) => (dimensions.includes(k) ? -s : s)) };
}

export const squeezeView = (x: Value, dimensions: readonly number[]): Value => {
  const kept = <T>(list: readonly T[]): T[] => list.filter((_, k) => !dimensions.includes(k));
  return x.kind === "splat" ? { ...x, shape: kept(x.shape) } : { ...x, shape: kept(x.shape), strides: kept(x.strides) };
};

/**
 * The same elements in row-major order under another shape, or `undefined` where that is no view: both shapes are cut
 * into runs of equal size, and within a run the old axes must lie in a row.
 */
export function reshapeView(x: Value, shape: Shape): Value | undefined {
  if (x.kind === "splat") return { ...x, shape };
  if (sameShape(x.shape, shape)) return x;
  if (sizeOf(shape) === 0) return { ...x, shape, strides: stridesOf(shape) };
  const old = x.shape.map((size, k) => ({ size, stride: x.strides[k] })).filter(({ size }) => size !== 1);
  const strides = new Array<number>(shape.length).fill(0);
  let next = 0;
  for (let k = 0; k < shape.length;) {
    if (shape[k] === 1) {
      k++;
      continue;
    }
    const first = k;
    const start = next;
    let [target, source] = [shape[k++], old[next++].size];
    while (target !== source) {
      if (target < source) target *= shape[k++];
      else source *= old[next++].size;
    }
    for (let j = start; j < next - 1; j++) if (old[j].stride !== old[j + 1].stride * old[j + 1].size) return undefined;
    let stride = old[next - 1].stride;
    for (let j = k - 1; j >= first; j--) {
      if (shape[j] !== 1) strides[j] = stride;
      stride *= shape[j];
    }
  }
  return { ...x, shape, strides };
}
