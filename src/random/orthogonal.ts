// Random orthogonal matrices: the Q of a normal matrix's QR decomposition whose R has a positive diagonal, which is unique.
// Found by modified Gram–Schmidt, done twice (Giraud et al.: twice is enough), in float64.

import type { NDArray } from "../core/array.js";
import { OptionError } from "../core/errors.js";
import { type Shape, checkShape, range } from "../core/shape.js";
import { checkOptions } from "../core/options.js";
import { broadcastTrailing } from "../numpy/promote.js";
import { div, mul, square, sub } from "../ops/arithmetic.js";
import { convertElementType } from "../ops/convert.js";
import { sqrt } from "../ops/exponential.js";
import { expandDims, transpose } from "../ops/layout.js";
import { reduceSum } from "../ops/reduce.js";
import { concatenate, sliceInDim } from "../ops/slice.js";
import { normal } from "./continuous.js";
import { type FloatOptions, floatDType } from "./parameters.js";

/** Columns made orthonormal, one after the other, each taken out of those that follow. */
function orthonormalColumns(x: NDArray): NDArray {
  const columns: NDArray[] = [];
  let rest = x;
  for (let left = x.shape.at(-1) ?? 0; left > 0; left--) {
    const first = sliceInDim(rest, 0, 1, 1, -1);
    const norm = sqrt(expandDims(reduceSum(square(first), [-2]), -2));
    const unit = div(first, broadcastTrailing(norm, first.shape));
    columns.push(unit);
    if (left === 1) break;
    const others = sliceInDim(rest, 1, left, 1, -1);
    const along = broadcastTrailing(unit, others.shape);
    const share = expandDims(reduceSum(mul(along, others), [-2]), -2);
    rest = sub(others, mul(along, broadcastTrailing(share, others.shape)));
  }
  return columns.length === 0 ? x : concatenate(columns, -1);
}

/**
 * The orthonormal factor of `x` (`[..., rows, columns]`, rows ≥ columns) whose triangular factor has a positive diagonal.
 */
export function orthonormalFactor(x: NDArray): NDArray {
  const wide = convertElementType(x, "float64");
  return convertElementType(orthonormalColumns(orthonormalColumns(wide)), x.dtype);
}

export interface OrthogonalOptions extends FloatOptions {
  /** How many matrices: leading axes of the result. */
  readonly shape?: Shape;
  /** The number of columns; `n` by default. */
  readonly m?: number;
}

/**
 * Orthogonal matrices `[...shape, n, m]`, uniformly distributed: orthonormal columns, or rows where `n < m`. The same as
 * `jax.random.orthogonal`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; OptionError for sizes that are no integers.
 * @example random.orthogonal(random.key(0), 3).shape // [3, 3]
 */
export function orthogonal(key: NDArray, n: number, options: OrthogonalOptions = {}): NDArray {
  checkOptions("orthogonal", options, ["shape", "m", "dtype"]);
  const dtype = floatDType("orthogonal", { dtype: options.dtype ?? "float32" });
  const m = options.m ?? n;
  if (![n, m].every((size) => Number.isInteger(size) && size >= 0)) {
    throw new OptionError({
      op: "orthogonal",
      expected: "whole numbers of rows and columns",
      received: `${n} and ${m}`,
      remedy: "pass sizes such as 3",
    });
  }
  const batch = checkShape(options.shape ?? [], "orthogonal");
  const q = orthonormalFactor(normal(key, [...batch, Math.max(n, m), Math.min(n, m)], { dtype }));
  return n < m ? transpose(q, [...range(0, batch.length), batch.length + 1, batch.length]) : q;
}
