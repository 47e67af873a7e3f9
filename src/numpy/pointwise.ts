// Builders of elementwise functions: promotion and broadcasting around a primitive of ops/.

import type { ArrayLike, NDArray } from "../core/array.js";
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

/** Of two operands in their common dtype and shape. */
export const binary =
  (op: string, apply: (x: NDArray, y: NDArray) => NDArray): Binary =>
  (x, y) => {
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
