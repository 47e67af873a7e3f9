// Sorting along an axis. All sorts are stable, and NaN stands last (first where the order descends).

import { type ArrayLike, type NDArray, scalar } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { broadcastShapes, normalizeAxis } from "../core/shape.js";
import { sub } from "../ops/arithmetic.js";
import { iota, reshape, reverse } from "../ops/layout.js";
import { operand } from "../ops/operands.js";
import * as ops from "../ops/sort.js";
import { checkOptions } from "../core/options.js";
import { broadcastTrailing } from "./promote.js";

/** Options of sorting. */
export interface SortOptions {
  /** Whether the largest comes first; elements that are equal keep their order all the same. */
  readonly descending?: boolean;
  /** Sorting is always stable; the option exists because NumPy has it. */
  readonly stable?: boolean;
}

/** The array and the axis to sort along; null is all axes, flattened. */
function along(op: string, x: ArrayLike, axis: number | null, options: SortOptions): readonly [NDArray, number] {
  checkOptions(op, options, ["descending", "stable"]);
  const array = operand(x, op);
  return axis === null ? [reshape(array, [array.size]), 0] : [array, normalizeAxis(axis, array.ndim, op)];
}

/**
 * The elements of `x` in ascending order along an axis (the last by default; null sorts the flattened array).
 *
 * @throws ShapeError for an axis that `x` has not.
 * @example np.sort(np.array([3, 1, 2])) // [1, 2, 3]
 * @example np.sort(np.array([3, 1, 2]), -1, { descending: true }) // [3, 2, 1]
 */
export function sort(x: ArrayLike, axis: number | null = -1, options: SortOptions = {}): NDArray {
  const [array, dimension] = along("sort", x, axis, options);
  const sorted = ops.sort(array, { dimension });
  return options.descending === true ? reverse(sorted, [dimension]) : sorted;
}

/**
 * The int32 positions along an axis (the last by default; null for the flattened array) that put `x` in ascending order.
 *
 * @throws ShapeError for an axis that `x` has not.
 * @example np.argsort(np.array([30, 10, 20])) // [1, 2, 0]
 */
export function argsort(x: ArrayLike, axis: number | null = -1, options: SortOptions = {}): NDArray {
  const [array, dimension] = along("argsort", x, axis, options);
  if (options.descending !== true) return ops.argsort(array, dimension);
  // Backwards from a reversed array, so that the first of equal elements comes first.
  const places = reverse(ops.argsort(reverse(array, [dimension]), dimension), [dimension]);
  return sub(scalar(array.shape[dimension] - 1, "int32"), places);
}

/**
 * The int32 positions that sort by several keys at once: the last key decides first. Keys broadcast together.
 *
 * @throws ShapeError for no keys, or an axis that they have not.
 * @example np.lexsort([np.array([2, 1, 1]), np.array([0, 0, -1])]) // [2, 1, 0]
 */
export function lexsort(keys: readonly ArrayLike[], axis = -1): NDArray {
  if (keys.length === 0) {
    throw new ShapeError({
      op: "lexsort",
      expected: "at least one key",
      received: "an empty list",
      remedy: "pass the keys, the most important last",
    });
  }
  const arrays = keys.map((key) => operand(key, "lexsort"));
  const shape = broadcastShapes(
    arrays.map((x) => x.shape),
    "lexsort",
  );
  const dimension = normalizeAxis(axis, shape.length, "lexsort");
  const ordered = arrays.map((x) => broadcastTrailing(x, shape)).toReversed();
  const sorted = ops.sort([...ordered, iota("int32", shape, dimension)], { dimension, numKeys: ordered.length });
  return sorted[ordered.length];
}

function checkKth(op: string, x: NDArray, axis: number, kth: number): void {
  const size = x.shape[axis];
  if (Number.isInteger(kth) && kth >= -size && kth < size) return;
  throw new ShapeError({
    op,
    expected: `kth from ${-size} to ${size - 1} along axis ${axis} of ${showAval(x.aval)}`,
    received: String(kth),
    remedy: "name a position that the axis has",
  });
}

/**
 * `x` rearranged along an axis so that position `kth` has the element that sorting puts there, with none larger before it
 * and none smaller behind it. (All are in order: it sorts.)
 *
 * @throws ShapeError for an axis or a position that `x` has not.
 * @example np.partition(np.array([3, 1, 2]), 1).at(1).get() // 2
 */
export function partition(x: ArrayLike, kth: number, axis: number | null = -1): NDArray {
  const [array, dimension] = along("partition", x, axis, {});
  checkKth("partition", array, dimension, kth);
  return ops.sort(array, { dimension });
}

/**
 * The int32 positions that `partition` would take its elements from.
 *
 * @throws ShapeError for an axis or a position that `x` has not.
 * @example np.argpartition(np.array([3, 1, 2]), 0).at(0).get() // 1
 */
export function argpartition(x: ArrayLike, kth: number, axis: number | null = -1): NDArray {
  const [array, dimension] = along("argpartition", x, axis, {});
  checkKth("argpartition", array, dimension, kth);
  return ops.argsort(array, dimension);
}
