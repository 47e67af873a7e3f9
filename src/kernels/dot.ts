// The general dot product: pairs of axes are contracted, pairs of axes are shared as batch, the others stay.
// Operands are brought to [batch, m, k] and [batch, k, n]; floats multiply in float64 and are rounded once.

import { isFloat } from "../core/dtype.js";
import type { TypedArray } from "../core/dtype.js";
import { range, sizeOf } from "../core/shape.js";
import { floatMatrices, integerMatrices } from "./gemm.js";
import type { MatrixKind } from "./gemm.js";
import { stored } from "./host.js";
import type { HostArray } from "./host.js";
import { transpose } from "./layout.js";

export interface DotParams {
  readonly lhsContracting: readonly number[];
  readonly rhsContracting: readonly number[];
  readonly lhsBatch: readonly number[];
  readonly rhsBatch: readonly number[];
}

const others = (x: HostArray, ...taken: (readonly number[])[]): number[] =>
  range(0, x.shape.length).filter((axis) => !taken.some((axes) => axes.includes(axis)));

const sizes = (x: HostArray, axes: readonly number[]): number[] => axes.map((axis) => x.shape[axis]);

// One product for each batch: [batch, m, k] times [batch, k, n].
function products<T extends Float64Array | Int32Array>(
  kind: MatrixKind<T>,
  [batch, m, n, k]: readonly [number, number, number, number],
  lhs: TypedArray,
  rhs: TypedArray,
): T {
  const { make, from, part, product } = kind;
  const [a, b, c] = [from(lhs), from(rhs), make(batch * m * n)];
  for (let q = 0; q < batch; q++) {
    product(m, n, k, part(a, q * m * k, (q + 1) * m * k), part(b, q * k * n, (q + 1) * k * n), part(c, q * m * n, (q + 1) * m * n));
  }
  return c;
}

/**
 * Sums of products over the contracted axes. The result's axes are the batch axes, then those left of `lhs`, then those left
 * of `rhs`. On bool: "or" of "and"s.
 *
 * @example
 * const matrix = { lhsContracting: [1], rhsContracting: [0], lhsBatch: [], rhsBatch: [] };
 * dotGeneral(stored("float32", [1, 2], [1, 2]), stored("float32", [2, 1], [3, 4]), matrix).data // Float32Array [11]
 */
export function dotGeneral(lhs: HostArray, rhs: HostArray, params: DotParams): HostArray {
  const { lhsContracting, rhsContracting, lhsBatch, rhsBatch } = params;
  const lhsFree = others(lhs, lhsContracting, lhsBatch);
  const rhsFree = others(rhs, rhsContracting, rhsBatch);
  const a = transpose(lhs, { permutation: [...lhsBatch, ...lhsFree, ...lhsContracting] }).data;
  const b = transpose(rhs, { permutation: [...rhsBatch, ...rhsContracting, ...rhsFree] }).data;
  const batch = sizeOf(sizes(lhs, lhsBatch));
  const [m, n, k] = [sizeOf(sizes(lhs, lhsFree)), sizeOf(sizes(rhs, rhsFree)), sizeOf(sizes(lhs, lhsContracting))];
  const shape = [...sizes(lhs, lhsBatch), ...sizes(lhs, lhsFree), ...sizes(rhs, rhsFree)];
  const sides = [batch, m, n, k] as const;
  const c = isFloat(lhs.dtype) ? products(floatMatrices, sides, a, b) : products(integerMatrices, sides, a, b);
  return stored(lhs.dtype, shape, lhs.dtype === "bool" ? c.map((v) => (v === 0 ? 0 : 1)) : c);
}
