// Counting and searching: searchsorted, digitize, bincount, histogram. All but the sizes of results work on traced arrays.

import { type ArrayLike, ConcreteArray, type NDArray, scalar } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { isFloat } from "../core/dtype.js";
import { ConcretizationError, IndexError, OptionError, ShapeError } from "../core/errors.js";
import { add, div, mul, sub } from "../ops/arithmetic.js";
import { bitAnd, bitNot, bitOr, shiftRightLogical } from "../ops/bitwise.js";
import { broadcastInDim, full, iota, reshape, reverse } from "../ops/layout.js";
import { eq, ge, gt, le, lt, ne } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { gather, scatterAdd } from "../ops/gather.js";
import { operand } from "../ops/operands.js";
import { reduceMax, reduceMin, reduceSum } from "../ops/reduce.js";
import { select } from "../ops/select.js";
import { concatenate, sliceInDim } from "../ops/slice.js";
import { type IntegersLike, integersOf } from "./lists.js";
import { checkOptions } from "../core/options.js";
import { floatOf, promote } from "./promote.js";

/** Options of `searchsorted`. */
export interface SearchOptions {
  /** Whether a value stands before (`"left"`, the default) or behind (`"right"`) elements that equal it. */
  readonly side?: "left" | "right";
  /** `"compareAll"` counts comparisons with every element, `"binary"` halves; by default what suits the length. */
  readonly method?: "compareAll" | "binary";
}

/** Up to this many sorted elements, comparing with all of them beats halving. */
const COMPARE_ALL = 32;

const isNaN = (x: NDArray): NDArray => ne(x, x);

/** Whether elements stand before a value in sorted order, where NaN is the largest. */
function standsBefore(element: NDArray, value: NDArray, side: "left" | "right"): NDArray {
  const before = side === "left" ? lt(element, value) : le(element, value);
  if (!isFloat(element.dtype)) return before;
  const beforeNaN = side === "left" ? bitAnd(isNaN(value), bitNot(isNaN(element))) : isNaN(value);
  return bitOr(before, beforeNaN);
}

function countBefore(sorted: NDArray, values: NDArray, side: "left" | "right"): NDArray {
  const shape = [...values.shape, sorted.size];
  const last = values.ndim;
  const spread = broadcastInDim(
    values,
    shape,
    values.shape.map((_, axis) => axis),
  );
  return reduceSum(convertElementType(standsBefore(broadcastInDim(sorted, shape, [last]), spread, side), "int32"), [last]);
}

const elementsAt = (list: NDArray, places: NDArray): NDArray =>
  gather(list, reshape(places, [...places.shape, 1]), { offsetDims: [], collapsedSliceDims: [0], startIndexMap: [0] }, [1], {
    mode: "clip",
  });

/** Halving: the place is in `low … high`, both included, and each step leaves half. */
function halve(sorted: NDArray, values: NDArray, side: "left" | "right"): NDArray {
  let low = full(values.shape, 0, "int32");
  let high = full(values.shape, sorted.size, "int32");
  for (let room = sorted.size; room > 0; room >>= 1) {
    const middle = shiftRightLogical(add(low, high), 1);
    const above = bitAnd(lt(low, high), standsBefore(elementsAt(sorted, middle), values, side));
    low = select(above, add(middle, 1), low);
    high = select(above, high, middle);
  }
  return low;
}

function search(op: string, sorted: NDArray, values: NDArray, side: "left" | "right", method: SearchOptions["method"]): NDArray {
  if (sorted.ndim !== 1) {
    throw new ShapeError({
      op,
      expected: "a sorted list: one axis",
      received: showAval(sorted.aval),
      remedy: "use vmap to search several lists",
    });
  }
  const all = (method ?? (sorted.size <= COMPARE_ALL ? "compareAll" : "binary")) === "compareAll";
  return all ? countBefore(sorted, values, side) : halve(sorted, values, side);
}

function checkChoice(op: string, name: string, value: string | undefined, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value)) return;
  throw new OptionError({
    op,
    expected: `${name} ${allowed.join(" or ")}`,
    received: String(value),
    remedy: "correct the spelling, or leave it out",
  });
}

