// Logic on the bits of integers (bool: on truth values) and shifts. Operands promote and broadcast; floats are refused.

import type { NDArray } from "../core/array.js";
import { isSigned } from "../core/dtype.js";
import * as ops from "../ops/bitwise.js";
import { checkDTypes } from "../ops/pointwise.js";
import { type Binary, binary, unary } from "./pointwise.js";

const bits = (op: string, apply: (x: NDArray, y: NDArray) => NDArray, accepts: "bits" | "integer" = "bits"): Binary =>
  binary(op, (x, y) => {
    checkDTypes(op, [x.aval], accepts);
    return apply(x, y);
  });

/**
 * `x ∧ y`, bit by bit. Broadcasts.
 *
 * @throws DTypeError for floats; ShapeError when the shapes do not broadcast.
 * @example np.bitwiseAnd(np.array([6], { dtype: "int32" }), 3) // [2]
 */
export const bitwiseAnd = bits("bitwiseAnd", ops.bitAnd);

/**
 * `x ∨ y`, bit by bit. Broadcasts.
 *
 * @throws DTypeError for floats; ShapeError when the shapes do not broadcast.
 * @example np.bitwiseOr(np.array([6], { dtype: "int32" }), 3) // [7]
 */
export const bitwiseOr = bits("bitwiseOr", ops.bitOr);

/**
 * Exclusive or, bit by bit. Broadcasts.
 *
 * @throws DTypeError for floats; ShapeError when the shapes do not broadcast.
 * @example np.bitwiseXor(np.array([6], { dtype: "int32" }), 3) // [5]
 */
export const bitwiseXor = bits("bitwiseXor", ops.bitXor);

/**
 * All bits inverted; of bool, the other truth value.
 *
 * @throws DTypeError for floats.
 * @example np.invert(np.array([0], { dtype: "int32" })) // [-1]
 */
export const invert = unary("invert", (x) => {
  checkDTypes("invert", [x.aval], "bits");
  return ops.bitNot(x);
});

export { invert as bitwiseInvert, invert as bitwiseNot };

/**
 * `x · 2^y`, by bits moved up; 0 where `y` is negative or not below the width. Broadcasts.
 *
 * @throws DTypeError unless both are integers; ShapeError when the shapes do not broadcast.
 * @example np.leftShift(np.array([1, 3], { dtype: "int32" }), 2) // [4, 12]
 */
export const leftShift = bits("leftShift", ops.shiftLeft, "integer");

/**
 * `x / 2^y` rounded down, by bits moved down: copies of the sign come in from above (zeros for unsigned). Broadcasts.
 *
 * @throws DTypeError unless both are integers; ShapeError when the shapes do not broadcast.
 * @example np.rightShift(np.array([8, -8], { dtype: "int32" }), 2) // [2, -2]
 */
export const rightShift = bits(
  "rightShift",
  (x, y) => (isSigned(x.dtype) ? ops.shiftRightArithmetic(x, y) : ops.shiftRightLogical(x, y)),
  "integer",
);

export { leftShift as bitwiseLeftShift, rightShift as bitwiseRightShift };
