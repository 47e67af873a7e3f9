// The header of a .npy file, NumPy's format: magic, version, length and a Python dictionary in; type, order and shape out.
// See numpy.lib.format: version 1 has a uint16 length, 2 and 3 a uint32; 1 and 2 are Latin-1, 3 is UTF-8.

import { sizeOf } from "../core/shape.js";
import { type ElementName, checkConversion, elements } from "./elements.js";
import { CUT_SHORT, type Fail, MAX_AXES, MAX_AXIS, count, quote } from "./origin.js";

export interface NpyHeader {
  readonly element: ElementName;
  readonly little: boolean;
  readonly fortranOrder: boolean;
  readonly shape: number[];
  /** Where the elements begin. */
  readonly dataStart: number;
  /** Of the whole file. */
  readonly totalBytes: number;
}

export const MAGIC: readonly number[] = [0x93, ...new TextEncoder().encode("NUMPY")];
/** NumPy's own bound, which keeps a header from taking memory. */
const MAX_HEADER = 10_000;
const NOT_NPY = "check that the file is a .npy file";

const kinds: Readonly<Record<string, ElementName>> = {
  f8: "float64",
  f4: "float32",
  f2: "float16",
  i8: "int64",
  u8: "uint64",
  i4: "int32",
  u4: "uint32",
  i2: "int16",
  u2: "uint16",
  i1: "int8",
  u1: "uint8",
  b1: "bool",
};

/** What other letters of NumPy's type codes stand for. */
const refused: Readonly<Record<string, string>> = {
  O: "Python objects",
  c: "complex numbers",
  S: "byte strings",
  U: "text",
  V: "raw bytes",
  M: "dates",
  m: "time spans",
  f: "floats of another width",
};

interface Dictionary {
  readonly descr: string;
  readonly fortranOrder: boolean;
  readonly shape: number[];
}

/** The dictionary's text may have its keys in any order, either quotes, any spaces, and Python 2's `L` after integers. */
function readDictionary(text: string, fail: Fail): Dictionary {
  const field = /\s*(?:'(\w+)'|"(\w+)")\s*:\s*(?:'([^']*)'|"([^"]*)"|(True|False)|\(([\d\sL,]*)\))\s*(,|(?=\}))/y;
  const structured = /'descr'\s*:\s*[[(]/.test(text);
  if (structured) fail("elements of one type", "a structured dtype", "save each field as an array of its own");
  const values = new Map<string, string>();
  field.lastIndex = text.indexOf("{") + 1;
  if (!/^\s*\{/.test(text)) fail("a dictionary", quote(text), NOT_NPY);
  for (;;) {
    const start = field.lastIndex;
    if (/^\s*\}\s*$/.test(text.slice(start))) break;
    const found = field.exec(text);
    if (found === null) return fail("a dictionary of descr, fortran_order and shape", `${quote(text.slice(start))}`, NOT_NPY);
    const key = found[1] ?? found[2];
    if (values.has(key)) fail("each key only once", `${quote(key)} twice`, NOT_NPY);
    const tuple = found[6] === undefined ? undefined : `(${found[6]})`;
    values.set(key, found[3] ?? found[4] ?? found[5] ?? tuple ?? "");
  }
  const [descr, order, shape] = ["descr", "fortran_order", "shape"].map((key) => values.get(key));
  if (descr === undefined || order === undefined || shape === undefined || values.size !== 3) {
    return fail("the keys descr, fortran_order and shape", [...values.keys()].join(", ") || "none", NOT_NPY);
  }
  if (order !== "True" && order !== "False") fail("a fortran_order of True or False", quote(order), NOT_NPY);
  return { descr, fortranOrder: order === "True", shape: readShape(shape, fail) };
}

/** `()`, `(3,)` or `(3, 4)`. */
function readShape(tuple: string, fail: Fail): number[] {
  const whole = /^\(\s*(?:(?:\d+L?\s*,\s*)+(?:\d+L?)?\s*)?\)$/.test(tuple);
  const shape = (tuple.match(/\d+/g) ?? []).map(Number);
  if (whole && shape.length <= MAX_AXES && shape.every((n) => n <= MAX_AXIS)) return shape;
  return fail(`a tuple of at most ${MAX_AXES} sizes from 0 to ${MAX_AXIS}`, quote(tuple), NOT_NPY);
}

function readType(descr: string, fail: Fail): { element: ElementName; little: boolean } {
  const [, order = "", kind = ""] = /^([<>|=]?)(\w+)$/.exec(descr) ?? [];
  const element = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (element === undefined || order === "=" || (order !== "<" && order !== ">" && elements[element].bytes > 1)) {
    const meaning = Object.hasOwn(refused, kind.charAt(0)) && element === undefined ? `, ${refused[kind.charAt(0)]}` : "";
    return fail(
      `a dtype with its byte order, of ${Object.keys(kinds).join(", ")}`,
      `${quote(descr)}${meaning}`,
      "convert the array with astype before it is saved",
    );
  }
  return { element, little: order !== ">" };
}

/** Reads the header at the beginning of `bytes`, which need not go on to the end of the file. */
export function readNpyHeader(bytes: Uint8Array, convert: boolean, fail: Fail): NpyHeader {
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) {
    fail(
      "a .npy file, which begins with the byte 0x93 and NUMPY",
      bytes.length < 8 ? count(bytes.length, "byte") : "another beginning",
      NOT_NPY,
    );
  }
  const [major, minor] = [bytes[6], bytes[7]];
  const known = minor === 0 && (major === 1 || major === 2 || major === 3);
  if (bytes.length < 8 || !known) {
    fail("version 1.0, 2.0 or 3.0", bytes.length < 8 ? "none" : `${major}.${minor}`, "save the file again with numpy.save");
  }
  const lengthBytes = major === 1 ? 2 : 4;
  const start = 8 + lengthBytes;
  if (bytes.length < start) fail(`${start} bytes of magic and length`, count(bytes.length, "byte"), CUT_SHORT);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = lengthBytes === 2 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER) fail(`a header of at most ${MAX_HEADER} bytes`, `${length}`, NOT_NPY);
  const dataStart = start + length;
  if (bytes.length < dataStart) fail(`a header of ${length} bytes`, `${count(bytes.length - start, "byte")} of it`, CUT_SHORT);
  const text = decodeText(bytes.subarray(start, dataStart), major === 3, fail);
  const { descr, fortranOrder, shape } = readDictionary(text, fail);
  const { element, little } = readType(descr, fail);
  checkConversion(element, `dtype ${quote(descr)}`, convert, fail);
  const totalBytes = dataStart + sizeOf(shape) * elements[element].bytes;
  if (!Number.isSafeInteger(totalBytes)) fail("a size that can be counted", `the shape (${shape.join(", ")})`, NOT_NPY);
  return { element, little, fortranOrder, shape, dataStart, totalBytes };
}

function decodeText(bytes: Uint8Array, utf8: boolean, fail: Fail): string {
  if (!utf8) return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return fail("a header in UTF-8", "bytes that are none", NOT_NPY);
  }
}
