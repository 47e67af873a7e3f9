// The IDX reader: round trips, every refusal's message, gzip, and the real MNIST files where they are present.

import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import * as fc from "fast-check";
import * as E from "fp-ts/lib/Either.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { typedArray } from "../../src/core/dtype.js";
import { DataError } from "../../src/core/errors.js";
import { sizeOf } from "../../src/core/shape.js";
import { encodeIdx, parseIdx, readIdx, type IdxArray } from "../../src/io/index.js";

const right = (result: E.Either<DataError, IdxArray>): IdxArray => {
  if (E.isLeft(result)) throw result.left;
  return result.right;
};

const left = (result: E.Either<DataError, IdxArray>): DataError => {
  if (E.isRight(result)) throw new Error("the bytes were accepted");
  expect(result.left).toBeInstanceOf(DataError);
  expect(result.left.tag).toBe("data");
  return result.left;
};

/** The first two lines of the message: what was expected and received, and the remedy; the third is the place. */
const messageOf = (result: E.Either<DataError, IdxArray>): string => left(result).message.split("\n  ").slice(0, 2).join(" ");

const u32 = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const file = (code: number, dims: number[], data: number[]): Uint8Array =>
  Uint8Array.from([0, 0, code, dims.length, ...dims.flatMap(u32), ...data]);

describe("parseIdx", () => {
  test.each([
    { what: "uint8", bytes: file(0x08, [2, 2], [0, 1, 128, 255]), dtype: "uint8", values: [0, 1, 128, 255] },
    { what: "int8", bytes: file(0x09, [3], [0, 127, 128]), dtype: "int8", values: [0, 127, -128] },
    { what: "int16, widened", bytes: file(0x0b, [2], [0xff, 0xfe, 0x01, 0x02]), dtype: "int32", values: [-2, 258] },
    { what: "int32", bytes: file(0x0c, [2], [0xff, 0xff, 0xff, 0xfe, 0, 1, 0, 2]), dtype: "int32", values: [-2, 65538] },
    { what: "float32", bytes: file(0x0d, [1], [0xc0, 0x20, 0, 0]), dtype: "float32", values: [-2.5] },
    { what: "float64", bytes: file(0x0e, [1], [0x3f, 0xb9, 0x99, 0x99, 0x99, 0x99, 0x99, 0x9a]), dtype: "float64", values: [0.1] },
    { what: "a scalar", bytes: file(0x08, [], [7]), dtype: "uint8", values: [7] },
    { what: "no element", bytes: file(0x0e, [3, 0], []), dtype: "float64", values: [] },
  ])("reads $what, big endian", ({ bytes, dtype, values }) => {
    const array = right(parseIdx(bytes));
    expect(array.dtype).toBe(dtype);
    expect(Array.from(array.data)).toEqual(values);
  });

  test("reads from the middle of a buffer and gives a copy", () => {
    const bytes = file(0x08, [2], [5, 6]);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const array = right(parseIdx(shifted.subarray(3)));
    shifted.fill(0);
    expect(array).toEqual({ dtype: "uint8", shape: [2], data: Uint8Array.of(5, 6) });
  });

  test.each([
    {
      what: "no bytes",
      bytes: new Uint8Array(0),
      message:
        "parseIdx: expected an IDX header of at least 4 bytes, got 0 bytes in x.idx. check that the file was written or downloaded to its end.",
    },
    {
      what: "axis sizes that are cut off",
      bytes: Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 1, 0),
      message:
        "parseIdx: expected a header of 12 bytes, for 2 axis sizes, got 9 bytes in x.idx. check that the file was written or downloaded to its end.",
    },
    {
      what: "another format",
      bytes: Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d),
      message:
        "parseIdx: expected an IDX file, which begins with two zero bytes, got the bytes 0x89 0x50 0x4e 0x47 in x.idx. pass an IDX file, gzipped or not.",
    },
    {
      what: "an unknown type code",
      bytes: file(0x0a, [1], [0]),
      message:
        "parseIdx: expected an element type of 0x08 uint8, 0x09 int8, 0x0b int16, 0x0c int32, 0x0d float32, 0x0e float64, got the type code 0x0a in x.idx. write the file with one of these types.",
    },
    {
      what: "too many axes",
      bytes: Uint8Array.of(0, 0, 8, 255),
      message: "parseIdx: expected at most 64 axes, got 255 axes in x.idx. check that the file is an IDX file.",
    },
    {
      what: "data that is cut short",
      bytes: file(0x0d, [2, 3], [0, 0, 0]),
      message:
        "parseIdx: expected 36 bytes, for 4-byte elements of shape [2,3], got 15 bytes in x.idx. get the whole file: this one is cut short.",
    },
    {
      what: "bytes after the last element",
      bytes: file(0x08, [2], [1, 2, 3]),
      message:
        "parseIdx: expected 10 bytes, for 1-byte elements of shape [2], got 11 bytes in x.idx. remove what follows the last element, or correct the header.",
    },
    {
      what: "more elements than the file holds, without taking their memory",
      bytes: file(0x0e, [0xffffffff, 1000], [0]),
      message:
        "parseIdx: expected 34359738360012 bytes, for 8-byte elements of shape [4294967295,1000], got 13 bytes in x.idx. get the whole file: this one is cut short.",
    },
    {
      what: "a product of sizes beyond what can be counted",
      bytes: file(0x08, [0xffffffff, 0xffffffff, 0xffffffff], [0]),
      message:
        "parseIdx: expected a size that can be counted, got the shape [4294967295,4294967295,4294967295] in x.idx. check the header: its axis sizes make no sense.",
    },
  ])("refuses $what", ({ bytes, message }) => {
    expect(messageOf(parseIdx(bytes, "x.idx"))).toBe(message);
  });

  test("never throws, whatever the bytes", () => {
    const header = fc.tuple(fc.constant(0), fc.constant(0), fc.constantFrom(7, 8, 9, 11, 12, 13, 14), fc.integer({ min: 0, max: 4 }));
    const bytes = fc.tuple(header, fc.uint8Array({ maxLength: 40 })).map(([start, rest]) => Uint8Array.from([...start, ...rest]));
    fc.assert(
      fc.property(fc.oneof(bytes, fc.uint8Array()), (given) => {
        const result = parseIdx(given);
        if (E.isRight(result)) expect(sizeOf(result.right.shape)).toBe(result.right.data.length);
        else expect(result.left).toBeInstanceOf(DataError);
      }),
      { numRuns: 500 },
    );
  });
});

