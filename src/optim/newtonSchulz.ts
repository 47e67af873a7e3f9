// Orthogonalisation of a matrix by a polynomial iteration, which needs products only.

import type { NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { matmul } from "../numpy/products.js";
import { add, div, mul } from "../ops/arithmetic.js";
import { convertElementType } from "../ops/convert.js";
import { transpose } from "../ops/layout.js";
import { wideNorm } from "./norms.js";

/** The coefficients of `a x + b (x xᵀ) x + c (x xᵀ)² x`. */
export type NewtonSchulzCoefficients = readonly [a: number, b: number, c: number];

/**
 * Refuses what is no list of three numbers.
 *
 * @throws OptionError
 */
export function checkCoefficients(op: string, coefficients: unknown): void {
  const fits = Array.isArray(coefficients) && coefficients.length === 3 && coefficients.every((x) => typeof x === "number");
  if (fits) return;
  throw new OptionError({
    op,
    expected: "three Newton–Schulz coefficients",
    received: String(coefficients),
    remedy: "leave nsCoeffs out, or pass [a, b, c]",
  });
}

/**
 * A matrix with the singular vectors of `x` and singular values near 1 (between about 0.7 and 1.2 with Jordan's coefficients
 * and five steps), except for those of `x` that are next to nothing.
 *
 * @throws ShapeError for what is no matrix.
 */
export function orthogonalized(x: NDArray, [a, b, c]: NewtonSchulzCoefficients, steps: number, eps: number): NDArray {
  if (x.ndim !== 2) {
    throw new ShapeError({
      op: "scaleByMuon",
      expected: "matrices",
      received: showAval(x.aval),
      remedy: "use optim.muon, which leaves other parameters to Adam, or partition the parameters",
    });
  }
  const [rows, columns] = x.shape;
  const flipped = (y: NDArray): NDArray => (rows > columns ? transpose(y, [1, 0]) : y);
  // The Frobenius norm bounds the largest singular value: the iteration converges from at most 1.
  let y = flipped(mul(x, convertElementType(div(1, add(wideNorm("scaleByMuon", x), eps)), x.dtype)));
  for (let i = 0; i < steps; i++) {
    const gram = matmul(y, transpose(y, [1, 0]));
    y = add(mul(y, a), matmul(add(mul(gram, b), mul(matmul(gram, gram), c)), y));
  }
  return flipped(y);
}
