// The static parameters of the control flow primitives: how many operands play which part, and the programs inside.
// Every program is closed over concrete arrays only; values of outer traces that a body reads are leading operands.

import type { ClosedJaxpr } from "../../core/closed.js";

/** Operands `[...consts, ...carry, ...xs]`; outputs `[...final carry, ...ys]`. */
export interface ScanParams {
  /** From `[...consts, ...carry, ...slices of xs]` to `[...carry, ...slices of ys]`. */
  readonly jaxpr: ClosedJaxpr;
  /** How many steps: the leading axis of every xs and ys. */
  readonly length: number;
  /** Whether steps run from the last slice to the first; ys stand where their x stood. */
  readonly reverse: boolean;
  /** How many steps a compiled loop does at a time; says nothing about the result. */
  readonly unroll: number;
  readonly numConsts: number;
  readonly numCarry: number;
}

/** Operands `[index: int32 scalar, ...operands]`; the index is clamped to the branches. */
export interface CondParams {
  /** All of one type; a predicate chooses between two, the false branch first. */
  readonly branches: readonly ClosedJaxpr[];
}

/** Operands `[...condConsts, ...bodyConsts, ...carry]`; outputs: the final carry. */
export interface WhileParams {
  /** From `[...condConsts, ...carry]` to one bool scalar. */
  readonly condJaxpr: ClosedJaxpr;
  /** From `[...bodyConsts, ...carry]` to the next carry. */
  readonly bodyJaxpr: ClosedJaxpr;
  readonly condConsts: number;
  readonly bodyConsts: number;
  /** It stops after that many steps at the latest; unbounded when left out. */
  readonly maxSteps?: number;
}
