// Convolutions of all parameters at random: one to three axes, strides, dilations, padding that may crop, groups of features or of
// the batch, and every order of axes.

import * as fc from "fast-check";
import type { DType } from "../../src/core/dtype.js";
import type { ConvOptions } from "../../src/lax/index.js";

/** The operands' shapes and their dtype, and what `lax.convGeneralDilated` takes beside them. */
export interface ConvCase<D extends DType> {
  readonly lhs: readonly number[];
  readonly rhs: readonly number[];
  readonly options: ConvOptions;
  readonly dtype: D;
}

const axis = fc.record({
  size: fc.integer({ min: 1, max: 7 }),
  window: fc.integer({ min: 1, max: 4 }),
  stride: fc.constantFrom(1, 1, 2, 3),
  low: fc.integer({ min: -1, max: 3 }),
  high: fc.integer({ min: -1, max: 3 }),
  lhsDilation: fc.constantFrom(1, 1, 2),
  rhsDilation: fc.constantFrom(1, 1, 2),
});

const order = (rank: number): fc.Arbitrary<number[]> => {
  const natural = Array.from({ length: rank }, (_, i) => i);
  return fc.oneof(fc.constant(natural), fc.shuffledSubarray(natural, { minLength: rank }));
};

/** Convolutions of operands of these dtypes, each as often as it is listed. */
export const convCases = <D extends DType>(dtypes: readonly D[]): fc.Arbitrary<ConvCase<D>> =>
  fc
    .record({
      batch: fc.integer({ min: 1, max: 4 }),
      features: fc.integer({ min: 1, max: 4 }),
      outputs: fc.integer({ min: 1, max: 6 }),
      groups: fc.constantFrom(1, 1, 2, 3),
      byBatch: fc.boolean(),
      dtype: fc.constantFrom(...dtypes),
      axes: fc.array(axis, { minLength: 1, maxLength: 3 }),
    })
    .chain((drawn) =>
      fc.tuple(fc.constant(drawn), order(drawn.axes.length + 2), order(drawn.axes.length + 2), order(drawn.axes.length + 2)),
    )
    .map(([{ batch, features, outputs, groups, byBatch, axes, dtype }, lhsSpec, rhsSpec, outSpec]): ConvCase<D> => {
      const space = axes.slice(0, 3).map((a) => (axes.length === 3 ? Math.min(a.size, 4) : a.size));
      const place = (spec: readonly number[], sizes: readonly number[]): number[] => {
        const shape = new Array<number>(sizes.length);
        spec.forEach((at, k) => (shape[at] = sizes[k]));
        return shape;
      };
      const lhs = byBatch ? [batch * groups, features, ...space] : [batch, features * groups, ...space];
      return {
        dtype,
        lhs: place(lhsSpec, lhs),
        rhs: place(rhsSpec, [outputs * groups, features, ...axes.map((a) => a.window)]),
        options: {
          windowStrides: axes.map((a) => a.stride),
          padding: axes.map((a) => [a.low, a.high]),
          lhsDilation: axes.map((a) => a.lhsDilation),
          rhsDilation: axes.map((a) => a.rhsDilation),
          dimensionNumbers: { lhsSpec, rhsSpec, outSpec },
          ...(byBatch ? { batchGroupCount: groups } : { featureGroupCount: groups }),
        },
      };
    });
