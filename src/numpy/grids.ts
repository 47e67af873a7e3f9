// Matrices and grids made of indices: triangles, diagonals, coordinate grids.

import type { ArrayLike, NDArray } from "../core/array.js";
import { checkDType } from "../core/dtype.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { showAval } from "../core/aval.js";
import { normalizeAxis, range } from "../core/shape.js";
import { add } from "../ops/arithmetic.js";
import { ge } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { broadcastInDim, full, iota, reshape, transpose } from "../ops/layout.js";
import { select } from "../ops/select.js";
import { concatenate, pad, slice } from "../ops/slice.js";
import type { DTypeOption } from "./array.js";
import { type ShapeLike, shapeOf } from "./creation.js";
import { checkOptions } from "../core/options.js";
import { broadcastTrailing, promote, toDType } from "./promote.js";
import { sum } from "./reductions.js";

/** True on and below diagonal `k`. */
function lower(n: number, m: number, k: number): NDArray {
  if (n === 0 || m === 0) return full([n, m], false, "bool");
  return ge(add(iota("int32", [n, m], 0), k), iota("int32", [n, m], 1));
}

export interface TriOptions extends DTypeOption {
  /** Number of columns; as many as rows if not given. */
  readonly m?: number;
  /** The highest diagonal of ones: 0 the main one, positive above it, negative below. */
  readonly k?: number;
}

/**
 * The `n` by `m` matrix with ones on and below diagonal `k`, zeros above; float32 unless `dtype` says otherwise.
 *
 * @throws ShapeError for a negative or fractional size; OptionError for an unknown option.
 * @example np.tri(2) // [[1, 0], [1, 1]]
 */
export function tri(n: number, options: TriOptions = {}): NDArray {
  checkOptions("tri", options, ["dtype", "m", "k"]);
  const [rows, columns] = shapeOf("tri", [n, options.m ?? n]);
  const dtype = options.dtype === undefined ? "float32" : checkDType(options.dtype, "tri");
  return convertElementType(lower(rows, columns, options.k ?? 0), dtype);
}

function matrices(op: string, x: ArrayLike): NDArray {
  const [array] = promote(op, x);
  if (array.ndim >= 2) return array;
  throw new ShapeError({ op, expected: "matrices: at least two axes", received: showAval(array.aval), remedy: "reshape it first" });
}

function lowerPart(op: string, x: ArrayLike, k: number): [NDArray, NDArray] {
  const array = matrices(op, x);
  const [n, m] = array.shape.slice(-2);
  return [array, broadcastTrailing(lower(n, m, k), array.shape)];
}

/**
 * The matrices of the last two axes with zeros above diagonal `k`.
 *
 * @throws ShapeError for fewer than two axes.
 * @example np.tril(np.array([[1, 2], [3, 4]])) // [[1, 0], [3, 4]]
 */
export function tril(x: ArrayLike, k = 0): NDArray {
  const [array, inside] = lowerPart("tril", x, k);
  return select(inside, array, array.dtype === "bool" ? false : 0);
}

/**
 * The matrices of the last two axes with zeros below diagonal `k`.
 *
 * @throws ShapeError for fewer than two axes.
 * @example np.triu(np.array([[1, 2], [3, 4]])) // [[1, 2], [0, 4]]
 */
export function triu(x: ArrayLike, k = 0): NDArray {
  const [array, below] = lowerPart("triu", x, k - 1);
  return select(below, array.dtype === "bool" ? false : 0, array);
}

export interface DiagonalOptions {
  /** Which diagonal: 0 the main one, positive above it, negative below. */
  readonly offset?: number;
  /** The axis of rows; 0 if not given. */
  readonly axis1?: number;
  /** The axis of columns; 1 if not given. */
  readonly axis2?: number;
}

const diagonalOptions = ["offset", "axis1", "axis2"];

function diagonalOf(op: string, x: ArrayLike, options: DiagonalOptions): NDArray {
  checkOptions(op, options, diagonalOptions);
  const array = matrices(op, x);
  const { offset = 0 } = options;
  const [row, column] = [options.axis1 ?? 0, options.axis2 ?? 1].map((axis) => normalizeAxis(axis, array.ndim, op));
  if (row === column)
    throw new OptionError({ op, expected: "two different axes", received: `${row} twice`, remedy: "name rows and columns" });
  const others = range(0, array.ndim).filter((axis) => axis !== row && axis !== column);
  const last = transpose(array, [...others, row, column]);
  const outer = last.shape.slice(0, -2);
  const [n, m] = last.shape.slice(-2);
  const length = Math.max(0, Math.min(n - Math.max(0, -offset), m - Math.max(0, offset)));
  // In row-major order the elements of a diagonal are m + 1 apart.
  const start = length === 0 ? 0 : offset >= 0 ? offset : -offset * m;
  const flat = reshape(last, [...outer, n * m]);
  const zeros = outer.map(() => 0);
  const limit = length === 0 ? 0 : start + (length - 1) * (m + 1) + 1;
  return slice(flat, [...zeros, start], [...outer, limit], [...outer.map(() => 1), m + 1]);
}

