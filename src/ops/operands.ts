// Operands made ready for a primitive: literals take the dtype of the arrays beside them; arrays must agree already.
// (Promotion between arrays is NumPy's business, one layer up.)

import { type ArrayLike, LiteralArray, type NDArray, asArray, scalar } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { type DType, holds, isFloat, literalBeside } from "../core/dtype.js";
import { DTypeError } from "../core/errors.js";
import { convertElementType } from "./convert.js";

/**
 * A literal (a JavaScript number, or a traced one) in the given dtype.
 *
 * @throws DTypeError when a number does not fit: a fraction or an excess for an integer dtype.
 */
export function literalTo(x: NDArray, dtype: DType, op: string): NDArray {
  if (!(x instanceof LiteralArray)) return convertElementType(x, dtype);
  const { value } = x;
  if (holds(dtype, value)) return scalar(value, dtype);
  throw new DTypeError({
    op,
    expected: `a number that ${dtype} holds`,
    received: String(value),
    remedy: "convert the array to a wider dtype first",
  });
}

/** A single operand; a literal becomes what it is on its own: float32. */
export function operand(x: ArrayLike, op: string): NDArray {
  const array = asArray(x, op);
  return array.aval.weak === undefined ? array : literalTo(array, "float32", op);
}

/**
 * Several operands of one dtype. Literals take the dtype of the arrays; on their own they are float32, or bool if all are.
 *
 * @throws DTypeError when two arrays differ in dtype.
 */
export function operandsAlike(op: string, ...xs: readonly ArrayLike[]): NDArray[] {
  const arrays = xs.map((x) => asArray(x, op));
  const dtype = commonDType(op, arrays, xs);
  return arrays.map((x, i) => (x.aval.weak !== undefined || isBoolLiteral(xs[i], dtype) ? literalTo(x, dtype, op) : x));
}

const isBoolLiteral = (x: ArrayLike, dtype: DType): boolean => typeof x === "boolean" && dtype !== "bool";

function commonDType(op: string, arrays: readonly NDArray[], given: readonly ArrayLike[]): DType {
  const strong = arrays.filter((x, i) => x.aval.weak === undefined && typeof given[i] !== "boolean");
  if (strong.length === 0) return given.every((x) => typeof x === "boolean") ? "bool" : "float32";
  const { dtype } = strong[0];
  if (strong.every((x) => x.dtype === dtype)) return dtype;
  throw new DTypeError({
    op,
    expected: "operands of one dtype",
    received: arrays.map((x) => showAval(x.aval)).join(" and "),
    remedy: "convert one of them with x.astype(dtype), or use the function of numpy, which promotes",
  });
}

/** The dtype that a literal takes beside arrays of `dtype`, by value for numbers, by its weakness for traced ones. */
export function literalDTypeBeside(x: NDArray, dtype: DType): DType {
  if (x instanceof LiteralArray) return literalBeside(x.value, dtype);
  if (isFloat(dtype)) return dtype;
  if (x.aval.weak === "fraction") return "float32";
  return dtype === "bool" ? "int32" : dtype;
}
