// Elements in another order or several times over: flips, rolls, rotations, tiles and repeats.

import { type ArrayLike, NDArray, fromTypedArray } from "../core/array.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { normalizeAxes, normalizeAxis, range } from "../core/shape.js";
import { broadcastInDim, reshape, reverse, transpose } from "../ops/layout.js";
import { concatenate, sliceInDim } from "../ops/slice.js";
import { type Axes, axesOf, axisOf } from "./axes.js";
import { promote } from "./promote.js";
import { take } from "./take.js";

const strong = (op: string, x: ArrayLike): NDArray => promote(op, x)[0];

/**
 * `x` with the elements in the opposite order along an axis, several, or all.
 *
 * @throws ShapeError for an axis that `x` has not, or a repeated one.
 * @example np.flip(np.array([1, 2, 3])) // [3, 2, 1]
 */
export function flip(x: ArrayLike, axis?: Axes): NDArray {
  const array = strong("flip", x);
  return reverse(array, axesOf("flip", axis, array.ndim));
}

/**
 * `flip` along the first axis.
 *
 * @throws ShapeError for a scalar.
 * @example np.flipud(np.array([[1, 2], [3, 4]])) // [[3, 4], [1, 2]]
 */
export function flipud(x: ArrayLike): NDArray {
  const array = strong("flipud", x);
  return reverse(array, normalizeAxis(0, array.ndim, "flipud"));
}

/**
 * `flip` along the second axis.
 *
 * @throws ShapeError for fewer than two axes.
 * @example np.fliplr(np.array([[1, 2], [3, 4]])) // [[2, 1], [4, 3]]
 */
export function fliplr(x: ArrayLike): NDArray {
  const array = strong("fliplr", x);
  return reverse(array, normalizeAxis(1, array.ndim, "fliplr"));
}

/** Moves the last `shift` elements along an axis to its front. */
function rolled(x: NDArray, shift: number, axis: number): NDArray {
  const size = x.shape[axis];
  const moved = size === 0 ? 0 : ((shift % size) + size) % size;
  if (moved === 0) return x;
  return concatenate([sliceInDim(x, size - moved, size, 1, axis), sliceInDim(x, 0, size - moved, 1, axis)], axis);
}

/**
 * `x` with its elements moved on by `shift` along an axis, those that fall off coming in at the other end. Without an axis
 * the elements move in row-major order. Several shifts and axes pair up.
 *
 * @throws OptionError for a fractional shift; ShapeError for an axis that `x` has not, or when shifts and axes do not pair up.
 * @example np.roll(np.array([1, 2, 3]), 1) // [3, 1, 2]
 */
export function roll(x: ArrayLike, shift: number | readonly number[], axis?: Axes): NDArray {
  const array = strong("roll", x);
  const shifts = typeof shift === "number" ? [shift] : shift;
  if (!Array.isArray(shifts) || !shifts.every(Number.isInteger)) {
    throw new OptionError({ op: "roll", expected: "integer shifts", received: String(shift), remedy: "pass JavaScript integers" });
  }
  if (axis === undefined || axis === null) {
    const total = shifts.reduce((sum, n) => sum + n, 0);
    return reshape(rolled(reshape(array, [array.size]), total, 0), array.shape);
  }
  const given = typeof axis === "number" ? [axis] : axis;
  const axes = given.map((k) => normalizeAxis(k, array.ndim, "roll"));
  if (axes.length !== shifts.length && axes.length !== 1 && shifts.length !== 1) {
    throw new ShapeError({
      op: "roll",
      expected: "as many shifts as axes, or one of either",
      received: `${shifts.length} shifts, ${axes.length} axes`,
      remedy: "pair them up",
    });
  }
  const count = Math.max(axes.length, shifts.length);
  return range(0, count).reduce((y, k) => rolled(y, shifts[shifts.length === 1 ? 0 : k], axes[axes.length === 1 ? 0 : k]), array);
}

