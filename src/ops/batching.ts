// Operands made ready for a structural batching rule: the batch moved to the axis where the rule wants it, and put in by
// repetition where the primitive needs it on every operand.

import type { NDArray } from "../core/array.js";
import type { BatchDim } from "../core/primitive.js";
import { range } from "../core/shape.js";
import { allPastBatch, inserted } from "./axes.js";
import { broadcastInDim } from "./broadcast.js";
import { moveAxis } from "./layout.js";

/** `x` with its batch at axis `target`; repeated `size` times if it has none. */
export function batchAt(x: NDArray, dim: BatchDim, size: number, target: number): NDArray {
  if (dim !== null) return moveAxis(x, dim, target);
  return broadcastInDim(x, inserted(x.shape, target, size), allPastBatch(range(0, x.ndim), target));
}

/** The axis of the first operand that carries a batch. */
export function firstBatchDim(dims: readonly BatchDim[]): number {
  const dim = dims.find((d) => d !== null);
  if (dim === undefined || dim === null) throw new TypeError("a batching rule was asked without a batch");
  return dim;
}
