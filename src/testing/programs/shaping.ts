// Steps over axes: reductions, running sums, layout, products, windows and indexing.

import { type NDArray, scalar } from "../../core/array.js";
import { cumlogsumexp, cummax, cumprod, cumsum } from "../../ops/cumulative.js";
import { dotGeneral } from "../../ops/dot.js";
import { dynamicSlice, dynamicUpdateSlice } from "../../ops/dynamic.js";
import { gather, scatterAdd } from "../../ops/gather.js";
import { broadcastInDim, reshape, reverse, transpose } from "../../ops/layout.js";
import { argmax, reduceMax, reduceProd, reduceSum } from "../../ops/reduce.js";
import { concatenate, pad, sliceInDim } from "../../ops/slice.js";
import { sort } from "../../ops/sort.js";
import { reduceWindow } from "../../ops/window.js";
import { type Fits, type StepRule, along, anything, both, bounded, float, like, number, ofDType, shaped } from "./picker.js";

const matrixProduct: StepRule = {
  code: "lax.dotGeneral($0, ~1, [[[$2], [0]], [[], []]])",
  run: (p) => {
    const x = p.value(both(shaped, number));
    const last = x.ndim - 1;
    const y = p.value(both(ofDType(x.dtype), shaped, (z) => z.shape[0] === x.shape[last]));
    return dotGeneral(x, bounded(y), [
      [[p.write(last)], [0]],
      [[], []],
    ]);
  },
};

/** Axes 1 and up, which slices of rows keep. */
const others = (x: NDArray): number[] => x.shape.slice(1).map((_, k) => k + 1);

/** Rows of a value at the positions in a vector. */
const indexed = (code: string, f: (x: NDArray, positions: NDArray) => NDArray, fits: Fits): StepRule => ({
  code,
  run: (p) => {
    const x = p.value(both(shaped, fits, (y) => y.shape[0] > 0));
    const positions = p.value(both(ofDType("int32"), (y) => y.ndim === 1));
    p.write(others(x));
    p.write([1, ...x.shape.slice(1)]);
    p.write([positions.size, ...x.shape.slice(1)]);
    p.write(x.shape.map((_, k) => k));
    p.write([positions.size, 1]);
    const row = `lax.sliceInDim(${p.choices[0].plain}, 0, 1)`;
    p.choices.push({ plain: float(x) ? `lax.sin(${row})` : row, bounded: row });
    return f(x, reshape(positions, [positions.size, 1]));
  },
});

const take = indexed(
  'lax.gather($0, lax.reshape($1, $6), { offsetDims: $2, collapsedSliceDims: [0], startIndexMap: [0] }, $3, { mode: "clip" })',
  (x, rows) =>
    gather(x, rows, { offsetDims: others(x), collapsedSliceDims: [0], startIndexMap: [0] }, [1, ...x.shape.slice(1)], { mode: "clip" }),
  anything,
);

const scatter = indexed(
  'lax.scatterAdd($0, lax.reshape($1, $6), lax.broadcastInDim($7, $4, $5), { updateWindowDims: $2, insertedWindowDims: [0], scatterDimsToOperandDims: [0] }, { mode: "fill" })',
  (x, rows) =>
    scatterAdd(
      x,
      rows,
      broadcastInDim(
        bounded(sliceInDim(x, 0, 1)),
        [rows.shape[0], ...x.shape.slice(1)],
        x.shape.map((_, k) => k),
      ),
      { updateWindowDims: others(x), insertedWindowDims: [0], scatterDimsToOperandDims: [0] },
      { mode: "fill" },
    ),
  number,
);

const dynamicRow: StepRule = {
  code: "lax.dynamicUpdateSlice($0, lax.dynamicSlice($0, [$1, ...$2], $3), $4)",
  run: (p) => {
    const x = p.value(both(shaped, (y) => y.shape[0] > 0));
    const start = p.value(both(ofDType("int32"), (y) => y.ndim === 0));
    const rest = p.write(x.shape.slice(1).map(() => 0));
    const row = dynamicSlice(x, [start, ...rest], p.write(x.shape.with(0, 1)));
    return dynamicUpdateSlice(x, row, p.write(x.shape.map(() => 0)));
  },
};

