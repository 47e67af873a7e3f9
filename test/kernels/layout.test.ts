// Changes of layout against their index formulas.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  broadcastInDim,
  concatenate,
  iota,
  pad,
  paddedSize,
  reshape,
  reverse,
  slice,
  squeeze,
  transpose,
} from "../../src/kernels/layout.js";
import { anyDType, arrays, at, build, host, list, permutationOf, shapes } from "./brute.js";

const anyArray = fc.tuple(anyDType, shapes()).chain(([dtype, shape]) => arrays(dtype, shape));

test("transpose", () => {
  fc.assert(
    fc.property(
      anyArray.chain((x) => fc.tuple(fc.constant(x), permutationOf(x.shape.length))),
      ([x, permutation]) => {
        const shape = permutation.map((axis) => x.shape[axis]);
        const expected = build(x.dtype, shape, (index) =>
          at(
            x,
            x.shape.map((_, axis) => index[permutation.indexOf(axis)]),
          ),
        );
        expect(transpose(x, { permutation })).toEqual(expected);
      },
    ),
  );
});

test("transpose of a large matrix", () => {
  const x = build("float64", [67, 45], ([i, j]) => i * 100 + j);
  expect(transpose(x, { permutation: [1, 0] })).toEqual(build("float64", [45, 67], ([i, j]) => j * 100 + i));
});

test("broadcastInDim", () => {
  const cases = shapes(0, 4, 3).chain((shape) =>
    fc
      .tuple(anyDType, fc.subarray(shape.map((_, k) => k)))
      .chain(([dtype, dims]) =>
        fc
          .tuple(...dims.map((axis) => fc.constantFrom(1, shape[axis])))
          .chain((sizes) => fc.record({ x: arrays(dtype, sizes), shape: fc.constant(shape), broadcastDimensions: fc.constant(dims) })),
      ),
  );
  fc.assert(
    fc.property(cases, ({ x, shape, broadcastDimensions }) => {
      const expected = build(x.dtype, shape, (index) =>
        at(
          x,
          broadcastDimensions.map((axis, k) => (x.shape[k] === 1 ? 0 : index[axis])),
        ),
      );
      expect(broadcastInDim(x, { shape, broadcastDimensions })).toEqual(expected);
    }),
  );
});

test("broadcastInDim of long runs", () => {
  const x = build("float32", [40], ([i]) => i);
  expect(broadcastInDim(x, { shape: [40, 50], broadcastDimensions: [0] })).toEqual(build("float32", [40, 50], ([i]) => i));
  expect(broadcastInDim(x, { shape: [50, 40], broadcastDimensions: [1] })).toEqual(build("float32", [50, 40], ([, j]) => j));
});

test("slice", () => {
  const axis = (n: number) =>
    fc
      .tuple(fc.integer({ min: 0, max: n }), fc.integer({ min: 0, max: n }), fc.integer({ min: 1, max: 3 }))
      .map(([a, b, s]) => [Math.min(a, b), Math.max(a, b), s]);
  const cases = anyArray.chain((x) => fc.tuple(fc.constant(x), fc.tuple(...x.shape.map(axis))));
  fc.assert(
    fc.property(cases, ([x, axes]) => {
      const params = { startIndices: axes.map((a) => a[0]), limitIndices: axes.map((a) => a[1]), strides: axes.map((a) => a[2]) };
      const shape = axes.map(([start, limit, step]) => Math.ceil((limit - start) / step));
      const expected = build(x.dtype, shape, (index) =>
        at(
          x,
          index.map((i, k) => params.startIndices[k] + i * params.strides[k]),
        ),
      );
      expect(slice(x, params)).toEqual(expected);
    }),
  );
});

test("reverse", () => {
  fc.assert(
    fc.property(
      anyArray.chain((x) => fc.tuple(fc.constant(x), fc.subarray(x.shape.map((_, k) => k)))),
      ([x, dimensions]) => {
        const expected = build(x.dtype, x.shape, (index) =>
          at(
            x,
            index.map((i, k) => (dimensions.includes(k) ? x.shape[k] - 1 - i : i)),
          ),
        );
        expect(reverse(x, { dimensions })).toEqual(expected);
      },
    ),
  );
});

test("pad, with negative edges and interior", () => {
  const axis = fc.tuple(fc.integer({ min: -4, max: 4 }), fc.integer({ min: -4, max: 4 }), fc.integer({ min: 0, max: 2 }));
  const cases = anyArray.chain((x) => fc.tuple(fc.constant(x), arrays(x.dtype, []), fc.tuple(...x.shape.map(() => axis))));
  fc.assert(
    fc.property(cases, ([x, value, paddingConfig]) => {
      const expected = build(
        x.dtype,
        x.shape.map((n, k) => paddedSize(n, paddingConfig[k])),
        (index) => {
          const from = index.map((i, k) => (i - paddingConfig[k][0]) / (paddingConfig[k][2] + 1));
          return from.every((i, k) => Number.isInteger(i) && i >= 0 && i < x.shape[k]) ? at(x, from) : value.data[0];
        },
      );
      expect(pad(x, value, { paddingConfig })).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test("pad's size", () => {
  expect(paddedSize(3, [1, 2, 1])).toBe(8);
  expect(paddedSize(0, [1, 2, 5])).toBe(3);
  expect(paddedSize(2, [-3, 0, 0])).toBe(0);
  expect(list(pad(host("int32", [3], [1, 2, 3]), host("int32", [], [9]), { paddingConfig: [[-1, 2, 1]] }))).toEqual([9, 2, 9, 3, 9, 9]);
});

test("concatenate", () => {
  const cases = fc.tuple(anyDType, shapes(1)).chain(([dtype, shape]) =>
    fc.integer({ min: 0, max: shape.length - 1 }).chain((dimension) =>
      fc.record({
        dimension: fc.constant(dimension),
        operands: fc
          .array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 })
          .chain((sizes) => fc.tuple(...sizes.map((n) => arrays(dtype, shape.with(dimension, n))))),
      }),
    ),
  );
  fc.assert(
    fc.property(cases, ({ operands, dimension }) => {
      const result = concatenate(operands, { dimension });
      let start = 0;
      for (const x of operands) {
        const limit = result.shape.with(dimension, start + x.shape[dimension]);
        expect(slice(result, { startIndices: result.shape.map((_, k) => (k === dimension ? start : 0)), limitIndices: limit })).toEqual(x);
        start += x.shape[dimension];
      }
      expect(result.shape[dimension]).toBe(start);
    }),
  );
});

test("iota", () => {
  fc.assert(
    fc.property(
      fc
        .tuple(
          anyDType.filter((d) => d !== "bool"),
          shapes(1),
        )
        .chain(([dtype, shape]) => fc.tuple(fc.constant({ dtype, shape }), fc.integer({ min: 0, max: shape.length - 1 }))),
      ([{ dtype, shape }, dimension]) => {
        expect(iota({ dtype, shape, dimension })).toEqual(build(dtype, shape, (index) => index[dimension]));
      },
    ),
  );
});

test("reshape and squeeze share the data", () => {
  const x = host("float32", [1, 2, 1], [1, 2]);
  expect(squeeze(x, { dimensions: [0] })).toEqual(host("float32", [2, 1], [1, 2]));
  expect(reshape(x, { newSizes: [2] }).data).toBe(x.data);
});
