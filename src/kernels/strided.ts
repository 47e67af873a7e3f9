// Strided copies: the one loop beneath every change of layout.
// Element (i₀, i₁, …) of the shape moves from `from.offset + Σ iₖ from.strides[k]` to the same sum of `to`. Bits are kept.

import type { TypedArray } from "../core/dtype.js";
import type { Shape } from "../core/shape.js";

/** Where the elements of a shape lie in a buffer. Strides may be zero or negative. */
export interface Strided {
  readonly offset: number;
  readonly strides: readonly number[];
}

type Word = Uint8Array | Uint32Array | Float64Array;

// Copies need not know what bits mean; three kinds of arrays instead of six keep the loops quick.
function words(data: TypedArray): Word {
  const { buffer, byteOffset, length } = data;
  if (data.BYTES_PER_ELEMENT === 1) return new Uint8Array(buffer, byteOffset, length);
  return data.BYTES_PER_ELEMENT === 4 ? new Uint32Array(buffer, byteOffset, length) : new Float64Array(buffer, byteOffset, length);
}

interface Axes {
  readonly sizes: number[];
  readonly from: number[];
  readonly to: number[];
}

// Drops axes of size 1 and merges neighbours that are one longer axis on both sides.
function mergeAxes(shape: Shape, from: readonly number[], to: readonly number[]): Axes {
  const axes: Axes = { sizes: [], from: [], to: [] };
  for (let k = 0; k < shape.length; k++) {
    if (shape[k] === 1) continue;
    const last = axes.sizes.length - 1;
    if (last >= 0 && axes.from[last] === from[k] * shape[k] && axes.to[last] === to[k] * shape[k]) {
      axes.sizes[last] *= shape[k];
      axes.from[last] = from[k];
      axes.to[last] = to[k];
    } else {
      axes.sizes.push(shape[k]);
      axes.from.push(from[k]);
      axes.to.push(to[k]);
    }
  }
  return axes;
}

const LONG = 32;

function copyRun(src: Word, s: number, ds: number, dst: Word, d: number, dd: number, n: number): void {
  if (n >= LONG && dd === 1 && ds === 1) dst.set(src.subarray(s, s + n), d);
  else if (n >= LONG && dd === 1 && ds === 0) dst.fill(src[s], d, d + n);
  else for (let i = 0; i < n; i++, s += ds, d += dd) dst[d] = src[s];
}

/** Copies elements of `shape` between typed arrays of one kind; both lie within their buffers. */
export function copyStrided(source: TypedArray, from: Strided, target: TypedArray, to: Strided, shape: Shape): void {
  if (shape.includes(0)) return;
  const [src, dst] = [words(source), words(target)];
  const axes = mergeAxes(shape, from.strides, to.strides);
  const inner = axes.sizes.length - 1;
  if (inner < 0) {
    dst[to.offset] = src[from.offset];
    return;
  }
  const [n, ds, dd] = [axes.sizes[inner], axes.from[inner], axes.to[inner]];
  const index = new Array<number>(inner).fill(0);
  let [s, d] = [from.offset, to.offset];
  for (;;) {
    copyRun(src, s, ds, dst, d, dd, n);
    let k = inner - 1;
    for (; k >= 0; k--) {
      s += axes.from[k];
      d += axes.to[k];
      if (++index[k] < axes.sizes[k]) break;
      s -= axes.from[k] * axes.sizes[k];
      d -= axes.to[k] * axes.sizes[k];
      index[k] = 0;
    }
    if (k < 0) return;
  }
}
