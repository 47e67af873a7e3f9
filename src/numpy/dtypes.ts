// Element types as users ask about them: conversion, promotion, and the limits of each.

import type { ArrayLike, NDArray } from "../core/array.js";
import {
  type DType,
  bytesOf,
  checkDType,
  epsilon,
  highest,
  isDType,
  isFloat,
  isInteger,
  isSigned,
  largestFinite,
  lowest,
  smallestNormal,
} from "../core/dtype.js";
import { DTypeError, OptionError } from "../core/errors.js";
import { commonDType, toDType } from "./promote.js";
import { convertElementType } from "../ops/convert.js";

export { promoteTypes } from "../core/dtype.js";

/**
 * `x` with elements of another dtype: floats become integers by truncation toward zero (saturating), anything becomes bool
 * by comparison with zero.
 *
 * @throws DTypeError for an unknown dtype, or a JavaScript number that the dtype cannot hold.
 * @example np.astype(np.array([1.7, -1.7]), "int32") // [1, -1]
 */
export function astype(x: ArrayLike, dtype: DType): NDArray {
  checkDType(dtype, "astype");
  return typeof x === "object" && x.aval.weak === undefined ? convertElementType(x, dtype) : toDType("astype", x, dtype);
}

/**
 * The dtype that operations on these arrays, numbers, booleans and dtypes together give.
 *
 * @throws DTypeError for uint32 with a signed integer; OptionError for nothing at all.
 * @example np.resultType(np.arange(3), 0.5) // "float32"
 */
export function resultType(...xs: readonly (ArrayLike | DType)[]): DType {
  if (xs.length === 0)
    throw new OptionError({ op: "resultType", expected: "arrays or dtypes", received: "none", remedy: "pass at least one" });
  return commonDType("resultType", ...xs.map((x) => (typeof x === "string" ? zeroOf(x) : x)));
}

const zeroOf = (dtype: string): NDArray => toDType("resultType", false, checkDType(dtype, "resultType"));

export type DTypeKind = "bool" | "signed integer" | "unsigned integer" | "integral" | "real floating" | "numeric";

/**
 * Whether a dtype is of a kind (the array standard's names), or is the dtype named.
 *
 * @throws DTypeError for an unknown dtype or kind.
 * @example np.isdtype("int8", "integral") // true
 */
export function isdtype(dtype: DType, kind: DTypeKind | DType): boolean {
  checkDType(dtype, "isdtype");
  if (isDType(kind)) return dtype === kind;
  if (!Object.hasOwn(kinds, kind)) {
    throw new DTypeError({
      op: "isdtype",
      expected: Object.keys(kinds).join(", "),
      received: String(kind),
      remedy: "name one of these, or a dtype",
    });
  }
  return kinds[kind](dtype);
}

const kinds: Record<Exclude<DTypeKind, DType>, (dtype: DType) => boolean> = {
  "signed integer": isSigned,
  "unsigned integer": (dtype) => isInteger(dtype) && !isSigned(dtype),
  integral: isInteger,
  "real floating": isFloat,
  numeric: (dtype) => dtype !== "bool",
};

export interface FloatInfo {
  readonly dtype: DType;
  readonly bits: number;
  /** The spacing of numbers at 1. */
  readonly eps: number;
  readonly max: number;
  readonly min: number;
  /** The smallest positive number of full precision. */
  readonly tiny: number;
  readonly smallestNormal: number;
  readonly smallestSubnormal: number;
}

const dtypeOf = (of: DType | NDArray): DType => (typeof of === "string" ? of : of.dtype);

/**
 * The limits of a floating-point dtype, or of an array's.
 *
 * @throws DTypeError for other dtypes.
 * @example np.finfo("float32").eps // 1.1920928955078125e-7
 */
export function finfo(of: DType | NDArray): FloatInfo {
  const dtype = checkDType(dtypeOf(of), "finfo");
  if (!isFloat(dtype))
    throw new DTypeError({ op: "finfo", expected: "a floating-point dtype", received: dtype, remedy: "use np.iinfo for integers" });
  const max = largestFinite(dtype);
  const tiny = smallestNormal(dtype);
  const eps = epsilon(dtype);
  return { dtype, bits: 8 * bytesOf(dtype), eps, max, min: -max, tiny, smallestNormal: tiny, smallestSubnormal: tiny * eps };
}

export interface IntegerInfo {
  readonly dtype: DType;
  readonly bits: number;
  readonly max: number;
  readonly min: number;
}

/**
 * The limits of an integer dtype, or of an array's.
 *
 * @throws DTypeError for other dtypes.
 * @example np.iinfo("int8").max // 127
 */
export function iinfo(of: DType | NDArray): IntegerInfo {
  const dtype = checkDType(dtypeOf(of), "iinfo");
  if (!isInteger(dtype))
    throw new DTypeError({ op: "iinfo", expected: "an integer dtype", received: dtype, remedy: "use np.finfo for floats" });
  return { dtype, bits: 8 * bytesOf(dtype), max: highest(dtype), min: lowest(dtype) };
}
