// Gather and scatter against XLA's index formulas, over random dimension numbers.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { IndexError } from "../../src/core/errors.js";
import { isFloat, lowest, typedArray } from "../../src/core/dtype.js";
import type { DType } from "../../src/core/dtype.js";
import { dynamicSlice, gather } from "../../src/kernels/gather.js";
import type { HostArray } from "../../src/kernels/host.js";
import { dynamicUpdateSlice, scatter } from "../../src/kernels/scatter.js";
import type { ScatterKind } from "../../src/kernels/scatter.js";
import { anyDType, arithmeticValues, arrays, at, build, host, indicesOf, list, shapes, wrapped } from "./brute.js";

interface Layout {
  shape: number[];
  windowSizes: number[];
  dropped: number[];
  batching: number[];
  indicesBatching: number[];
  axes: number[];
  batchShape: number[];
  windowDims: number[];
}

type Role = "window" | "dropped" | "batching";

// Random roles of the operand's axes, and where the windows' axes stand among the result's (the updates').
const layouts: fc.Arbitrary<Layout> = fc.record({ shape: shapes(1, 3, 4), free: shapes(0, 2, 3) }).chain(({ shape, free }) =>
  fc
    .record({
      roles: fc.tuple(...shape.map(() => fc.constantFrom<Role>("window", "window", "dropped", "batching"))),
      sizes: fc.tuple(...shape.map((n) => fc.integer({ min: 0, max: n }))),
    })
    .chain(({ roles, sizes }) => {
      const safe = roles.map((role, k): Role => (role === "dropped" && shape[k] === 0 ? "window" : role));
      const having = (role: Role): number[] => shape.flatMap((_, k) => (safe[k] === role ? [k] : []));
      const batching = having("batching");
      const windowSizes = shape.map((_, k) => (safe[k] === "window" ? sizes[k] : Math.min(1, shape[k])));
      const rank = free.length + batching.length;
      const windows = having("window").length;
      return fc
        .record({
          indicesBatching: fc.shuffledSubarray(
            Array.from({ length: rank }, (_, k) => k),
            { minLength: batching.length, maxLength: batching.length },
          ),
          axes: fc.shuffledSubarray(shape.map((_, k) => k).filter((k) => !batching.includes(k))),
          windowDims: fc.subarray(
            Array.from({ length: rank + windows }, (_, k) => k),
            { minLength: windows, maxLength: windows },
          ),
        })
        .map(({ indicesBatching, axes, windowDims }) => {
          const rest = [...free];
          const batchShape = Array.from({ length: rank }, (_, k) =>
            indicesBatching.includes(k) ? shape[batching[indicesBatching.indexOf(k)]] : (rest.shift() ?? 0),
          );
          // With size 0 a batching axis has no window at all; then the batch is empty too.
          return { shape, windowSizes, dropped: having("dropped"), batching, indicesBatching, axes, batchShape, windowDims };
        });
    }),
);

interface Case {
  layout: Layout;
  operand: HostArray;
  indices: HostArray;
}

const cases = (
  dtypes: fc.Arbitrary<DType>,
  low: number,
  high: number,
  values?: (dtype: DType) => fc.Arbitrary<number>,
): fc.Arbitrary<Case> =>
  fc.tuple(layouts, dtypes).chain(([layout, dtype]) =>
    fc.record({
      layout: fc.constant(layout),
      operand: arrays(dtype, layout.shape, values?.(dtype)),
      indices: arrays("int32", [...layout.batchShape, layout.axes.length], fc.integer({ min: low, max: high })),
    }),
  );

const windowAxes = (layout: Layout): number[] =>
  layout.shape.flatMap((_, k) => (layout.dropped.includes(k) || layout.batching.includes(k) ? [] : [k]));

// The shape that holds all windows, its axes in the places that windowDims gives them.
function windowedShape(layout: Layout): number[] {
  const [batch, windows] = [[...layout.batchShape], windowAxes(layout).map((k) => layout.windowSizes[k])];
  return Array.from({ length: batch.length + windows.length }, (_, k) => (layout.windowDims.includes(k) ? windows : batch).shift() ?? -1);
}

