// Gathers, scatters and dynamic slices: random dimension numbers over small arrays, indices inside and (where the mode
// says what becomes of them) outside of the operand.

import * as fc from "fast-check";
import type { ConcreteArray } from "../../../src/core/array.js";
import type { DType } from "../../../src/core/dtype.js";
import { type Shape, sizeOf } from "../../../src/core/shape.js";
import type { DynamicSliceParams } from "../../../src/ops/dynamic.js";
import type { GatherDimensionNumbers, GatherParams, IndexMode, ScatterParams } from "../../../src/ops/indexing.js";
import { type Case, type Spec, any, numeric, smooth } from "../case.js";
import { type Arb, arrayOf, distinct, filled, perAxis, shapes } from "../arbitraries.js";

interface Windows {
  readonly shape: Shape;
  readonly numbers: GatherDimensionNumbers;
  readonly sliceSizes: readonly number[];
  readonly mode: IndexMode;
  readonly indexShape: Shape;
  /** The shape of what is read, or of the updates. */
  readonly outShape: Shape;
  readonly indices: Arb<ConcreteArray>;
  /** Whether no two windows can meet. */
  readonly single: boolean;
}

type Role = "collapsed" | "window" | "batching";

const shuffled = <T>(list: readonly T[]): Arb<T[]> => fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length });
const axesOf = (roles: readonly Role[], ...wanted: readonly Role[]): number[] =>
  roles.flatMap((role, axis) => (wanted.includes(role) ? [axis] : []));

/** Index vectors, one element for each indexed axis, within bounds unless the mode allows others. */
const indexVectors = (indexShape: Shape, limits: readonly number[], mode: IndexMode): Arb<ConcreteArray> => {
  const beyond = mode === "checked" ? 0 : 2;
  const vector = fc.tuple(...limits.map((limit) => fc.integer({ min: -beyond, max: limit + beyond })));
  const count = sizeOf(indexShape.slice(0, -1));
  return fc.array(vector, { minLength: count, maxLength: count }).map((vectors) => arrayOf("int32", vectors.flat(), indexShape));
};

const windows: Arb<Windows> = shapes({ minRank: 1 }).chain((shape) =>
  fc
    .tuple(
      perAxis(shape, () => fc.constantFrom<Role>("collapsed", "window", "batching")),
      perAxis(shape, (n) => fc.integer({ min: 1, max: n })),
      fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 2 }),
      fc.constantFrom<IndexMode>("checked", "fill", "clip"),
    )
    .chain(([roles, sizes, free, mode]) => {
      const sliceSizes = sizes.map((n, axis) => (roles[axis] === "window" ? n : 1));
      const batching = axesOf(roles, "batching");
      const kept = axesOf(roles, "window");
      // The axes of the indices before the last: those of the batching axes, and free ones.
      const labels = [...batching, ...free.map((_, k) => -1 - k)];
      const indexed = axesOf(roles, "collapsed", "window");
      return fc
        .tuple(
          shuffled(labels),
          fc.subarray(indexed),
          fc.subarray(
            [...labels, ...kept].map((_, k) => k),
            { minLength: kept.length, maxLength: kept.length },
          ),
        )
        .chain(([order, mapped, offsetDims]) =>
          shuffled(mapped).map((startIndexMap): Windows => {
            const outside = order.map((label) => (label < 0 ? free[-1 - label] : shape[label]));
            const outShape = new Array<number>(outside.length + kept.length).fill(0);
            const rest = outShape.map((_, k) => k).filter((k) => !offsetDims.includes(k));
            offsetDims.forEach((at, k) => (outShape[at] = sliceSizes[kept[k]]));
            rest.forEach((at, k) => (outShape[at] = outside[k]));
            const indexShape = [...outside, startIndexMap.length];
            const limits = startIndexMap.map((axis) => shape[axis] - sliceSizes[axis]);
            return {
              shape,
              sliceSizes,
              mode,
              indexShape,
              outShape,
              numbers: {
                offsetDims,
                collapsedSliceDims: axesOf(roles, "collapsed"),
                startIndexMap,
                operandBatchingDims: batching,
                startIndicesBatchingDims: batching.map((axis) => order.indexOf(axis)),
              },
              indices: indexVectors(indexShape, limits, mode),
              single: sizeOf(free) <= 1,
            };
          }),
        );
    }),
);

