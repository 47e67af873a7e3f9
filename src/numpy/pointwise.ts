// Builders of elementwise functions: promotion and broadcasting around a primitive of ops/.

import { type ArrayLike, NDArray, asArray } from "../core/array.js";
import { sameType } from "../core/aval.js";
import { isFloat } from "../core/dtype.js";
import { literalTo } from "../ops/operands.js";
import { checkDTypes } from "../ops/pointwise.js";
import { floatOperandsOf, operandsOf, promote, promoteFloat } from "./promote.js";

export type Unary = (x: ArrayLike) => NDArray;
export type Binary = (x: ArrayLike, y: ArrayLike) => NDArray;

/** Of one operand, in its own dtype. */
export const unary =
  (op: string, apply: (x: NDArray) => NDArray): Unary =>
  (x) =>
    apply(promote(op, x)[0]);

/** Of one operand, which becomes floating point. */
export const floatUnary =
  (op: string, apply: (x: NDArray) => NDArray): Unary =>
  (x) =>
    apply(promoteFloat(op, x)[0]);

/** Whether two operands need neither promotion nor broadcasting: the commonest case, found without making lists. */
function alike(x: ArrayLike, y: ArrayLike): boolean {
  if (!(x instanceof NDArray && y instanceof NDArray)) return false;
  const [a, b] = [x.aval, y.aval];
  return a === b ? a.weak === undefined : a.weak === undefined && b.weak === undefined && sameType(a, b);
}

/** Of two operands in their common dtype and shape. */
export const binary =
  (op: string, apply: (x: NDArray, y: NDArray) => NDArray): Binary =>
  (x, y) => {
    if (alike(x, y)) return apply(x as NDArray, y as NDArray);
    if (typeof y === "number" && x instanceof NDArray && x.aval.weak === undefined && isFloat(x.dtype)) {
      return apply(x, literalTo(asArray(y, op), x.dtype, op));
    }
    const [a, b] = operandsOf(op, x, y);
    return apply(a, b);
  };

/** As `binary`, for all dtypes but bool. */
export const numericBinary = (op: string, apply: (x: NDArray, y: NDArray) => NDArray): Binary =>
  binary(op, (x, y) => {
    checkDTypes(op, [x.aval], "number");
    return apply(x, y);
  });

/** Of two operands, which become floating point. */
export const floatBinary =
  (op: string, apply: (x: NDArray, y: NDArray) => NDArray): Binary =>
  (x, y) => {
    const [a, b] = floatOperandsOf(op, x, y);
    return apply(a, b);
  };