// The operand's index that an index of the windowed shape means, or undefined where its window sticks out and is not clipped.
function target({ layout, indices }: Case, index: readonly number[], clip: boolean): number[] | undefined {
  const batch = index.filter((_, k) => !layout.windowDims.includes(k));
  const start = layout.shape.map(() => 0);
  layout.batching.forEach((axis, k) => (start[axis] = batch[layout.indicesBatching[k]]));
  let valid = true;
  layout.axes.forEach((axis, j) => {
    const i = at(indices, [...batch, j]);
    const last = layout.shape[axis] - layout.windowSizes[axis];
    valid &&= i >= 0 && i <= last;
    start[axis] = Math.max(0, Math.min(i, last));
  });
  windowAxes(layout).forEach((axis, k) => (start[axis] += index[layout.windowDims[k]]));
  return valid || clip ? start : undefined;
}

const gatherNumbers = (layout: Layout) => ({
  offsetDims: layout.windowDims,
  collapsedSliceDims: layout.dropped,
  startIndexMap: layout.axes,
  operandBatchingDims: layout.batching,
  startIndicesBatchingDims: layout.indicesBatching,
});

const scatterNumbers = (layout: Layout) => ({
  updateWindowDims: layout.windowDims,
  insertedWindowDims: layout.dropped,
  scatterDimsToOperandDims: layout.axes,
  operandBatchingDims: layout.batching,
  scatterIndicesBatchingDims: layout.indicesBatching,
});

test("gather", () => {
  fc.assert(
    fc.property(cases(anyDType, -2, 5), fc.constantFrom("fill", "clip"), (given, mode) => {
      const { layout, operand, indices } = given;
      const fill = isFloat(operand.dtype) ? NaN : lowest(operand.dtype);
      const expected = build(operand.dtype, windowedShape(layout), (index) => {
        const from = target(given, index, mode === "clip");
        return from === undefined ? fill : at(operand, from);
      });
      const params = { dimensionNumbers: gatherNumbers(layout), sliceSizes: layout.windowSizes, mode };
      expect(gather(operand, indices, params)).toEqual(expected);
    }),
    { numRuns: 1000 },
  );
});

test("checked gather and scatter: as clipped where in bounds, an IndexError elsewhere", () => {
  fc.assert(
    fc.property(cases(fc.constant("float64"), -1, 4), (given) => {
      const { layout, operand, indices } = given;
      const shape = windowedShape(layout);
      const batches = indicesOf(layout.batchShape);
      const outside = batches.some((b) =>
        layout.axes.some((axis, j) => at(indices, [...b, j]) < 0 || at(indices, [...b, j]) > layout.shape[axis] - layout.windowSizes[axis]),
      );
      const run = (mode: "checked" | "clip") => [
        gather(operand, indices, { dimensionNumbers: gatherNumbers(layout), sliceSizes: layout.windowSizes, mode }),
        scatter(
          operand,
          indices,
          build("float64", shape, () => 1),
          { dimensionNumbers: scatterNumbers(layout), kind: "add", mode },
        ),
      ];
      if (outside) expect(() => run("checked")).toThrow(IndexError);
      else expect(run("checked")).toEqual(run("clip"));
    }),
    { numRuns: 500 },
  );
});

test("the error of a checked index names index, axis and size", () => {
  const params = {
    dimensionNumbers: {
      offsetDims: [],
      collapsedSliceDims: [0],
      startIndexMap: [0],
      operandBatchingDims: [],
      startIndicesBatchingDims: [],
    },
    sliceSizes: [1],
    mode: "checked",
    op: "take",
  } as const;
  const read = () => gather(host("float32", [5], [1, 2, 3, 4, 5]), host("int32", [1, 1], [7]), params);
  expect(read).toThrow("take: expected an index from 0 to 4 along axis 0 of size 5, got index 7");
});

const steps: Record<ScatterKind, (a: number, b: number, dtype: DType) => number> = {
  update: (_, b) => b,
  add: (a, b, dtype) => (dtype === "bool" ? a | b : isFloat(dtype) ? a + b : wrapped(dtype, BigInt(a) + BigInt(b))),
  mul: (a, b, dtype) => (isFloat(dtype) ? a * b : wrapped(dtype, BigInt(a) * BigInt(b))),
  min: (a, b) => Math.min(a, b),
  max: (a, b) => Math.max(a, b),
};

