// Medians and quantiles: elements of the sorted array, and what lies between two of them. NaN in, NaN out.

import type { ArrayLike, NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { range } from "../core/shape.js";
import { add, mul } from "../ops/arithmetic.js";
import { ne } from "../ops/compare.js";
import { broadcastInDim, expandDims, reshape, squeeze, transpose } from "../ops/layout.js";
import { select } from "../ops/select.js";
import { concatenate, sliceInDim } from "../ops/slice.js";
import { sort } from "../ops/sort.js";
import { type Axes, axesOf } from "./axes.js";
import { checkOptions } from "../core/options.js";
import { promoteFloat } from "./promote.js";
import { type KeepdimsOption, kept } from "./reductions.js";

export type QuantileMethod = "linear" | "lower" | "higher" | "nearest" | "midpoint";

export interface QuantileOptions extends KeepdimsOption {
  /** What is taken between two elements: their weighted mean if not given. */
  readonly method?: QuantileMethod;
}

/** The weight of the upper of two neighbours, for the part of the way from the lower one. */
const weights: Record<QuantileMethod, (part: number, lower: number) => number> = {
  linear: (part) => part,
  lower: () => 0,
  higher: (part) => (part > 0 ? 1 : 0),
  nearest: (part, lower) => (part > 0.5 || (part === 0.5 && lower % 2 === 1) ? 1 : 0),
  midpoint: (part) => (part > 0 ? 0.5 : 0),
};

/** The reduced axes as one last axis, sorted. */
function sortedLast(op: string, x: NDArray, axes: readonly number[]): NDArray {
  const rest = range(0, x.ndim).filter((axis) => !axes.includes(axis));
  const size = axes.reduce((n, axis) => n * x.shape[axis], 1);
  if (size === 0) {
    throw new ShapeError({
      op,
      expected: "at least one element along the reduced axes",
      received: showAval(x.aval),
      remedy: "treat the empty case apart",
    });
  }
  const flat = reshape(transpose(x, [...rest, ...axes]), [...rest.map((axis) => x.shape[axis]), size]);
  return sort(flat, { dimension: -1 });
}

/** Element `i` along the last axis. */
const pick = (x: NDArray, i: number): NDArray => squeeze(sliceInDim(x, i, i + 1, 1, -1), x.ndim - 1);

function between(sorted: NDArray, q: number, method: QuantileMethod): NDArray {
  const size = sorted.shape[sorted.ndim - 1];
  const place = q * (size - 1);
  const lower = Math.min(Math.floor(place), size - 1);
  const weight = weights[method](place - lower, lower);
  if (weight === 0) return pick(sorted, lower);
  if (weight === 1) return pick(sorted, lower + 1);
  return add(mul(pick(sorted, lower), 1 - weight), mul(pick(sorted, lower + 1), weight));
}

function quantiles(op: string, x: ArrayLike, q: number | readonly number[], axis: Axes, options: QuantileOptions): NDArray {
  checkOptions(op, options, ["keepdims", "method"]);
  const { method = "linear", keepdims } = options;
  if (!Object.hasOwn(weights, method)) {
    throw new OptionError({
      op,
      expected: `method ${Object.keys(weights).join(", ")}`,
      received: JSON.stringify(method),
      remedy: "name one of these",
    });
  }
  const [array] = promoteFloat(op, x);
  const axes = axesOf(op, axis, array.ndim);
  const sorted = sortedLast(op, array, axes);
  // NaN stands last in order.
  const last = pick(sorted, sorted.shape[sorted.ndim - 1] - 1);
  const one = (p: number): NDArray => kept(select(ne(last, last), NaN, between(sorted, p, method)), axes, keepdims);
  if (typeof q === "number") return one(q);
  const values = q.map((p) => expandDims(one(p), 0));
  return values.length > 0 ? concatenate(values, 0) : broadcastInDim(0, [0, ...kept(last, axes, keepdims).shape], []);
}

function checkShares(op: string, q: number | readonly number[], whole: number): void {
  const list = typeof q === "number" ? [q] : q;
  if (Array.isArray(list) && list.every((p) => typeof p === "number" && p >= 0 && p <= whole)) return;
  throw new OptionError({
    op,
    expected: `numbers from 0 to ${whole}`,
    received: String(q),
    remedy: "pass a JavaScript number or a list of them",
  });
}

/**
 * The quantile `q` (from 0 to 1) over axes (all): a list of several gives them along a new first axis.
 *
 * @throws OptionError for `q` out of range, an unknown option or method; ShapeError over no elements.
 * @example np.quantile(np.array([1, 2, 3, 4]), 0.5) // 2.5
 */
export function quantile(x: ArrayLike, q: number | readonly number[], axis?: Axes, options: QuantileOptions = {}): NDArray {
  checkShares("quantile", q, 1);
  return quantiles("quantile", x, q, axis, options);
}

/**
 * The percentile `q` (from 0 to 100) over axes (all): a list of several gives them along a new first axis.
 *
 * @throws OptionError for `q` out of range, an unknown option or method; ShapeError over no elements.
 * @example np.percentile(np.array([1, 2, 3, 4]), 50) // 2.5
 */
export function percentile(x: ArrayLike, q: number | readonly number[], axis?: Axes, options: QuantileOptions = {}): NDArray {
  checkShares("percentile", q, 100);
  return quantiles("percentile", x, typeof q === "number" ? q / 100 : q.map((p) => p / 100), axis, options);
}

/**
 * The median over axes (all): the element in the middle, or the mean of the two there.
 *
 * @throws ShapeError over no elements, or for an axis that does not exist; OptionError for an unknown option.
 * @example np.median(np.array([3, 1, 2, 10])) // 2.5
 */
export function median(x: ArrayLike, axis?: Axes, options: KeepdimsOption = {}): NDArray {
  checkOptions("median", options, ["keepdims"]);
  return quantiles("median", x, 0.5, axis, { ...options, method: "midpoint" });
}
