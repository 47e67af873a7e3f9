// The axis argument of reductions and rearrangements.

import { OptionError } from "../core/errors.js";
import { normalizeAxes } from "../core/shape.js";

/** One axis, several, or all of them (null, or nothing). */
export type Axes = number | readonly number[] | null | undefined;

/**
 * The axes counted from the front, in order; all of them for null or nothing.
 *
 * @throws ShapeError for an axis that does not exist or is repeated; OptionError when an options object stands in its place.
 */
export function axesOf(op: string, axes: Axes, ndim: number): number[] {
  if (axes === undefined || axes === null || typeof axes === "number" || Array.isArray(axes)) {
    return normalizeAxes(axes, ndim, op).sort((a, b) => a - b);
  }
  throw new OptionError({
    op,
    expected: "an axis, a list of axes, or null for all of them",
    received: typeof axes,
    remedy: "options come after the axis: pass null for all axes, then the options",
  });
}

/**
 * A single axis counted from the front, or undefined for null and nothing.
 *
 * @throws ShapeError for an axis that does not exist; OptionError when something else stands in its place.
 */
export function axisOf(op: string, axis: number | null | undefined, ndim: number): number | undefined {
  if (axis === undefined || axis === null) return undefined;
  return axesOf(op, Array.isArray(axis) ? [Number.NaN] : axis, ndim)[0];
}