/**
 * The diagonal of the matrices of two axes, as the last axis of the result.
 *
 * @throws ShapeError for fewer than two axes; OptionError for an unknown option.
 * @example np.diagonal(np.array([[1, 2], [3, 4]])) // [1, 4]
 */
export const diagonal = (x: ArrayLike, options: DiagonalOptions = {}): NDArray => diagonalOf("diagonal", x, options);

/**
 * The sum of a diagonal of the matrices of two axes.
 *
 * @throws ShapeError for fewer than two axes; OptionError for an unknown option.
 * @example np.trace(np.array([[1, 2], [3, 4]])) // 5
 */
export const trace = (x: ArrayLike, options: DiagonalOptions = {}): NDArray => sum(diagonalOf("trace", x, options), -1);

/** The square matrix with `x` on diagonal `k`. */
function matrixOf(x: NDArray, k: number): NDArray {
  const size = x.size + Math.abs(k);
  if (x.size === 0) return full([size, size], x.dtype === "bool" ? false : 0, x.dtype);
  const start = k >= 0 ? k : -k * size;
  const end = size * size - start - (x.size - 1) * (size + 1) - 1;
  return reshape(pad(x, x.dtype === "bool" ? false : 0, [[start, end, size]]), [size, size]);
}

/**
 * Diagonal `k` of a matrix; or, of a vector, the square matrix with it on diagonal `k`.
 *
 * @throws ShapeError for anything but a vector or matrix.
 * @example np.diag(np.array([1, 2])) // [[1, 0], [0, 2]]
 */
export function diag(x: ArrayLike, k = 0): NDArray {
  const [array] = promote("diag", x);
  if (array.ndim === 1) return matrixOf(array, k);
  if (array.ndim === 2) return diagonalOf("diag", array, { offset: k });
  throw new ShapeError({
    op: "diag",
    expected: "a vector or a matrix",
    received: showAval(array.aval),
    remedy: "use np.diagonal for more axes",
  });
}

/**
 * The square matrix with the elements of `x`, in row-major order, on diagonal `k`.
 *
 * @example np.diagflat(np.array([[1, 2]])) // [[1, 0], [0, 2]]
 */
export function diagflat(x: ArrayLike, k = 0): NDArray {
  const [array] = promote("diagflat", x);
  return matrixOf(reshape(array, [array.size]), k);
}

export interface MeshgridOptions {
  /** "xy" (as NumPy, if not given): the first two axes of the results are those of y and x; "ij": the order of the inputs. */
  readonly indexing?: "xy" | "ij";
  /** Whether the results keep size 1 along the axes that do not vary. */
  readonly sparse?: boolean;
}

/**
 * Coordinate grids of vectors: for each one an array over all their combinations.
 *
 * @throws ShapeError for anything but vectors and scalars; OptionError for an unknown option or indexing.
 * @example np.meshgrid([np.array([1, 2]), np.array([3, 4, 5])])[0].shape // [3, 2]
 */
export function meshgrid(xs: readonly ArrayLike[], options: MeshgridOptions = {}): NDArray[] {
  const op = "meshgrid";
  checkOptions(op, options, ["indexing", "sparse"]);
  const { indexing = "xy", sparse = false } = options;
  if (indexing !== "xy" && indexing !== "ij") {
    throw new OptionError({ op, expected: `indexing "xy" or "ij"`, received: JSON.stringify(indexing), remedy: "name one of these" });
  }
  const vectors = xs.map((x) => {
    const [array] = promote(op, x);
    if (array.ndim <= 1) return reshape(array, [array.size]);
    throw new ShapeError({ op, expected: "vectors", received: showAval(array.aval), remedy: "pass the coordinates of each axis" });
  });
  const axes = range(0, vectors.length);
  if (indexing === "xy" && axes.length >= 2) [axes[0], axes[1]] = [1, 0];
  const shape = new Array<number>(vectors.length);
  vectors.forEach((x, i) => {
    shape[axes[i]] = x.size;
  });
  return vectors.map((x, i) => broadcastInDim(x, sparse ? shape.map((n, k) => (k === axes[i] ? n : 1)) : shape, [axes[i]]));
}

/**
 * The indices of every place of a grid: index `[k, ...place]` is coordinate `k` of the place. int32 unless `dtype` says otherwise.
 *
 * @throws ShapeError for a bad shape; OptionError for an unknown option.
 * @example np.indices([2, 2]) // [[[0, 0], [1, 1]], [[0, 1], [0, 1]]]
 */
export function indices(shape: ShapeLike, options: DTypeOption = {}): NDArray {
  checkOptions("indices", options, ["dtype"]);
  const sizes = shapeOf("indices", shape);
  const dtype = options.dtype === undefined ? "int32" : checkDType(options.dtype, "indices");
  // The first axis of the result numbers the coordinates: they are one grid each.
  const grids = sizes.map((_, k) => broadcastInDim(iota("int32", sizes, k), [1, ...sizes], range(1, sizes.length + 1)));
  return toDType("indices", grids.length === 0 ? full([0], 0, "int32") : concatenate(grids, 0), dtype);
}
