// What the tests of the formats share: arrays of every dtype and odd shape, hostile names, damaged bytes, and the two sides of
// an Either, taken apart.

import * as fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { expect } from "vitest";
import { type NDArray, fromTypedArray } from "../../src/core/array.js";
import { type DType, dtypes, typedArray } from "../../src/core/dtype.js";
import { type CotangentError, DataError } from "../../src/core/errors.js";
import { sizeOf } from "../../src/core/shape.js";

export const right = <A>(result: E.Either<CotangentError, A>): A => {
  if (E.isLeft(result)) throw result.left;
  return result.right;
};

/** The first two lines of a refusal: what was expected and received, and the remedy. */
export const refusal = (result: E.Either<CotangentError, unknown>): string => {
  if (E.isRight(result)) throw new Error("the bytes were accepted");
  return result.left.message;
};

export const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)];
export const u16 = (n: number): number[] => [n & 255, (n >>> 8) & 255];
export const u32 = (n: number): number[] => [...u16(n & 0xffff), ...u16(n >>> 16)];
export const u64 = (n: number): number[] => [...u32(n % 2 ** 32), ...u32(Math.floor(n / 2 ** 32))];

const values = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -0, 1, NaN, Infinity, -Infinity, 2 ** 31, 255));

export const ofDType = (dtype: DType): fc.Arbitrary<NDArray> =>
  fc.array(fc.nat({ max: 3 }), { maxLength: 4 }).chain((shape) => {
    const size = sizeOf(shape);
    return fc
      .array(values, { minLength: size, maxLength: size })
      .map((numbers) => fromTypedArray(typedArray(dtype, numbers), shape, dtype));
  });

export const anyArray: fc.Arbitrary<NDArray> = fc.constantFrom(...dtypes).chain(ofDType);

export const names = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.constantFrom("", "__proto__", "constructor", "0", "1.5", 'a"b\\c', "\n\u0000", "層.重み", "x".repeat(3000)),
);

export const namedArrays = fc
  .uniqueArray(fc.tuple(names, anyArray), { selector: ([name]) => name, maxLength: 5 })
  .map((entries) => new Map(entries));

/** The same type and the same bits. */
export function expectSame(actual: NDArray, expected: NDArray): void {
  expect([actual.dtype, actual.shape]).toEqual([expected.dtype, expected.shape]);
  const [a, b] = [actual.toTypedArray(), expected.toTypedArray()];
  expect(Buffer.from(a.buffer, a.byteOffset, a.byteLength)).toEqual(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

interface Change {
  readonly kind: "set" | "cut" | "drop" | "double";
  readonly at: number;
  readonly byte: number;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("set", "set", "set", "cut", "drop", "double"),
  at: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  byte: fc.oneof(fc.constantFrom(0, 1, 255, 0x30, 0x39, 0x22, 0x5d, 0x7b), fc.nat({ max: 255 })),
});

function apply(bytes: Uint8Array, { kind, at, byte }: Change): Uint8Array {
  const place = Math.floor(at * bytes.length);
  if (kind === "cut") return bytes.slice(0, place);
  if (kind === "drop") return Uint8Array.from([...bytes.subarray(0, place), ...bytes.subarray(place + 1)]);
  if (kind === "double") return Uint8Array.from([...bytes.subarray(0, place), ...bytes.subarray(place), ...bytes.subarray(0, 8)]);
  return bytes.map((old, i) => (i === place ? byte : old));
}

/** Whole files with a few bytes changed, dropped, added or cut off; and plain noise. */
export const damaged = (files: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.tuple(files, fc.array(change, { minLength: 1, maxLength: 4 })).map(([bytes, changes]) => changes.reduce(apply, bytes)),
    fc.uint8Array({ maxLength: 200 }),
  );

/** Whatever the bytes: a refusal with a DataError, or arrays that the bytes could hold. */
export function checkContained(
  bytes: Uint8Array,
  parse: (bytes: Uint8Array) => E.Either<DataError, Iterable<NDArray>>,
  expansion: number,
): void {
  const result = parse(bytes);
  if (E.isLeft(result)) {
    expect(result.left).toBeInstanceOf(DataError);
    return;
  }
  let total = 0;
  for (const array of result.right) total += array.toTypedArray().byteLength;
  expect(total).toBeLessThanOrEqual(bytes.length * expansion);
}
