// Random bits and what is made of them directly: words of 32 and 8 bits, and floats in [0, 1).
// Floats are multiples of 2^-23 or 2^-52, which conversion of the leading bits gives exactly, as do mantissas filled with them.

import type { NDArray } from "../core/array.js";
import { type DType, type FloatDType, checkDType } from "../core/dtype.js";
import { DTypeError } from "../core/errors.js";
import { type Shape, checkShape } from "../core/shape.js";
import { add, mul } from "../ops/arithmetic.js";
import { bitAnd, bitXor, shiftRightLogical } from "../ops/bitwise.js";
import { convertElementType } from "../ops/convert.js";
import { full } from "../ops/layout.js";
import { threefry2x32 } from "../ops/threefry.js";
import { checkOptions } from "../core/options.js";
import { checkKey, counters, keyWords } from "./keys.js";

/** Two independent words of 32 bits for each place of `shape`. */
export function randomWords(key: NDArray, shape: Shape, op: string): readonly [NDArray, NDArray] {
  const [key0, key1] = keyWords(checkKey(key, op));
  return threefry2x32(key0, key1, full([], 0, "uint32"), counters(checkShape(shape, op)));
}

/** One word of 32 bits for each place of `shape`. */
export const randomWord = (key: NDArray, shape: Shape, op: string): NDArray => bitXor(...randomWords(key, shape, op));

/**
 * Uniformly distributed bits: unsigned integers of 32 bits, or of 8. The same as `jax.random.bits`.
 *
 * @throws DTypeError for what is no key, or another dtype than uint32 and uint8; ShapeError for what is no shape.
 * @example random.bits(random.key(7), [2]) // [2895194379, 4185947648]
 */
export function bits(key: NDArray, shape: Shape = [], options: { readonly dtype?: DType } = {}): NDArray {
  checkOptions("bits", options, ["dtype"]);
  const dtype = checkDType(options.dtype ?? "uint32", "bits");
  if (dtype !== "uint32" && dtype !== "uint8") {
    throw new DTypeError({
      op: "bits",
      expected: "dtype uint32 or uint8",
      received: dtype,
      remedy: "draw unsigned bits, then convert them with astype",
    });
  }
  const words = randomWord(key, shape, "bits");
  return dtype === "uint32" ? words : convertElementType(bitAnd(words, 255), dtype);
}

/** Floats in [0, 1), evenly spaced. */
export function unitFloats(key: NDArray, shape: Shape, dtype: FloatDType, op: string): NDArray {
  if (dtype === "float32") return mul(convertElementType(shiftRightLogical(randomWord(key, shape, op), 9), dtype), 2 ** -23);
  // The leading 52 of 64 bits; both parts and their sum are exact.
  const [high, low] = randomWords(key, shape, op);
  const leading = mul(convertElementType(high, dtype), 2 ** -32);
  return add(leading, mul(convertElementType(shiftRightLogical(low, 12), dtype), 2 ** -52));
}