const stretched: StepRule = {
  code: "lax.broadcastInDim($0, $1, $2)",
  run: (p) => {
    const x = p.value((y) => y.ndim < 3);
    const at = p.number(x.ndim + 1);
    const shape = p.write(x.shape.toSpliced(at, 0, 1 + p.number(3)));
    return broadcastInDim(x, shape, p.write(x.shape.map((_, k) => (k < at ? k : k + 1))));
  },
};

const padded: StepRule = {
  code: "lax.pad($0, 0, $2)",
  run: (p) => {
    const x = p.value(both(shaped, number, (y) => y.size > 0));
    const axis = p.axis(x);
    return pad(x, scalar(0, x.dtype), p.write(x.shape.map((_, k) => (k === axis ? ([1, -1, 1] as const) : ([0, 0, 0] as const)))));
  },
};

const windowed = (kind: "sum" | "max"): StepRule => ({
  code: `lax.reduceWindow($0, "${kind}", { windowDimensions: $2, padding: "VALID" })`,
  run: (p) => {
    const x = p.value(both(shaped, float, (y) => y.size > 0));
    const axis = p.axis(x);
    const windowDimensions = p.write(x.shape.map((n, k) => (k === axis ? Math.min(2, n) : 1)));
    return reduceWindow(x, kind, { windowDimensions, padding: "VALID" });
  },
});

const joinedTwo: StepRule = {
  code: "lax.concatenate([$0, $1], $2)",
  run: (p) => {
    const x = p.value(shaped);
    return concatenate([x, p.value(like(x))], p.axis(x));
  },
};

const flattened: StepRule = {
  code: "lax.reshape($0, $1)",
  run: (p) => {
    const x = p.value(shaped);
    return reshape(x, p.write([x.size]));
  },
};

const sliced: StepRule = {
  code: "lax.sliceInDim($0, 0, $2, 2, $1)",
  run: (p) => {
    const x = p.value(both(shaped, (y) => y.size > 0));
    const axis = p.axis(x);
    return sliceInDim(x, 0, p.write(x.shape[axis]), 2, axis);
  },
};

const transposed: StepRule = {
  code: "lax.transpose($0, $1)",
  run: (p) => {
    const x = p.value(shaped);
    return transpose(x, p.write(x.shape.map((_, k) => x.ndim - 1 - k)));
  },
};

export const shapingSteps = {
  sum: along("lax.reduceSum($0, [$1])", (x, axis) => reduceSum(x, [axis]), number),
  prod: along("lax.reduceProd(~0, [$1])", (x, axis) => reduceProd(bounded(x), [axis]), number),
  largest: along("lax.reduceMax($0, [$1])", (x, axis) => reduceMax(x, [axis]), number),
  argmax: along("lax.argmax($0, $1)", argmax, number),
  cumsum: along("lax.cumsum($0, $1)", (x, axis) => cumsum(x, axis), number),
  cumprod: along("lax.cumprod(~0, $1)", (x, axis) => cumprod(bounded(x), axis), number),
  cummax: along("lax.cummax($0, $1, { reverse: true })", (x, axis) => cummax(x, axis, { reverse: true }), number),
  cumlogsumexp: along("lax.cumlogsumexp($0, $1)", (x, axis) => cumlogsumexp(x, axis), float),
  sort: along("lax.sort($0, { dimension: $1 })", (x, axis) => sort(x, { dimension: axis }), number),
  reverse: along("lax.reverse($0, [$1])", (x, axis) => reverse(x, [axis]), anything),
  slice: sliced,
  pad: padded,
  flatten: flattened,
  transpose: transposed,
  stretch: stretched,
  join: along("lax.concatenate([$0, lax.reverse($0, [$1])], $1)", (x, axis) => concatenate([x, reverse(x, [axis])], axis), anything),
  joinTwo: joinedTwo,
  dot: matrixProduct,
  take,
  scatter,
  dynamic: dynamicRow,
  windowSum: windowed("sum"),
  windowMax: windowed("max"),
} satisfies Record<string, StepRule>;
