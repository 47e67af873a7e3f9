// Running sums and products, and differences of neighbours. Without an axis the elements are taken in row-major order.

import type { ArrayLike, NDArray } from "../core/array.js";
import type { DType } from "../core/dtype.js";
import { ShapeError } from "../core/errors.js";
import { normalizeAxis } from "../core/shape.js";
import { sub } from "../ops/arithmetic.js";
import { ne } from "../ops/compare.js";
import * as ops from "../ops/cumulative.js";
import { reshape } from "../ops/layout.js";
import { sliceInDim } from "../ops/slice.js";
import { axisOf } from "./axes.js";
import { checkOptions } from "../core/options.js";
import { promote } from "./promote.js";
import { summand } from "./reductions.js";

export interface CumulativeOptions {
  /** The dtype to compute in, and of the result. */
  readonly dtype?: DType;
}

type Running = (x: NDArray, axis: number) => NDArray;

function running(op: string, apply: Running, x: ArrayLike, axis: number | null | undefined, options: CumulativeOptions): NDArray {
  checkOptions(op, options, ["dtype"]);
  const array = summand(op, x, options.dtype);
  const along = axisOf(op, axis, array.ndim);
  return along === undefined ? apply(reshape(array, [array.size]), 0) : apply(array, along);
}

/**
 * Running sums along an axis; without one, over all elements in row-major order. dtypes as `sum`.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.cumsum(np.array([1, 2, 3])) // [1, 3, 6]
 */
export const cumsum = (x: ArrayLike, axis?: number | null, options: CumulativeOptions = {}): NDArray =>
  running("cumsum", ops.cumsum, x, axis, options);

/**
 * Running products along an axis; without one, over all elements in row-major order. dtypes as `prod`. Derivatives are
 * right where elements are zero.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example np.cumprod(np.array([2, 3, 4])) // [2, 6, 24]
 */
export const cumprod = (x: ArrayLike, axis?: number | null, options: CumulativeOptions = {}): NDArray =>
  running("cumprod", ops.cumprod, x, axis, options);

export interface DiffOptions {
  /** The axis to go along; the last one if not given. */
  readonly axis?: number;
}

/**
 * Differences of neighbours along an axis, `n` times over; "not equal" for bool.
 *
 * @throws ShapeError for a scalar, a negative `n`, or an axis that does not exist; OptionError for an unknown option.
 * @example np.diff(np.array([1, 4, 9])) // [3, 5]
 */
export function diff(x: ArrayLike, n = 1, options: DiffOptions = {}): NDArray {
  checkOptions("diff", options, ["axis"]);
  const [array] = promote("diff", x);
  const axis = normalizeAxis(options.axis ?? -1, array.ndim, "diff");
  if (!Number.isInteger(n) || n < 0) {
    throw new ShapeError({
      op: "diff",
      expected: "a non-negative integer n",
      received: String(n),
      remedy: "say how often to take differences",
    });
  }
  const difference = array.dtype === "bool" ? ne : sub;
  let result = array;
  for (let k = 0; k < n; k++) {
    const size = result.shape[axis];
    const later = sliceInDim(result, Math.min(1, size), size, 1, axis);
    result = difference(later, sliceInDim(result, 0, Math.max(0, size - 1), 1, axis));
  }
  return result;
}
