// The functions of jax.lax: the operations themselves. They are strict: operands have one dtype, and one shape or none
// (scalars); numbers take the dtype of the arrays beside them. For promotion and broadcasting, see numpy.

import "../install.js";

export { abs, add, ceil, div, floor, integerPow, max, min, mul, neg, rem, round, sign, square, sub, trunc } from "../ops/arithmetic.js";
export { pow } from "../ops/power.js";
export { cbrt, exp, exp2, expm1, log, log1p, logistic, rsqrt, sqrt } from "../ops/exponential.js";
export { acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, sin, sinh, tan, tanh } from "../ops/trigonometric.js";
export { erf, erfInv, erfc, nextafter } from "../ops/special.js";
export {
  bitAnd as bitwiseAnd,
  bitNot as bitwiseNot,
  bitOr as bitwiseOr,
  bitXor as bitwiseXor,
  clz,
  populationCount,
  shiftLeft,
  shiftRightArithmetic,
  shiftRightLogical,
} from "../ops/bitwise.js";
export { eq, ge, gt, isFinite, le, lt, ne } from "../ops/compare.js";
export { clamp, select } from "../ops/select.js";
export { convertElementType } from "../ops/convert.js";
export { stopGradient } from "../ops/stop.js";
export { optimizationBarrier } from "../ops/barrier.js";

export { argmax, argmin, reduceAnd, reduceMax, reduceMin, reduceOr, reduceProd, reduceSum } from "../ops/reduce.js";
export { cumlogsumexp, cummax, cummin, cumprod, cumsum } from "../ops/cumulative.js";
export type { RunningOptions } from "../ops/recurrence.js";
export { linearRecurrence } from "../ops/recurrence.js";
export type { WindowOptions, WindowReduction } from "../ops/window.js";
export { type OwnWindowOptions, reduceWindow } from "./reduceWindow.js";

export { broadcastInDim, expandDims, full, iota, moveAxis, reshape, reverse, reverse as rev, squeeze, transpose } from "../ops/layout.js";
export { type PaddingConfig, concatenate, pad, slice, sliceInDim } from "../ops/slice.js";
export { broadcast, broadcastedIota, dynamicSliceInDim, dynamicUpdateSliceInDim, fullLike, indexInDim, sortKeyVal } from "./shapes.js";
export { type DynamicOptions, dynamicIndexInDim, dynamicSlice, dynamicUpdateIndexInDim, dynamicUpdateSlice } from "../ops/dynamic.js";

export type { IndexMode } from "../ops/indexing.js";
export { type GatherOptions, type GivenGatherNumbers, type GivenScatterNumbers, type IndexingOptions, gather } from "../ops/gather.js";
export { scatter, scatterAdd, scatterMax, scatterMin, scatterMul } from "../ops/scatter.js";

export { type DotDimensionNumbers, dot, dotGeneral } from "../ops/dot.js";
export {
  type ConvOptions,
  type ConvTransposeOptions,
  conv,
  convGeneralDilated,
  convTranspose,
  convWithGeneralPadding,
} from "../ops/convolution.js";
export { type SortOptions, argsort, sort, topK } from "../ops/sort.js";

export { type ScanOptions, scan } from "./scan.js";
export { cond, switchBranch as switch } from "./cond.js";
export { type WhileOptions, whileLoop } from "./whileLoop.js";
export { type ForiOptions, foriLoop } from "./foriLoop.js";
export { type MapOptions, map } from "./map.js";
export { type AssociativeScanOptions, associativeScan } from "./associativeScan.js";
export { reduce } from "./reduce.js";