/**
 * Where in the ascending list `sorted` each of `values` belongs, as int32: before elements that equal it, or behind them with
 * `{ side: "right" }`. NaN belongs at the end.
 *
 * @throws ShapeError unless `sorted` has one axis; OptionError for an unknown side or method.
 * @example np.searchsorted(np.array([1, 2, 2, 5]), np.array([2, 9])) // [1, 4]
 */
export function searchsorted(sorted: ArrayLike, values: ArrayLike, options: SearchOptions = {}): NDArray {
  checkOptions("searchsorted", options, ["side", "method"]);
  checkChoice("searchsorted", "side", options.side, ["left", "right"]);
  checkChoice("searchsorted", "method", options.method, ["compareAll", "binary"]);
  const [list, wanted] = promote("searchsorted", sorted, values);
  return search("searchsorted", list, wanted, options.side ?? "left", options.method);
}

/** Options of `digitize`. */
export interface DigitizeOptions {
  /** Whether bins contain their right edge instead of their left. */
  readonly right?: boolean;
}

/**
 * For each element the number of the bin that it falls in: 0 before the first edge, the number of edges behind the last. The
 * edges ascend, or descend.
 *
 * @throws ShapeError unless `bins` has one axis.
 * @example np.digitize(np.array([0.5, 1, 3]), np.array([1, 2])) // [0, 1, 2]
 */
export function digitize(x: ArrayLike, bins: ArrayLike, options: DigitizeOptions = {}): NDArray {
  checkOptions("digitize", options, ["right"]);
  const [values, edges] = promote("digitize", x, bins);
  const side = options.right === true ? "left" : "right";
  const ascending = search("digitize", edges, values, side, undefined);
  const count = edges.size;
  if (count < 2) return ascending;
  const descending = sub(scalar(count, "int32"), search("digitize", reverse(edges, [0]), values, side, undefined));
  const edge = (k: number): NDArray => reshape(sliceInDim(edges, k, k + 1), []);
  return select(ge(edge(count - 1), edge(0)), ascending, descending);
}

/** Options of `bincount`. */
export interface BincountOptions {
  /** What each occurrence counts; 1 by default. The result has its dtype. */
  readonly weights?: ArrayLike;
  /** The least length of the result. */
  readonly minlength?: number;
  /** The length of the result, which a traced array needs; what does not fit is not counted. */
  readonly length?: number;
}

function countedLength(index: NDArray, { length, minlength = 0 }: BincountOptions): number {
  if (length !== undefined) return length;
  if (!(index instanceof ConcreteArray)) {
    throw new ConcretizationError({
      op: "bincount",
      expected: "the option length, because the length of the result depends on elements that are traced",
      received: index.toString(),
      remedy: "pass { length: n } with n above every element",
    });
  }
  let longest = minlength;
  for (const value of index.data) {
    if (value < 0) {
      throw new IndexError({ op: "bincount", expected: "no negative numbers", received: String(value), remedy: "shift the numbers first" });
    }
    longest = Math.max(longest, value + 1);
  }
  return longest;
}

/**
 * How often each of 0, 1, 2, … stands in a list of integers, as int32; or the sums of their weights.
 *
 * @throws ShapeError unless `x` has one axis and weights have its shape; DTypeError unless `x` has integers;
 * ConcretizationError for a traced `x` without the option `length`.
 * @example np.bincount([0, 2, 2]) // [1, 0, 2]
 */
export function bincount(x: IntegersLike, options: BincountOptions = {}): NDArray {
  checkOptions("bincount", options, ["weights", "minlength", "length"]);
  const index = integersOf("bincount", x);
  const weights = options.weights === undefined ? full(index.shape, 1, "int32") : operand(options.weights, "bincount");
  if (index.ndim !== 1 || weights.ndim !== 1 || weights.size !== index.size) {
    throw new ShapeError({
      op: "bincount",
      expected: "a list of integers, and a weight for each of them",
      received: `${showAval(index.aval)} and weights ${showAval(weights.aval)}`,
      remedy: "flatten the arrays with reshape(-1)",
    });
  }
  const counts = full([countedLength(index, options)], 0, weights.dtype);
  const numbers = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
  return scatterAdd(counts, reshape(index, [index.size, 1]), weights, numbers, { mode: "fill" });
}

