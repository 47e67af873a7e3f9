// Sorting along an axis: several arrays together by the first of them, the order itself, and the k largest.
// Tangents are not sorted again: the primal gives the permutation, and what is linear, a gather, follows it.

import { type ArrayLike, type NDArray, isArrayLike } from "../core/array.js";
import { type Aval, aval, showAval } from "../core/aval.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { type Primitive, type Tangent, Zero, primitive } from "../core/primitive.js";
import { normalizeAxis, range, sameShape } from "../core/shape.js";
import { bindAll } from "../core/trace.js";
import * as kernels from "../kernels/sort.js";
import { pastBatch } from "./axes.js";
import { batchAt, firstBatchDim } from "./batching.js";
import { gather } from "./gather.js";
import { iota, reshape } from "./layout.js";
import { operand } from "./operands.js";

export interface SortParams {
  readonly dimension: number;
  readonly isStable: true;
  /** How many operands are keys; the first decides before the second. */
  readonly numKeys: number;
}

export interface SortOptions {
  /** The axis to sort along; the last by default. */
  readonly dimension?: number;
  /** How many of the arrays are keys, the first deciding before the second; 1 by default. */
  readonly numKeys?: number;
}

/** The elements of `x` at the positions `order` along `axis`; other axes run together. */
function takeAlong(x: NDArray, order: NDArray, axis: number): NDArray {
  const others = range(0, x.ndim).filter((k) => k !== axis);
  const numbers = {
    offsetDims: [],
    collapsedSliceDims: [axis],
    startIndexMap: [axis],
    operandBatchingDims: others,
    startIndicesBatchingDims: others,
  };
  const ones = x.shape.map(() => 1);
  // A permutation is never out of bounds.
  return gather(x, reshape(order, [...order.shape, 1]), numbers, ones, { mode: "clip", uniqueIndices: true });
}

const follow = (dx: Tangent, y: NDArray, order: NDArray, axis: number): Tangent =>
  dx instanceof Zero || dx.size === 0 ? new Zero(y.aval) : takeAlong(dx, order, axis);

export const sortP: Primitive<"sort", SortParams> = primitive("sort")<SortParams>({
  type: (avals, params) => {
    checkSort(avals, params);
    return avals.map((a) => aval(a.shape, a.dtype));
  },
  derivative: {
    tag: "custom",
    jvp: (xs, dxs, params) => {
      const places = iota("int32", xs[0].shape, params.dimension);
      const sorted = bindAll(sortP, [...xs, places], params);
      const order = sorted[xs.length];
      const ys = sorted.slice(0, xs.length);
      return [ys, dxs.map((dx, i) => follow(dx, ys[i], order, params.dimension))];
    },
  },
  batch: {
    tag: "rule",
    rule: (size, xs, dims, params) => {
      const target = firstBatchDim(dims);
      const aligned = xs.map((x, i) => batchAt(x, dims[i], size, target));
      const outs = bindAll(sortP, aligned, { ...params, dimension: pastBatch(params.dimension, target) });
      return [outs, outs.map(() => target)];
    },
  },
  reference: (xs, params) => kernels.sort(xs, params),
});

function checkSort(avals: readonly Aval[], { dimension, numKeys }: SortParams): void {
  if (!avals.every((a) => sameShape(a.shape, avals[0].shape))) {
    throw new ShapeError({
      op: "sort",
      expected: "arrays of one shape",
      received: avals.map(showAval).join(" and "),
      remedy: "broadcast them first (np.broadcastTo)",
    });
  }
  normalizeAxis(dimension, avals[0].shape.length, "sort");
  if (Number.isInteger(numKeys) && numKeys >= 1 && numKeys <= avals.length) return;
  throw new OptionError({
    op: "sort",
    expected: `numKeys from 1 to ${avals.length}, the number of arrays`,
    received: String(numKeys),
    remedy: "count the leading arrays that are keys",
  });
}

