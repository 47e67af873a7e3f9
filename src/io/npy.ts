// .npy files, NumPy's format for one array, to and from bytes. C and Fortran order and either byte order are read; C order and
// little endian are written, byte for byte as numpy.save does. No array is made before its size has been found to fit.

import type * as E from "fp-ts/lib/Either.js";
import { pipe } from "fp-ts/lib/function.js";
import * as TE from "fp-ts/lib/TaskEither.js";
import { type ArrayLike, type NDArray, fromTypedArray } from "../core/array.js";
import { type DType, type TypedArray, typedArray } from "../core/dtype.js";
import type { DataError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { showShape, sizeOf } from "../core/shape.js";
import { decodeElements, elements, elementsOf, encodeElements } from "./elements.js";
import { readBytes, writeAtomically } from "./files.js";
import { MAGIC, readNpyHeader } from "./npyHeader.js";
import type { ParseOptions, ReadOptions } from "./options.js";
import { CUT_SHORT, type Fail, GIVEN, type Origin, count, parsing } from "./origin.js";

const descriptions: Readonly<Record<DType, string>> = {
  float32: "<f4",
  float64: "<f8",
  int32: "<i4",
  uint32: "<u4",
  int8: "|i1",
  uint8: "|u1",
  bool: "|b1",
};

/** NumPy aligns the elements to this many bytes, and leaves room for the first axis to grow to as many digits. */
const ALIGNMENT = 64;
const GROWTH_DIGITS = 21;

/** The array in the bytes of a .npy file. */
export function decodeNpy(bytes: Uint8Array, convert: boolean, fail: Fail): NDArray {
  const { element, little, fortranOrder, shape, dataStart, totalBytes } = readNpyHeader(bytes, convert, fail);
  if (bytes.length !== totalBytes) {
    const remedy = bytes.length < totalBytes ? CUT_SHORT : "remove what follows the last element, or correct the header";
    fail(`${totalBytes} bytes, for ${element} of shape ${showShape(shape)}`, count(bytes.length, "byte"), remedy);
  }
  const data = decodeElements(bytes.subarray(dataStart), element, little, `of shape ${showShape(shape)}`, fail);
  const { dtype } = elements[element];
  return fromTypedArray(fortranOrder && shape.length > 1 ? toRowMajor(data, shape, dtype) : data, shape, dtype);
}

/** Elements whose first axis runs fastest, put into the order in which the last does. */
function toRowMajor(columns: TypedArray, shape: readonly number[], dtype: DType): TypedArray {
  const rows = typedArray(dtype, columns.length);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < rows.length; to++) {
    rows[to] = columns[from];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return rows;
}

const parseFrom = (bytes: Uint8Array, from: Origin, convert = false): E.Either<DataError, NDArray> =>
  parsing(from, (fail) => decodeNpy(bytes, convert, fail));

/**
 * Parses the bytes of a .npy file (versions 1 to 3, C or Fortran order, either byte order). The array is a copy.
 *
 * Gives a `DataError` for a header or elements that end early or go on too long, a header that is no dictionary of this format,
 * and dtypes that do not exist here: objects, text and complex numbers always, `int64` and the like unless `convert` is set.
 *
 * @throws OptionError for an unknown option.
 * @example parseNpy(encodeNpy(np.array([1, 2]))); // right([1, 2])
 */
export function parseNpy(bytes: Uint8Array, options: ParseOptions = {}): E.Either<DataError, NDArray> {
  checkOptions("parseNpy", options, ["name", "convert"]);
  return parseFrom(bytes, { op: "parseNpy", name: options.name ?? GIVEN }, options.convert);
}

/**
 * Reads a .npy file, as `numpy.save` writes it. Node only.
 *
 * Gives a `DataError` where `parseNpy` does, and for a file that cannot be read.
 *
 * @throws OptionError for an unknown option.
 * @example const x = await readNpy("x.npy", { convert: true })(); // Either<DataError, NDArray>
 */
export function readNpy(path: string, options: ReadOptions = {}): TE.TaskEither<DataError, NDArray> {
  checkOptions("readNpy", options, ["convert"]);
  const from: Origin = { op: "readNpy", name: path };
  return pipe(
    readBytes(from),
    TE.chainEitherK((bytes) => parseFrom(bytes, from, options.convert)),
  );
}

/** A shape as Python prints it. */
const showTuple = (shape: readonly number[]): string => (shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`);

/**
 * The bytes of a .npy file (version 1, C order, little endian) that holds an array; the same as `numpy.save` writes.
 *
 * @throws ConcretizationError for a traced array.
 * @example encodeNpy(np.ones([2, 3]))
 */
export function encodeNpy(x: ArrayLike): Uint8Array {
  const { array, data } = elementsOf(x, "encodeNpy");
  const { shape } = array;
  const growth = shape.length === 0 ? 0 : GROWTH_DIGITS - String(shape[0]).length;
  const fields = `{'descr': '${descriptions[array.dtype]}', 'fortran_order': False, 'shape': ${showTuple(shape)}, }${" ".repeat(growth)}`;
  const before = MAGIC.length + 4;
  // NumPy pads by a whole 64 bytes where none are needed.
  const padding = ALIGNMENT - ((before + fields.length + 1) % ALIGNMENT);
  const header = `${fields}${" ".repeat(padding)}\n`;
  const bytes = new Uint8Array(before + header.length + data.byteLength);
  bytes.set([...MAGIC, 1, 0, header.length & 0xff, header.length >>> 8]);
  bytes.set(new TextEncoder().encode(header), before);
  bytes.set(encodeElements(data), before + header.length);
  return bytes;
}

/**
 * Writes an array to a .npy file, atomically. Node only.
 *
 * Gives a `DataError` for a place that cannot be written.
 *
 * @throws ConcretizationError for a traced array.
 * @example await writeNpy("x.npy", np.ones([2, 3]))();
 */
export const writeNpy = (path: string, x: ArrayLike): TE.TaskEither<DataError, void> =>
  writeAtomically({ op: "writeNpy", name: path }, encodeNpy(x));
