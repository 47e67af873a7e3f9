// The general dot product: pairs of axes are contracted, pairs of axes are shared as batch, the others stay.
// It is linear in each operand, and its transposes are dot products too, so that no gradient spells out products that a
// contraction sums.

import { type ArrayLike, type NDArray } from "../core/array.js";
import { type Aval, aval, showAval } from "../core/aval.js";
import { type DType, isFloat, isInteger } from "../core/dtype.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import { batched, known, linear, operands, primitive } from "../core/primitive.js";
import { normalizeAxis, range } from "../core/shape.js";
import { showValue } from "../core/options.js";
import { bind } from "../core/trace.js";
import { convert } from "../kernels/elementwise.js";
import * as kernels from "../kernels/dot.js";
import { allPastBatch } from "./axes.js";
import { inversePermutation, transpose } from "./layout.js";
import { operandsAlike } from "./operands.js";
import { checkDTypes, checkSameDType } from "./pointwise.js";

type Axes = readonly number[];

/** `[[lhsContracting, rhsContracting], [lhsBatch, rhsBatch]]`: the axes at one place of two lists belong together. */
export type DotDimensionNumbers = readonly [contracting: readonly [Axes, Axes], batch: readonly [Axes, Axes]];

export interface DotParams {
  readonly dimensionNumbers: DotDimensionNumbers;
  readonly preferredElementType: DType;
}

/** The axes that are neither contracted nor batch, in order. */
const free = (ndim: number, ...taken: readonly Axes[]): number[] =>
  range(0, ndim).filter((axis) => !taken.some((axes) => axes.includes(axis)));

export const dotGeneralP = primitive("dot_general")<DotParams>({
  type: ([x, y], { dimensionNumbers, preferredElementType }) => {
    checkSameDType("dotGeneral", [x, y]);
    checkDTypes("dotGeneral", [x, y], "number");
    checkElementType(x.dtype, preferredElementType);
    checkAxes(x, y, dimensionNumbers);
    const [[xContract, yContract], [xBatch, yBatch]] = dimensionNumbers;
    const kept = [...xBatch, ...free(x.shape.length, xContract, xBatch)].map((axis) => x.shape[axis]);
    return [aval([...kept, ...free(y.shape.length, yContract, yBatch).map((axis) => y.shape[axis])], preferredElementType)];
  },
  derivative: operands(
    linear((ct, [x, y], { dimensionNumbers: [contracting, batch] }) => cotangent(ct, x.aval, known(y), contracting, batch, true)),
    linear((ct, [x, y], { dimensionNumbers: [[xContract, yContract], [xBatch, yBatch]] }) =>
      cotangent(ct, y.aval, known(x), [yContract, xContract], [yBatch, xBatch], false),
    ),
  ),
  batch: batched((_, [x, y], dims, params) => batchDot(x, y, dims, params)),
  reference: ([x, y], { dimensionNumbers, preferredElementType }) => {
    const [[lhsContracting, rhsContracting], [lhsBatch, rhsBatch]] = dimensionNumbers;
    const wide = (z: typeof x): typeof x => convert(z, preferredElementType);
    return [kernels.dotGeneral(wide(x), wide(y), { lhsContracting, rhsContracting, lhsBatch, rhsBatch })];
  },
});

function checkElementType(dtype: DType, preferred: DType): void {
  if (preferred === dtype || (isInteger(dtype) && preferred === "int32" && dtype !== "uint32")) return;
  throw new DTypeError({
    op: "dotGeneral",
    expected: isFloat(dtype) ? `preferredElementType ${dtype}, the operands' own` : `preferredElementType ${dtype} or int32`,
    received: preferred,
    remedy: "convert the operands first, so that the products are computed in that dtype",
  });
}

function checkAxes(x: Aval, y: Aval, [contracting, batch]: DotDimensionNumbers): void {
  const [xAxes, yAxes] = [0, 1].map((side) => [...contracting[side], ...batch[side]]);
  const valid = (axes: Axes, ndim: number): boolean =>
    new Set(axes).size === axes.length && axes.every((axis) => Number.isInteger(axis) && axis >= 0 && axis < ndim);
  const shown = JSON.stringify([contracting, batch]);
  if (
    contracting[0].length !== contracting[1].length ||
    batch[0].length !== batch[1].length ||
    !valid(xAxes, x.shape.length) ||
    !valid(yAxes, y.shape.length)
  ) {
    throw new ShapeError({
      op: "dotGeneral",
      expected: "[[lhsContracting, rhsContracting], [lhsBatch, rhsBatch]], as many axes on both sides, each axis once",
      received: `${shown} for ${showAval(x)} and ${showAval(y)}`,
      remedy: "pair each axis of the left operand with one of the right",
    });
  }
  if (xAxes.every((axis, k) => x.shape[axis] === y.shape[yAxes[k]])) return;
  throw new ShapeError({
    op: "dotGeneral",
    expected: "paired axes of one size",
    received: `${showAval(x)} and ${showAval(y)} with dimension numbers ${shown}`,
    remedy: "transpose an operand, or contract other axes",
  });
}

