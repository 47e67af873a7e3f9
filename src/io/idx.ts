// IDX files, the format of MNIST and its relatives: bytes in, a dtype, a shape and a typed array out, and back.
// Layout, big endian: two zero bytes, a type code, the number of axes, one uint32 per axis, then the elements row-major.
// Nothing is allocated before the header has been compared with the bytes that are really there.

import * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import type { DType, TypedArray } from "../core/dtype.js";
import { bytesOf, typedArray } from "../core/dtype.js";
import { DataError, DTypeError, ShapeError } from "../core/errors.js";
import { showShape, sizeOf } from "../core/shape.js";
import { codeOf, readBytes } from "./files.js";
import { nodeModule } from "./node.js";
import { GIVEN, MAX_AXES, type Origin, count, messageOf, refuse } from "./origin.js";

/** What an IDX file holds: elements in row-major order, `data.length` being the product of `shape`. */
export interface IdxArray {
  readonly dtype: DType;
  readonly shape: number[];
  readonly data: TypedArray;
}

interface ElementType {
  readonly code: number;
  readonly dtype: DType;
  /** Bytes of an element in the file, which differ from the array's where it is widened. */
  readonly bytes: number;
  readonly get: (view: DataView, at: number) => number;
}

const elementTypes: readonly ElementType[] = [
  { code: 0x08, dtype: "uint8", bytes: 1, get: (view, at) => view.getUint8(at) },
  { code: 0x09, dtype: "int8", bytes: 1, get: (view, at) => view.getInt8(at) },
  // There is no 16-bit dtype here; int32 holds every int16.
  { code: 0x0b, dtype: "int32", bytes: 2, get: (view, at) => view.getInt16(at) },
  { code: 0x0c, dtype: "int32", bytes: 4, get: (view, at) => view.getInt32(at) },
  { code: 0x0d, dtype: "float32", bytes: 4, get: (view, at) => view.getFloat32(at) },
  { code: 0x0e, dtype: "float64", bytes: 8, get: (view, at) => view.getFloat64(at) },
];

const setters: Partial<Record<DType, { code: number; set: (view: DataView, at: number, value: number) => void }>> = {
  uint8: { code: 0x08, set: (view, at, value) => view.setUint8(at, value) },
  int8: { code: 0x09, set: (view, at, value) => view.setInt8(at, value) },
  int32: { code: 0x0c, set: (view, at, value) => view.setInt32(at, value) },
  float32: { code: 0x0d, set: (view, at, value) => view.setFloat32(at, value) },
  float64: { code: 0x0e, set: (view, at, value) => view.setFloat64(at, value) },
};

/** Deflate expands a byte to at most 1032, so this much compressed data holds every header and stays small inflated. */
const PEEK_BYTES = 4096;