/**
 * `x` turned by `k` quarter turns in the plane of two axes, from the first towards the second.
 *
 * @throws ShapeError unless `axes` are two different axes of `x`.
 * @example np.rot90(np.array([[1, 2], [3, 4]])) // [[2, 4], [1, 3]]
 */
export function rot90(x: ArrayLike, k = 1, axes: readonly [number, number] = [0, 1]): NDArray {
  const array = strong("rot90", x);
  const [a, b] = normalizeAxes(axes, array.ndim, "rot90");
  const turns = ((k % 4) + 4) % 4;
  if (turns === 0) return array;
  if (turns === 2) return reverse(array, [a, b]);
  const exchange = range(0, array.ndim).map((axis) => (axis === a ? b : axis === b ? a : axis));
  return turns === 1 ? transpose(reverse(array, b), exchange) : reverse(transpose(array, exchange), b);
}

function checkCounts(op: string, counts: readonly number[]): void {
  if (counts.every((n) => Number.isInteger(n) && n >= 0)) return;
  throw new OptionError({
    op,
    expected: "non-negative integer counts",
    received: JSON.stringify(counts),
    remedy: "say how often each is repeated",
  });
}

/**
 * Copies of `x` side by side, `reps` for each axis (aligned at the last one; a number is for the last axis).
 *
 * @throws OptionError for negative or fractional counts.
 * @example np.tile(np.array([1, 2]), 2) // [1, 2, 1, 2]
 */
export function tile(x: ArrayLike, reps: number | readonly number[]): NDArray {
  const array = strong("tile", x);
  const given = typeof reps === "number" ? [reps] : reps;
  checkCounts("tile", given);
  const ndim = Math.max(given.length, array.ndim);
  const counts = [...new Array<number>(ndim - given.length).fill(1), ...given];
  const sizes = [...new Array<number>(ndim - array.ndim).fill(1), ...array.shape];
  // Each axis becomes (copy, place): copies are a broadcast.
  const spread = broadcastInDim(
    array,
    sizes.flatMap((n, k) => [counts[k], n]),
    range(ndim - array.ndim, ndim).map((k) => 2 * k + 1),
  );
  return reshape(
    spread,
    sizes.map((n, k) => counts[k] * n),
  );
}

/**
 * Each element of `x` several times along an axis; without one, of all elements in row-major order. `repeats` is a count,
 * or a list (or concrete array) of one for each place along the axis.
 *
 * @throws OptionError for negative or fractional counts; ShapeError when there is not one for each place.
 * @example np.repeat(np.array([1, 2]), 2) // [1, 1, 2, 2]
 */
export function repeat(x: ArrayLike, repeats: number | readonly number[] | NDArray, axis?: number | null): NDArray {
  const op = "repeat";
  const given = strong(op, x);
  const along = axisOf(op, axis, given.ndim);
  const array = along === undefined ? reshape(given, [given.size]) : given;
  const at = along ?? 0;
  const counts = repeats instanceof NDArray ? Array.from(repeats.toTypedArray()) : typeof repeats === "number" ? [repeats] : repeats;
  checkCounts(op, counts);
  const size = array.shape[at];
  if (counts.length === 1) {
    const wide = broadcastInDim(
      array,
      array.shape.toSpliced(at + 1, 0, counts[0]),
      range(0, array.ndim + 1).filter((k) => k !== at + 1),
    );
    return reshape(wide, array.shape.with(at, size * counts[0]));
  }
  if (counts.length !== size) {
    throw new ShapeError({
      op,
      expected: `one count, or ${size} of them`,
      received: `${counts.length}`,
      remedy: "give one for each place along the axis",
    });
  }
  const places = Int32Array.from(counts.flatMap((n, i) => new Array<number>(n).fill(i)));
  return take(array, fromTypedArray(places, [places.length], "int32"), at);
}