test("scatter of every kind", () => {
  const withUpdates = cases(anyDType, -2, 5, (d) => (d === "bool" ? fc.integer({ min: 0, max: 1 }) : arithmeticValues(d))).chain((given) =>
    fc.tuple(
      fc.constant(given),
      arrays(
        given.operand.dtype,
        windowedShape(given.layout),
        given.operand.dtype === "bool" ? fc.integer({ min: 0, max: 1 }) : arithmeticValues(given.operand.dtype),
      ),
    ),
  );
  const kinds = fc.constantFrom<ScatterKind[]>("update", "add", "mul", "min", "max");
  fc.assert(
    fc.property(withUpdates, kinds, fc.constantFrom("fill", "clip"), ([given, updates], kind, mode) => {
      const { layout, operand, indices } = given;
      const before = list(operand);
      const data = typedArray(operand.dtype, before);
      const flat = (index: readonly number[]): number => index.reduce((sum, i, k) => sum * layout.shape[k] + i, 0);
      // XLA leaves the order open; ours is that of the index vectors.
      const inOrder = indicesOf(updates.shape).toSorted((a, b) => {
        const key = (index: number[]): number[] => [
          ...index.filter((_, k) => !layout.windowDims.includes(k)),
          ...index.filter((_, k) => layout.windowDims.includes(k)),
        ];
        const [x, y] = [key(a), key(b)];
        const k = x.findIndex((v, i) => v !== y[i]);
        return k < 0 ? 0 : x[k] - y[k];
      });
      for (const index of inOrder) {
        const to = target(given, index, mode === "clip");
        if (to !== undefined) data[flat(to)] = steps[kind](data[flat(to)], at(updates, index), operand.dtype);
      }
      const result = scatter(operand, indices, updates, { dimensionNumbers: scatterNumbers(layout), kind, mode });
      expect(result).toEqual({ ...operand, data });
      expect(list(operand)).toEqual(before);
    }),
    { numRuns: 1000 },
  );
});

test("dynamicSlice and dynamicUpdateSlice move the window inside", () => {
  const given = fc.tuple(anyDType, shapes()).chain(([dtype, shape]) =>
    fc.tuple(...shape.map((n) => fc.integer({ min: 0, max: n }))).chain((sizes) =>
      fc.record({
        x: arrays(dtype, shape),
        update: arrays(dtype, sizes),
        starts: fc.tuple(...shape.map(() => fc.integer({ min: -3, max: 6 }))),
      }),
    ),
  );
  fc.assert(
    fc.property(given, ({ x, update, starts }) => {
      const scalars = starts.map((start) => host("int32", [], [start]));
      const moved = starts.map((start, k) => Math.max(0, Math.min(start, x.shape[k] - update.shape[k])));
      const sizes = update.shape;
      expect(dynamicSlice(x, scalars, { sliceSizes: sizes })).toEqual(
        build(x.dtype, sizes, (index) =>
          at(
            x,
            index.map((i, k) => i + moved[k]),
          ),
        ),
      );
      const expected = build(x.dtype, x.shape, (index) => {
        const from = index.map((i, k) => i - moved[k]);
        return from.every((i, k) => i >= 0 && i < sizes[k]) ? at(update, from) : at(x, index);
      });
      expect(dynamicUpdateSlice(x, update, scalars)).toEqual(expected);
    }),
  );
});

test("rows long enough to be copied whole", () => {
  const table = build("float32", [5, 40], ([i, j]) => i * 100 + j);
  const picks = [3, 0, 9, 3];
  const numbers = { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0], operandBatchingDims: [], startIndicesBatchingDims: [] };
  const result = gather(table, host("int32", [4, 1], picks), {
    dimensionNumbers: numbers,
    sliceSizes: [1, 40],
    mode: "fill",
    fillValue: -1,
  });
  expect(result).toEqual(build("float32", [4, 40], ([i, j]) => (picks[i] < 5 ? picks[i] * 100 + j : -1)));
});
