// Arrays as text, in NumPy's layout: nested brackets, aligned columns, long axes cut to their first and last three.

import type { DType, TypedArray } from "./dtype.js";
import { isFloat } from "./dtype.js";
import { type Shape, showShape, sizeOf, stridesOf } from "./shape.js";

const EDGE = 3;
const THRESHOLD = 1000;
const WIDTH = 75;

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
    if (axis === shape.length - 1) return wrapRow(indices.map((i) => (i < 0 ? "..." : cells[next++])), indent);
    const inner = indices.map((i) => (i < 0 ? "..." : rows(axis + 1, `${indent} `)));
    return `[${inner.join(`${"\n".repeat(shape.length - axis - 1)}${indent} `)}]`;
  };
  return rows(0, "");
}

const shownIndices = (n: number, cut: boolean): number[] =>
  cut && n > 2 * EDGE
    ? [...Array.from({ length: EDGE }, (_, i) => i), -1, ...Array.from({ length: EDGE }, (_, i) => n - EDGE + i)]
    : Array.from({ length: n }, (_, i) => i);

function visit(shape: Shape, strides: readonly number[], cut: boolean, axis: number, offset: number, leaf: (position: number) => void): void {
  if (axis === shape.length) return leaf(offset);
  for (const i of shownIndices(shape[axis], cut)) if (i >= 0) visit(shape, strides, cut, axis + 1, offset + i * strides[axis], leaf);
}

function wrapRow(cells: readonly string[], indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const cell of cells) {
    if (line.length > 0 && indent.length + line.length + cell.length + 2 > WIDTH) {
      lines.push(line);
      line = cell;
    } else line = line.length === 0 ? cell : `${line} ${cell}`;
  }
  return `[${[...lines, line].join(`\n${indent} `)}]`;
}

function formatScalar(value: number, dtype: DType): string {
  if (dtype === "bool") return value === 0 ? "False" : "True";
  return isFloat(dtype) ? shortest(value, dtype) : String(value);
}

/** The shortest decimal that reads back as the same number of that dtype. */
function shortest(value: number, dtype: DType): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  let text = String(value);
  if (dtype === "float32") {
    for (let digits = 1; digits <= 9; digits++) {
      const candidate = Number(value.toPrecision(digits));
      if (Math.fround(candidate) === value) {
        text = String(candidate);
        break;
      }
    }
  }
  if (Object.is(value, -0)) text = "-0";
  return /[.e]/.test(text) ? text : `${text}.`;
}

function formatCells(values: readonly number[], dtype: DType): string[] {
  const texts = isFloat(dtype) ? formatFloats(values, dtype) : values.map((v) => formatScalar(v, dtype));
  const width = Math.max(...texts.map((t) => t.length));
  return texts.map((t) => t.padStart(width));
}

/** NumPy's choice: fixed point with up to eight decimals, or scientific when the range is too wide. */
function formatFloats(values: readonly number[], dtype: DType): string[] {
  const finite = values.filter((v) => Number.isFinite(v) && v !== 0).map(Math.abs);
  const largest = Math.max(...finite);
  const smallest = Math.min(...finite);
  if (finite.length > 0 && (largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1000 * 1e3)) return scientific(values);
  const texts = values.map((v) => (Number.isFinite(v) ? trimmed(v, dtype) : shortest(v, dtype)));
  const decimals = Math.max(0, ...texts.map((t) => (t.includes(".") ? t.length - t.indexOf(".") - 1 : 0)));
  return texts.map((t) => (t.includes(".") ? t.padEnd(t.indexOf(".") + 1 + decimals) : t));
}

function trimmed(value: number, dtype: DType): string {
  const text = shortest(value, dtype);
  const decimals = text.length - text.indexOf(".") - 1;
  if (decimals <= 8 && !text.includes("e")) return text;
  return value.toFixed(8).replace(/0+$/, "");
}

function scientific(values: readonly number[]): string[] {
  return values.map((v) => {
    if (!Number.isFinite(v)) return shortest(v, "float64");
    const [mantissa, exponent] = v.toExponential(8).split("e");
    const digits = mantissa.replace(/0+$/, "").replace(/\.$/, "");
    return `${digits.includes(".") ? digits : `${digits}.`}e${exponent.replace(/^([+-])(\d)$/, "$10$2")}`;
  });
}
