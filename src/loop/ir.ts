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
  | "neg" | "sign" | "abs" | "floor" | "ceil" | "trunc" | "round" | "square" | "sqrt" | "rsqrt" | "not" | "is_finite"
  | "exp" | "exp2" | "expm1" | "log" | "log1p" | "logistic" | "sin" | "cos" | "tan" | "tanh" | "sinh" | "cosh"
  | "asin" | "acos" | "atan" | "asinh" | "acosh" | "atanh" | "erf" | "cbrt"
  | "add" | "sub" | "mul" | "div" | "max" | "min" | "pow"
  | "eq" | "ne" | "lt" | "le" | "gt" | "ge" | "and" | "or" | "xor"
  | "select" | "clamp" | "convert";

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

/** An equation that runs on the host, on whole contiguous buffers. */
export interface HostStep {
  readonly kind: "host";
  readonly equation: Equation;
  readonly inputs: readonly BufferId[];
  readonly outputs: readonly BufferId[];
}

export type Step = Nest | Dot | HostStep;

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
    case "host":
      return step.outputs;
    default:
      return step satisfies never;
  }
}
