// Regions of an array: for each axis a run of indices, known in advance. Reading one is a slice and a reverse; writing one
// is its mirror image. No gather, no scatter.

import { type NDArray, scalar } from "../core/array.js";
import { isFloat } from "../core/dtype.js";
import { sameShape } from "../core/shape.js";
import { add } from "../ops/arithmetic.js";
import { full, reverse } from "../ops/layout.js";
import { dynamicUpdateSlice } from "../ops/dynamic.js";
import { select } from "../ops/select.js";
import { pad, slice } from "../ops/slice.js";
import type { Run } from "./slices.js";

/** One run of indices for each axis. */
export type Region = readonly Run[];

/** The shape of what a region holds. */
export const regionShape = (region: Region): number[] => region.map(({ count }) => count);

const reversedAxes = (region: Region): number[] => region.flatMap(({ step }, axis) => (step < 0 ? [axis] : []));

/** The same indices in increasing order. */
const ascending = (region: Region): Run[] =>
  region.map(({ start, count, step }) => (step > 0 ? { start, count, step } : { start: start + (count - 1) * step, count, step: -step }));

const isWhole = (region: Region, x: NDArray): boolean => sameShape(regionShape(region), x.shape);

/** The elements of a region. */
export function readRegion(x: NDArray, region: Region): NDArray {
  const up = ascending(region);
  const limits = up.map(({ start, count, step }) => (count === 0 ? start : start + (count - 1) * step + 1));
  const part = slice(
    x,
    up.map(({ start }) => start),
    limits,
    up.map(({ step }) => step),
  );
  return reverse(part, reversedAxes(region));
}

/** What puts the elements of a region at their places in `x`. */
const padding = (x: NDArray, region: readonly Run[]): (readonly [number, number, number])[] =>
  region.map(({ start, count, step }, axis) => [start, x.shape[axis] - start - ((count - 1) * step + 1), step - 1]);

/** `x` with `value`, of the region's shape, in place of a region. */
export function writeRegion(x: NDArray, region: Region, value: NDArray): NDArray {
  if (value.size === 0) return x;
  const up = ascending(region);
  const ordered = reverse(value, reversedAxes(region));
  if (isWhole(region, x)) return ordered;
  if (up.every(({ step, count }) => step === 1 || count === 1)) {
    return dynamicUpdateSlice(
      x,
      ordered,
      up.map(({ start }) => start),
    );
  }
  const config = padding(x, up);
  const places = pad(full(value.shape, true, "bool"), scalar(false, "bool"), config);
  return select(places, pad(ordered, scalar(0, x.dtype), config), x);
}

/** `x` with `value`, of the region's shape, added to a region. */
export function addToRegion(x: NDArray, region: Region, value: NDArray): NDArray {
  if (value.size === 0) return x;
  const ordered = reverse(value, reversedAxes(region));
  // −0 is what changes no float that it is added to: 0 would make 0 of −0.
  return add(x, pad(ordered, scalar(isFloat(x.dtype) ? -0 : 0, x.dtype), padding(x, ascending(region))));
}