// The cotangent of `x` in dot(x, y), or in dot(y, x) where x does not stand first: ct and y contract over y's free axes,
// which leaves [batch, x's free axes, y's contracted axes]; a permutation puts these where x has them.
function cotangent(
  ct: NDArray,
  x: Aval,
  y: NDArray,
  [xContract, yContract]: readonly [Axes, Axes],
  [xBatch, yBatch]: readonly [Axes, Axes],
  xIsFirst: boolean,
): NDArray {
  const xFree = free(x.shape.length, xContract, xBatch);
  const yFree = free(y.ndim, yContract, yBatch);
  const batchEnd = xBatch.length;
  const ctBatch = range(0, batchEnd);
  const yStart = xIsFirst ? batchEnd + xFree.length : batchEnd;
  const ctOfY = range(yStart, yStart + yFree.length);
  const product = dotGeneral(ct, y, [
    [ctOfY, yFree],
    [ctBatch, yBatch],
  ]);
  // What is left of y are its contracted axes, in y's order.
  const contractInOrderOfY = range(0, xContract.length)
    .sort((a, b) => yContract[a] - yContract[b])
    .map((k) => xContract[k]);
  return transpose(product, inversePermutation([...xBatch, ...xFree, ...contractInOrderOfY]));
}

// A batch on one side is one more free axis there; on both sides it is one more batch axis.
function batchDot(x: NDArray, y: NDArray, [xDim, yDim]: readonly (number | null)[], params: DotParams): readonly [NDArray, number | null] {
  const [[xContract, yContract], [xBatch, yBatch]] = params.dimensionNumbers;
  const around = (axes: Axes, dim: number | null): number[] => (dim === null ? [...axes] : allPastBatch(axes, dim));
  const both = xDim !== null && yDim !== null;
  const contracting: readonly [Axes, Axes] = [around(xContract, xDim), around(yContract, yDim)];
  const xShared = around(xBatch, xDim);
  const yShared = around(yBatch, yDim);
  const batch: readonly [Axes, Axes] = both
    ? [
        [xDim, ...xShared],
        [yDim, ...yShared],
      ]
    : [xShared, yShared];
  const out = dotGeneral(x, y, [contracting, batch], params.preferredElementType);
  if (both) return [out, 0];
  const xFree = free(x.ndim, contracting[0], batch[0]);
  if (xDim !== null) return [out, xBatch.length + xFree.indexOf(xDim)];
  if (yDim === null) return [out, null];
  return [out, xBatch.length + xFree.length + free(y.ndim, contracting[1], batch[1]).indexOf(yDim)];
}

const isPair = (x: unknown): x is readonly [unknown, unknown] => Array.isArray(x) && x.length === 2;

/** Two pairs of lists, as plain JavaScript may not pass them. */
function checkDimensionNumbers(given: unknown): void {
  if (isPair(given) && given.every((pair) => isPair(pair) && pair.every(Array.isArray))) return;
  throw new ShapeError({
    op: "dotGeneral",
    expected: "dimension numbers [[lhsContracting, rhsContracting], [lhsBatch, rhsBatch]], four lists of axes",
    received: showValue(given),
    remedy: "for a product of matrices write [[[1], [0]], [[], []]]",
  });
}

/**
 * Sums of products over the contracted axes. The result's axes are the batch axes, then those left of `lhs`, then those
 * left of `rhs`. Same as `jax.lax.dot_general`; integers may be summed in int32.
 *
 * @throws ShapeError when paired axes differ in size or do not pair up, or the dimension numbers are no such lists; DTypeError when the dtypes differ, and for bool.
 * @example lax.dotGeneral(np.ones([5, 2, 3]), np.ones([5, 3, 4]), [[[2], [1]], [[0], [0]]]).shape // [5, 2, 4]
 */
export function dotGeneral(lhs: ArrayLike, rhs: ArrayLike, dimensionNumbers: DotDimensionNumbers, preferredElementType?: DType): NDArray {
  const [x, y] = operandsAlike("dotGeneral", lhs, rhs);
  checkDimensionNumbers(dimensionNumbers);
  const [[xContract, yContract], [xBatch, yBatch]] = dimensionNumbers;
  const counted = (axes: Axes, ndim: number): number[] => axes.map((axis) => normalizeAxis(axis, ndim, "dotGeneral"));
  return bind(dotGeneralP, [x, y], {
    dimensionNumbers: [
      [counted(xContract, x.ndim), counted(yContract, y.ndim)],
      [counted(xBatch, x.ndim), counted(yBatch, y.ndim)],
    ],
    preferredElementType: preferredElementType ?? x.dtype,
  });
}

/**
 * The product of vectors and matrices: the last axis of `lhs` is contracted with the first of `rhs`.
 *
 * @throws ShapeError unless both have one or two axes and those sizes agree; DTypeError when the dtypes differ.
 * @example lax.dot(np.ones([2, 3]), np.ones([3])) // [3, 3]
 */
export function dot(lhs: NDArray, rhs: NDArray): NDArray {
  if ([lhs, rhs].every((x) => x.ndim === 1 || x.ndim === 2)) {
    return dotGeneral(lhs, rhs, [
      [[lhs.ndim - 1], [0]],
      [[], []],
    ]);
  }
  throw new ShapeError({
    op: "dot",
    expected: "vectors or matrices",
    received: `${showAval(lhs.aval)} and ${showAval(rhs.aval)}`,
    remedy: "use np.matmul or lax.dotGeneral for other ranks",
  });
}