/** Options of `histogram`. */
export interface HistogramOptions {
  /** The number of bins of one width (10 by default), or the ascending edges of all. */
  readonly bins?: number | NDArray;
  /** From where to where the bins reach; from the least to the largest element by default. */
  readonly range?: readonly [ArrayLike, ArrayLike];
  /** What each element counts; 1 by default. */
  readonly weights?: ArrayLike;
  /** Whether to divide by the total and the bins' widths, so that the integral is 1. */
  readonly density?: boolean;
}

function edgesOf(x: NDArray, { bins = 10, range }: HistogramOptions): NDArray {
  const dtype = floatOf(x.dtype);
  if (typeof bins !== "number") return convertElementType(operand(bins, "histogram"), dtype);
  if (!Number.isInteger(bins) || bins < 1) {
    throw new OptionError({
      op: "histogram",
      expected: "a positive number of bins, or their edges",
      received: String(bins),
      remedy: "pass { bins: 10 }",
    });
  }
  const bounds = range ?? (x.size === 0 ? [0, 1] : [reduceMin(x), reduceMax(x)]);
  const [low, high] = bounds.map((bound) => convertElementType(operand(bound, "histogram"), dtype));
  // Where all elements are equal, the bins reach half to each side, as in NumPy.
  const flat = eq(low, high);
  const half = scalar(0.5, dtype);
  const [from, to] = [select(flat, sub(low, half), low), select(flat, add(high, half), high)];
  const steps = div(iota(dtype, [bins + 1]), bins);
  return concatenate([sliceInDim(add(from, mul(sub(to, from), steps)), 0, bins), reshape(to, [1])], 0);
}

/**
 * How many elements fall in each bin, as floats, and the edges of the bins. A bin contains its left edge; the last one its
 * right edge too. Elements outside of all bins are not counted.
 *
 * @throws OptionError for unknown options or no bins; ShapeError unless weights have the shape of `x`.
 * @example np.histogram(np.array([0, 1, 1, 2]), { bins: 2 })[0] // [1, 3]
 */
export function histogram(x: ArrayLike, options: HistogramOptions = {}): readonly [counts: NDArray, edges: NDArray] {
  checkOptions("histogram", options, ["bins", "range", "weights", "density"]);
  const array = operand(x, "histogram");
  const values = convertElementType(reshape(array, [array.size]), floatOf(array.dtype));
  const edges = edgesOf(values, options);
  const count = edges.size - 1;
  const last = reshape(sliceInDim(edges, count, count + 1), []);
  const behind = search("histogram", edges, values, "right", undefined);
  const bin = sub(select(eq(values, last), scalar(count, "int32"), behind), 1);
  const inside = select(bitOr(gt(values, last), isNaN(values)), scalar(-1, "int32"), bin);
  const given = options.weights === undefined ? full([values.size], 1, values.dtype) : operand(options.weights, "histogram");
  const weights = convertElementType(reshape(given, [given.size]), floatOf(given.dtype));
  const counts = bincount(inside, { weights, length: count });
  if (options.density !== true) return [counts, edges];
  const widths = sub(sliceInDim(edges, 1, count + 1), sliceInDim(edges, 0, count));
  return [div(div(counts, reduceSum(counts)), convertElementType(widths, counts.dtype)), edges];
}

/** The edges of the bins that `histogram` counts in. */
export function histogramBinEdges(x: ArrayLike, options: Pick<HistogramOptions, "bins" | "range"> = {}): NDArray {
  checkOptions("histogramBinEdges", options, ["bins", "range"]);
  const given = operand(x, "histogramBinEdges");
  return edgesOf(convertElementType(given, floatOf(given.dtype)), options);
}
