// Trigonometric and hyperbolic functions, and angles. Integers and bool become float32; shapes stay.

import * as ops from "../ops/trigonometric.js";
import { mul } from "../ops/arithmetic.js";
import { floatBinary, floatUnary } from "./pointwise.js";

/**
 * The sine of each element.
 *
 * @example np.sin(np.array([0, Math.PI / 2])) // [0, 1]
 */
export const sin = floatUnary("sin", ops.sin);

/**
 * The cosine of each element.
 *
 * @example np.cos(np.array([0, Math.PI])) // [1, -1]
 */
export const cos = floatUnary("cos", ops.cos);

/**
 * The tangent of each element.
 *
 * @example np.tan(np.array([0])) // [0]
 */
export const tan = floatUnary("tan", ops.tan);

/**
 * The inverse sine of each element, from −π/2 to π/2; NaN outside of [−1, 1].
 *
 * @example np.arcsin(1) // 1.5707964
 */
export const arcsin = floatUnary("arcsin", ops.asin);

/**
 * The inverse cosine of each element, from 0 to π; NaN outside of [−1, 1].
 *
 * @example np.arccos(1) // 0
 */
export const arccos = floatUnary("arccos", ops.acos);

/**
 * The inverse tangent of each element, from −π/2 to π/2.
 *
 * @example np.arctan(Infinity) // 1.5707964
 */
export const arctan = floatUnary("arctan", ops.atan);

/**
 * The angle of the point `(x, y)` from the positive x axis, from −π to π. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.arctan2(np.array([1, 0]), np.array([0, -1])) // [π/2, π]
 */
export const arctan2 = floatBinary("arctan2", ops.atan2);

/**
 * The hyperbolic sine of each element.
 *
 * @example np.sinh(0) // 0
 */
export const sinh = floatUnary("sinh", ops.sinh);

/**
 * The hyperbolic cosine of each element.
 *
 * @example np.cosh(0) // 1
 */
export const cosh = floatUnary("cosh", ops.cosh);

/**
 * The hyperbolic tangent of each element, from −1 to 1.
 *
 * @example np.tanh(np.array([0, Infinity])) // [0, 1]
 */
export const tanh = floatUnary("tanh", ops.tanh);

/**
 * The inverse hyperbolic sine of each element.
 *
 * @example np.arcsinh(0) // 0
 */
export const arcsinh = floatUnary("arcsinh", ops.asinh);

/**
 * The inverse hyperbolic cosine of each element; NaN below 1.
 *
 * @example np.arccosh(1) // 0
 */
export const arccosh = floatUnary("arccosh", ops.acosh);

/**
 * The inverse hyperbolic tangent of each element; ±∞ at ±1, NaN outside of [−1, 1].
 *
 * @example np.arctanh(0) // 0
 */
export const arctanh = floatUnary("arctanh", ops.atanh);

/** NumPy's short names of the inverse functions. */
export { arccos as acos, arccosh as acosh, arcsin as asin, arcsinh as asinh, arctan as atan, arctan2 as atan2, arctanh as atanh };

/**
 * Degrees as radians.
 *
 * @example np.deg2rad(180) // 3.1415927
 */
export const deg2rad = floatUnary("deg2rad", (x) => mul(x, Math.PI / 180));

/**
 * Radians as degrees.
 *
 * @example np.rad2deg(Math.PI) // 180
 */
export const rad2deg = floatUnary("rad2deg", (x) => mul(x, 180 / Math.PI));

export { rad2deg as degrees, deg2rad as radians };
