// NumPy's rules for operands: one dtype for all (JAX's promotion lattice) and one shape (broadcasting).
// Enter arrays, numbers and booleans; leave arrays. A scalar stays a scalar beside arrays, because pointwise primitives
// take it beside any shape; a JavaScript number keeps its exact value until its dtype is known.

import { type ArrayLike, type NDArray, asArray, scalar } from "../core/array.js";
import { type DType, isFloat, promoteTypes } from "../core/dtype.js";
import { type Shape, broadcastShapes, range } from "../core/shape.js";
import { convertElementType } from "../ops/convert.js";
import { broadcastInDim } from "../ops/layout.js";
import { literalDTypeBeside, literalTo } from "../ops/operands.js";

/** The dtype of the arrays together; `undefined` when there are only numbers. */
function strongDType(op: string, arrays: readonly NDArray[]): DType | undefined {
  let dtype: DType | undefined;
  for (const { aval } of arrays) {
    if (aval.weak === undefined) dtype = dtype === undefined ? aval.dtype : promoteTypes(dtype, aval.dtype, op);
  }
  return dtype;
}

/**
 * The dtype in which operands meet: of arrays by JAX's lattice, which numbers join as literals. Numbers alone are float32.
 *
 * @throws DTypeError for uint32 beside a signed integer: no dtype holds both.
 */
export function commonDType(op: string, ...xs: readonly ArrayLike[]): DType {
  const arrays = xs.map((x) => asArray(x, op));
  const strong = strongDType(op, arrays);
  if (strong === undefined) return "float32";
  return arrays.reduce<DType>((dtype, x) => (x.aval.weak === undefined ? dtype : literalDTypeBeside(x, dtype)), strong);
}

/** `x` in the given dtype. */
export function toDType(op: string, x: ArrayLike, dtype: DType): NDArray {
  if (typeof x === "boolean") return scalar(x, dtype);
  const array = asArray(x, op);
  return array.aval.weak === undefined ? convertElementType(array, dtype) : literalTo(array, dtype, op);
}

/**
 * The operands in their common dtype, their shapes untouched.
 *
 * @throws DTypeError when no dtype holds all, or a number does not fit the integer dtype that it meets.
 */
export function promote(op: string, ...xs: readonly ArrayLike[]): NDArray[] {
  const dtype = commonDType(op, ...xs);
  return xs.map((x) => toDType(op, x, dtype));
}

/** The floating dtype for computing with `dtype`: float32 for integers and bool. */
export const floatOf = (dtype: DType): "float32" | "float64" => (isFloat(dtype) ? dtype : "float32");

/** The operands in their common floating dtype: integers and bool become float32. */
export function promoteFloat(op: string, ...xs: readonly ArrayLike[]): NDArray[] {
  const dtype = floatOf(commonDType(op, ...xs));
  return xs.map((x) => toDType(op, x, dtype));
}

/** `x` repeated to `shape`, aligned at the last axis. `shape` must be a broadcast of its own. */
export const broadcastTrailing = (x: NDArray, shape: Shape): NDArray =>
  broadcastInDim(x, shape, range(shape.length - x.ndim, shape.length));

/**
 * The operands broadcast to their common shape; scalars stay scalars where another operand has axes.
 *
 * @throws ShapeError when the shapes do not broadcast.
 */
export function broadcastTogether(op: string, ...xs: readonly NDArray[]): NDArray[] {
  const shape = broadcastShapes(
    xs.map((x) => x.shape),
    op,
  );
  return xs.map((x) => (x.ndim === 0 ? x : broadcastTrailing(x, shape)));
}

/** Promoted and broadcast: operands ready for a pointwise primitive. */
export const operandsOf = (op: string, ...xs: readonly ArrayLike[]): NDArray[] => broadcastTogether(op, ...promote(op, ...xs));

/** Promoted to floats and broadcast. */
export const floatOperandsOf = (op: string, ...xs: readonly ArrayLike[]): NDArray[] => broadcastTogether(op, ...promoteFloat(op, ...xs));
