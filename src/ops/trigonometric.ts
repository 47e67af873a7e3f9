// Circular and hyperbolic functions and their inverses, of floating-point arrays; angles in radians.

import type { ArrayLike, NDArray } from "../core/array.js";
import { operands, partial } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import { add, div, mul, neg, square, sub } from "./arithmetic.js";
import { rsqrt } from "./exponential.js";
import { operand, operandsAlike } from "./operands.js";
import { binary, differential, unary } from "./pointwise.js";

export const sinP = unary("sin", { accepts: "float", derivative: differential((dx, x) => mul(dx, cos(x))), of: Math.sin });

/** The sine. */
export const sin = (x: ArrayLike): NDArray => bind(sinP, [operand(x, "sin")], {});

export const cosP = unary("cos", { accepts: "float", derivative: differential((dx, x) => neg(mul(dx, sin(x)))), of: Math.cos });

/** The cosine. */
export const cos = (x: ArrayLike): NDArray => bind(cosP, [operand(x, "cos")], {});

export const tanP = unary("tan", { accepts: "float", derivative: differential((dx, _, y) => mul(dx, add(1, square(y)))), of: Math.tan });

/** The tangent. */
export const tan = (x: ArrayLike): NDArray => bind(tanP, [operand(x, "tan")], {});

// 1 − x² as a product, which keeps its relative accuracy near ±1.
const oneMinusSquare = (x: NDArray): NDArray => mul(sub(1, x), add(1, x));

export const asinP = unary("asin", {
  accepts: "float",
  derivative: differential((dx, x) => mul(dx, rsqrt(oneMinusSquare(x)))),
  of: Math.asin,
});

/** The inverse sine, from −π/2 to π/2; NaN outside of [−1, 1]. */
export const asin = (x: ArrayLike): NDArray => bind(asinP, [operand(x, "asin")], {});

export const acosP = unary("acos", {
  accepts: "float",
  derivative: differential((dx, x) => mul(dx, neg(rsqrt(oneMinusSquare(x))))),
  of: Math.acos,
});

/** The inverse cosine, from 0 to π; NaN outside of [−1, 1]. */
export const acos = (x: ArrayLike): NDArray => bind(acosP, [operand(x, "acos")], {});

export const atanP = unary("atan", { accepts: "float", derivative: differential((dx, x) => div(dx, add(1, square(x)))), of: Math.atan });

/** The inverse tangent, from −π/2 to π/2. */
export const atan = (x: ArrayLike): NDArray => bind(atanP, [operand(x, "atan")], {});

export const atan2P = binary("atan2", {
  accepts: "float",
  derivative: operands(
    partial((dy, [y, x]) => mul(dy, div(x, add(square(y), square(x))))),
    partial((dx, [y, x]) => mul(dx, div(neg(y), add(square(y), square(x))))),
  ),
  of: Math.atan2,
});

/**
 * The angle of the point `(x, y)` from the positive x axis, from −π to π, as `Math.atan2(y, x)`.
 *
 * @throws DTypeError when dtypes differ or are not floating point; ShapeError when shapes differ and neither is a scalar.
 * @example atan2(np.array([1, 0]), np.array([0, -1])) // [π/2, π]
 */
export const atan2 = (y: ArrayLike, x: ArrayLike): NDArray => bind(atan2P, operandsAlike("atan2", y, x), {});

export const sinhP = unary("sinh", { accepts: "float", derivative: differential((dx, x) => mul(dx, cosh(x))), of: Math.sinh });

/** The hyperbolic sine. */
export const sinh = (x: ArrayLike): NDArray => bind(sinhP, [operand(x, "sinh")], {});

export const coshP = unary("cosh", { accepts: "float", derivative: differential((dx, x) => mul(dx, sinh(x))), of: Math.cosh });

/** The hyperbolic cosine. */
export const cosh = (x: ArrayLike): NDArray => bind(coshP, [operand(x, "cosh")], {});

// (1 + y)(1 − y), not 1 − y²: near saturation the square would round to 1.
export const tanhP = unary("tanh", {
  accepts: "float",
  derivative: differential((dx, _, y) => mul(add(dx, mul(dx, y)), sub(1, y))),
  of: Math.tanh,
});

/** The hyperbolic tangent, from −1 to 1. */
export const tanh = (x: ArrayLike): NDArray => bind(tanhP, [operand(x, "tanh")], {});

export const asinhP = unary("asinh", {
  accepts: "float",
  derivative: differential((dx, x) => mul(dx, rsqrt(add(square(x), 1)))),
  of: Math.asinh,
});

/** The inverse hyperbolic sine. */
export const asinh = (x: ArrayLike): NDArray => bind(asinhP, [operand(x, "asinh")], {});

export const acoshP = unary("acosh", {
  accepts: "float",
  derivative: differential((dx, x) => mul(dx, rsqrt(mul(sub(x, 1), add(x, 1))))),
  of: Math.acosh,
});

/** The inverse hyperbolic cosine, from 0 up; NaN below 1. */
export const acosh = (x: ArrayLike): NDArray => bind(acoshP, [operand(x, "acosh")], {});

export const atanhP = unary("atanh", {
  accepts: "float",
  derivative: differential((dx, x) => div(dx, oneMinusSquare(x))),
  of: Math.atanh,
});

/** The inverse hyperbolic tangent; ±∞ at ±1, NaN outside of [−1, 1]. */
export const atanh = (x: ArrayLike): NDArray => bind(atanhP, [operand(x, "atanh")], {});
