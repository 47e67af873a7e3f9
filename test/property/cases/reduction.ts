// Reductions, running operations, sorting, and random bits.

import * as fc from "fast-check";
import type { ConcreteArray } from "../../../src/core/array.js";
import { type DType, isFloat } from "../../../src/core/dtype.js";
import type { Shape } from "../../../src/core/shape.js";
import type { AxesParams } from "../../../src/ops/broadcast.js";
import type { RandomGammaParams } from "../../../src/ops/randomGamma.js";
import type { RunningParams } from "../../../src/ops/recurrence.js";
import type { ArgParams } from "../../../src/ops/reduce.js";
import type { SortParams, TopKParams } from "../../../src/ops/sort.js";
import { type Case, type Claim, any, bits, floats, numeric, pointwiseOperands, smooth, zero } from "../case.js";
import { type Arb, distinct, filled, real, shapes, shapesOrEmpty, someAxes } from "../arbitraries.js";

type Draw = (dtype: DType, shape: Shape) => Arb<ConcreteArray>;
const independent: Draw = (dtype, shape) => filled(dtype, shape);

const reduction = (
  dtypes: readonly DType[],
  derivative: Claim,
  draw: Draw,
  shape: Arb<number[]> = shapesOrEmpty({ minRank: 1 }),
): Case<AxesParams> => ({
  dtypes,
  spec: (dtype) =>
    shape.chain((sizes) => someAxes(sizes.length, 1).map((axes) => ({ params: { axes }, operands: fc.tuple(draw(dtype, sizes)) }))),
  derivative,
});

const arg: Case<ArgParams> = {
  dtypes: numeric,
  spec: (dtype) =>
    shapes({ minRank: 1 }).chain((shape) =>
      fc.nat(shape.length - 1).map((axis) => ({
        params: { axes: [axis], indexDtype: "int32" as const },
        operands: fc.tuple(filled(dtype, shape, isFloat(dtype) ? fc.constantFrom(1, 2, 3, NaN) : undefined)),
      })),
    ),
  derivative: zero,
};

const running = (dtypes: readonly DType[], draws: readonly Draw[]): Case<RunningParams> => ({
  dtypes,
  spec: (dtype) =>
    shapesOrEmpty({ minRank: 1, maxSize: 4 }).chain((shape) =>
      fc.tuple(fc.nat(shape.length - 1), fc.boolean()).map(([axis, reverse]) => ({
        params: { axis, reverse },
        operands: fc.tuple(...draws.map((draw) => draw(dtype, shape))),
      })),
    ),
  derivative: smooth,
});

// What is sorted along may be of any dtype; the keys decide alone, for they hold no equal floats.
const sort: Case<SortParams> = {
  dtypes: any,
  spec: (dtype) =>
    fc
      .tuple(shapes({ minRank: 1, maxRank: 2, maxSize: 4 }), fc.array(fc.constantFrom<DType>("float64", "int32", "bool"), { maxLength: 2 }))
      .chain(([shape, others]) =>
        fc.tuple(fc.nat(shape.length - 1), fc.integer({ min: 1, max: 1 + others.length })).map(([dimension, numKeys]) => ({
          params: { dimension, isStable: true as const, numKeys },
          operands: fc.tuple(distinct(dtype, shape), ...others.map((other) => distinct(other, shape))),
        })),
      ),
  derivative: smooth,
};

const topK: Case<TopKParams> = {
  dtypes: any,
  spec: (dtype) =>
    shapes({ minRank: 1, maxSize: 4 }).chain((shape) =>
      fc.nat(shape[shape.length - 1]).map((k) => ({ params: { k }, operands: fc.tuple(distinct(dtype, shape)) })),
    ),
  derivative: smooth,
};

const threefry: Case = {
  dtypes: ["uint32"],
  spec: (dtype) =>
    pointwiseOperands(Array.from({ length: 4 }, () => (shape) => filled(dtype, shape))).map((operands) => ({ params: {}, operands })),
  derivative: zero,
};

const parameters = (shape: Shape, dtype: DType): Arb<ConcreteArray> => filled(dtype, shape, real(0.2, 4));

const randomGamma: Case<RandomGammaParams> = {
  dtypes: floats,
  spec: (dtype) =>
    fc
      .tuple(
        fc.boolean(),
        pointwiseOperands([(shape) => filled("uint32", shape), (shape) => filled("uint32", shape), (shape) => parameters(shape, dtype)]),
      )
      .map(([logSpace, operands]) => ({ params: { logSpace }, operands })),
  derivative: { tag: "implicit" },
};

const randomGammaGrad: Case<RandomGammaParams> = {
  dtypes: floats,
  spec: (dtype) =>
    fc
      .tuple(fc.boolean(), pointwiseOperands([(shape) => parameters(shape, dtype), (shape) => parameters(shape, dtype)]))
      .map(([logSpace, operands]) => ({ params: { logSpace }, operands })),
  derivative: {
    tag: "refuses",
    message: /random_gamma_grad: expected a differentiable operation.*the second derivative of a gamma sample/,
  },
};

export const reductions = {
  reduce_sum: reduction(numeric, smooth, independent),
  reduce_prod: reduction(numeric, smooth, independent),
  reduce_max: reduction(any, smooth, distinct, shapes({ minRank: 1 })),
  reduce_min: reduction(any, smooth, distinct, shapes({ minRank: 1 })),
  reduce_and: reduction(bits, zero, independent),
  reduce_or: reduction(bits, zero, independent),
  argmax: arg,
  argmin: arg,

  cumsum: running(numeric, [independent]),
  cumprod: running(numeric, [independent]),
  cummax: running(numeric, [distinct]),
  cummin: running(numeric, [distinct]),
  cumlogsumexp: running(floats, [independent]),
  linear_recurrence: running(floats, [(dtype, shape) => filled(dtype, shape, real(-1, 1)), independent]),

  sort,
  top_k: topK,
  threefry2x32: threefry,
  random_gamma: randomGamma,
  random_gamma_grad: randomGammaGrad,
};
