// Arrays from JavaScript data: numbers, nested lists, typed arrays, and arrays (or tracers) inside of lists.
// Numbers become float32 and booleans bool unless a dtype is given; a typed array keeps its own dtype. Data is copied.

import { type ArrayLike, NDArray, fromTypedArray } from "../core/array.js";
import { type DType, type TypedArray, checkDType, highest, isFloat, lowest, typedArray } from "../core/dtype.js";
import { DTypeError, ShapeError, TypeMismatchError } from "../core/errors.js";
import { type Shape, sameShape, showShape } from "../core/shape.js";
import { convertElementType } from "../ops/convert.js";
import { expandDims, full } from "../ops/layout.js";
import { concatenate } from "../ops/slice.js";
import { checkOptions } from "../core/options.js";
import { promote, toDType } from "./promote.js";

/** JavaScript's arrays of numbers that become arrays; 16-bit integers become int32. */
export type NumericTypedArray = TypedArray | Uint8ClampedArray | Int16Array | Uint16Array;

/** What `array` makes an array of. */
export type ArrayInput = ArrayLike | NumericTypedArray | readonly ArrayInput[];

export interface DTypeOption {
  /** The element type; the natural one of the data if not given. */
  readonly dtype?: DType | undefined;
}

const isList = (x: ArrayInput): x is readonly ArrayInput[] => Array.isArray(x);
const isPlain = (x: ArrayInput): x is number | boolean => typeof x === "number" || typeof x === "boolean";
const pathOf = (path: readonly number[]): string => (path.length === 0 ? "the top" : `element ${path.map((i) => `[${i}]`).join("")}`);

/** The array of a typed array's elements, copied; undefined for what is no typed array of numbers. */
function ofTypedArray(data: object): NDArray | undefined {
  const vector = (copy: TypedArray, dtype: DType): NDArray => fromTypedArray(copy, [copy.length], dtype);
  if (data instanceof Float32Array) return vector(new Float32Array(data), "float32");
  if (data instanceof Float64Array) return vector(new Float64Array(data), "float64");
  if (data instanceof Int32Array || data instanceof Int16Array || data instanceof Uint16Array) return vector(new Int32Array(data), "int32");
  if (data instanceof Uint32Array) return vector(new Uint32Array(data), "uint32");
  if (data instanceof Int8Array) return vector(new Int8Array(data), "int8");
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return vector(new Uint8Array(data), "uint8");
  return undefined;
}

function refuse(op: string, x: unknown, path: readonly number[]): never {
  const kind = x === null || x === undefined ? String(x) : typeof x === "object" ? (x.constructor?.name ?? "an object") : `a ${typeof x}`;
  throw new TypeMismatchError({
    op,
    expected: "numbers, booleans, arrays, typed arrays, or nested lists of these",
    received: `${kind} at ${pathOf(path)}`,
    remedy: typeof x === "bigint" ? "convert it with Number(x): there is no 64-bit integer dtype" : "convert it to numbers first",
  });
}

function refuseRagged(op: string, path: readonly number[], received: string, expected: string): never {
  throw new ShapeError({
    op,
    expected: `${expected} at ${pathOf(path)}, as in its first sibling`,
    received,
    remedy: "nested lists must be rectangular: make the inner lists equally long and deep",
  });
}

/** What nested lists hold, in order, typed arrays as arrays. */
function leavesOf(op: string, x: ArrayInput): ArrayLike[] {
  const leaves: ArrayLike[] = [];
  const path: number[] = [];
  const visit = (node: ArrayInput): void => {
    if (isPlain(node) || node instanceof NDArray) leaves.push(node);
    else if (isList(node)) {
      for (let i = 0; i < node.length; i++) {
        path.push(i);
        visit(node[i]);
        path.pop();
      }
    } else leaves.push((typeof node === "object" && node !== null ? ofTypedArray(node) : undefined) ?? refuse(op, node, path));
  };
  visit(x);
  return leaves;
}

