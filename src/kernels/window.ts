// Reductions over sliding windows, and the gradient's companions of their maximum and minimum.
// Places outside of the operand and holes of a dilated base take no part; a window with no element gives the identity.

import { highest, isFloat, lowest } from "../core/dtype.js";
import type { DType } from "../core/dtype.js";
import { sizeOf } from "../core/shape.js";
import { axisView, stored, zeros } from "./host.js";
import type { HostArray } from "./host.js";
import { axisTaps, combinedTaps, windowCount } from "./taps.js";
import type { WindowAxis } from "./taps.js";

export interface WindowParams {
  readonly windowDimensions: readonly number[];
  readonly windowStrides: readonly number[];
  readonly padding: readonly (readonly [low: number, high: number])[];
  readonly baseDilation?: readonly number[];
  readonly windowDilation?: readonly number[];
}

export type WindowComputation = "sum" | "prod" | "max" | "min";

const axesOf = (shape: readonly number[], params: WindowParams): WindowAxis[] =>
  shape.map((size, k) => ({
    size,
    window: params.windowDimensions[k],
    stride: params.windowStrides[k],
    padding: params.padding[k],
    baseDilation: params.baseDilation?.[k] ?? 1,
    windowDilation: params.windowDilation?.[k] ?? 1,
  }));

type Accumulator = Float64Array | Int32Array;
type Into = (acc: Accumulator, at: number, x: Accumulator, start: number, n: number) => void;

const intoSum: Into = (acc, at, x, start, n) => {
  for (let i = 0; i < n; i++) acc[at + i] += x[start + i];
};
const intoProduct: Into = (acc, at, x, start, n) => {
  for (let i = 0; i < n; i++) acc[at + i] *= x[start + i];
};
const intoIntegerProduct: Into = (acc, at, x, start, n) => {
  for (let i = 0; i < n; i++) acc[at + i] = Math.imul(acc[at + i], x[start + i]);
};
const intoMax: Into = (acc, at, x, start, n) => {
  for (let i = 0; i < n; i++) acc[at + i] = Math.max(acc[at + i], x[start + i]);
};
const intoMin: Into = (acc, at, x, start, n) => {
  for (let i = 0; i < n; i++) acc[at + i] = Math.min(acc[at + i], x[start + i]);
};

interface Fold {
  readonly identity: number;
  readonly into: Into;
  readonly integer: boolean;
}

function foldOf(computation: WindowComputation, dtype: DType): Fold {
  const float = isFloat(dtype);
  switch (computation) {
    case "max":
      return { identity: lowest(dtype), into: intoMax, integer: false };
    case "min":
      return { identity: highest(dtype), into: intoMin, integer: false };
    case "sum":
      return dtype === "bool" ? { identity: 0, into: intoMax, integer: false } : { identity: 0, into: intoSum, integer: !float };
    case "prod":
      return { identity: 1, into: float ? intoProduct : intoIntegerProduct, integer: !float };
    default:
      return computation satisfies never;
  }
}

/**
 * The fold of every window. Sum, product, maximum and minimum over a box are those over its axes one after the other, so the
 * work grows with the sum of the window's sizes and not with their product. NaN spreads.
 */
export function reduceWindow(x: HostArray, params: WindowParams & { readonly computation: WindowComputation }): HostArray {
  const fold = foldOf(params.computation, x.dtype);
  const make = (length: number): Accumulator => (fold.integer ? new Int32Array(length) : new Float64Array(length));
  const shape = x.shape.slice();
  let data = make(x.data.length);
  data.set(x.data);
  axesOf(x.shape, params).forEach((axis, k) => {
    const { outer, size, inner } = axisView(shape, k);
    const [places, table] = [windowCount(axis), axisTaps(axis)];
    if (places === size && table.length === size && table.every((from, to) => from === to)) return;
    const acc = make(outer * places * inner).fill(fold.identity);
    for (let o = 0; o < outer; o++) {
      for (let t = 0; t < table.length; t++) {
        if (table[t] < 0) continue;
        const place = Math.floor(t / axis.window);
        fold.into(acc, (o * places + place) * inner, data, (o * size + table[t]) * inner, inner);
      }
    }
    data = acc;
    shape[k] = places;
  });
  return stored(x.dtype, shape, data);
}

export interface SelectParams extends WindowParams {
  /** "ge" selects the largest, "le" the smallest. */
  readonly select: "ge" | "le";
}

// The flat index in `operand` that each window selects, or -1. In row-major order, a later element replaces the selected one
// only where select(selected, later) is false: so the first of equals stays, as in XLA.
function selected(operand: HostArray, params: SelectParams): { places: Int32Array; shape: number[] } {
  const axes = axesOf(operand.shape, params);
  const { places, taps, table } = combinedTaps(axes);
  const sign = params.select === "ge" ? 1 : -1;
  const result = new Int32Array(places);
  const { data } = operand;
  for (let place = 0; place < places; place++) {
    let best = 0;
    let at = -1;
    for (let t = place * taps; t < (place + 1) * taps; t++) {
      const from = table[t];
      if (from < 0) continue;
      const v = sign * data[from];
      if (at >= 0 && best >= v) continue;
      best = v;
      at = from;
    }
    result[place] = at;
  }
  return { places: result, shape: axes.map(windowCount) };
}

/** Zeros of the operand's shape, to which each element of `source` is added at the place that its window selects. */
export function selectAndScatterAdd(source: HostArray, operand: HostArray, params: SelectParams): HostArray {
  const { places } = selected(operand, params);
  const sums = new Float64Array(sizeOf(operand.shape));
  for (let i = 0; i < places.length; i++) if (places[i] >= 0) sums[places[i]] += source.data[i];
  return stored(source.dtype, operand.shape, sums);
}

/** The tangent at the place that each window selects; 0 where a window has no element. */
export function selectAndGatherAdd(tangents: HostArray, operand: HostArray, params: SelectParams): HostArray {
  const { places, shape } = selected(operand, params);
  const result = zeros(tangents.dtype, shape);
  for (let i = 0; i < places.length; i++) if (places[i] >= 0) result.data[i] = tangents.data[places[i]];
  return result;
}
