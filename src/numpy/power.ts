// Powers. An exponent that is a whole JavaScript number is static: repeated multiplication, right for negative bases and
// differentiable at 0. Integer arrays are raised by squaring over the bits of the exponent; the rest is the power of floats.

import type { ArrayLike, NDArray } from "../core/array.js";
import { type DType, bytesOf, isFloat, isSigned } from "../core/dtype.js";
import { DTypeError } from "../core/errors.js";
import { div, integerPow, mul, neg } from "../ops/arithmetic.js";
import { bitAnd, shiftRightLogical } from "../ops/bitwise.js";
import { lt, ne } from "../ops/compare.js";
import { full } from "../ops/layout.js";
import { pow } from "../ops/power.js";
import { select } from "../ops/select.js";
import { broadcastTogether, commonDType, floatOperandsOf, toDType } from "./promote.js";

function staticPower(op: string, x: ArrayLike, y: number): NDArray {
  const base = toDType(op, x, commonDType(op, x, y));
  if (isFloat(base.dtype) || y >= 0) return integerPow(base, y);
  throw new DTypeError({
    op,
    expected: "a non-negative exponent for integers",
    received: `${base.dtype} to the power of ${y}`,
    remedy: `convert the base first, for example x.astype("float32")`,
  });
}

const exponentBits = (dtype: DType): number => 8 * bytesOf(dtype) - (isSigned(dtype) ? 1 : 0);

// x^y = Π x^(2^k) over the bits k of y; a negative power is the truncated reciprocal, as in JAX's integer_pow.
function integerPowerOf(x: NDArray, y: NDArray): NDArray {
  const signed = isSigned(y.dtype);
  const negative = lt(y, 0);
  const exponent = signed ? select(negative, neg(y), y) : y;
  let [result, factor] = [full(x.shape, 1, x.dtype), x];
  for (let bit = 0; bit < exponentBits(y.dtype); bit++) {
    const taken = ne(bitAnd(shiftRightLogical(exponent, bit), 1), 0);
    result = mul(result, select(taken, factor, 1));
    factor = mul(factor, factor);
  }
  return signed ? select(negative, div(1, result), result) : result;
}

/**
 * `x` to the power of `y`. Broadcasts. A whole JavaScript number as exponent keeps the dtype of `x`.
 *
 * @throws DTypeError for an integer to a negative number; ShapeError when the shapes do not broadcast.
 * @example np.power(np.array([1, 2, -3]), 2) // [1, 4, 9]
 */
export function power(x: ArrayLike, y: ArrayLike): NDArray {
  const op = "power";
  if (typeof y === "number" && Number.isInteger(y)) return staticPower(op, x, y);
  const dtype = commonDType(op, x, y);
  const numeric: DType = dtype === "bool" ? "int32" : dtype;
  const [a, b] = broadcastTogether(op, toDType(op, x, numeric), toDType(op, y, numeric));
  return isFloat(numeric) ? pow(a, b) : integerPowerOf(a, b);
}

export { power as pow };

/**
 * `x` to the power of `y`, always floating point. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.floatPower(np.array([2], { dtype: "int32" }), -1) // [0.5]
 */
export function floatPower(x: ArrayLike, y: ArrayLike): NDArray {
  const [a, b] = floatOperandsOf("floatPower", x, y);
  return typeof y === "number" && Number.isInteger(y) ? integerPow(a, y) : pow(a, b);
}