const arrays = fc
  .tuple(
    fc.constantFrom("uint8" as const, "int8" as const, "int32" as const, "float32" as const, "float64" as const),
    fc.array(fc.nat({ max: 4 }), { maxLength: 4 }),
  )
  .chain(([dtype, shape]) => {
    const size = sizeOf(shape);
    const value = fc.oneof(fc.integer(), fc.double());
    return fc
      .array(value, { minLength: size, maxLength: size })
      .map((values): IdxArray => ({ dtype, shape, data: typedArray(dtype, values) }));
  });

describe("encodeIdx", () => {
  test("writes the documented bytes", () => {
    expect(encodeIdx({ dtype: "uint8", shape: [2], data: Uint8Array.of(7, 9) })).toEqual(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9));
  });

  test("is undone by parseIdx", () => {
    fc.assert(
      fc.property(arrays, (array) => {
        expect(right(parseIdx(encodeIdx(array)))).toEqual(array);
      }),
    );
  });

  test("any cut of it is refused, and so is any byte more", () => {
    fc.assert(
      fc.property(arrays, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (array, part) => {
        const bytes = encodeIdx(array);
        left(parseIdx(bytes.subarray(0, Math.floor(part * bytes.length))));
        left(parseIdx(Uint8Array.from([...bytes, 0])));
      }),
    );
  });

  test("refuses dtypes without a code and shapes that do not count the data", () => {
    expect(() => encodeIdx({ dtype: "uint32", shape: [1], data: Uint32Array.of(1) })).toThrow(
      "encodeIdx: expected one of uint8, int8, int32, float32, float64, got uint32.\n  convert the array to a dtype that IDX has.",
    );
    expect(() => encodeIdx({ dtype: "uint8", shape: [3], data: Uint8Array.of(1, 2) })).toThrow(
      "encodeIdx: expected a shape of at most 64 axes that counts 2 elements, got [3].\n  pass the shape of the data.",
    );
  });
});

