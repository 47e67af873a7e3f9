// Elements of files: which types of element files have, what they become here, and their bytes in either order.
// Types that no dtype here stands for (16-bit floats and integers, 64-bit integers) are converted only on demand, and never with
// loss: an integer that does not fit is refused.

import { ConcreteArray, LiteralArray, type NDArray, asArray } from "../core/array.js";
import { type DType, type TypedArray, bytesOf, typedArray } from "../core/dtype.js";
import type { Fail } from "./origin.js";

type Read = (view: DataView, at: number, little: boolean) => number;

interface Element {
  /** Of one element, in the file. */
  readonly bytes: number;
  readonly dtype: DType;
  /** How an element is converted; undefined where the file's type is the dtype. */
  readonly read?: Read;
}

/** Bits to a number: sign, `exponentBits` and a fraction, as in IEEE 754. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const wide = new DataView(new ArrayBuffer(4));

/** A bfloat16 is the upper half of a float32. */
function bfloat16(bits: number): number {
  wide.setUint32(0, bits * 0x10000);
  return wide.getFloat32(0);
}

const native = (dtype: DType): Element => ({ bytes: bytesOf(dtype), dtype });

/** Every type of element that a file may have and that can be had here. */
export const elements = {
  float64: native("float64"),
  float32: native("float32"),
  float16: { bytes: 2, dtype: "float32", read: (view, at, little) => float16(view.getUint16(at, little)) },
  bfloat16: { bytes: 2, dtype: "float32", read: (view, at, little) => bfloat16(view.getUint16(at, little)) },
  int64: { bytes: 8, dtype: "int32", read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  uint64: { bytes: 8, dtype: "uint32", read: (view, at, little) => Number(view.getBigUint64(at, little)) },
  int32: native("int32"),
  uint32: native("uint32"),
  int16: { bytes: 2, dtype: "int32", read: (view, at, little) => view.getInt16(at, little) },
  uint16: { bytes: 2, dtype: "uint32", read: (view, at, little) => view.getUint16(at, little) },
  int8: native("int8"),
  uint8: native("uint8"),
  bool: native("bool"),
} as const satisfies Readonly<Record<string, Element>>;

export type ElementName = keyof typeof elements;

/** What an element type becomes, looked at without its name. */
const elementOf = (name: ElementName): Element => elements[name];

/** Refuses a type that would have to be converted, unless conversion was asked for. */
export function checkConversion(name: ElementName, where: string, convert: boolean, fail: Fail): void {
  const { dtype, read } = elementOf(name);
  if (read === undefined || convert) return;
  const how = name.includes("64") ? `to ${dtype} where every value fits` : `to ${dtype}, without loss`;
  fail("elements of a dtype that exists here", `${name}, ${where}`, `pass { convert: true } to convert them ${how}`);
}

const hostIsLittle = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

function swapBytes(bytes: Uint8Array, width: number): void {
  for (let i = 0; i < bytes.length; i += width) bytes.subarray(i, i + width).reverse();
}

const raw = (data: TypedArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** The elements in `bytes`, which holds them exactly; a copy. `where` names the array in messages. */
export function decodeElements(bytes: Uint8Array, name: ElementName, little: boolean, where: string, fail: Fail): TypedArray {
  const { bytes: width, dtype, read } = elementOf(name);
  const data = typedArray(dtype, bytes.length / width);
  if (read !== undefined) {
    convertInto(data, bytes, { name, read, width, little, where, fail });
    return data;
  }
  raw(data).set(bytes);
  if (little !== hostIsLittle && width > 1) swapBytes(raw(data), width);
  const wrong = dtype === "bool" ? data.findIndex((byte) => byte > 1) : -1;
  if (wrong >= 0) {
    fail("bools that are the byte 0 or 1", `the byte ${data[wrong]} at element ${wrong}, ${where}`, "store numbers as uint8");
  }
  return data;
}

interface Conversion {
  readonly name: ElementName;
  readonly read: Read;
  readonly width: number;
  readonly little: boolean;
  readonly where: string;
  readonly fail: Fail;
}

function convertInto(data: TypedArray, bytes: Uint8Array, { name, read, width, little, where, fail }: Conversion): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const exact = width === 8;
  for (let i = 0; i < data.length; i++) {
    const value = read(view, i * width, little);
    data[i] = value;
    if (exact && data[i] !== value) {
      fail(
        `values that ${name === "int64" ? "int32" : "uint32"} holds`,
        `${value} at element ${i}, ${where}`,
        "store the array in another dtype: there is no 64-bit integer here",
      );
    }
  }
}

/** An array's dtype, shape and own elements, not to be written. */
export interface Elements {
  readonly array: NDArray;
  readonly data: TypedArray;
}

/** The elements of an array, a number (float32) or a boolean, without a copy where it can be. */
export function elementsOf(x: NDArray | number | boolean, op: string): Elements {
  const array = asArray(x, op);
  const own = array instanceof ConcreteArray && !(array instanceof LiteralArray);
  return { array, data: own ? array.data : array.toTypedArray() };
}

/** The elements as a file has them, in little-endian order; shares memory with them where it can. */
export function encodeElements(data: TypedArray): Uint8Array {
  if (hostIsLittle) return raw(data);
  const copy = raw(data).slice();
  if (data.BYTES_PER_ELEMENT > 1) swapBytes(copy, data.BYTES_PER_ELEMENT);
  return copy;
}
