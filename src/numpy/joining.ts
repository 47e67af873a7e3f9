// Joining arrays and taking them apart again. Joined arrays take their common dtype.

import type { ArrayLike, NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { ShapeError, TypeMismatchError } from "../core/errors.js";
import { normalizeAxis, range, sameShape, showShape } from "../core/shape.js";
import { expandDims, squeeze } from "../ops/layout.js";
import { concatenate as join, sliceInDim } from "../ops/slice.js";
import { promote } from "./promote.js";
import { atleast1d, atleast2d, atleast3d, ravel } from "./reshaping.js";

/** The operands of a join: a list of at least one array, in one dtype. */
function parts(op: string, xs: readonly ArrayLike[]): NDArray[] {
  if (!Array.isArray(xs)) {
    throw new TypeMismatchError({ op, expected: "a list of arrays", received: "a single value", remedy: `write ${op}([x, y])` });
  }
  if (xs.length > 0) return promote(op, ...xs);
  throw new ShapeError({ op, expected: "at least one array", received: "an empty list", remedy: "pass the arrays to join" });
}

function joined(op: string, arrays: readonly NDArray[], axis: number): NDArray {
  const along = normalizeAxis(axis, arrays[0].ndim, op);
  const without = (x: NDArray): number[] => x.shape.filter((_, k) => k !== along);
  if (arrays.every((x) => x.ndim === arrays[0].ndim && sameShape(without(x), without(arrays[0])))) return join(arrays, along);
  throw new ShapeError({
    op,
    expected: `arrays of one shape, but for axis ${along}`,
    received: arrays.map((x) => showAval(x.aval)).join(" and "),
    remedy: "make the other sizes agree, or choose another axis",
  });
}

/**
 * The arrays one after the other along an axis that they have; flattened first if `axis` is null.
 *
 * @throws ShapeError for no arrays, scalars, or sizes that differ along other axes.
 * @example np.concatenate([np.array([1]), np.array([2, 3])]) // [1, 2, 3]
 */
export function concatenate(xs: readonly ArrayLike[], axis: number | null = 0): NDArray {
  const arrays = parts("concatenate", xs);
  return axis === null ? joined("concatenate", arrays.map(ravel), 0) : joined("concatenate", arrays, axis);
}

export { concatenate as concat };

function stacked(op: string, xs: readonly ArrayLike[], axis: number): NDArray {
  const arrays = parts(op, xs);
  const [first] = arrays;
  const odd = arrays.find((x) => !sameShape(x.shape, first.shape));
  if (odd !== undefined) {
    throw new ShapeError({
      op,
      expected: `arrays of one shape, ${showShape(first.shape)} as the first`,
      received: showShape(odd.shape),
      remedy: "broadcast or reshape them first, or use np.concatenate",
    });
  }
  const at = normalizeAxis(axis, first.ndim + 1, op);
  return join(
    arrays.map((x) => expandDims(x, at)),
    at,
  );
}

/**
 * The arrays, all of one shape, along a new axis.
 *
 * @throws ShapeError for no arrays, or shapes that differ.
 * @example np.stack([np.array([1, 2]), np.array([3, 4])], 1) // [[1, 3], [2, 4]]
 */
export const stack = (xs: readonly ArrayLike[], axis = 0): NDArray => stacked("stack", xs, axis);

/**
 * The arrays one below the other: along the first axis, vectors as rows.
 *
 * @throws ShapeError for no arrays, or sizes that differ along other axes.
 * @example np.vstack([np.array([1, 2]), np.array([3, 4])]) // [[1, 2], [3, 4]]
 */
export const vstack = (xs: readonly ArrayLike[]): NDArray => joined("vstack", parts("vstack", xs).map(atleast2d), 0);

/**
 * The arrays side by side: along the second axis, vectors one after the other.
 *
 * @throws ShapeError for no arrays, or sizes that differ along other axes.
 * @example np.hstack([np.array([1, 2]), np.array([3])]) // [1, 2, 3]
 */
export function hstack(xs: readonly ArrayLike[]): NDArray {
  const arrays = parts("hstack", xs).map(atleast1d);
  return joined("hstack", arrays, arrays[0].ndim === 1 ? 0 : 1);
}

/**
 * The arrays behind one another: along the third axis.
 *
 * @throws ShapeError for no arrays, or sizes that differ along other axes.
 * @example np.dstack([np.array([1, 2]), np.array([3, 4])]) // [[[1, 3], [2, 4]]]
 */
export const dstack = (xs: readonly ArrayLike[]): NDArray => joined("dstack", parts("dstack", xs).map(atleast3d), 2);

/**
 * Vectors as the columns of a matrix; matrices side by side.
 *
 * @throws ShapeError for no arrays, or lengths that differ.
 * @example np.columnStack([np.array([1, 2]), np.array([3, 4])]) // [[1, 3], [2, 4]]
 */
export const columnStack = (xs: readonly ArrayLike[]): NDArray =>
  joined(
    "columnStack",
    parts("columnStack", xs).map((x) => (x.ndim < 2 ? expandDims(ravel(x), 1) : x)),
    1,
  );

/**
 * `values` behind `x` along an axis; both flattened if there is none.
 *
 * @throws ShapeError when sizes differ along other axes.
 * @example np.append(np.array([1, 2]), 3) // [1, 2, 3]
 */
export function append(x: ArrayLike, values: ArrayLike, axis?: number | null): NDArray {
  const arrays = parts("append", [x, values]);
  return axis === undefined || axis === null ? joined("append", arrays.map(ravel), 0) : joined("append", arrays, axis);
}

function pieces(op: string, x: ArrayLike, sections: number | readonly number[], axis: number, even: boolean): NDArray[] {
  const [array] = promote(op, x);
  const along = normalizeAxis(axis, array.ndim, op);
  const size = array.shape[along];
  if (typeof sections !== "number") {
    const inside = (at: number): number => Math.max(0, Math.min(size, at < 0 ? at + size : at));
    const bounds = [0, ...sections.map(inside), size];
    return range(0, bounds.length - 1).map((k) => sliceInDim(array, bounds[k], Math.max(bounds[k], bounds[k + 1]), 1, along));
  }
  if (!Number.isInteger(sections) || sections < 1 || (even && size % sections !== 0)) {
    throw new ShapeError({
      op,
      expected: even ? `a number of equal parts of axis ${along}, of size ${size}` : "a positive number of parts",
      received: String(sections),
      remedy: even ? "choose a divisor of the size, or use np.arraySplit" : "pass a positive integer",
    });
  }
  // The first (size mod sections) parts have one element more.
  const bounds = range(0, sections + 1).map((k) => k * Math.floor(size / sections) + Math.min(k, size % sections));
  return range(0, sections).map((k) => sliceInDim(array, bounds[k], bounds[k + 1], 1, along));
}

/**
 * `x` taken apart along an axis: into a number of equal parts, or before each of the given indices.
 *
 * @throws ShapeError when the parts would not be equal, or the axis does not exist.
 * @example np.split(np.arange(4), 2) // [[0, 1], [2, 3]]
 */
export const split = (x: ArrayLike, sections: number | readonly number[], axis = 0): NDArray[] => pieces("split", x, sections, axis, true);

/**
 * As `split`, but the parts may differ in size by one: the larger ones come first.
 *
 * @throws ShapeError for an axis that does not exist.
 * @example np.arraySplit(np.arange(3), 2) // [[0, 1], [2]]
 */
export const arraySplit = (x: ArrayLike, sections: number | readonly number[], axis = 0): NDArray[] =>
  pieces("arraySplit", x, sections, axis, false);

/**
 * `split` along the first axis.
 *
 * @throws ShapeError when the parts would not be equal.
 * @example np.vsplit(np.ones([4, 2]), 2)[0].shape // [2, 2]
 */
export const vsplit = (x: ArrayLike, sections: number | readonly number[]): NDArray[] => pieces("vsplit", x, sections, 0, true);

/**
 * `split` along the second axis; along the first one for a vector.
 *
 * @throws ShapeError when the parts would not be equal.
 * @example np.hsplit(np.ones([2, 4]), 2)[0].shape // [2, 2]
 */
export function hsplit(x: ArrayLike, sections: number | readonly number[]): NDArray[] {
  const [array] = promote("hsplit", x);
  return pieces("hsplit", array, sections, array.ndim === 1 ? 0 : 1, true);
}

/**
 * The parts of `x` along an axis, which disappears from them.
 *
 * @throws ShapeError for an axis that does not exist.
 * @example np.unstack(np.array([[1, 2], [3, 4]])) // [[1, 2], [3, 4]]
 */
export function unstack(x: ArrayLike, axis = 0): NDArray[] {
  const [array] = promote("unstack", x);
  const along = normalizeAxis(axis, array.ndim, "unstack");
  return range(0, array.shape[along]).map((k) => squeeze(sliceInDim(array, k, k + 1, 1, along), along));
}