describe("readIdx", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "cotangent-idx-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const write = async (name: string, bytes: Uint8Array): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, bytes);
    return path;
  };
  const ramp = encodeIdx({ dtype: "uint8", shape: [100, 30], data: Uint8Array.from({ length: 3000 }, (_, i) => (i * 37) % 251) });

  test("reads plain and gzipped files alike, by their bytes and not by their names", async () => {
    const plain = await readIdx(await write("plain.gz", ramp))();
    const zipped = await readIdx(await write("zipped", gzipSync(ramp)))();
    expect(right(plain)).toEqual(right(parseIdx(ramp)));
    expect(right(zipped)).toEqual(right(plain));
  });

  test("reads a gzipped file that is longer than the part the header is taken from", async () => {
    let state = 1;
    const noise = Uint8Array.from({ length: 50_000 }, () => (state = (state * 48_271) % 0x7fffffff) >>> 8);
    const bytes = encodeIdx({ dtype: "uint8", shape: [50_000], data: noise });
    const zipped = gzipSync(bytes);
    expect(zipped.length).toBeGreaterThan(20_000);
    expect(right(await readIdx(await write("long", zipped))()).data).toEqual(noise);
  });

  test("refuses a missing file and a folder", async () => {
    const path = join(folder, "nowhere");
    expect(messageOf(await readIdx(path)())).toBe(`readIdx: expected a file that can be read, got no file at ${path}. check the path.`);
    expect(messageOf(await readIdx(folder)())).toMatch(
      /^readIdx: expected a file that can be read, got EISDIR.*\. check that the path is a file/,
    );
  });

  test.each([
    {
      what: "cut short",
      damage: (zipped: Uint8Array) => zipped.subarray(0, zipped.length - 20),
      reason: "a whole gzip stream, got unexpected end of file",
    },
    { what: "a header alone", damage: (zipped: Uint8Array) => zipped.subarray(0, 2), reason: "at least 4 bytes, got 0 bytes" },
    {
      what: "damaged",
      damage: (zipped: Uint8Array) => zipped.map((byte, i) => (i > 60 && i < 90 ? byte ^ 255 : byte)),
      reason: "a whole gzip stream",
    },
  ])("refuses a gzip stream that is $what", async ({ damage, reason }) => {
    const path = await write("damaged.gz", damage(gzipSync(ramp)));
    const message = messageOf(await readIdx(path)());
    expect(message).toContain(reason);
    expect(message).toContain(`in ${path}. `);
  });

  test("names a damaged gzip stream and its remedy", async () => {
    const path = await write("short.gz", gzipSync(ramp).subarray(0, 200));
    expect(messageOf(await readIdx(path)())).toBe(
      `readIdx: expected a whole gzip stream, got unexpected end of file in ${path}. get the file again: its compressed data is damaged or cut short.`,
    );
  });

  test("does not inflate beyond what the header promises", async () => {
    const bomb = new Uint8Array(40_000_000);
    bomb.set(file(0x08, [2], [1, 2]));
    const path = await write("bomb.gz", gzipSync(bomb, { level: 1 }));
    expect(messageOf(await readIdx(path)())).toBe(
      `readIdx: expected 10 bytes, for 1-byte elements of shape [2], got more bytes in ${path}. remove what follows the last element, or correct the header.`,
    );
  });

  test("refuses gzipped data that ends before its shape does", async () => {
    const path = await write("few.gz", gzipSync(file(0x08, [5], [1, 2])));
    expect(messageOf(await readIdx(path)())).toContain("expected 13 bytes, for 1-byte elements of shape [5], got 10 bytes");
  });
});

const mnist = join(import.meta.dirname, "../../../shared/data/mnist");
const present = existsSync(join(mnist, "t10k-images-idx3-ubyte.gz"));
if (!present) console.log("MNIST is not in ../shared/data/mnist: its test is skipped");

test.skipIf(!present)("reads MNIST's test files", async () => {
  const images = right(await readIdx(join(mnist, "t10k-images-idx3-ubyte.gz"))());
  const labels = right(await readIdx(join(mnist, "t10k-labels-idx1-ubyte.gz"))());
  expect([images.dtype, images.shape]).toEqual(["uint8", [10_000, 28, 28]]);
  expect(Array.from(labels.data.subarray(0, 10))).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  const counts = new Array<number>(10).fill(0);
  for (const label of labels.data) counts[label]++;
  // The class counts of the published test set.
  expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
});
