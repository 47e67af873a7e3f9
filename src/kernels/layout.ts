// Changes of layout: elements enter, the same elements leave at other places (pad and broadcast repeat some).
// Parameters mean what they mean in jax.lax; they are taken to be valid, the operations' layer has checked them.

import { typedArray } from "../core/dtype.js";
import type { DType } from "../core/dtype.js";
import { stridesOf } from "../core/shape.js";
import type { Shape } from "../core/shape.js";
import { axisView, zeros } from "./host.js";
import type { HostArray } from "./host.js";
import { copyStrided } from "./strided.js";

// The elements at `offset` and `strides` of `x`, gathered into a fresh array of `shape`.
function read(x: HostArray, shape: Shape, offset: number, strides: readonly number[]): HostArray {
  const result = zeros(x.dtype, shape);
  copyStrided(x.data, { offset, strides }, result.data, { offset: 0, strides: stridesOf(shape) }, shape);
  return result;
}

/** The same elements in the same order under another shape. Shares the data. */
export const reshape = (x: HostArray, { newSizes }: { readonly newSizes: Shape }): HostArray => ({
  data: x.data,
  dtype: x.dtype,
  shape: newSizes,
});

/** Without the given axes, each of size 1. Shares the data. */
export const squeeze = (x: HostArray, { dimensions }: { readonly dimensions: readonly number[] }): HostArray => ({
  data: x.data,
  dtype: x.dtype,
  shape: x.shape.filter((_, axis) => !dimensions.includes(axis)),
});

/** Axis `k` of the result is axis `permutation[k]` of `x`. Shares the data where the order does not change. */
export function transpose(x: HostArray, { permutation }: { readonly permutation: readonly number[] }): HostArray {
  if (permutation.every((axis, k) => axis === k)) return x;
  const strides = stridesOf(x.shape);
  return read(
    x,
    permutation.map((axis) => x.shape[axis]),
    0,
    permutation.map((axis) => strides[axis]),
  );
}

/** Axis `k` of `x` becomes axis `broadcastDimensions[k]` of `shape`, repeated where its size is 1; other axes repeat all of `x`. */
export function broadcastInDim(
  x: HostArray,
  { shape, broadcastDimensions }: { readonly shape: Shape; readonly broadcastDimensions: readonly number[] },
): HostArray {
  const own = stridesOf(x.shape);
  const strides = new Array<number>(shape.length).fill(0);
  broadcastDimensions.forEach((axis, k) => {
    if (x.shape[k] !== 1) strides[axis] = own[k];
  });
  return read(x, shape, 0, strides);
}

/** Elements `start, start + stride, …` below `limit` of every axis. */
export function slice(
  x: HostArray,
  params: {
    readonly startIndices: readonly number[];
    readonly limitIndices: readonly number[];
    readonly strides?: readonly number[] | null;
  },
): HostArray {
  const steps = params.strides ?? x.shape.map(() => 1);
  const own = stridesOf(x.shape);
  const shape = x.shape.map((_, k) => Math.max(0, Math.ceil((params.limitIndices[k] - params.startIndices[k]) / steps[k])));
  const offset = own.reduce((sum, stride, k) => sum + stride * params.startIndices[k], 0);
  return read(
    x,
    shape,
    offset,
    own.map((stride, k) => stride * steps[k]),
  );
}

/** The axes in `dimensions` backwards. */
export function reverse(x: HostArray, { dimensions }: { readonly dimensions: readonly number[] }): HostArray {
  const strides = stridesOf(x.shape);
  let offset = 0;
  for (const axis of dimensions) {
    offset += strides[axis] * (x.shape[axis] - 1);
    strides[axis] = -strides[axis];
  }
  return read(x, x.shape, offset, strides);
}

/** `[low, high, interior]` of each axis: negative `low` and `high` crop, `interior` stands between neighbours. */
export type PaddingConfig = readonly (readonly [low: number, high: number, interior: number])[];

/** The size of a padded axis: `low + n + (n - 1) interior + high`, and never negative. */
export const paddedSize = (n: number, [low, high, interior]: PaddingConfig[number]): number =>
  Math.max(0, low + high + n + Math.max(0, n - 1) * interior);

/** `x` with `paddingValue` (shape `[]`) around and between its elements. Interior padding is put in before edges crop. */
export function pad(x: HostArray, paddingValue: HostArray, { paddingConfig }: { readonly paddingConfig: PaddingConfig }): HostArray {
  const shape = x.shape.map((n, k) => paddedSize(n, paddingConfig[k]));
  const result = zeros(x.dtype, shape);
  result.data.fill(paddingValue.data[0]);
  const [xStrides, outStrides] = [stridesOf(x.shape), stridesOf(shape)];
  const counts: number[] = [];
  const [from, to] = [
    { offset: 0, strides: xStrides },
    { offset: 0, strides: outStrides.slice() },
  ];
  for (let k = 0; k < shape.length; k++) {
    const [low, , interior] = paddingConfig[k];
    const step = interior + 1;
    // Element i lands at low + i * step; the first and the last that lie inside of [0, shape[k]).
    const first = Math.max(0, Math.ceil(-low / step));
    const last = Math.min(x.shape[k] - 1, Math.floor((shape[k] - 1 - low) / step));
    counts.push(Math.max(0, last - first + 1));
    from.offset += first * xStrides[k];
    to.offset += (low + first * step) * outStrides[k];
    to.strides[k] *= step;
  }
  copyStrided(x.data, from, result.data, to, counts);
  return result;
}

/** The operands one after the other along `dimension`; their other sizes agree. */
export function concatenate(operands: readonly HostArray[], { dimension }: { readonly dimension: number }): HostArray {
  const shape = operands[0].shape.slice();
  shape[dimension] = operands.reduce((sum, x) => sum + x.shape[dimension], 0);
  const result = zeros(operands[0].dtype, shape);
  const { outer, size, inner } = axisView(shape, dimension);
  let start = 0;
  for (const x of operands) {
    const run = x.shape[dimension] * inner;
    const to = { offset: start, strides: [size * inner, 1] };
    copyStrided(x.data, { offset: 0, strides: [run, 1] }, result.data, to, [outer, run]);
    start += run;
  }
  return result;
}

/** The index along `dimension`, at every place of `shape`. */
export function iota({ dtype, shape, dimension }: { readonly dtype: DType; readonly shape: Shape; readonly dimension: number }): HostArray {
  const { outer, size, inner } = axisView(shape, dimension);
  const block = size * inner;
  const result = typedArray(dtype, outer * block);
  if (result.length === 0) return { data: result, shape, dtype };
  for (let i = 0; i < block; i++) result[i] = Math.floor(i / inner);
  for (let o = 1; o < outer; o++) result.copyWithin(o * block, 0, block);
  return { data: result, shape, dtype };
}