const typeNames = "0x08 uint8, 0x09 int8, 0x0b int16, 0x0c int32, 0x0d float32, 0x0e float64";
const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, "0")}`;

interface Header {
  readonly type: ElementType;
  readonly shape: number[];
  readonly headerBytes: number;
  /** Of the whole file: header and elements. */
  readonly totalBytes: number;
}

function parseHeader(bytes: Uint8Array, from: Origin): E.Either<DataError, Header> {
  if (bytes.length < 4) {
    const got = count(bytes.length, "byte");
    return refuse(from, "an IDX header of at least 4 bytes", got, "check that the file was written or downloaded to its end");
  }
  if (bytes[0] !== 0 || bytes[1] !== 0) {
    const start = Array.from(bytes.subarray(0, 4), hex).join(" ");
    return refuse(from, "an IDX file, which begins with two zero bytes", `the bytes ${start}`, "pass an IDX file, gzipped or not");
  }
  const type = elementTypes.find(({ code }) => code === bytes[2]);
  if (type === undefined) {
    return refuse(from, `an element type of ${typeNames}`, `the type code ${hex(bytes[2])}`, "write the file with one of these types");
  }
  const ndim = bytes[3];
  if (ndim > MAX_AXES) return refuse(from, `at most ${MAX_AXES} axes`, `${ndim} axes`, "check that the file is an IDX file");
  const headerBytes = 4 + 4 * ndim;
  if (bytes.length < headerBytes) {
    const expected = `a header of ${headerBytes} bytes, for ${count(ndim, "axis size")}`;
    return refuse(from, expected, count(bytes.length, "byte"), "check that the file was written or downloaded to its end");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: ndim }, (_, axis) => view.getUint32(4 + 4 * axis));
  const totalBytes = headerBytes + sizeOf(shape) * type.bytes;
  if (!Number.isSafeInteger(totalBytes)) {
    return refuse(from, "a size that can be counted", `the shape ${showShape(shape)}`, "check the header: its axis sizes make no sense");
  }
  return E.right({ type, shape, headerBytes, totalBytes });
}

function checkLength(header: Header, available: number, from: Origin): E.Either<DataError, Header> {
  const { type, shape, totalBytes } = header;
  if (available === totalBytes) return E.right(header);
  const what = `${type.bytes}-byte elements of shape ${showShape(shape)}`;
  return available < totalBytes
    ? refuse(from, `${totalBytes} bytes, for ${what}`, count(available, "byte"), "get the whole file: this one is cut short")
    : refuse(
        from,
        `${totalBytes} bytes, for ${what}`,
        count(available, "byte"),
        "remove what follows the last element, or correct the header",
      );
}

function decode(bytes: Uint8Array, header: Header): IdxArray {
  const { type, shape, headerBytes } = header;
  const data = typedArray(type.dtype, sizeOf(shape));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0, at = headerBytes; i < data.length; i++, at += type.bytes) data[i] = type.get(view, at);
  return { dtype: type.dtype, shape, data };
}

const parseFrom = (bytes: Uint8Array, from: Origin): E.Either<DataError, IdxArray> =>
  pipe(
    parseHeader(bytes, from),
    E.chain((header) => checkLength(header, bytes.length, from)),
    E.map((header) => decode(bytes, header)),
  );

/**
 * Parses the bytes of an uncompressed IDX file; `name` stands for them in messages.
 *
 * The data is a copy. Elements of 16 bits become `int32`, as no dtype of 16 bits exists here.
 *
 * Gives a `DataError` for a header or data that end early, bytes after the last element, a wrong magic number, an unknown
 * type code, and sizes that the bytes cannot hold. Never throws.
 *
 * @example
 * const bytes = Uint8Array.of(0, 0, 0x08, 1, 0, 0, 0, 2, 7, 9);
 * parseIdx(bytes); // right({ dtype: "uint8", shape: [2], data: Uint8Array [7, 9] })
 */
export const parseIdx = (bytes: Uint8Array, name = GIVEN): E.Either<DataError, IdxArray> => parseFrom(bytes, { op: "parseIdx", name });

const badGzip = (error: unknown, from: Origin): DataError =>
  new DataError({
    op: from.op,
    expected: "a whole gzip stream",
    received: `${messageOf(error)} in ${from.name}`,
    remedy: "get the file again: its compressed data is damaged or cut short",
  });

/** Inflates no more than the header promises, so that a small file cannot claim all memory. */
async function gunzip(bytes: Uint8Array, from: Origin): Promise<E.Either<DataError, Uint8Array>> {
  const zlib = nodeModule("node:zlib");
  const { promisify } = nodeModule("node:util");
  const inflate = promisify<Uint8Array, { finishFlush?: number; maxOutputLength?: number }, Uint8Array>(zlib.gunzip);
  try {
    // A synchronous flush at the end makes zlib give what it has instead of refusing a stream that stops.
    const start = await inflate(bytes.subarray(0, PEEK_BYTES), { finishFlush: zlib.constants.Z_SYNC_FLUSH });
    const header = parseHeader(start, from);
    if (E.isLeft(header)) return header;
    const { totalBytes, type, shape } = header.right;
    try {
      return E.right(await inflate(bytes, { maxOutputLength: Math.min(totalBytes + 1, 2 ** 32) }));
    } catch (error) {
      if (codeOf(error) !== "ERR_BUFFER_TOO_LARGE") throw error;
      const expected = `${totalBytes} bytes, for ${type.bytes}-byte elements of shape ${showShape(shape)}`;
      return refuse(from, expected, "more bytes", "remove what follows the last element, or correct the header");
    }
  } catch (error) {
    return E.left(badGzip(error, from));
  }
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/**
 * Reads an IDX file, gzipped or not: told apart by the first two bytes, not by the name. Node only.
 *
 * Gives a `DataError` where `parseIdx` does, for a file that is missing or cannot be read, and for a damaged gzip stream.
 *
 * @example
 * const images = await readIdx("mnist/t10k-images-idx3-ubyte.gz")(); // Either<DataError, IdxArray> of shape [10000,28,28]
 */
export const readIdx = (path: string): TE.TaskEither<DataError, IdxArray> => {
  const from: Origin = { op: "readIdx", name: path };
  return pipe(
    readBytes(from),
    TE.chain((bytes) => (isGzip(bytes) ? () => gunzip(bytes, from) : TE.right(bytes))),
    TE.chainEitherK((bytes) => parseFrom(bytes, from)),
  );
};

/**
 * The bytes of an uncompressed IDX file that holds `array`.
 *
 * @throws DTypeError for `uint32` and `bool`, which IDX has no code for.
 * @throws ShapeError when `shape` does not count the elements of `data`, or has more than 64 axes.
 * @example
 * encodeIdx({ dtype: "uint8", shape: [2], data: Uint8Array.of(7, 9) }); // Uint8Array [0, 0, 8, 1, 0, 0, 0, 2, 7, 9]
 */
export function encodeIdx(array: IdxArray): Uint8Array {
  const { dtype, shape, data } = array;
  const setter = setters[dtype];
  if (setter === undefined) {
    const expected = `one of ${Object.keys(setters).join(", ")}`;
    throw new DTypeError({ op: "encodeIdx", expected, received: dtype, remedy: "convert the array to a dtype that IDX has" });
  }
  if (sizeOf(shape) !== data.length || shape.length > MAX_AXES) {
    const expected = `a shape of at most ${MAX_AXES} axes that counts ${count(data.length, "element")}`;
    throw new ShapeError({ op: "encodeIdx", expected, received: showShape(shape), remedy: "pass the shape of the data" });
  }
  const headerBytes = 4 + 4 * shape.length;
  const width = bytesOf(dtype);
  const bytes = new Uint8Array(headerBytes + data.length * width);
  const view = new DataView(bytes.buffer);
  bytes.set([0, 0, setter.code, shape.length]);
  shape.forEach((n, axis) => view.setUint32(4 + 4 * axis, n));
  for (let i = 0; i < data.length; i++) setter.set(view, headerBytes + i * width, data[i]);
  return bytes;
}
