// Primitives that move, repeat, cut or join elements, and those that create them.

import * as fc from "fast-check";
import type { BroadcastParams } from "../../../src/ops/broadcast.js";
import type { DimensionsParams, IotaParams, ReshapeParams, TransposeParams } from "../../../src/ops/layout.js";
import type { ConcatenateParams, PadParams, SliceParams } from "../../../src/ops/slice.js";
import { type Shape, sizeOf } from "../../../src/core/shape.js";
import { type Case, any, numeric, smooth, zero } from "../case.js";
import { type Arb, filled, perAxis, permutations, shapes, shapesOrEmpty, someAxes } from "../arbitraries.js";

/** Other shapes of as many elements. */
const reshaped = (shape: Shape): Arb<number[]> => {
  const order = permutations(shape.length).map((axes) => axes.map((axis) => shape[axis]));
  return fc.oneof(
    fc.constant<number[]>([sizeOf(shape)]),
    order,
    order.map((sizes) => [1, ...sizes, 1]),
    shape.length < 2 ? order : order.map(([a, b, ...rest]) => [a * b, ...rest]),
  );
};

const reshape: Case<ReshapeParams> = {
  dtypes: any,
  spec: (dtype) =>
    shapesOrEmpty().chain((shape) =>
      reshaped(shape).map((newSizes) => ({ params: { newSizes, dimensions: null }, operands: fc.tuple(filled(dtype, shape)) })),
    ),
  derivative: smooth,
};

const transpose: Case<TransposeParams> = {
  dtypes: any,
  spec: (dtype) =>
    shapesOrEmpty().chain((shape) =>
      permutations(shape.length).map((permutation) => ({ params: { permutation }, operands: fc.tuple(filled(dtype, shape)) })),
    ),
  derivative: smooth,
};

const squeeze: Case<DimensionsParams> = {
  dtypes: any,
  spec: (dtype) =>
    shapes({ minRank: 1 })
      .chain((shape) => fc.tuple(fc.constant(shape), someAxes(shape.length, 1)))
      .map(([shape, dimensions]) => ({
        params: { dimensions },
        operands: fc.tuple(
          filled(
            dtype,
            shape.map((n, k) => (dimensions.includes(k) ? 1 : n)),
          ),
        ),
      })),
  derivative: smooth,
};

const rev: Case<DimensionsParams> = {
  dtypes: any,
  spec: (dtype) =>
    shapesOrEmpty({ minRank: 1 }).chain((shape) =>
      someAxes(shape.length, 1).map((dimensions) => ({ params: { dimensions }, operands: fc.tuple(filled(dtype, shape)) })),
    ),
  derivative: smooth,
};

const iota: Case<IotaParams> = {
  dtypes: numeric,
  spec: (dtype) =>
    shapesOrEmpty({ minRank: 1 }).chain((shape) =>
      fc.nat(shape.length - 1).map((dimension) => ({ params: { dtype, shape, dimension }, operands: fc.constant([]) })),
    ),
  derivative: zero,
};

const broadcastInDim: Case<BroadcastParams> = {
  dtypes: any,
  spec: (dtype) =>
    shapesOrEmpty().chain((shape) =>
      fc.tuple(someAxes(shape.length), fc.infiniteStream(fc.boolean())).map(([broadcastDimensions, ones]) => ({
        params: { shape, broadcastDimensions },
        operands: fc.tuple(
          filled(
            dtype,
            broadcastDimensions.map((axis) => (ones.next().value === true ? 1 : shape[axis])),
          ),
        ),
      })),
    ),
  derivative: smooth,
};

const bounds = (n: number): Arb<readonly [number, number]> =>
  fc.tuple(fc.integer({ min: 0, max: n }), fc.integer({ min: 0, max: n })).map(([a, b]) => [Math.min(a, b), Math.max(a, b)]);

const slice: Case<SliceParams> = {
  dtypes: any,
  spec: (dtype) =>
    shapes({ maxSize: 5 }).chain((shape) =>
      fc.tuple(perAxis(shape, bounds), fc.option(perAxis(shape, () => fc.integer({ min: 1, max: 3 })))).map(([ranges, strides]) => ({
        params: { startIndices: ranges.map(([start]) => start), limitIndices: ranges.map(([, limit]) => limit), strides },
        operands: fc.tuple(filled(dtype, shape)),
      })),
    ),
  derivative: smooth,
};

/** Padding of one axis that crops no more than there is. */
const padding = (n: number): Arb<readonly [number, number, number]> =>
  fc
    .tuple(fc.integer({ min: -2, max: 2 }), fc.integer({ min: -2, max: 2 }), fc.integer({ min: 0, max: 2 }))
    .map(([low, high, interior]) => (low + high + n + Math.max(0, n - 1) * interior < 0 ? [0, 0, interior] : [low, high, interior]));

const pad: Case<PadParams> = {
  dtypes: any,
  spec: (dtype) =>
    shapesOrEmpty().chain((shape) =>
      perAxis(shape, padding).map((paddingConfig) => ({
        params: { paddingConfig },
        operands: fc.tuple(filled(dtype, shape), filled(dtype, [])),
      })),
    ),
  derivative: smooth,
};

const concatenate: Case<ConcatenateParams> = {
  dtypes: any,
  spec: (dtype) =>
    fc.tuple(shapes({ minRank: 1 }), fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 })).chain(([shape, lengths]) =>
      fc.nat(shape.length - 1).map((dimension) => ({
        params: { dimension },
        operands: fc.tuple(...lengths.map((n) => filled(dtype, shape.with(dimension, n)))),
      })),
    ),
  derivative: smooth,
};

export const layout = {
  broadcast_in_dim: broadcastInDim,
  reshape,
  transpose,
  squeeze,
  rev,
  iota,
  slice,
  pad,
  concatenate,
};
