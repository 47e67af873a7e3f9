// Maps over arrays: enters a function of numbers (or a loop), leaves the array of its results.
// Elements pass in chunks through float64 scratch, which holds every dtype exactly; so each loop sees one kind of array, and
// stays quick however many dtypes meet it, and the store into the result rounds floats and wraps integers.

import { isFloat, highest, lowest } from "../core/dtype.js";
import type { DType } from "../core/dtype.js";
import { zeros } from "./host.js";
import type { HostArray } from "./host.js";

/** Fills `out[0 … n - 1]` from the same elements of the operands `x`, `y`, `z` (as many as there are). */
export type Loop = (n: number, out: Float64Array, x: Float64Array, y: Float64Array, z: Float64Array) => void;

const CHUNK = 2048;
const SMALL = 32;
const scratch = [0, 1, 2, 3].map(() => new Float64Array(CHUNK));

/**
 * Runs `loop` over operands of one shape; operands of shape `[]` stand for that shape filled with their value.
 * `loop` must not itself run another map.
 */
export function mapLoop(loop: Loop, operands: readonly HostArray[], outDType: DType): HostArray {
  const shape = (operands.find((x) => x.shape.length > 0) ?? operands[0]).shape;
  const result = zeros(outDType, shape);
  const size = result.data.length;
  const [out, ...inputs] = scratch;
  operands.forEach((x, k) => {
    if (x.shape.length === 0) inputs[k].fill(x.data[0], 0, Math.min(size, CHUNK));
  });
  for (let start = 0; start < size; start += CHUNK) {
    const n = Math.min(CHUNK, size - start);
    for (let k = 0; k < operands.length; k++) if (operands[k].shape.length > 0) load(operands[k], start, n, inputs[k]);
    loop(n, out, inputs[0], inputs[1], inputs[2]);
    if (n > SMALL) result.data.set(n === CHUNK ? out : out.subarray(0, n), start);
    else for (let i = 0; i < n; i++) result.data[start + i] = out[i];
  }
  return result;
}

// A native copy is quickest, but for a handful of elements making the view costs more than the copy.
function load(x: HostArray, start: number, n: number, into: Float64Array): void {
  if (n > SMALL) into.set(n === x.data.length ? x.data : x.data.subarray(start, start + n));
  else for (let i = 0; i < n; i++) into[i] = x.data[start + i];
}

/** `f` of each element. */
export const mapUnary = (x: HostArray, f: (x: number) => number, outDType: DType): HostArray =>
  mapLoop(
    (n, out, a) => {
      for (let i = 0; i < n; i++) out[i] = f(a[i]);
    },
    [x],
    outDType,
  );

/** `f` of each pair of elements. Shapes agree, or one operand has shape `[]`. */
export const mapBinary = (x: HostArray, y: HostArray, f: (x: number, y: number) => number, outDType: DType): HostArray =>
  mapLoop(
    (n, out, a, b) => {
      for (let i = 0; i < n; i++) out[i] = f(a[i], b[i]);
    },
    [x, y],
    outDType,
  );

/** `f` of each triple of elements. Operands have one shape, or shape `[]`. */
export const mapTernary = (
  x: HostArray,
  y: HostArray,
  z: HostArray,
  f: (x: number, y: number, z: number) => number,
  outDType: DType,
): HostArray =>
  mapLoop(
    (n, out, a, b, c) => {
      for (let i = 0; i < n; i++) out[i] = f(a[i], b[i], c[i]);
    },
    [x, y, z],
    outDType,
  );

const nonZeroLoop: Loop = (n, out, x) => {
  for (let i = 0; i < n; i++) out[i] = x[i] !== 0 ? 1 : 0;
};

function saturatingLoop(min: number, max: number): Loop {
  return (n, out, x) => {
    for (let i = 0; i < n; i++) {
      const v = x[i];
      out[i] = v !== v ? 0 : v <= min ? min : v >= max ? max : Math.trunc(v);
    }
  };
}

/**
 * The elements as `dtype`, as XLA converts: a float becomes an integer by truncation and saturates at the dtype's range, NaN
 * becomes 0; an integer wraps; bool is "not zero". An array that has the dtype already is returned itself.
 *
 * @example convert(stored("float32", [3], [1.9, -300, NaN]), "int8").data // Int8Array [1, -128, 0]
 */
export function convert(x: HostArray, dtype: DType): HostArray {
  if (x.dtype === dtype) return x;
  if (dtype === "bool") return mapLoop(nonZeroLoop, [x], dtype);
  if (isFloat(x.dtype) && !isFloat(dtype)) return mapLoop(saturatingLoop(lowest(dtype), highest(dtype)), [x], dtype);
  const result = zeros(dtype, x.shape);
  result.data.set(x.data);
  return result;
}