/**
 * `x` in ascending order along an axis; or several arrays of one shape, sorted together by the first `numKeys` of them.
 * Stable; NaN stands last.
 *
 * @throws ShapeError when shapes differ, there is no array, or the axis does not exist; OptionError for `numKeys` out of range.
 * @example sort([np.array([2, 1]), np.array([10, 20])]) // [[1, 2], [20, 10]]
 */
export function sort(x: ArrayLike, options?: SortOptions): NDArray;
export function sort(xs: readonly ArrayLike[], options?: SortOptions): readonly NDArray[];
export function sort(
  given: ArrayLike | readonly ArrayLike[],
  { dimension = -1, numKeys = 1 }: SortOptions = {},
): NDArray | readonly NDArray[] {
  const single = isArrayLike(given);
  const xs = (single ? [given] : given).map((x) => operand(x, "sort"));
  if (xs.length === 0)
    throw new ShapeError({ op: "sort", expected: "at least one array", received: "none", remedy: "pass the arrays to sort" });
  const params: SortParams = { dimension: normalizeAxis(dimension, xs[0].ndim, "sort"), isStable: true, numKeys };
  const sorted = bindAll(sortP, xs, params);
  return single ? sorted[0] : sorted;
}

/**
 * The int32 positions along an axis that put `x` in ascending order. Stable; NaN stands last.
 *
 * @throws ShapeError for an axis that does not exist.
 * @example argsort(np.array([30, 10, 20])) // [1, 2, 0]
 */
export function argsort(x: ArrayLike, dimension = -1): NDArray {
  const keys = operand(x, "argsort");
  const axis = normalizeAxis(dimension, keys.ndim, "argsort");
  return sort([keys, iota("int32", keys.shape, axis)], { dimension: axis })[1];
}

export interface TopKParams {
  readonly k: number;
}

export const topKP: Primitive<"top_k", TopKParams> = primitive("top_k")<TopKParams>({
  type: ([x], { k }) => {
    checkTopK(x, k);
    const shape = [...x.shape.slice(0, -1), k];
    return [aval(shape, x.dtype), aval(shape, "int32")];
  },
  derivative: {
    tag: "custom",
    jvp: ([x], [dx], params) => {
      const [values, indices] = bindAll(topKP, [x], params);
      return [
        [values, indices],
        [follow(dx, values, indices, x.ndim - 1), new Zero(indices.aval)],
      ];
    },
  },
  batch: {
    tag: "rule",
    rule: (size, [x], [dim], params) => {
      // The last axis is the one that is sorted; a batch anywhere before it can stay.
      const stays = dim !== null && dim < x.ndim - 1;
      const outs = bindAll(topKP, [stays ? x : batchAt(x, dim, size, 0)], params);
      const target = stays ? dim : 0;
      return [outs, [target, target]];
    },
  },
  reference: ([x], params) => kernels.topK(x, params),
});

function checkTopK(x: Aval, k: number): void {
  const size = x.shape.at(-1);
  if (size !== undefined && Number.isInteger(k) && k >= 0 && k <= size) return;
  throw new ShapeError({
    op: "topK",
    expected: size === undefined ? "an array with at least one axis" : `k from 0 to ${size}, the size of the last axis`,
    received: size === undefined ? showAval(x) : String(k),
    remedy: size === undefined ? "pass a list of candidates" : "ask for no more elements than there are",
  });
}

/**
 * The `k` largest elements along the last axis, largest first, and their int32 positions. Of equal ones the first comes
 * first; NaN counts as largest. The derivative of the values goes to the elements that were taken.
 *
 * @throws ShapeError for a scalar, or `k` larger than the last axis.
 * @example topK(np.array([1, 3, 2]), 2) // [[3, 2], [1, 2]]
 */
export function topK(x: ArrayLike, k: number): readonly [values: NDArray, indices: NDArray] {
  const [values, indices] = bindAll(topKP, [operand(x, "topK")], { k });
  return [values, indices];
}
