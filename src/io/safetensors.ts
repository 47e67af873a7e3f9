// safetensors files, the format of Hugging Face: named arrays and a map of texts, to and from bytes.
// Layout: the header's length as a little-endian uint64, the header (JSON, padded with spaces), then the elements of all arrays,
// little endian and row-major, one after the other without a gap. No array is made before all of them have been found to fit.

import type * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type ArrayLike, type NDArray, fromTypedArray, kindOf } from "../core/array.js";
import type { DType } from "../core/dtype.js";
import { type DataError, OptionError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { showShape, sizeOf } from "../core/shape.js";
import { type ElementName, checkConversion, decodeElements, elements, elementsOf, encodeElements } from "./elements.js";
import { readBytes, writeAtomically } from "./files.js";
import type { ParseOptions, ReadOptions } from "./options.js";
import { CUT_SHORT, type Fail, GIVEN, type Origin, count, parsing, quote } from "./origin.js";
import { type HeaderEntry, METADATA, isWellFormed, readHeader } from "./safetensorsHeader.js";

/** What a safetensors file holds, in the order of its header. */
export interface Safetensors {
  readonly tensors: ReadonlyMap<string, NDArray>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Arrays by name. */
export type NamedArrays = ReadonlyMap<string, ArrayLike> | Readonly<Record<string, ArrayLike>>;

export interface SafetensorsWriteOptions {
  /** Texts by name, kept in the header. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** The bound of the reference implementation on the header's length. */
const MAX_HEADER = 100_000_000;
const LENGTH_BYTES = 8;
const OPEN_BRACE = 0x7b;

const types: Readonly<Record<string, ElementName>> = {
  F64: "float64",
  F32: "float32",
  F16: "float16",
  BF16: "bfloat16",
  I64: "int64",
  U64: "uint64",
  I32: "int32",
  U32: "uint32",
  I16: "int16",
  U16: "uint16",
  I8: "int8",
  U8: "uint8",
  BOOL: "bool",
};

/** In the order in which the reference implementation lays arrays out: the widest first, so that all are aligned. */
const codes: readonly (readonly [DType, string])[] = [
  ["float64", "F64"],
  ["float32", "F32"],
  ["uint32", "U32"],
  ["int32", "I32"],
  ["int8", "I8"],
  ["uint8", "U8"],
  ["bool", "BOOL"],
];

/** A header entry whose type is known and whose extent fits its shape. */
interface Located extends HeaderEntry {
  readonly element: ElementName;
}

function headerText(bytes: Uint8Array, fail: Fail): { text: string; dataStart: number } {
  if (bytes.length < LENGTH_BYTES) fail("a header length of 8 bytes", count(bytes.length, "byte"), CUT_SHORT);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER)) {
    fail(`a header of at most ${MAX_HEADER} bytes`, `a length of ${length}`, "check that the file is a safetensors file");
  }
  const dataStart = LENGTH_BYTES + Number(length);
  if (dataStart > bytes.length) fail(`a header of ${length} bytes`, `${count(bytes.length - LENGTH_BYTES, "byte")} of it`, CUT_SHORT);
  if (bytes[LENGTH_BYTES] !== OPEN_BRACE || length === 0n) {
    fail(`a header that begins with "{"`, `another beginning`, "check that the file is a safetensors file");
  }
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(LENGTH_BYTES, dataStart)), dataStart };
  } catch {
    return fail("a header in UTF-8", "bytes that are none", "check that the file is a safetensors file");
  }
}

function locate(entry: HeaderEntry, convert: boolean, fail: Fail): Located {
  const { name, type, shape, start, end } = entry;
  const element = Object.hasOwn(types, type) ? types[type] : undefined;
  if (element === undefined) {
    return fail(`a dtype among ${Object.keys(types).join(", ")}`, `${quote(type)} for ${quote(name)}`, "store the array in one of these");
  }
  checkConversion(element, `of ${quote(name)}`, convert, fail);
  const bytes = sizeOf(shape) * elements[element].bytes;
  if (bytes !== end - start) {
    const size = Number.isSafeInteger(bytes) ? count(bytes, "byte") : "more bytes than can be counted";
    const what = `${size} for ${type} of shape ${showShape(shape)}`;
    fail(what, `data_offsets [${start},${end}] of ${quote(name)}`, "correct the header: its sizes contradict each other");
  }
  return { ...entry, element };
}

/** The arrays lie side by side from the first byte to the last. */
function checkExtents(located: readonly Located[], available: number, fail: Fail): void {
  let before = "the header";
  let position = 0;
  for (const { name, start, end } of located.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    const place = `${quote(name)} at [${start},${end}]`;
    if (end > available) fail(`${end} bytes of elements, for ${quote(name)}`, count(available, "byte"), CUT_SHORT);
    if (start !== position) {
      const fault = start < position ? "overlap" : "leave a gap";
      fail(`arrays that do not ${fault}`, `${place} after ${before}, which ends at ${position},`, "write the file again");
    }
    position = end;
    before = quote(name);
  }
  if (position !== available) {
    fail(`${position} bytes of elements`, count(available, "byte"), "remove what follows the last array, or correct the header");
  }
}

function parse(bytes: Uint8Array, convert: boolean, fail: Fail): Safetensors {
  const { text, dataStart } = headerText(bytes, fail);
  const { metadata, entries } = readHeader(text, fail);
  const located = entries.map((entry) => locate(entry, convert, fail));
  checkExtents(located, bytes.length - dataStart, fail);
  const tensors = located.map(({ name, element, shape, start, end }): [string, NDArray] => {
    const part = bytes.subarray(dataStart + start, dataStart + end);
    const data = decodeElements(part, element, true, `of ${quote(name)}`, fail);
    return [name, fromTypedArray(data, shape, elements[element].dtype)];
  });
  return { metadata, tensors: new Map(tensors) };
}

