// What the distributions share: the dtype and shape of their samples, and parameters spread to that shape.

import { type ArrayLike, type NDArray, asArray } from "../core/array.js";
import { type DType, type FloatDType, checkDType, isFloat } from "../core/dtype.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import { type Shape, broadcastShapes, checkShape, range, sameShape, showShape } from "../core/shape.js";
import { convertElementType } from "../ops/convert.js";
import { broadcastInDim } from "../ops/layout.js";
import { literalTo } from "../ops/operands.js";
import { checkOptions } from "../core/options.js";

export interface FloatOptions {
  /** The dtype of the samples: float32 (default) or float64. */
  readonly dtype?: DType;
}

/**
 * The floating-point dtype of samples; refuses unknown options.
 *
 * @throws OptionError for an unknown option; DTypeError unless the dtype is floating point.
 */
export function floatDType(op: string, options: FloatOptions, names: readonly string[] = []): FloatDType {
  checkOptions(op, options, ["dtype", ...names]);
  const dtype = checkDType(options.dtype ?? "float32", op);
  if (isFloat(dtype)) return dtype;
  throw new DTypeError({
    op,
    expected: "dtype float32 or float64",
    received: dtype,
    remedy: "use random.randint or random.bits for integers",
  });
}

/** A parameter of a distribution in the samples' dtype, in its own shape. */
export function parameter(op: string, x: ArrayLike, dtype: DType): NDArray {
  const array = asArray(x, op);
  return array.aval.weak === undefined ? convertElementType(array, dtype) : literalTo(array, dtype, op);
}

/** A parameter repeated to the samples' shape; scalars stay what they are, for pointwise operations take them. */
export function spreadTo(x: NDArray, shape: Shape): NDArray {
  return x.ndim === 0 || sameShape(x.shape, shape) ? x : broadcastInDim(x, shape, range(shape.length - x.ndim, shape.length));
}

/**
 * The shape of samples: the given one, to which the parameters must broadcast, or the one they broadcast to.
 *
 * @throws ShapeError when they do not.
 */
export function sampleShape(op: string, given: Shape | undefined, ...parameters: readonly Shape[]): Shape {
  const natural = broadcastShapes(parameters, op);
  if (given === undefined) return natural;
  const shape = checkShape(given, op);
  if (natural.length <= shape.length && sameShape(broadcastShapes([shape, natural], op), shape)) return shape;
  throw new ShapeError({
    op,
    expected: `a shape that the parameters (${showShape(natural)}) broadcast to`,
    received: showShape(shape),
    remedy: "give leading axes for more samples, then the axes of the parameters",
  });
}
