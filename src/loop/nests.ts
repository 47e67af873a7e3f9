// Nests as data: the places that they read and write, the nodes of their body, their loops.

import type { DType } from "../core/dtype.js";
import type { PointwiseOp } from "./operations.js";
import type { BufferId } from "./structures.js";

/** An element for each index of a nest: `offset + Σ strides[k] · index[k]`, counted in elements. */
export interface Access {
  readonly buffer: BufferId;
  readonly offset: number;
  readonly strides: readonly number[];
}

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
