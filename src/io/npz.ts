// .npz files, NumPy's format for named arrays: a ZIP archive of .npy members, to and from bytes.
// A member's own header is compared with the size that the archive promises, so no array is larger than its file says twice.

import type * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type Zippable, zipSync } from "fflate";
import type { NDArray } from "../core/array.js";
import { type DataError, OptionError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { readBytes, writeAtomically } from "./files.js";
import { decodeNpy, encodeNpy } from "./npy.js";
import { readNpyHeader } from "./npyHeader.js";
import type { ParseOptions, ReadOptions } from "./options.js";
import { type Fail, GIVEN, type Origin, parsing, quote } from "./origin.js";
import { type NamedArrays, entriesOf } from "./safetensors.js";
import { isWellFormed } from "./safetensorsHeader.js";
import { type Member, extract, peek, readZip } from "./zip.js";

export interface NpzWriteOptions {
  /** Deflates the arrays, as `numpy.savez_compressed` does; false by default, as in `numpy.savez`. */
  readonly compress?: boolean;
}

const EXTENSION = ".npy";
/** The bounds of an archive without zip64. */
const MOST_BYTES = 0xffffffff;
const MOST_MEMBERS = 0xfffe;
const MOST_NAME_BYTES = 0xffff;
/** The earliest date of the format, so that the same arrays give the same bytes. */
const DATE = new Date(1980, 0, 1);

/** The array of a member, whose own header must promise as many bytes as the archive does before any are inflated. */
function decodeMember(member: Member, convert: boolean, fail: Fail): NDArray {
  const shown = quote(member.name);
  const inMember: Fail = (expected, received, remedy) => fail(expected, `${received}, of ${shown}`, remedy);
  const { totalBytes } = readNpyHeader(peek(member, fail), convert, inMember);
  if (totalBytes !== member.size) {
    fail(
      `${totalBytes} bytes for ${shown}, by its own header`,
      `${member.size} by the archive`,
      "get the file again: it contradicts itself",
    );
  }
  return decodeNpy(extract(member, fail), convert, inMember);
}

function parse(bytes: Uint8Array, convert: boolean, fail: Fail): ReadonlyMap<string, NDArray> {
  const members = readZip(bytes, fail);
  const foreign = members.find(({ name }) => !name.endsWith(EXTENSION));
  if (foreign !== undefined) fail(`members whose names end in ${EXTENSION}`, quote(foreign.name), "pass a file that numpy.savez wrote");
  return new Map(members.map((member) => [member.name.slice(0, -EXTENSION.length), decodeMember(member, convert, fail)]));
}

const parseFrom = (bytes: Uint8Array, from: Origin, convert = false): E.Either<DataError, ReadonlyMap<string, NDArray>> =>
  parsing(from, (fail) => parse(bytes, convert, fail));

/**
 * Parses the bytes of a .npz file, compressed or not, into arrays by name, in the order of the archive.
 *
 * Gives a `DataError` for an archive that is damaged, cut short or encrypted, members that overlap, repeat a name or expand beyond
 * what they promise, and where `parseNpy` does.
 *
 * @throws OptionError for an unknown option.
 * @example parseNpz(encodeNpz({ x: np.array([1, 2]) })); // right(Map { "x" → [1, 2] })
 */
export function parseNpz(bytes: Uint8Array, options: ParseOptions = {}): E.Either<DataError, ReadonlyMap<string, NDArray>> {
  checkOptions("parseNpz", options, ["name", "convert"]);
  return parseFrom(bytes, { op: "parseNpz", name: options.name ?? GIVEN }, options.convert);
}

/**
 * Reads a .npz file, as `numpy.savez` and `numpy.savez_compressed` write it. Node only.
 *
 * Gives a `DataError` where `parseNpz` does, and for a file that cannot be read.
 *
 * @throws OptionError for an unknown option.
 * @example const arrays = await readNpz("data.npz", { convert: true })(); // Either<DataError, ReadonlyMap<string, NDArray>>
 */
export function readNpz(path: string, options: ReadOptions = {}): TE.TaskEither<DataError, ReadonlyMap<string, NDArray>> {
  checkOptions("readNpz", options, ["convert"]);
  const from: Origin = { op: "readNpz", name: path };
  return pipe(
    readBytes(from),
    TE.chainEitherK((bytes) => parseFrom(bytes, from, options.convert)),
  );
}

const tooMuch = (expected: string, received: string): OptionError =>
  new OptionError({ op: "encodeNpz", expected, received, remedy: "write several files, or a safetensors file" });

function memberName(name: string): string {
  const member = name + EXTENSION;
  if (!isWellFormed(member)) {
    throw new OptionError({ op: "encodeNpz", expected: "names of Unicode text", received: quote(name), remedy: "choose another name" });
  }
  if (new TextEncoder().encode(member).length > MOST_NAME_BYTES) throw tooMuch(`a name of at most ${MOST_NAME_BYTES} bytes`, quote(name));
  return member;
}

/**
 * The bytes of a .npz file that holds these arrays; the same arrays give the same bytes.
 *
 * @throws OptionError for an unknown option, more than 65,534 arrays or 4 GiB; ConcretizationError for a traced array.
 * @example encodeNpz({ x: np.ones([2, 3]), y: np.zeros([2]) }, { compress: true })
 */
export function encodeNpz(arrays: NamedArrays, options: NpzWriteOptions = {}): Uint8Array {
  checkOptions("encodeNpz", options, ["compress"]);
  const members = entriesOf(arrays).map(([name, x]) => [memberName(name), encodeNpy(x)] as const);
  if (members.length > MOST_MEMBERS) throw tooMuch(`at most ${MOST_MEMBERS} arrays`, `${members.length}`);
  const total = members.reduce((sum, [name, bytes]) => sum + bytes.length + 6 * name.length + 100, 0);
  if (total > MOST_BYTES) throw tooMuch("arrays of less than 4 GiB together", `${total} bytes`);
  const level = options.compress === true ? 6 : 0;
  const files: Zippable = Object.fromEntries(members.map(([name, bytes]) => [name, [bytes, { level, mtime: DATE }]]));
  return zipSync(files);
}

/**
 * Writes arrays to a .npz file, atomically. Node only.
 *
 * Gives a `DataError` for a place that cannot be written.
 *
 * @throws as `encodeNpz` does.
 * @example await writeNpz("data.npz", { x: np.ones([2, 3]) }, { compress: true })();
 */
export const writeNpz = (path: string, arrays: NamedArrays, options: NpzWriteOptions = {}): TE.TaskEither<DataError, void> =>
  writeAtomically({ op: "writeNpz", name: path }, encodeNpz(arrays, options));
