// The loop IR: a program over flat buffers. Nests compute pointwise expressions and reductions over a rectangular index
// space; structured steps (dot, convolution, …) are left to kernels of their own; what has no lowering runs on the host.
// Plain data: built by compile/, read by wasm/, checked, printed and interpreted here.

import type { DType } from "../core/dtype.js";
import type { Equation } from "../core/jaxpr.js";

/** A flat buffer of elements, by its position in the program's list. */
export type BufferId = number;

/** What a buffer is for: temporaries live in the arena, the others belong to the caller. */
export type BufferRole = "argument" | "constant" | "temporary" | "output";

export interface Buffer {
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  readonly role: BufferRole;
}

/** An element for each index of a nest: `offset + Σ strides[k] · index[k]`, counted in elements. */
export interface Access {
  readonly buffer: BufferId;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Pointwise operations, by the names of their primitives. */
export type PointwiseOp =
  | "neg"
  | "sign"
  | "abs"
  | "floor"
  | "ceil"
  | "trunc"
  | "round"
  | "square"
  | "sqrt"
  | "rsqrt"
  | "not"
  | "is_finite"
  | "exp"
  | "exp2"
  | "expm1"
  | "log"
  | "log1p"
  | "logistic"
  | "sin"
  | "cos"
  | "tan"
  | "tanh"
  | "sinh"
  | "cosh"
  | "asin"
  | "acos"
  | "atan"
  | "asinh"
  | "acosh"
  | "atanh"
  | "erf"
  | "erfc"
  | "erf_inv"
  | "cbrt"
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "max"
  | "min"
  | "pow"
  | "atan2"
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "and"
  | "or"
  | "xor"
  | "select"
  | "clamp"
  | "convert"
  | "rem"
  | "shift_left"
  | "shift_right_logical"
  | "shift_right_arithmetic"
  | "population_count"
  | "clz"
  /** Bits of a 32-bit word moved up by a constant, those that leave coming in from below. */
  | "rotate_left";

/** A value of the nest's body at one index; `args` are earlier nodes of the same body. */
export type Node =
  | { readonly kind: "load"; readonly access: Access; readonly dtype: DType }
  | { readonly kind: "constant"; readonly value: number; readonly dtype: DType }
  /** `offset + stride · index[axis]`. */
  | { readonly kind: "index"; readonly axis: number; readonly dtype: DType }
  | { readonly kind: "apply"; readonly op: PointwiseOp; readonly args: readonly number[]; readonly dtype: DType };

/** How a reduction combines, by the names of the primitives. */
export type Reduction = "sum" | "prod" | "max" | "min" | "and" | "or";

/** Writes a node's value, or combines the values of all indices that meet at one element (strides 0). */
export interface Store {
  readonly node: number;
  readonly access: Access;
  readonly reduction?: Reduction;
}

/** Nested loops over `sizes`, outermost first: for each index the body's nodes in order, then the stores. */
export interface Nest {
  readonly kind: "nest";
  readonly sizes: readonly number[];
  readonly nodes: readonly Node[];
  readonly stores: readonly Store[];
}

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
}

/** An equation that runs on the host, on whole contiguous buffers. */
export interface HostStep {
  readonly kind: "host";
  readonly equation: Equation;
  readonly inputs: readonly BufferId[];
  readonly outputs: readonly BufferId[];
}

export type Step = Nest | Dot | ConvStep | SelectWindow | Running | Gather | Scatter | Sort | HostStep;

/** A program over buffers, in the order of execution. */
export interface LoopProgram {
  readonly buffers: readonly Buffer[];
  readonly steps: readonly Step[];
}

/** The buffers that a step reads. */
export function readsOf(step: Step): readonly BufferId[] {
  switch (step.kind) {
    case "nest":
      return step.nodes.flatMap((node) => (node.kind === "load" ? [node.access.buffer] : []));
    case "dot":
      return [step.a.buffer, step.b.buffer];
    case "conv":
      return [step.image.buffer, step.kernel.buffer];
    case "conv_input_gradient":
      return [step.result.buffer, step.kernel.buffer];
    case "conv_kernel_gradient":
      return [step.image.buffer, step.result.buffer];
    case "select_window":
      return [step.operand.buffer, step.source.buffer];
    case "running":
      return step.inputs.map((row) => row.buffer);
    case "gather":
      return [step.operand.buffer, step.where.indices.buffer];
    case "scatter":
      return [step.updates.buffer, step.where.indices.buffer, step.target];
    case "sort":
      return [...step.keys, ...step.moved].map(({ row }) => row.buffer);
    case "host":
      return step.inputs;
    default:
      return step satisfies never;
  }
}

/** The buffers that a step writes. */
export function writesOf(step: Step): readonly BufferId[] {
  switch (step.kind) {
    case "nest":
      return step.stores.map((store) => store.access.buffer);
    case "dot":
      return [step.c.buffer];
    case "conv":
      return [step.result.buffer];
    case "conv_input_gradient":
      return [step.image.buffer];
    case "conv_kernel_gradient":
      return [step.partials];
    case "select_window":
    case "running":
    case "gather":
    case "scatter":
      return [step.target];
    case "sort":
      return [...step.moved.map(({ target }) => target), ...(step.positions === undefined ? [] : [step.positions])];
    case "host":
      return step.outputs;
    default:
      return step satisfies never;
  }
}
