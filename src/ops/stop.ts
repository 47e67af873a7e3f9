// The identity that no derivative passes.

import type { ArrayLike, NDArray } from "../core/array.js";
import { aval } from "../core/aval.js";
import { type Params, constant, pointwise, primitive } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import { operand } from "./operands.js";

export const stopGradientP = primitive("stop_gradient")<Params>({
  type: ([x]) => [aval(x.shape, x.dtype)],
  derivative: constant,
  batch: pointwise,
  reference: ([x]) => [x],
});

/**
 * `x` itself, taken as a constant by every derivative.
 *
 * @example grad((x: NDArray) => x.mul(stopGradient(x)))(np.array(3)) // 3
 */
export const stopGradient = (x: ArrayLike): NDArray => bind(stopGradientP, [operand(x, "stopGradient")], {});
