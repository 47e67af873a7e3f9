// Random shapes and arrays. Real numbers lie on a fine grid, so that an example prints and shrinks well; integers of each
// dtype include its limits. Grids that are shifted against each other keep values apart where equality is a kink.

import * as fc from "fast-check";
import { type ConcreteArray, fromTypedArray } from "../../src/core/array.js";
import { type DType, highest, isFloat, lowest, typedArray } from "../../src/core/dtype.js";
import { type Shape, sizeOf } from "../../src/core/shape.js";

export type Arb<T> = fc.Arbitrary<T>;

/** An array of the values, row-major. */
export const arrayOf = (dtype: DType, values: readonly number[], shape: Shape = [values.length]): ConcreteArray =>
  fromTypedArray(typedArray(dtype, values), shape, dtype);

interface ShapeLimits {
  readonly minRank?: number;
  readonly maxRank?: number;
  readonly minSize?: number;
  readonly maxSize?: number;
}

/** Shapes of few and short axes. */
export const shapes = ({ minRank = 0, maxRank = 3, minSize = 1, maxSize = 3 }: ShapeLimits = {}): Arb<number[]> =>
  fc.array(fc.integer({ min: minSize, max: maxSize }), { minLength: minRank, maxLength: maxRank });

/** Shapes of which about one in eight has an empty axis. */
export const shapesOrEmpty = (limits: ShapeLimits = {}): Arb<number[]> =>
  fc.oneof({ weight: 7, arbitrary: shapes(limits) }, { weight: 1, arbitrary: shapes({ ...limits, minSize: 0 }) });

const STEPS = 1 << 12;

/** Real numbers from `min` to `max`. */
export const real = (min: number, max: number): Arb<number> =>
  fc.integer({ min: 0, max: STEPS }).map((k) => min + ((max - min) * k) / STEPS);

/** Real numbers of either sign whose magnitude lies from `min` to `max`. */
export const signed = (min: number, max: number): Arb<number> =>
  fc.tuple(real(min, max), fc.boolean()).map(([x, negative]) => (negative ? -x : x));

/** Multiples of `step`, up to `count` of them on either side of `offset`. */
export const grid = (step: number, offset = 0, count = 8): Arb<number> =>
  fc.integer({ min: -count, max: count }).map((k) => k * step + offset);

/** Numbers that an integer dtype (or bool) holds: small ones mostly, its limits now and then. */
export const integers = (dtype: DType): Arb<number> => {
  const [min, max] = [lowest(dtype), highest(dtype)];
  const small = fc.integer({ min: Math.max(min, -9), max: Math.min(max, 9) });
  return fc.oneof({ weight: 4, arbitrary: small }, { weight: 1, arbitrary: fc.constantFrom(min, max) });
};

/** Numbers of a dtype: `domain` for floats, any for the others. */
export const numbers = (dtype: DType, domain: Arb<number> = real(-2, 2)): Arb<number> => (isFloat(dtype) ? domain : integers(dtype));

/** Arrays of independent elements. */
export const filled = (dtype: DType, shape: Shape, element: Arb<number> = numbers(dtype)): Arb<ConcreteArray> => {
  const size = sizeOf(shape);
  return fc.array(element, { minLength: size, maxLength: size }).map((values) => arrayOf(dtype, values, shape));
};

/** Arrays whose float elements all differ by at least a tenth; integers may repeat. */
export const distinct = (dtype: DType, shape: Shape): Arb<ConcreteArray> => {
  if (!isFloat(dtype)) return filled(dtype, shape);
  const size = sizeOf(shape);
  const places = Array.from({ length: size + 3 }, (_, k) => (k - size / 2) * 0.125);
  return fc.shuffledSubarray(places, { minLength: size, maxLength: size }).map((values) => arrayOf(dtype, values, shape));
};

/** An array whose elements are drawn from a seed: for directions and weights, which need no shrinking. */
export function noise(shape: Shape, seed: number, dtype: DType = "float64"): ConcreteArray {
  let state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  next();
  return arrayOf(dtype, Array.from({ length: sizeOf(shape) }, next), shape);
}

/** Some of the axes, in order. */
export const someAxes = (ndim: number, min = 0): Arb<number[]> =>
  fc.subarray(
    Array.from({ length: ndim }, (_, k) => k),
    { minLength: Math.min(min, ndim) },
  );

/** All of the axes, in any order. */
export const permutations = (ndim: number): Arb<number[]> => {
  const axes = Array.from({ length: ndim }, (_, k) => k);
  return fc.shuffledSubarray(axes, { minLength: ndim, maxLength: ndim });
};

/** One value for each axis. */
export const perAxis = <T>(shape: Shape, of: (size: number, axis: number) => Arb<T>): Arb<T[]> => fc.tuple(...shape.map(of));
