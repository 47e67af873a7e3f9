// Helpers of the kernels' tests: random host arrays, and reading them by index, so that brute-force formulas stay formulas.

import * as fc from "fast-check";
import { isFloat, typedArray } from "../../src/core/dtype.js";
import type { DType } from "../../src/core/dtype.js";
import { sizeOf, stridesOf } from "../../src/core/shape.js";
import type { Shape } from "../../src/core/shape.js";
import type { HostArray } from "../../src/kernels/host.js";

export const host = (dtype: DType, shape: Shape, values: readonly number[]): HostArray => ({
  dtype,
  shape,
  data: typedArray(dtype, values),
});

export const list = (x: HostArray): number[] => Array.from(x.data);

/** All indices of a shape, in row-major order. */
export function indicesOf(shape: Shape): number[][] {
  return shape.reduce<number[][]>((all, n) => all.flatMap((index) => Array.from({ length: n }, (_, i) => [...index, i])), [[]]);
}

export function at(x: HostArray, index: readonly number[]): number {
  const strides = stridesOf(x.shape);
  return x.data[index.reduce((sum, i, k) => sum + i * strides[k], 0)];
}

export const inside = (index: readonly number[], shape: Shape): boolean => index.every((i, k) => i >= 0 && i < shape[k]);

/** The array whose element at each index is `f(index)`. */
export const build = (dtype: DType, shape: Shape, f: (index: number[]) => number): HostArray => host(dtype, shape, indicesOf(shape).map(f));

export const shapes = (minRank = 0, maxRank = 3, maxSize = 4): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 0, max: maxSize }), { minLength: minRank, maxLength: maxRank });

const values: Record<DType, fc.Arbitrary<number>> = {
  float64: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -40, max: 40 }).map((n) => n / 8) },
    fc.constantFrom(NaN, Infinity, -Infinity, 0, -0),
  ),
  float32: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: -40, max: 40 }).map((n) => n / 8) },
    fc.constantFrom(NaN, Infinity, -Infinity, 0, -0),
  ),
  int32: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })),
  uint32: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 2 ** 32 - 1 })),
  int8: fc.integer({ min: -128, max: 127 }),
  uint8: fc.integer({ min: 0, max: 255 }),
  bool: fc.integer({ min: 0, max: 1 }),
};

/** Quarters between -10 and 10: sums and products of a few of them are exact in float64. */
export const tame: fc.Arbitrary<number> = fc.integer({ min: -40, max: 40 }).map((n) => n / 4);

export function arrays(dtype: DType, shape: Shape, value: fc.Arbitrary<number> = values[dtype]): fc.Arbitrary<HostArray> {
  const size = sizeOf(shape);
  return fc.array(value, { minLength: size, maxLength: size }).map((data) => host(dtype, shape, data));
}

export const anyDType: fc.Arbitrary<DType> = fc.constantFrom("float32", "float64", "int32", "uint32", "int8", "uint8", "bool");
export const numberDType: fc.Arbitrary<DType> = fc.constantFrom("float32", "float64", "int32", "uint32", "int8", "uint8");

/** Numbers whose sums and products a dtype holds exactly enough to compare: tame for floats, anything for integers. */
export const arithmeticValues = (dtype: DType): fc.Arbitrary<number> => (isFloat(dtype) ? tame : values[dtype]);

/** A fold of BigInts stored in `dtype`: what wrapping arithmetic must give. */
export const wrapped = (dtype: DType, value: bigint): number => typedArray(dtype, [Number(BigInt.asIntN(32, value))])[0];

export const rows = (shape: Shape): number[] => shape.map((_, k) => k);

export const permutationOf = (rank: number): fc.Arbitrary<number[]> =>
  fc.shuffledSubarray(
    Array.from({ length: rank }, (_, k) => k),
    { minLength: rank, maxLength: rank },
  );
