// Random orthogonal matrices: the Q of a normal matrix's QR decomposition whose R has a positive diagonal, which is unique and
// uniformly distributed (Mezzadri 2007, "How to generate random matrices from the classical compact groups"). Found by Householder's
// reflections (Golub and Van Loan, section 5.2) in float64: orthogonal however the matrix is conditioned. Two loops, so that the
// program has the same size for every size of the matrix.

import type { NDArray } from "../core/array.js";
import { OptionError } from "../core/errors.js";
import { type Shape, checkShape, range } from "../core/shape.js";
import { checkOptions } from "../core/options.js";
import { dynamicSliceInDim, scan } from "../lax/index.js";
import { arange, broadcastTo, eye, matmul, matrixTranspose, where } from "../numpy/index.js";
import { convertElementType } from "../ops/convert.js";
import { transpose } from "../ops/layout.js";
import { normal } from "./continuous.js";
import { type FloatOptions, floatDType } from "./parameters.js";

// Matrices are kept transposed here, `[..., columns, rows]`: a column is a row then, and a reflection is x − (x uᵀ) u.

/** The reflection x − tau (x vᵀ) v; none where tau is 0. */
interface Reflection {
  /** `[..., 1, rows]`; its element at the diagonal is 1. */
  readonly v: NDArray;
  /** `[..., 1, 1]`. */
  readonly tau: NDArray;
}

const reflected = (x: NDArray, { v, tau }: Reflection): NDArray => x.sub(matmul(matmul(x, matrixTranspose(v)).mul(tau), v));

/** Clears column `k` below the diagonal: what is left, and the reflection that did it. */
function clearColumn(x: NDArray, k: NDArray): readonly [x: NDArray, reflection: Reflection] {
  const place = arange(x.shape[x.ndim - 1]);
  const column = where(place.greaterEqual(k), dynamicSliceInDim(x, k, 1, -2), 0);
  const first = where(place.equal(k), column, 0).sum(-1, { keepdims: true });
  const length = column.square().sum(-1, { keepdims: true }).sqrt();
  const isZero = length.equal(0);
  // Away from the first element, so that nothing cancels: v = x + sign(x₁) ‖x‖ e₁, over its own first element.
  const far = where(first.less(0), first.sub(length), first.add(length));
  const v = where(place.equal(k), 1, column.div(where(isZero, 1, far)));
  const reflection = { v, tau: where(isZero, 0, length.add(first.abs()).div(where(isZero, 1, length))) };
  return [reflected(x, reflection), reflection];
}

const reflectBack = (q: NDArray, reflection: Reflection): readonly [NDArray, null] => [reflected(q, reflection), null];

/**
 * The orthonormal factor of `x` (`[..., rows, columns]`, rows ≥ columns) whose triangular factor has a positive diagonal; of a
 * matrix without full rank, one of its orthonormal factors.
 */
export function orthonormalFactor(x: NDArray): NDArray {
  if (x.size === 0) return x;
  const wide = matrixTranspose(convertElementType(x, "float64"));
  const [columns, rows] = wide.shape.slice(-2);
  const [triangle, reflections] = scan(clearColumn, wide, arange(columns));
  const unit = eye(columns, { m: rows, dtype: "float64" });
  const diagonal = triangle.mul(unit).sum(-1, { keepdims: true });
  const signed = broadcastTo(unit, wide.shape).mul(where(diagonal.less(0), -1, 1));
  const [q] = scan(reflectBack, signed, reflections, { reverse: true });
  return convertElementType(matrixTranspose(q), x.dtype);
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
