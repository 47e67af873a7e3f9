// The structured steps of the loop IR: products, convolutions, selections in windows, running folds, windows at indices, sorts.
// Plain data, as in ir.ts; each has a kernel of its own in wasm/kernels and its definition in structured.ts or convolve.ts.

import type { DType } from "../core/dtype.js";

/** A flat buffer of elements, by its position in the program's list. */
export type BufferId = number;

/** A matrix product, once for each batch: `c[b] = a[b] · b[b]`; strides in elements. */
export interface Dot {
  readonly kind: "dot";
  readonly dtype: DType;
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: MatrixAccess;
  readonly b: MatrixAccess;
  readonly c: MatrixAccess;
}

export interface MatrixAccess {
  readonly buffer: BufferId;
  readonly offset: number;
  readonly batch: number;
  readonly row: number;
  readonly column: number;
}

/** A tensor of a convolution, strides in elements: examples (of kernels: output features), features, then space. */
export interface TensorAccess {
  readonly buffer: BufferId;
  readonly offset: number;
  readonly outer: number;
  readonly feature: number;
  readonly space: readonly number[];
}

/** Convolution (correlation) of images with a kernel; axes are what windows walk along, a group's features are its own. */
export interface ConvShape {
  readonly dtype: DType;
  readonly batch: number;
  readonly groups: number;
  /** Input features of a group. */
  readonly features: number;
  /** Output features of a group. */
  readonly outputs: number;
  readonly axes: readonly WindowAxis[];
}

/** `result[n, o, place] = Σ image[n, i, place · tap] · kernel[o, i, tap]`. */
export interface Conv extends ConvShape {
  readonly kind: "conv";
  readonly image: TensorAccess;
  readonly kernel: TensorAccess;
  readonly result: TensorAccess;
}

/** The image that a convolution's result pulls back to: `image[n, i, place · tap] += result[n, o, place] · kernel[o, i, tap]`, from zeros. */
export interface ConvInputGradient extends ConvShape {
  readonly kind: "conv_input_gradient";
  readonly image: TensorAccess;
  readonly kernel: TensorAccess & {
    /** Elements from group to group, along the outer axis. */
    readonly group: number;
  };
  readonly result: TensorAccess;
}

/**
 * The kernel that it pulls back to: `kernel[o, i, tap] = Σ result[n, o, place] · image[n, i, place · tap]`, summed apart for
 * chunks of the batch (chunk c begins at image ⌊c · batch / chunks⌋) into rows `partials[chunk, o, i, tap]`.
 */
export interface ConvKernelGradient extends ConvShape {
  readonly kind: "conv_kernel_gradient";
  readonly chunks: number;
  readonly image: TensorAccess;
  readonly result: TensorAccess;
  readonly partials: BufferId;
}

export type ConvStep = Conv | ConvInputGradient | ConvKernelGradient;

/** Contiguous elements, from `offset` of a buffer on. */
export interface Row {
  readonly buffer: BufferId;
  readonly offset: number;
}

/** Windows along one axis: place p reads position `p · stride − low + tap · windowDilation`, element position / baseDilation. */
export interface WindowAxis {
  readonly size: number;
  readonly places: number;
  readonly window: number;
  readonly stride: number;
  /** Padding before the first element; may be negative. */
  readonly low: number;
  readonly baseDilation: number;
  readonly windowDilation: number;
}

/**
 * Selects an element of each window of `operand`: the first of the largest ("ge") or smallest, in row-major order; a later one
 * replaces the selected one where `selected ge later` is false. "gather" writes the element of `source` (of the operand's shape)
 * that stands there, 0 for a window without elements; "scatter" adds each window's `source` there, into zeros.
 */
export interface SelectWindow {
  readonly kind: "select_window";
  readonly direction: "gather" | "scatter";
  readonly select: "ge" | "le";
  readonly dtype: DType;
  readonly axes: readonly WindowAxis[];
  readonly operand: Row;
  readonly source: Row;
  readonly target: BufferId;
}

/**
 * A fold that leaves its running value at each element, along the middle axis of `[outer, size, inner]`, from its end where
 * `reverse`. "linear" is `t = a·t + b` of inputs a and b, which starts from the first b. float32 is carried in float64.
 */
export interface Running {
  readonly kind: "running";
  readonly fold: "sum" | "prod" | "max" | "min" | "linear";
  readonly dtype: DType;
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly reverse: boolean;
  readonly inputs: readonly Row[];
  readonly target: BufferId;
}

/** An element of each index vector: it counts along an axis of the indexed array, from 0 to `last` or else out of bounds. */
export interface IndexedAxis {
  readonly stride: number;
  readonly last: number;
}

/** An axis of the indexed array that runs with an axis of the windows: adds `stride · (⌊w / divisor⌋ mod size)` for window w. */
export interface BatchedAxis {
  readonly stride: number;
  readonly divisor: number;
  readonly size: number;
}

/** Windows in an array, at index vectors; each is a box of `sizes`, whose axes have `strides` in the array. */
export interface IndexedWindows {
  readonly windows: number;
  readonly indices: Row;
  readonly indexDtype: DType;
  /** By the elements of an index vector. */
  readonly axes: readonly IndexedAxis[];
  readonly batch: readonly BatchedAxis[];
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  /** What becomes of a window out of bounds: it is moved inside, or not touched. */
  readonly clip: boolean;
}

/** Copies windows of `operand` to `target`, one after the other; `fill` where one is out of bounds. */
export interface Gather {
  readonly kind: "gather";
  readonly dtype: DType;
  readonly where: IndexedWindows;
  readonly operand: Row;
  readonly fill: number;
  readonly target: BufferId;
}

/** Folds windows of updates, which stand one after the other, into `target`, in order. */
export interface Scatter {
  readonly kind: "scatter";
  readonly combine: "update" | "add" | "mul" | "min" | "max";
  readonly dtype: DType;
  readonly where: IndexedWindows;
  readonly updates: Row;
  readonly target: BufferId;
}

/** Contiguous elements of a dtype. */
export interface TypedRow {
  readonly dtype: DType;
  readonly row: Row;
}

/**
 * Orders the positions along the middle axis of `[outer, size, inner]` by the keys, the first key deciding before the second;
 * stable, NaN last, or first where `descending`, the two zeros equal. Writes the first `count` elements of each line of what is
 * moved, and their positions.
 */
export interface Sort {
  readonly kind: "sort";
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  readonly count: number;
  readonly descending: boolean;
  readonly keys: readonly TypedRow[];
  readonly moved: readonly (TypedRow & { readonly target: BufferId })[];
  /** int32. */
  readonly positions?: BufferId;
  /**
   * Room for pairs of a key's word and a position, twice: four int32 for each element of a line. Without it each thread has its
   * own; lines too long for that share this one, so that one thread sorts them all, one after the other.
   */
  readonly pairs?: BufferId;
}
