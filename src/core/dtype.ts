// Element types: their names, storage, promotion lattice and limits.
// Promotion follows JAX's lattice (jax.numpy.promote_types) on the dtypes cotangent has. A JavaScript number is weakly
// typed: it takes the dtype of the array it meets. Two dtypes that no dtype can hold together are refused, never narrowed.

import { DTypeError } from "./errors.js";

/** The element types of arrays, widest use first. */
export const dtypes = ["float32", "float64", "int32", "uint32", "int8", "uint8", "bool"] as const;

/** Name of an element type. `bool` is stored as one byte, 0 or 1. */
export type DType = (typeof dtypes)[number];

/** Floating-point element types: the differentiable ones. */
export type FloatDType = "float32" | "float64";

export type TypedArray = Float32Array | Float64Array | Int32Array | Uint32Array | Int8Array | Uint8Array;

type Kind = "float" | "signed" | "unsigned" | "bool";

interface DTypeInfo {
  readonly kind: Kind;
  readonly bytes: number;
  /** The name in a printed jaxpr, as JAX abbreviates it. */
  readonly short: string;
  readonly make: (source: number | ArrayLike<number>) => TypedArray;
  readonly min: number;
  readonly max: number;
}

const make =
  (Type: new (n: number) => TypedArray, from: (xs: ArrayLike<number>) => TypedArray) =>
  (source: number | ArrayLike<number>): TypedArray =>
    typeof source === "number" ? new Type(source) : from(source);

const info: Readonly<Record<DType, DTypeInfo>> = {
  float32: { kind: "float", bytes: 4, short: "f32", make: make(Float32Array, (x) => Float32Array.from(x)), min: -Infinity, max: Infinity },
  float64: { kind: "float", bytes: 8, short: "f64", make: make(Float64Array, (x) => Float64Array.from(x)), min: -Infinity, max: Infinity },
  int32: { kind: "signed", bytes: 4, short: "i32", make: make(Int32Array, (x) => Int32Array.from(x)), min: -(2 ** 31), max: 2 ** 31 - 1 },
  uint32: { kind: "unsigned", bytes: 4, short: "u32", make: make(Uint32Array, (x) => Uint32Array.from(x)), min: 0, max: 2 ** 32 - 1 },
  int8: { kind: "signed", bytes: 1, short: "i8", make: make(Int8Array, (x) => Int8Array.from(x)), min: -128, max: 127 },
  uint8: { kind: "unsigned", bytes: 1, short: "u8", make: make(Uint8Array, (x) => Uint8Array.from(x)), min: 0, max: 255 },
  bool: {
    kind: "bool",
    bytes: 1,
    short: "bool",
    make: make(Uint8Array, (x) => Uint8Array.from(x, (v) => (v === 0 ? 0 : 1))),
    min: 0,
    max: 1,
  },
};

/** Whether `name` is the name of an element type. */
export const isDType = (name: unknown): name is DType => typeof name === "string" && Object.hasOwn(info, name);

/** Refuses what is not the name of an element type; `op` names the caller in the error. */
export function checkDType(name: unknown, op: string): DType {
  if (isDType(name)) return name;
  throw new DTypeError({
    op,
    expected: `one of ${dtypes.join(", ")}`,
    received: String(name),
    remedy: "pass one of these names as the dtype",
  });
}

export const isFloat = (dtype: DType): dtype is FloatDType => info[dtype].kind === "float";
export const isInteger = (dtype: DType): boolean => info[dtype].kind === "signed" || info[dtype].kind === "unsigned";
export const isSigned = (dtype: DType): boolean => info[dtype].kind === "signed";

/** Bytes of one element. */
export const bytesOf = (dtype: DType): number => info[dtype].bytes;

/** The abbreviation used in printed jaxprs and error messages: `f32`, `i8`, `bool`. */
export const shortName = (dtype: DType): string => info[dtype].short;

/** The lowest value: −∞ for floats, the dtype's minimum for integers, 0 for bool. The identity of `max`. */
export const lowest = (dtype: DType): number => info[dtype].min;

/** The highest value: ∞ for floats, the dtype's maximum for integers, 1 for bool. The identity of `min`. */
export const highest = (dtype: DType): number => info[dtype].max;

/** Whether a number is one of the dtype as it is, or by rounding where the dtype is a float. */
export const holds = (dtype: DType, value: number): boolean =>
  isFloat(dtype) || (Number.isInteger(value) && value >= lowest(dtype) && value <= highest(dtype));

/** A zeroed typed array of `length` elements, or one converted from `source` (bool: any non-zero becomes 1). */
export const typedArray = (dtype: DType, source: number | ArrayLike<number>): TypedArray => info[dtype].make(source);

/** Spacing of the floats at 1: `2^-23` for float32, `2^-52` for float64. */
export const epsilon = (dtype: FloatDType): number => (dtype === "float32" ? 2 ** -23 : 2 ** -52);

/** Smallest positive normal number. */
export const smallestNormal = (dtype: FloatDType): number => (dtype === "float32" ? 2 ** -126 : 2 ** -1022);

/** Largest finite number. */
export const largestFinite = (dtype: FloatDType): number => (dtype === "float32" ? (2 - 2 ** -23) * 2 ** 127 : Number.MAX_VALUE);

/** The dtype that one step of promotion reaches; `undefined` where no dtype of ours holds both. */
function join(a: DType, b: DType): DType | undefined {
  if (a === b) return a;
  const [x, y] = [info[a], info[b]];
  if (x.kind === "bool") return b;
  if (y.kind === "bool") return a;
  if (x.kind === "float" || y.kind === "float") {
    if (x.kind !== y.kind) return x.kind === "float" ? a : b;
    return "float64";
  }
  if (x.kind === y.kind) return x.bytes > y.bytes ? a : b;
  const [signed, unsigned] = x.kind === "signed" ? [x, y] : [y, x];
  // JAX widens int8 with uint8 to int16 and int32 with uint32 to int64; int32 is our only wider signed dtype.
  return unsigned.bytes < 4 ? "int32" : signed.bytes <= 4 ? undefined : "int32";
}

/**
 * The dtype that holds values of both `a` and `b`, by JAX's promotion lattice.
 *
 * @throws DTypeError for `uint32` with a signed integer: the dtype that holds both would be int64, which does not exist here.
 * @example promoteTypes("int32", "float32") // "float32"
 */
export function promoteTypes(a: DType, b: DType, op = "promoteTypes"): DType {
  const result = join(a, b);
  if (result !== undefined) return result;
  throw new DTypeError({
    op,
    expected: "two dtypes that one dtype can hold",
    received: `${a} and ${b}`,
    remedy: `convert one of them first, for example x.astype("int32") or x.astype("float64")`,
  });
}

/** The dtype of a weakly typed literal that meets no array: `float32` for a number, `bool` for a boolean. */
export const literalDType = (value: number | boolean): DType => (typeof value === "boolean" ? "bool" : "float32");

/**
 * The dtype that `value` takes when it meets an array of `dtype`: the array's own, unless only a wider kind can hold it
 * (a fraction beside integers gives `float32`, an integer beside `bool` gives `int32`).
 */
export function literalBeside(value: number | boolean, dtype: DType): DType {
  if (typeof value === "boolean" || isFloat(dtype)) return dtype;
  if (!Number.isInteger(value)) return "float32";
  return dtype === "bool" ? "int32" : dtype;
}