const gather: Case<GatherParams> = {
  dtypes: any,
  spec: (dtype) =>
    windows.map(({ shape, numbers, sliceSizes, mode, indices }) => ({
      params: { dimensionNumbers: numbers, sliceSizes, mode, fillValue: 1, indicesAreSorted: false, uniqueIndices: false },
      operands: fc.tuple(filled(dtype, shape), indices),
    })),
  derivative: smooth,
};

type Draw = (dtype: DType, shape: Shape) => Arb<ConcreteArray>;

/** A sixteenth of the step of `distinct` moves the updates off the operand's values. */
const offGrid: Draw = (dtype, shape) =>
  distinct(dtype, shape).map((x) =>
    dtype === "float64" || dtype === "float32"
      ? arrayOf(
          dtype,
          Array.from(x.data, (v) => v + 0.03),
          shape,
        )
      : x,
  );

const scatterSpec = (dtype: DType, draw: Draw, alwaysInUpdates: boolean): Arb<Spec<ScatterParams>> =>
  windows.map(({ shape, numbers, mode, outShape, indices, single }) => ({
    params: {
      dimensionNumbers: {
        updateWindowDims: numbers.offsetDims,
        insertedWindowDims: numbers.collapsedSliceDims,
        scatterDimsToOperandDims: numbers.startIndexMap,
        operandBatchingDims: numbers.operandBatchingDims,
        scatterIndicesBatchingDims: numbers.startIndicesBatchingDims,
      },
      mode,
      indicesAreSorted: false,
      uniqueIndices: single,
    },
    operands: fc.tuple(distinct(dtype, shape), indices, draw(dtype, outShape)),
    differentiable: single || alwaysInUpdates ? [0, 2] : [0],
  }));

const scatter = (dtypes: readonly DType[], alwaysInUpdates = true): Case<ScatterParams> => ({
  dtypes,
  spec: (dtype) => scatterSpec(dtype, offGrid, alwaysInUpdates),
  derivative: smooth,
});

const starts = (shape: Shape): Arb<ConcreteArray[]> =>
  perAxis(shape, (n) => fc.integer({ min: -2, max: n + 1 }).map((i) => arrayOf("int32", [i], [])));
const sizesWithin = (shape: Shape): Arb<number[]> => perAxis(shape, (n) => fc.integer({ min: 1, max: n }));

const dynamicSlice: Case<DynamicSliceParams> = {
  dtypes: any,
  spec: (dtype) =>
    shapes().chain((shape) =>
      sizesWithin(shape).map((sliceSizes) => ({
        params: { sliceSizes },
        operands: fc.tuple(filled(dtype, shape), starts(shape)).map(([x, at]) => [x, ...at]),
      })),
    ),
  derivative: smooth,
};

const dynamicUpdateSlice: Case = {
  dtypes: any,
  spec: (dtype) =>
    shapes().chain((shape) =>
      sizesWithin(shape).map((sizes) => ({
        params: {},
        operands: fc.tuple(filled(dtype, shape), filled(dtype, sizes), starts(shape)).map(([x, update, at]) => [x, update, ...at]),
      })),
    ),
  derivative: smooth,
};

export const indexing = {
  gather,
  scatter: scatter(any),
  scatter_add: scatter(numeric),
  scatter_mul: scatter(numeric, false),
  scatter_min: scatter(any),
  scatter_max: scatter(any),
  dynamic_slice: dynamicSlice,
  dynamic_update_slice: dynamicUpdateSlice,
};
