// Reductions over axes: enters an array, leaves one without the reduced axes.
// Floats accumulate in float64 and are rounded once; integers accumulate in 32 bits and wrap. No elements give the identity.

import { highest, isFloat, lowest } from "../core/dtype.js";
import type { DType, TypedArray } from "../core/dtype.js";
import { sizeOf, withoutAxes } from "../core/shape.js";
import { axisView, stored, zeros } from "./host.js";
import type { HostArray } from "./host.js";

export interface ReduceParams {
  /** Axes counted from the front, each once. */
  readonly axes: readonly number[];
}

type Accumulator = Float64Array | Int32Array;

interface Fold {
  readonly identity: number;
  readonly integer?: boolean;
  /** The fold of `n` neighbours. */
  readonly line: (x: TypedArray, start: number, n: number) => number;
  /** Folds `n` neighbours into as many accumulators. */
  readonly into: (acc: Accumulator, at: number, x: TypedArray, start: number, n: number) => void;
}

const floatSum: Fold = {
  identity: 0,
  line: (x, start, n) => {
    let s = 0;
    for (let i = start; i < start + n; i++) s += x[i];
    return s;
  },
  into: (acc, at, x, start, n) => {
    for (let i = 0; i < n; i++) acc[at + i] += x[start + i];
  },
};

const floatProduct: Fold = {
  identity: 1,
  line: (x, start, n) => {
    let s = 1;
    for (let i = start; i < start + n; i++) s *= x[i];
    return s;
  },
  into: (acc, at, x, start, n) => {
    for (let i = 0; i < n; i++) acc[at + i] *= x[start + i];
  },
};

const integerSum: Fold = {
  identity: 0,
  integer: true,
  line: (x, start, n) => {
    let s = 0;
    for (let i = start; i < start + n; i++) s = (s + x[i]) | 0;
    return s;
  },
  into: (acc, at, x, start, n) => {
    for (let i = 0; i < n; i++) acc[at + i] += x[start + i];
  },
};

// Each remaining fold is its step, run through one loop; the steps are few and cheap beside the loads.
const foldOf = (identity: number, step: (a: number, b: number) => number, integer = false): Fold => ({
  identity,
  integer,
  line: (x, start, n) => {
    let s = identity;
    for (let i = start; i < start + n; i++) s = step(s, x[i]);
    return s;
  },
  into: (acc, at, x, start, n) => {
    for (let i = 0; i < n; i++) acc[at + i] = step(acc[at + i], x[start + i]);
  },
});

const integerProduct = foldOf(1, Math.imul, true);
const allBits = foldOf(-1, (a, b) => a & b, true);
const anyBits = foldOf(0, (a, b) => a | b, true);
const oddBits = foldOf(0, (a, b) => a ^ b, true);
const allOf = foldOf(1, (a, b) => a & b, true);

const maximumFrom = (identity: number): Fold => ({
  identity,
  line: (x, start, n) => {
    let s = identity;
    for (let i = start; i < start + n; i++) s = Math.max(s, x[i]);
    return s;
  },
  into: (acc, at, x, start, n) => {
    for (let i = 0; i < n; i++) acc[at + i] = Math.max(acc[at + i], x[start + i]);
  },
});

const minimumFrom = (identity: number): Fold => ({
  identity,
  line: (x, start, n) => {
    let s = identity;
    for (let i = start; i < start + n; i++) s = Math.min(s, x[i]);
    return s;
  },
  into: (acc, at, x, start, n) => {
    for (let i = 0; i < n; i++) acc[at + i] = Math.min(acc[at + i], x[start + i]);
  },
});

// Folds the axes first … last away; neighbours in the list are neighbours in memory, so it is one loop over [outer, size, inner].
function foldRun(x: TypedArray, shape: readonly number[], first: number, last: number, fold: Fold): Accumulator {
  const outer = sizeOf(shape.slice(0, first));
  const size = sizeOf(shape.slice(first, last + 1));
  const inner = sizeOf(shape.slice(last + 1));
  const acc = fold.integer === true ? new Int32Array(outer * inner) : new Float64Array(outer * inner);
  if (inner === 1) {
    for (let o = 0; o < outer; o++) acc[o] = fold.line(x, o * size, size);
    return acc;
  }
  acc.fill(fold.identity);
  for (let o = 0; o < outer; o++) for (let r = 0; r < size; r++) fold.into(acc, o * inner, x, (o * size + r) * inner, inner);
  return acc;
}

function reduce(x: HostArray, axes: readonly number[], fold: Fold): HostArray {
  if (axes.length === 0) return x;
  const sorted = axes.toSorted((a, b) => b - a);
  let [data, shape]: [TypedArray, readonly number[]] = [x.data, x.shape];
  for (let k = 0; k < sorted.length; k++) {
    const last = sorted[k];
    while (k + 1 < sorted.length && sorted[k + 1] === sorted[k] - 1) k++;
    const first = sorted[k];
    data = foldRun(data, shape, first, last, fold);
    shape = shape.filter((_, axis) => axis < first || axis > last);
  }
  return stored(x.dtype, shape, data);
}

const chosen =
  (choose: (dtype: DType) => Fold) =>
  (x: HostArray, { axes }: ReduceParams): HostArray =>
    reduce(x, axes, choose(x.dtype));

/** The sum; on bool, "or". With no axes, reductions return `x` itself. */
export const reduceSum = chosen((dtype) => (isFloat(dtype) ? floatSum : dtype === "bool" ? anyBits : integerSum));

/** The product; on bool, "and". */
export const reduceProd = chosen((dtype) => (isFloat(dtype) ? floatProduct : dtype === "bool" ? allOf : integerProduct));

/** The largest; NaN if any is. */
export const reduceMax = chosen((dtype) => maximumFrom(lowest(dtype)));

/** The smallest; NaN if any is. */
export const reduceMin = chosen((dtype) => minimumFrom(highest(dtype)));

/** "And" of the bits. */
export const reduceAnd = chosen((dtype) => (dtype === "bool" ? allOf : allBits));

/** "Or" of the bits. */
export const reduceOr = chosen(() => anyBits);

/** "Exclusive or" of the bits. */
export const reduceXor = chosen(() => oddBits);

// Position of the first element that no other one beats, or of the first NaN.
function argBest(x: HostArray, axis: number, beats: (a: number, b: number) => boolean): HostArray {
  const { outer, size, inner } = axisView(x.shape, axis);
  const result = zeros("int32", withoutAxes(x.shape, [axis]));
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const start = o * size * inner + i;
      let best = x.data[start];
      let at = 0;
      for (let r = 1; r < size && best === best; r++) {
        const v = x.data[start + r * inner];
        if (beats(v, best) || v !== v) {
          best = v;
          at = r;
        }
      }
      result.data[o * inner + i] = at;
    }
  }
  return result;
}

/** Where along the one axis in `axes` the largest element stands, as int32: the first of equals, and the first NaN before all. */
export const argmax = (x: HostArray, { axes }: ReduceParams): HostArray => argBest(x, axes[0], (a, b) => a > b);

/** Where along the one axis in `axes` the smallest element stands, as int32: the first of equals, and the first NaN before all. */
export const argmin = (x: HostArray, { axes }: ReduceParams): HostArray => argBest(x, axes[0], (a, b) => a < b);
