// The first-order linear recurrence tᵢ = aᵢ tᵢ₋₁ + bᵢ along an axis: what the derivatives of running products, maxima and
// log-sum-exps have in common. It is linear in b, and its own derivatives are recurrences again, so it closes at every order.

import type { NDArray } from "../core/array.js";
import { aval, showAval } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { checkFlags, checkOptions } from "../core/options.js";
import { type Primitive, batched, known, linear, operands, partial, primitive } from "../core/primitive.js";
import { normalizeAxis, sameShape } from "../core/shape.js";
import { bind } from "../core/trace.js";
import { linearRecurrence as recur } from "../kernels/recurrence.js";
import { mul } from "./arithmetic.js";
import { pastBatch } from "./axes.js";
import { batchAt, firstBatchDim } from "./batching.js";
import { operandsAlike } from "./operands.js";
import { checkDTypes, checkSameDType } from "./pointwise.js";
import { delayed } from "./shift.js";

/** Along which axis a running operation goes, and whether from its end. */
export interface RunningParams {
  readonly axis: number;
  readonly reverse: boolean;
}

export interface RunningOptions {
  /** Run from the last element to the first. */
  readonly reverse?: boolean;
}

/**
 * Whether to run from the last element to the first.
 *
 * @throws OptionError for an option that does not exist, or is no boolean.
 */
export function isReversed(op: string, options: RunningOptions): boolean {
  checkOptions(op, options, ["reverse"]);
  checkFlags(op, options, ["reverse"]);
  return options.reverse === true;
}

export const linearRecurrenceP: Primitive<"linear_recurrence", RunningParams> = primitive("linear_recurrence")<RunningParams>({
  type: ([a, b], { axis }) => {
    checkSameDType("linearRecurrence", [a, b]);
    checkDTypes("linearRecurrence", [a, b], "float");
    normalizeAxis(axis, b.shape.length, "linearRecurrence");
    if (sameShape(a.shape, b.shape)) return [aval(b.shape, b.dtype)];
    throw new ShapeError({
      op: "linearRecurrence",
      expected: "factors and summands of one shape",
      received: `${showAval(a)} and ${showAval(b)}`,
      remedy: "broadcast them first (np.broadcastTo)",
    });
  },
  derivative: operands<RunningParams>(
    partial((da, [a], t, { axis, reverse }) => linearRecurrence(a, mul(da, delayed(t, 0, axis, reverse)), axis, { reverse })),
    // Backwards, each element passes its cotangent on by the factor of the element that follows it.
    linear((ct, [a], { axis, reverse }) => linearRecurrence(delayed(known(a), 0, axis, !reverse), ct, axis, { reverse: !reverse })),
  ),
  batch: batched((size, xs, dims, { axis, reverse }) => {
    const target = firstBatchDim(dims);
    const aligned = xs.map((x, i) => batchAt(x, dims[i], size, target));
    return [bind(linearRecurrenceP, aligned, { axis: pastBatch(axis, target), reverse }), target];
  }),
  reference: ([a, b], params) => [recur(a, b, params)],
});

/**
 * `t` with `tᵢ = aᵢ tᵢ₋₁ + bᵢ` along `axis`, starting from `t₀ = b₀`; `a₀` is not read. Both are floating-point arrays of one shape.
 *
 * @throws ShapeError when shapes differ or the axis does not exist; DTypeError when dtypes differ or are not floating point;
 * OptionError for an option that does not exist, or is no boolean.
 * @example linearRecurrence(np.array([0, 2, 3]), np.array([1, 1, 1]), 0) // [1, 3, 10]
 */
export function linearRecurrence(a: NDArray, b: NDArray, axis = 0, options: RunningOptions = {}): NDArray {
  const reverse = isReversed("linearRecurrence", options);
  const [factors, summands] = operandsAlike("linearRecurrence", a, b);
  return bind(linearRecurrenceP, [factors, summands], { axis: normalizeAxis(axis, summands.ndim, "linearRecurrence"), reverse });
}
