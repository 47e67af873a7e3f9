// Powers with a floating-point exponent. (A fixed integer exponent is arithmetic: integer_pow.)

import { type ArrayLike, type NDArray, scalar } from "../core/array.js";
import { operands, partial } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import { mul, sub } from "./arithmetic.js";
import { eq } from "./compare.js";
import { log } from "./exponential.js";
import { operandsAlike } from "./operands.js";
import { binary } from "./pointwise.js";
import { select } from "./select.js";

export const powP = binary("pow", {
  accepts: "float",
  derivative: operands(
    partial((dx, [x, y]) => {
      const one = scalar(1, y.dtype);
      // y·x^(y−1), and 0 (not NaN) where y is 0.
      return mul(dx, mul(y, pow(x, select(eq(y, 0), one, sub(y, one)))));
    }),
    // x^y·log x, and 0 at x = 0, where the limit is 0 for y > 0.
    partial((dy, [x], z) => mul(dy, mul(log(select(eq(x, 0), scalar(1, x.dtype), x)), z))),
  ),
  of: powerOf,
});

/** `x ** y`, as C's `pow`: JavaScript differs in `1 ** NaN` and `1 ** ∞`, which are 1. */
function powerOf(x: number, y: number): number {
  return x === 1 ? 1 : x === -1 && (y === Infinity || y === -Infinity) ? 1 : x ** y;
}

/** `x` to the power of `y`, both floating point. */
export const pow = (x: ArrayLike, y: ArrayLike): NDArray => bind(powP, operandsAlike("pow", x, y), {});
