// The uniform distribution over floats, from which the others are made.

import type { ArrayLike, NDArray } from "../core/array.js";
import type { FloatDType } from "../core/dtype.js";
import type { Shape } from "../core/shape.js";
import { add, max, mul, sub } from "../ops/arithmetic.js";
import { unitFloats } from "./bits.js";
import { type FloatOptions, floatDType, parameter, sampleShape, spreadTo } from "./parameters.js";

export interface UniformOptions extends FloatOptions {
  /** The lowest value, included; 0 by default. An array is broadcast to the shape. */
  readonly minval?: ArrayLike;
  /** The bound above, excluded (but for rounding); 1 by default. */
  readonly maxval?: ArrayLike;
}

/**
 * Uniform floats in `[minval, maxval)`. The same as `jax.random.uniform`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError when bounds do not broadcast to the shape.
 * @example random.uniform(random.key(7), [2]) // [0.67409, 0.974617]
 */
export function uniform(key: NDArray, shape: Shape = [], options: UniformOptions = {}): NDArray {
  const dtype = floatDType("uniform", options, ["minval", "maxval"]);
  return uniformBetween("uniform", key, shape, dtype, options.minval ?? 0, options.maxval ?? 1);
}

/** `uniform` for other distributions; `op` is the user's name of them. */
export function uniformBetween(
  op: string,
  key: NDArray,
  shape: Shape,
  dtype: FloatDType,
  minval: ArrayLike = 0,
  maxval: ArrayLike = 1,
): NDArray {
  const unit = unitFloats(key, shape, dtype, op);
  if (minval === 0 && maxval === 1) return unit;
  const [low, high] = [parameter(op, minval, dtype), parameter(op, maxval, dtype)];
  sampleShape(op, shape, low.shape, high.shape);
  const floor = spreadTo(low, shape);
  // Rounding may carry the product below minval, or the sum with it.
  return max(floor, add(mul(unit, sub(spreadTo(high, shape), floor)), floor));
}
