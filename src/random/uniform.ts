// The uniform distribution over floats, from which the others are made.

import type { ArrayLike, NDArray } from "../core/array.js";
import type { FloatDType } from "../core/dtype.js";
import type { Shape } from "../core/shape.js";
import { add, max, mul, sub } from "../ops/arithmetic.js";
import { convertElementType } from "../ops/convert.js";
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
  const span = sub(spreadTo(high, shape), floor);
  // Rounding may carry the sum below minval.
  return max(floor, hasExactProducts(minval, maxval, dtype) ? add(mul(unit, span), floor) : multiplyAdd(unit, span, floor));
}

/** Whether the width of the interval is a power of two, by which products are exact. */
function hasExactProducts(minval: ArrayLike, maxval: ArrayLike, dtype: FloatDType): boolean {
  if (typeof minval !== "number" || typeof maxval !== "number") return false;
  const round = dtype === "float32" ? Math.fround : Number;
  const exponent = Math.log2(round(round(maxval) - round(minval)));
  return Number.isInteger(exponent) && Math.abs(exponent) < 100;
}

/** `x · y + z`, rounded once: what XLA's compilers make of it, and what keeps relative accuracy where the sum is near zero. */
function multiplyAdd(x: NDArray, y: NDArray, z: NDArray): NDArray {
  const [wideX, wideY, wideZ] = [x, y, z].map((part) => convertElementType(part, "float64"));
  return convertElementType(add(mul(wideX, wideY), wideZ), x.dtype);
}
