// lax.associativeScan: running combinations by an associative function, in a number of rounds that grows with the logarithm.

import type { NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { checkFlags, checkOptions } from "../core/options.js";
import { normalizeAxis } from "../core/shape.js";
import { expandDims, reshape, reverse as flip } from "../ops/layout.js";
import { concatenate, sliceInDim } from "../ops/slice.js";
import { checkSameTypes } from "../transform/control/checks.js";
import { call, checkFunction } from "../transform/functions.js";
import { type Arrays, treeUnflatten } from "../tree/index.js";
import { type AnyTree, type Leaves, type Returned, leavesOf } from "./trees.js";

export interface AssociativeScanOptions {
  /** Combines from the last element on. */
  readonly reverse?: boolean;
  /** The axis along which elements stand; 0 if not given. */
  readonly axis?: number;
}

/** Combines two lists of arrays. */
type Combine = (a: readonly NDArray[], b: readonly NDArray[]) => readonly NDArray[];

/**
 * The running combinations of elements along an axis: the first, `fn` of the first two, and so on. Like
 * `jax.lax.associative_scan`.
 *
 * `fn` must be associative. It gets parts of the arrays of `elems`, many elements at a time, so it must work element by
 * element along the axis. For n elements it is called about 2 log₂ n times (Ladner and Fischer's odd-even scheme).
 *
 * @throws ShapeError when the arrays differ in length along the axis, or `fn` changes their types; OptionError for an option of the
 * wrong kind.
 * @example lax.associativeScan((a: NDArray, b: NDArray) => a.add(b), np.array([1, 2, 3, 4])) // [1, 3, 6, 10]
 */
export function associativeScan<T extends AnyTree>(
  fn: (a: Arrays<T>, b: Arrays<T>) => Returned<Arrays<T>>,
  elems: T,
  options: AssociativeScanOptions = {},
): Arrays<T> {
  const op = "associativeScan";
  checkFunction(op, fn);
  checkOptions(op, options, ["reverse", "axis"]);
  checkFlags(op, options, ["reverse"]);
  const { reverse = false, axis: along = 0 } = options;
  const given = leavesOf(op, elems, "elems");
  const axis = axisOf(op, given, along);
  const combine: Combine = (a, b) => {
    const result = leavesOf(op, call(fn, [treeUnflatten(given.structure, a), treeUnflatten(given.structure, b)]), "the result");
    checkSameTypes(
      op,
      { structure: given.structure, avals: a.map((x) => x.aval), label: "the elements" },
      { structure: result.structure, avals: result.avals, label: "what the function returned" },
      "combine two elements into one of the same structure, shapes and dtypes",
    );
    return result.leaves;
  };
  const turned = (xs: readonly NDArray[]): readonly NDArray[] => (reverse ? xs.map((x) => flip(x, [axis])) : xs);
  return treeUnflatten(given.structure, turned(prefixes(combine, turned(given.leaves), axis))) as Arrays<T>;
}

function axisOf(op: string, { leaves, avals }: Leaves, axis: number): number {
  if (leaves.length === 0) {
    throw new OptionError({ op, expected: "elems with at least one array", received: "none", remedy: "pass the arrays to combine" });
  }
  const axes = leaves.map((x) => normalizeAxis(axis, x.ndim, op));
  const sizes = leaves.map((x, i) => x.shape[axes[i]]);
  if (sizes.every((n) => n === sizes[0]) && axes.every((a) => a === axes[0])) return axes[0];
  throw new ShapeError({
    op,
    expected: `one length along axis ${axis} for all arrays`,
    received: avals.map(showAval).join(", "),
    remedy: "pass arrays whose axes agree",
  });
}

// Combine neighbours, scan the half as many results (they stand at odd places), combine them with what stands between.
function prefixes(combine: Combine, xs: readonly NDArray[], axis: number): readonly NDArray[] {
  const n = xs[0].shape[axis];
  if (n < 2) return xs;
  const every2 = (from: number, to: number) => xs.map((x) => sliceInDim(x, from, to, 2, axis));
  const odd = prefixes(combine, combine(every2(0, n - (n % 2)), every2(1, n)), axis);
  const first = xs.map((x) => sliceInDim(x, 0, 1, 1, axis));
  if (n === 2) return odd.map((y, i) => concatenate([first[i], y], axis));
  const count = Math.ceil(n / 2) - 1;
  const before = odd.map((y) => sliceInDim(y, 0, count, 1, axis));
  const even = combine(before, every2(2, n)).map((y, i) => concatenate([first[i], y], axis));
  return odd.map((y, i) => interleaved(even[i], y, n, axis));
}

/** `even` at even places, `odd` at odd ones. */
function interleaved(even: NDArray, odd: NDArray, n: number, axis: number): NDArray {
  const pairs = Math.floor(n / 2);
  const paired = concatenate([expandDims(sliceInDim(even, 0, pairs, 1, axis), [axis + 1]), expandDims(odd, [axis + 1])], axis + 1);
  const joined = reshape(paired, even.shape.with(axis, 2 * pairs));
  return n === 2 * pairs ? joined : concatenate([joined, sliceInDim(even, pairs, pairs + 1, 1, axis)], axis);
}