/** The shape of nested lists of numbers, which must be rectangular. */
function listShape(op: string, x: ArrayInput): number[] {
  const shape: number[] = [];
  for (let level = x; isList(level); level = level[0]) {
    shape.push(level.length);
    if (level.length === 0) break;
  }
  const path: number[] = [];
  const check = (node: ArrayInput, depth: number): void => {
    const size = isList(node) ? node.length : undefined;
    if (size !== shape[depth]) {
      const show = (n: number | undefined): string => (n === undefined ? "a number or boolean" : `a list of ${n}`);
      refuseRagged(op, path, show(size), show(shape[depth]));
    }
    if (!isList(node)) return;
    for (let i = 0; i < node.length; i++) {
      path.push(i);
      check(node[i], depth + 1);
      path.pop();
    }
  };
  check(x, 0);
  return shape;
}

/** Refuses numbers that an integer dtype does not hold exactly. */
function checkHeld(op: string, values: readonly (number | boolean)[], dtype: DType): void {
  if (isFloat(dtype) || dtype === "bool") return;
  const stray = values.find((v) => typeof v === "number" && !(Number.isInteger(v) && v >= lowest(dtype) && v <= highest(dtype)));
  if (stray === undefined) return;
  throw new DTypeError({
    op,
    expected: `integers that ${dtype} holds, from ${lowest(dtype)} to ${highest(dtype)}`,
    received: String(stray),
    remedy: "round or clip the numbers first, or use a wider dtype",
  });
}

function ofNumbers(op: string, values: readonly (number | boolean)[], shape: Shape, dtype: DType | undefined): NDArray {
  const natural = values.length > 0 && values.every((v) => typeof v === "boolean") ? "bool" : "float32";
  const target = dtype ?? natural;
  checkHeld(op, values, target);
  // NaN is not zero, so that it is true.
  return fromTypedArray(
    typedArray(target, target === "bool" ? values.map((v) => Number(Number(v) !== 0)) : values.map(Number)),
    shape,
    target,
  );
}

/** Nested lists with arrays among what they hold: each list is a stack of its elements, in the dtype common to all. */
function ofArrays(op: string, x: ArrayInput, leaves: readonly ArrayLike[]): NDArray {
  const arrays = promote(op, ...leaves);
  let next = 0;
  const path: number[] = [];
  const build = (node: ArrayInput): NDArray => {
    if (!isList(node)) return arrays[next++];
    const parts = node.map((child, i) => {
      path.push(i);
      const part = build(child);
      path.pop();
      return part;
    });
    if (parts.length === 0) return full([0], 0, arrays[0].dtype);
    const odd = parts.findIndex((part) => !sameShape(part.shape, parts[0].shape));
    if (odd >= 0) refuseRagged(op, [...path, odd], `shape ${showShape(parts[odd].shape)}`, `shape ${showShape(parts[0].shape)}`);
    return concatenate(
      parts.map((part) => expandDims(part, 0)),
      0,
    );
  };
  return build(x);
}

function fromInput(op: string, x: ArrayInput, options: DTypeOption): NDArray {
  checkOptions(op, options, ["dtype"]);
  const dtype = options.dtype === undefined ? undefined : checkDType(options.dtype, op);
  if (x instanceof NDArray) return dtype === undefined ? promote(op, x)[0] : toDType(op, x, dtype);
  const leaves = leavesOf(op, x);
  if (leaves.every(isPlain)) return ofNumbers(op, leaves, listShape(op, x), dtype);
  const array = ofArrays(op, x, leaves);
  return dtype === undefined ? array : convertElementType(array, dtype);
}

/**
 * An array of numbers, booleans, nested lists, typed arrays, or arrays inside of lists (which are stacked). Numbers are
 * float32, booleans bool; typed arrays keep their dtype. The data is copied.
 *
 * @throws ShapeError for lists that are not rectangular, naming the place; DTypeError for numbers that `dtype` cannot
 * hold; TypeMismatchError for anything else, BigInt among it.
 * @example np.array([[1, 2], [3, 4]], { dtype: "int32" }) // [[1, 2], [3, 4]]
 */
export const array = (x: ArrayInput, options: DTypeOption = {}): NDArray => fromInput("array", x, options);

/**
 * As `array`; what is an array already comes back as it is.
 *
 * @throws ShapeError for lists that are not rectangular; DTypeError for numbers that `dtype` cannot hold.
 * @example np.asarray([1, 2]) // [1, 2]
 */
export const asarray = (x: ArrayInput, options: DTypeOption = {}): NDArray => fromInput("asarray", x, options);
