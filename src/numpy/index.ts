// numpy: NumPy's functions with JAX's semantics. Arrays and numbers enter, arrays leave; every function works under every
// transform. Operands promote and broadcast here, so that the layers below may be strict.

import "../install.js";

export { promoteTypes } from "../core/dtype.js";
export * from "./arithmetic.js";
export * from "./array.js";
export * from "./bitwise.js";
export * from "./closeness.js";
export { equal, greater, greaterEqual, isfinite, isinf, isnan, isneginf, isposinf, less, lessEqual } from "./comparison.js";
export { logicalAnd, logicalNot, logicalOr, logicalXor, notEqual, signbit } from "./comparison.js";
export {
  type EyeOptions,
  type LikeOptions,
  type ShapeLike,
  empty,
  emptyLike,
  eye,
  full,
  fullLike,
  identity,
  ones,
  onesLike,
  zeros,
  zerosLike,
} from "./creation.js";
export * from "./convolve.js";
export * from "./cross.js";
export * from "./cumulative.js";
export * from "./dtypes.js";
export { einsum } from "./einsum.js";
export * from "./exponential.js";
export * from "./functions.js";
export * from "./grids.js";
export * from "./ignoringNaN.js";
export * from "./joining.js";
export * from "./nonzero.js";
export * from "./padding.js";
export * from "./power.js";
export * from "./products.js";
export * from "./quantile.js";
export * from "./ranges.js";
export * from "./rearranging.js";
export {
  type ExtremumOptions,
  type KeepdimsOption,
  type MaskOption,
  type SumOptions,
  type TruthOptions,
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  countNonzero,
  max,
  min,
  prod,
  ptp,
  sum,
} from "./reductions.js";
export * from "./reshaping.js";
export * from "./rounding.js";
export * from "./searching.js";
export * from "./sinc.js";
export { type SliceBound, Slice, slice } from "./slices.js";
export * from "./sorting.js";
export * from "./statistics.js";
export * from "./take.js";
export * from "./trigonometric.js";
export * from "./unique.js";
export * from "./where.js";

export type { ArrayMethods } from "./arrayMethods.js";
export type { IndexedArray, UpdateOptions } from "./at.js";
export type { Axes } from "./axes.js";
export type { IndexOptions } from "./bounds.js";
export type { Index } from "./indexing.js";
export type { IntegersLike, NestedIndices } from "./lists.js";

/** Constants. */
export const pi = Math.PI;
export const e = Math.E;
export const eulerGamma = 0.5772156649015329;
export const inf = Infinity;
export const nan = NaN;
/** In an index: a new axis of size 1 here. */
export const newaxis = null;
