// The places of elements that are not zero. Their number depends on the elements, so it is read from concrete arrays, or
// given as `size`; then traced arrays will do.

import { type ArrayLike, ConcreteArray, type NDArray, asArray, fromTypedArray } from "../core/array.js";
import { ConcretizationError, OptionError } from "../core/errors.js";
import { sizeOf, stridesOf } from "../core/shape.js";
import { div, rem, sub } from "../ops/arithmetic.js";
import { convertElementType } from "../ops/convert.js";
import { cumsum } from "../ops/cumulative.js";
import { lt, ne } from "../ops/compare.js";
import { full, iota, reshape } from "../ops/layout.js";
import { reduceSum } from "../ops/reduce.js";
import { scatter } from "../ops/scatter.js";
import { select } from "../ops/select.js";
import { concatenate } from "../ops/slice.js";
import { checkOptions } from "../core/options.js";

/** Options of `nonzero` and its relatives. */
export interface NonzeroOptions {
  /** How many places to give: the first so many, with `fillValue` behind if there are fewer. Traced arrays need it. */
  readonly size?: number;
  /** What stands for places that do not exist; 0 by default. */
  readonly fillValue?: number;
}

function checkSize(op: string, { size }: NonzeroOptions): void {
  if (size === undefined || (Number.isInteger(size) && size >= 0)) return;
  throw new OptionError({ op, expected: "a non-negative integer as size", received: String(size), remedy: "pass how many places to give" });
}

/** Flat positions where `x` is not zero, and how many of them there are; behind these stands anything. */
function flatPlaces(op: string, x: NDArray, { size }: NonzeroOptions): readonly [places: NDArray, count: NDArray | undefined] {
  const count = sizeOf(x.shape);
  if (size === undefined) {
    if (x instanceof ConcreteArray) return [concretePlaces(x), undefined];
    throw new ConcretizationError({
      op,
      expected: "a concrete array, or the option size, because the length of the result depends on the elements",
      received: x.toString(),
      remedy: "pass { size: n } for the first n places, or use np.where(condition, a, b), which keeps the shape",
    });
  }
  const holds = ne(reshape(x, [count]), x.dtype === "bool" ? false : 0);
  const counted = cumsum(convertElementType(holds, "int32"), 0);
  // Each place goes to its number; what is zero, or too many, goes out of range, where nothing is written.
  const slots = select(holds, sub(counted, 1), full([count], size, "int32"));
  const numbers = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
  const places = scatter(full([size], 0, "int32"), reshape(slots, [count, 1]), iota("int32", [count]), numbers, { mode: "fill" });
  return [places, reduceSum(convertElementType(holds, "int32"))];
}

function concretePlaces({ data }: ConcreteArray): NDArray {
  const places: number[] = [];
  for (let i = 0; i < data.length; i++) if (data[i] !== 0) places.push(i);
  return fromTypedArray(Int32Array.from(places), [places.length], "int32");
}

/** With `fill` where there are fewer places than asked for. */
function filled(index: NDArray, count: NDArray | undefined, fill: number): NDArray {
  if (count === undefined) return index;
  return select(lt(iota("int32", index.shape), count), index, full(index.shape, fill, "int32"));
}

/**
 * The indices of the elements that are not zero, in row-major order: an int32 list for each axis.
 *
 * @throws ConcretizationError for a traced array without the option `size`.
 * @example np.nonzero(np.array([[0, 3], [4, 0]])) // [[0, 1], [1, 0]]
 * @example np.nonzero(np.array([0, 5]), { size: 2, fillValue: -1 }) // [[1, -1]]
 */
export function nonzero(x: ArrayLike, options: NonzeroOptions = {}): NDArray[] {
  return nonzeroOf("nonzero", x, options);
}

function nonzeroOf(op: string, x: ArrayLike, options: NonzeroOptions): NDArray[] {
  checkOptions(op, options, ["size", "fillValue"]);
  checkSize(op, options);
  const array = asArray(x, op);
  const [places, count] = flatPlaces(op, array, options);
  const strides = stridesOf(array.shape);
  return array.shape.map((n, axis) => {
    const along = n === 0 ? places : rem(div(places, strides[axis]), n);
    return filled(along, count, options.fillValue ?? 0);
  });
}

/**
 * The positions in the flattened array of the elements that are not zero, as int32.
 *
 * @throws ConcretizationError for a traced array without the option `size`.
 * @example np.flatnonzero(np.array([[0, 3], [4, 0]])) // [1, 2]
 */
export function flatnonzero(x: ArrayLike, options: NonzeroOptions = {}): NDArray {
  checkOptions("flatnonzero", options, ["size", "fillValue"]);
  checkSize("flatnonzero", options);
  const [places, count] = flatPlaces("flatnonzero", asArray(x, "flatnonzero"), options);
  return filled(places, count, options.fillValue ?? 0);
}

/**
 * The indices of the elements that are not zero, one row for each: int32 of shape [count, ndim].
 *
 * @throws ConcretizationError for a traced array without the option `size`.
 * @example np.argwhere(np.array([[0, 3], [4, 0]])) // [[0, 1], [1, 0]]
 */
export function argwhere(x: ArrayLike, options: NonzeroOptions = {}): NDArray {
  const columns = nonzeroOf("argwhere", x, options);
  if (columns.length > 0)
    return concatenate(
      columns.map((column) => reshape(column, [column.size, 1])),
      1,
    );
  const [places] = flatPlaces("argwhere", asArray(x, "argwhere"), options);
  return full([places.size, 0], 0, "int32");
}
