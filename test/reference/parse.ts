// Reference files as data: JSON enters, typed values leave. What is not as it should be is named by file and place.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DType, FloatDType } from "../../src/core/dtype.js";
import { sizeOf } from "../../src/core/shape.js";
import { fromTypedArray, type NDArray } from "../../src/core/array.js";
import { typedArray } from "../../src/core/dtype.js";

/** A reference file that is not what it should be. */
export class MalformedReference extends Error {
  constructor(
    readonly where: string,
    expected: string,
    received: unknown,
  ) {
    const shown = received === undefined ? "nothing" : (JSON.stringify(received) ?? typeof received).slice(0, 80);
    super(`${where}: expected ${expected}, got ${shown}`);
    this.name = "MalformedReference";
  }
}

/** An array as the files hold it; numbers that JSON lacks are already read. */
export interface StoredArray {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: readonly number[];
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** The content of a file of the folder. */
export function readJson(folder: string, file: string): unknown {
  const text = readFileSync(join(folder, file), "utf8");
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MalformedReference(file, "JSON", error instanceof Error ? error.message : error);
  }
}

export function object(x: unknown, where: string): JsonObject {
  if (typeof x === "object" && x !== null && !Array.isArray(x)) return x as JsonObject;
  throw new MalformedReference(where, "an object", x);
}

export function list(x: unknown, where: string): readonly unknown[] {
  if (Array.isArray(x)) return x;
  throw new MalformedReference(where, "a list", x);
}

export function string(x: unknown, where: string): string {
  if (typeof x === "string") return x;
  throw new MalformedReference(where, "a string", x);
}

const special: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, "-inf": -Infinity };

/** A number, or what stands for one that JSON lacks. */
export function number(x: unknown, where: string): number {
  if (typeof x === "number") return x;
  if (typeof x === "boolean") return x ? 1 : 0;
  if (typeof x === "string" && x in special) return special[x];
  throw new MalformedReference(where, `a number, "nan", "inf" or "-inf"`, x);
}

export const numbers = (x: unknown, where: string): number[] => list(x, where).map((v, i) => number(v, `${where}[${i}]`));

/** How the dtypes of the files are called here; a float takes the dtype of the run. */
const dtypeOf: Readonly<Record<string, DType | "float">> = {
  float64: "float",
  float32: "float",
  int64: "int32",
  int32: "int32",
  uint32: "uint32",
  bool: "bool",
};

export function storedArray(x: unknown, where: string): StoredArray {
  const { shape, dtype, data } = object(x, where);
  const stored = { shape: numbers(shape, `${where}.shape`), dtype: string(dtype, `${where}.dtype`), data: numbers(data, `${where}.data`) };
  if (!(stored.dtype in dtypeOf)) throw new MalformedReference(`${where}.dtype`, `one of ${Object.keys(dtypeOf).join(", ")}`, stored.dtype);
  if (stored.data.length === sizeOf(stored.shape)) return stored;
  throw new MalformedReference(
    `${where}.data`,
    `${sizeOf(stored.shape)} elements for shape [${stored.shape.join()}]`,
    `${stored.data.length} elements`,
  );
}

export const storedArrays = (x: unknown, where: string): StoredArray[] => list(x, where).map((a, i) => storedArray(a, `${where}[${i}]`));

/** The dtype that a stored array has in a run with the given floats. */
export const runDType = (stored: StoredArray, float: FloatDType): DType => {
  const dtype = dtypeOf[stored.dtype];
  return dtype === "float" ? float : dtype;
};

/** A stored array as an operand of a run with the given floats. */
export function toOperand(stored: StoredArray, float: FloatDType): NDArray {
  const dtype = runDType(stored, float);
  return fromTypedArray(typedArray(dtype, stored.data), stored.shape, dtype);
}