const parseFrom = (bytes: Uint8Array, from: Origin, convert = false): E.Either<DataError, Safetensors> =>
  parsing(from, (fail) => parse(bytes, convert, fail));

/**
 * Parses the bytes of a safetensors file into arrays and metadata. The arrays are copies.
 *
 * Gives a `DataError` for bytes that end early or go on too long, arrays that overlap or leave gaps, sizes that contradict each
 * other, repeated names, a header that is no JSON of this format, and dtypes that do not exist here unless `convert` is set.
 *
 * @throws OptionError for an unknown option.
 * @example
 * const bytes = encodeSafetensors({ w: np.array([1, 2]) });
 * parseSafetensors(bytes); // right({ tensors: Map { "w" → [1, 2] }, metadata: Map {} })
 */
export function parseSafetensors(bytes: Uint8Array, options: ParseOptions = {}): E.Either<DataError, Safetensors> {
  checkOptions("parseSafetensors", options, ["name", "convert"]);
  return parseFrom(bytes, { op: "parseSafetensors", name: options.name ?? GIVEN }, options.convert);
}

/**
 * Reads a safetensors file, as PyTorch and Hugging Face's libraries write them. Node only.
 *
 * Gives a `DataError` where `parseSafetensors` does, and for a file that cannot be read.
 *
 * @throws OptionError for an unknown option.
 * @example const weights = await readSafetensors("model.safetensors", { convert: true })(); // Either<DataError, Safetensors>
 */
export function readSafetensors(path: string, options: ReadOptions = {}): TE.TaskEither<DataError, Safetensors> {
  checkOptions("readSafetensors", options, ["convert"]);
  const from: Origin = { op: "readSafetensors", name: path };
  return pipe(
    readBytes(from),
    TE.chainEitherK((bytes) => parseFrom(bytes, from, options.convert)),
  );
}

const rankOf = (dtype: DType): number => codes.findIndex(([known]) => known === dtype);

export const entriesOf = (arrays: NamedArrays): (readonly [string, ArrayLike])[] =>
  arrays instanceof Map ? [...arrays] : Object.entries<ArrayLike>(arrays as Readonly<Record<string, ArrayLike>>);

/** A text as JSON, refused where UTF-8 cannot hold it: it would come back as another. */
function toJson(text: unknown, what: string): string {
  if (typeof text === "string" && isWellFormed(text)) return JSON.stringify(text);
  throw new OptionError({
    op: "encodeSafetensors",
    expected: `${what} of Unicode text`,
    received: typeof text === "string" ? JSON.stringify(text) : kindOf(text),
    remedy: typeof text === "string" ? "remove the half of a surrogate pair" : "convert it to text, with JSON.stringify or String",
  });
}

function nameToJson(name: string): string {
  if (name !== METADATA) return toJson(name, "an array's name");
  throw new OptionError({
    op: "encodeSafetensors",
    expected: `a name other than ${METADATA}, which is the format's own`,
    received: quote(name),
    remedy: "choose another name, or pass texts as { metadata }",
  });
}

/**
 * The bytes of a safetensors file that holds these arrays, byte for byte as the reference implementation orders them.
 *
 * @throws OptionError for an unknown option, or a name that the format cannot hold; ConcretizationError for a traced array.
 * @example encodeSafetensors({ w: np.ones([2, 3]) }, { metadata: { format: "pt" } })
 */
export function encodeSafetensors(arrays: NamedArrays, options: SafetensorsWriteOptions = {}): Uint8Array {
  checkOptions("encodeSafetensors", options, ["metadata"]);
  const given = entriesOf(arrays).map(([name, x]) => ({ name, ...elementsOf(x, "encodeSafetensors") }));
  const inOrder = given.toSorted((a, b) => rankOf(a.array.dtype) - rankOf(b.array.dtype) || (a.name < b.name ? -1 : 1));
  const metadata = Object.entries(options.metadata ?? {}).map(([key, text]) => `${toJson(key, "metadata")}:${toJson(text, "metadata")}`);
  let end = 0;
  const members = inOrder.map(({ name, array, data }) => {
    const start = end;
    end += data.byteLength;
    const code = codes[rankOf(array.dtype)][1];
    return `${nameToJson(name)}:{"dtype":"${code}","shape":[${array.shape.join(",")}],"data_offsets":[${start},${end}]}`;
  });
  const first = options.metadata === undefined ? [] : [`"${METADATA}":{${metadata.join(",")}}`];
  const header = new TextEncoder().encode(`{${[...first, ...members].join(",")}}`);
  const padded = Math.ceil(header.length / LENGTH_BYTES) * LENGTH_BYTES;
  const bytes = new Uint8Array(LENGTH_BYTES + padded + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + padded);
  bytes.set(header, LENGTH_BYTES);
  let at = LENGTH_BYTES + padded;
  for (const { data } of inOrder) {
    bytes.set(encodeElements(data), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Writes arrays to a safetensors file, atomically: a crash leaves the old file or the whole new one. Node only.
 *
 * Gives a `DataError` for a place that cannot be written.
 *
 * @throws as `encodeSafetensors` does.
 * @example await writeSafetensors("model.safetensors", { "layers.0.w": np.ones([2, 3]) })();
 */
export const writeSafetensors = (
  path: string,
  arrays: NamedArrays,
  options: SafetensorsWriteOptions = {},
): TE.TaskEither<DataError, void> => writeAtomically({ op: "writeSafetensors", name: path }, encodeSafetensors(arrays, options));
