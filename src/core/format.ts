// Arrays as text, in NumPy's layout: nested brackets, aligned columns, long axes cut to their first and last three.

import type { DType, TypedArray } from "./dtype.js";
import { isFloat } from "./dtype.js";
import { type Shape, showShape, sizeOf, stridesOf } from "./shape.js";

const EDGE = 3;
const THRESHOLD = 1000;
const WIDTH = 75;
const DECIMALS = 8;

/** The text of an array: `[[1. 2.]\n [3. 4.]]`. */
export function formatArray(data: TypedArray, shape: Shape, dtype: DType): string {
  const size = sizeOf(shape);
  if (shape.length === 0) return formatScalar(data[0], dtype);
  if (size === 0) return shape.length === 1 ? "[]" : `[] (shape ${showShape(shape)})`;
  const cut = size > THRESHOLD;
  const strides = stridesOf(shape);
  const shown: number[] = [];
  visit(shape, strides, cut, 0, 0, (position) => shown.push(data[position]));
  const cells = formatCells(shown, dtype);
  let next = 0;
  const rows = (axis: number, indent: string): string => {
    const indices = shownIndices(shape[axis], cut);
    if (axis === shape.length - 1)
      return wrapRow(
        indices.map((i) => (i < 0 ? "..." : cells[next++])),
        indent,
      );
    const inner = indices.map((i) => (i < 0 ? "..." : rows(axis + 1, `${indent} `)));
    return `[${inner.join(`${"\n".repeat(shape.length - axis - 1)}${indent} `)}]`;
  };
  return rows(0, "");
}

const shownIndices = (n: number, cut: boolean): number[] =>
  cut && n > 2 * EDGE
    ? [...Array.from({ length: EDGE }, (_, i) => i), -1, ...Array.from({ length: EDGE }, (_, i) => n - EDGE + i)]
    : Array.from({ length: n }, (_, i) => i);

function visit(
  shape: Shape,
  strides: readonly number[],
  cut: boolean,
  axis: number,
  offset: number,
  leaf: (position: number) => void,
): void {
  if (axis === shape.length) return leaf(offset);
  for (const i of shownIndices(shape[axis], cut)) if (i >= 0) visit(shape, strides, cut, axis + 1, offset + i * strides[axis], leaf);
}

/** Cells side by side; rows that reach `WIDTH` (less the closing brackets) go on in the next line. */
function wrapRow(cells: readonly string[], indent: string): string {
  const room = WIDTH - 2 * indent.length - 2;
  const lines: string[] = [];
  let line = "";
  for (const cell of cells) {
    if (line.length > 0 && line.length + 1 + cell.length > room) {
      lines.push(line.trimEnd());
      line = cell;
    } else line = line.length === 0 ? cell : `${line} ${cell}`;
  }
  return `[${[...lines, line].join(`\n${indent} `)}]`;
}

function formatScalar(value: number, dtype: DType): string {
  if (dtype === "bool") return value === 0 ? "False" : "True";
  if (!isFloat(dtype)) return String(value);
  if (!Number.isFinite(value)) return nonFinite(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= (dtype === "float32" ? 1e6 : 1e16))) return scientific(value, dtype).replace(".e", "e");
  return positional(value, dtype, Infinity).replace(/\.$/, ".0");
}

function formatCells(values: readonly number[], dtype: DType): string[] {
  const texts = isFloat(dtype) ? formatFloats(values, dtype) : values.map((v) => formatScalar(v, dtype));
  const width = longest(texts);
  return texts.map((t) => t.padStart(width));
}

/** NumPy's choice (2.3): fixed point, or scientific where a number is large or small or the range is wide. */
function formatFloats(values: readonly number[], dtype: DType): string[] {
  let [largest, smallest] = [0, Infinity];
  for (const v of values) {
    if (v === 0 || !Number.isFinite(v)) continue;
    largest = Math.max(largest, Math.abs(v));
    smallest = Math.min(smallest, Math.abs(v));
  }
  const [cutoff, round] = dtype === "float32" ? [1e6, Math.fround] : [1e8, (v: number): number => v];
  const wide = largest >= cutoff || smallest < round(1e-4) || round(largest / smallest) > 1000;
  return wide ? scientificCells(values, dtype) : positionalCells(values, dtype);
}

/** Digits after the point are filled up with spaces. */
function positionalCells(values: readonly number[], dtype: DType): string[] {
  const texts = values.map((v) => (Number.isFinite(v) ? positional(v, dtype, DECIMALS) : nonFinite(v)));
  const decimals = longest(texts.map((t) => t.split(".")[1] ?? ""));
  return texts.map((t) => (t.includes(".") ? t.padEnd(t.indexOf(".") + 1 + decimals) : t));
}

/** All with as many digits as the longest needs, in mantissa and exponent. */
function scientificCells(values: readonly number[], dtype: DType): string[] {
  const parts = values.filter((v) => Number.isFinite(v)).map((v) => scientific(v, dtype).split(/[.e]/));
  const decimals = longest(parts.map(([, fraction]) => fraction));
  const digits = longest(parts.map(([, , exponent]) => exponent)) - 1;
  return values.map((v) => {
    if (!Number.isFinite(v)) return nonFinite(v);
    const [mantissa, exponent] = v.toExponential(decimals).split("e");
    const point = decimals === 0 ? "." : "";
    return `${Object.is(v, -0) ? "-" : ""}${mantissa}${point}e${exponent[0]}${exponent.slice(1).padStart(digits, "0")}`;
  });
}

const longest = (texts: readonly string[]): number => texts.reduce((most, t) => Math.max(most, t.length), 0);

const nonFinite = (value: number): string => (Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf");

/** The shortest decimal that reads back as the same number of that dtype, as the double that JavaScript prints so. */
function shortest(value: number, dtype: DType): number {
  if (dtype !== "float32") return value;
  for (let digits = 1; digits < 9; digits++) {
    const candidate = Number(value.toPrecision(digits));
    if (Math.fround(candidate) === value) return candidate;
  }
  return Number(value.toPrecision(9));
}

/** `1.5`, `2.`, `-0.`: as few digits as tell the number apart, at most `decimals` after the point. */
function positional(value: number, dtype: DType, decimals: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0." : "0.";
  const short = shortest(value, dtype);
  const text = /e/.test(String(short)) ? short.toFixed(0) : String(short);
  const [whole, fraction = ""] = text.split(".");
  return fraction.length > decimals ? value.toFixed(decimals).replace(/0+$/, "") : `${whole}.${fraction}`;
}

/** `1.5e+10`, `1.e-05`: as few digits as tell the number apart, at most eight after the point. */
function scientific(value: number, dtype: DType): string {
  const short = shortest(value, dtype).toExponential();
  const [mantissa, exponent] = (/^-?\d\.\d{9}/.test(short) ? value.toExponential(DECIMALS) : short).split("e");
  const [whole, fraction = ""] = mantissa.split(".");
  return `${whole}.${fraction.replace(/0+$/, "")}e${exponent.replace(/^([+-])(\d)$/, "$10$2")}`;
}
