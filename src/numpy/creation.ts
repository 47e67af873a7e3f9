// Arrays of a given shape: filled with one value, or with ones on a diagonal.

import { type ArrayLike, type NDArray, asArray } from "../core/array.js";
import { type DType, checkDType } from "../core/dtype.js";
import { type Shape, broadcastShapes, checkShape, sameShape } from "../core/shape.js";
import { ShapeError } from "../core/errors.js";
import { add } from "../ops/arithmetic.js";
import { eq } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { full as filled, iota } from "../ops/layout.js";
import type { DTypeOption } from "./array.js";
import { checkOptions } from "../core/options.js";
import { broadcastTrailing, promote, toDType } from "./promote.js";

/** A shape; a number stands for that of a vector. */
export type ShapeLike = number | Shape;

/** The shape that was meant, checked. */
export const shapeOf = (op: string, shape: ShapeLike): Shape => checkShape(typeof shape === "number" ? [shape] : shape, op);

function dtypeOption(op: string, options: DTypeOption, otherwise: DType): DType {
  checkOptions(op, options, ["dtype"]);
  return options.dtype === undefined ? otherwise : checkDType(options.dtype, op);
}

/**
 * Zeros; float32 unless `dtype` says otherwise.
 *
 * @throws ShapeError for a shape with negative or fractional sizes; DTypeError for an unknown dtype.
 * @example np.zeros([2, 2]) // [[0, 0], [0, 0]]
 */
export const zeros = (shape: ShapeLike, options: DTypeOption = {}): NDArray =>
  filled(shapeOf("zeros", shape), 0, dtypeOption("zeros", options, "float32"));

/**
 * Ones; float32 unless `dtype` says otherwise.
 *
 * @throws ShapeError for a shape with negative or fractional sizes; DTypeError for an unknown dtype.
 * @example np.ones(3) // [1, 1, 1]
 */
export const ones = (shape: ShapeLike, options: DTypeOption = {}): NDArray =>
  filled(shapeOf("ones", shape), 1, dtypeOption("ones", options, "float32"));

/**
 * An array to be overwritten; here zeros, as arrays are immutable.
 *
 * @throws ShapeError for a shape with negative or fractional sizes; DTypeError for an unknown dtype.
 * @example np.empty([2]).shape // [2]
 */
export const empty = (shape: ShapeLike, options: DTypeOption = {}): NDArray =>
  filled(shapeOf("empty", shape), 0, dtypeOption("empty", options, "float32"));

/** `value` in `dtype` (its own if not given), repeated to `shape`. */
function repeated(op: string, shape: Shape, value: ArrayLike, dtype: DType | undefined): NDArray {
  const x = dtype === undefined ? promote(op, value)[0] : toDType(op, value, dtype);
  if (x.ndim === 0) return filled(shape, x, x.dtype);
  if (sameShape(broadcastShapes([x.shape, shape], op), shape)) return broadcastTrailing(x, shape);
  throw new ShapeError({
    op,
    expected: `a value that broadcasts to [${shape.join(",")}]`,
    received: `shape [${x.shape.join(",")}]`,
    remedy: "give a scalar, or an array of at most that shape",
  });
}

/**
 * An array filled with `value`, which may be an array that broadcasts to the shape. The dtype is the value's (float32 for
 * a number) unless `dtype` says otherwise.
 *
 * @throws ShapeError for a bad shape; DTypeError for a number that `dtype` cannot hold.
 * @example np.full([2], 7, { dtype: "int32" }) // [7, 7]
 */
export function full(shape: ShapeLike, value: ArrayLike, options: DTypeOption = {}): NDArray {
  checkOptions("full", options, ["dtype"]);
  const { dtype } = options;
  return repeated("full", shapeOf("full", shape), value, dtype === undefined ? undefined : checkDType(dtype, "full"));
}

export interface LikeOptions extends DTypeOption {
  /** The shape; that of the array if not given. */
  readonly shape?: ShapeLike;
}

function like(op: string, x: ArrayLike, value: ArrayLike, options: LikeOptions): NDArray {
  checkOptions(op, options, ["dtype", "shape"]);
  const model = asArray(x, op);
  const dtype = options.dtype === undefined ? model.dtype : checkDType(options.dtype, op);
  return repeated(op, options.shape === undefined ? model.shape : shapeOf(op, options.shape), value, dtype);
}

/**
 * Zeros of the shape and dtype of `x`.
 *
 * @throws OptionError for an unknown option.
 * @example np.zerosLike(np.array([1, 2])) // [0, 0]
 */
export const zerosLike = (x: ArrayLike, options: LikeOptions = {}): NDArray => like("zerosLike", x, 0, options);

/**
 * Ones of the shape and dtype of `x`.
 *
 * @throws OptionError for an unknown option.
 * @example np.onesLike(np.array([5, 6])) // [1, 1]
 */
export const onesLike = (x: ArrayLike, options: LikeOptions = {}): NDArray => like("onesLike", x, 1, options);

/**
 * An array of the shape and dtype of `x`, to be overwritten; here zeros.
 *
 * @throws OptionError for an unknown option.
 * @example np.emptyLike(np.array([5, 6])).shape // [2]
 */
export const emptyLike = (x: ArrayLike, options: LikeOptions = {}): NDArray => like("emptyLike", x, 0, options);

/**
 * An array of the shape and dtype of `x`, filled with `value`.
 *
 * @throws DTypeError for a number that the dtype cannot hold; OptionError for an unknown option.
 * @example np.fullLike(np.array([5, 6]), 7) // [7, 7]
 */
export const fullLike = (x: ArrayLike, value: ArrayLike, options: LikeOptions = {}): NDArray => like("fullLike", x, value, options);

export interface EyeOptions extends DTypeOption {
  /** Number of columns; as many as rows if not given. */
  readonly m?: number;
  /** Which diagonal: 0 the main one, positive above it, negative below. */
  readonly k?: number;
}

/**
 * The `n` by `m` matrix with ones on diagonal `k` and zeros elsewhere; float32 unless `dtype` says otherwise.
 *
 * @throws ShapeError for a negative or fractional size; OptionError for an unknown option.
 * @example np.eye(2) // [[1, 0], [0, 1]]
 */
export function eye(n: number, options: EyeOptions = {}): NDArray {
  checkOptions("eye", options, ["dtype", "m", "k"]);
  const shape = shapeOf("eye", [n, options.m ?? n]);
  const dtype = options.dtype === undefined ? "float32" : checkDType(options.dtype, "eye");
  if (shape.includes(0)) return filled(shape, 0, dtype);
  return convertElementType(eq(add(iota("int32", shape, 0), options.k ?? 0), iota("int32", shape, 1)), dtype);
}

/**
 * The `n` by `n` identity matrix; float32 unless `dtype` says otherwise.
 *
 * @throws ShapeError for a negative or fractional size.
 * @example np.identity(2) // [[1, 0], [0, 1]]
 */
export function identity(n: number, options: DTypeOption = {}): NDArray {
  checkOptions("identity", options, ["dtype"]);
  return eye(n, options);
}
