// Exponentials, logarithms and roots, of floating-point arrays.
// Derivatives are written with the result `y` where that saves a second transcendental.

import type { ArrayLike, NDArray } from "../core/array.js";
import { bind } from "../core/trace.js";
import { logistic as logisticOf } from "../kernels/scalars.js";
import { add, div, integerPow, mul, sub } from "./arithmetic.js";
import { operand } from "./operands.js";
import { differential, unary } from "./pointwise.js";

export const expP = unary("exp", { accepts: "float", derivative: differential((dx, _, y) => mul(dx, y)), of: Math.exp });

/** `eˣ`. */
export const exp = (x: ArrayLike): NDArray => bind(expP, [operand(x, "exp")], {});

export const exp2P = unary("exp2", {
  accepts: "float",
  derivative: differential((dx, _, y) => mul(Math.LN2, mul(dx, y))),
  of: (x) => 2 ** x,
});

/** `2ˣ`; exact where `x` is an integer. */
export const exp2 = (x: ArrayLike): NDArray => bind(exp2P, [operand(x, "exp2")], {});

export const expm1P = unary("expm1", { accepts: "float", derivative: differential((dx, _, y) => mul(dx, add(y, 1))), of: Math.expm1 });

/** `eˣ − 1`, accurate for small `x`. */
export const expm1 = (x: ArrayLike): NDArray => bind(expm1P, [operand(x, "expm1")], {});

export const logP = unary("log", { accepts: "float", derivative: differential((dx, x) => div(dx, x)), of: Math.log });

/** The natural logarithm: −∞ at 0, NaN below. */
export const log = (x: ArrayLike): NDArray => bind(logP, [operand(x, "log")], {});

export const log1pP = unary("log1p", { accepts: "float", derivative: differential((dx, x) => div(dx, add(x, 1))), of: Math.log1p });

/** `log(1 + x)`, accurate for small `x`. */
export const log1p = (x: ArrayLike): NDArray => bind(log1pP, [operand(x, "log1p")], {});

export const logisticP = unary("logistic", {
  accepts: "float",
  derivative: differential((dx, _, y) => mul(mul(dx, y), sub(1, y))),
  of: logisticOf,
});

/** The logistic function `1 / (1 + e⁻ˣ)`, from 0 to 1, without overflow on either side. */
export const logistic = (x: ArrayLike): NDArray => bind(logisticP, [operand(x, "logistic")], {});

export const sqrtP = unary("sqrt", { accepts: "float", derivative: differential((dx, _, y) => mul(dx, div(0.5, y))), of: Math.sqrt });

/** The square root; NaN below 0. Its derivative at 0 is ∞. */
export const sqrt = (x: ArrayLike): NDArray => bind(sqrtP, [operand(x, "sqrt")], {});

export const rsqrtP = unary("rsqrt", {
  accepts: "float",
  derivative: differential((dx, x, y) => mul(dx, mul(-0.5, div(y, x)))),
  of: (x) => 1 / Math.sqrt(x),
});

/** The reciprocal of the square root, `x^(−½)`. */
export const rsqrt = (x: ArrayLike): NDArray => bind(rsqrtP, [operand(x, "rsqrt")], {});

export const cbrtP = unary("cbrt", {
  accepts: "float",
  derivative: differential((dx, _, y) => mul(dx, mul(1 / 3, integerPow(y, -2)))),
  of: Math.cbrt,
});

/** The cube root, of numbers of either sign. */
export const cbrt = (x: ArrayLike): NDArray => bind(cbrtP, [operand(x, "cbrt")], {});
