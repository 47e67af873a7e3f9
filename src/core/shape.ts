// Shapes: lists of non-negative sizes, row-major. Everything here is arithmetic on shapes; no array is touched.

import { ShapeError } from "./errors.js";

/** Sizes of an array's axes, outermost first; `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

export function sameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i];
  }
  return strides;
}

export const showShape = (shape: Shape): string => `[${shape.join(",")}]`;

/** The integers `start … stop - 1`. */
export const range = (start: number, stop: number): number[] => Array.from({ length: Math.max(0, stop - start) }, (_, i) => start + i);

/** `axis` counted from the front, `0 … ndim - 1`; negative axes count from the back. */
export function normalizeAxis(axis: number, ndim: number, op: string): number {
  if (Number.isInteger(axis) && axis >= -ndim && axis < ndim) return axis < 0 ? axis + ndim : axis;
  throw new ShapeError({
    op,
    expected: ndim === 0 ? "no axis: a scalar has none" : `an integer axis from ${-ndim} to ${ndim - 1}`,
    received: `axis ${typeof axis === "number" ? axis : JSON.stringify(axis)}`,
    remedy: "name an axis that the array has",
  });
}

/** Axes counted from the front, in the order given; `undefined` or `null` means all of them. Repetition is refused. */
export function normalizeAxes(axes: number | readonly number[] | null | undefined, ndim: number, op: string): number[] {
  if (axes === undefined || axes === null) return range(0, ndim);
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis(axis, ndim, op));
  if (new Set(list).size === list.length) return list;
  throw new ShapeError({ op, expected: "each axis once", received: `axes ${showShape(list)}`, remedy: "remove the repeated axis" });
}

/** The shape without the given (normalised) axes. */
export const withoutAxes = (shape: Shape, axes: readonly number[]): number[] => shape.filter((_, i) => !axes.includes(i));

/**
 * NumPy's broadcast of several shapes: aligned at the last axis, sizes equal or 1.
 *
 * @throws ShapeError when two sizes differ and neither is 1.
 */
export function broadcastShapes(shapes: readonly Shape[], op: string): number[] {
  const ndim = Math.max(0, ...shapes.map((s) => s.length));
  const result = new Array<number>(ndim).fill(1);
  for (const shape of shapes) {
    const offset = ndim - shape.length;
    for (let i = 0; i < shape.length; i++) {
      const n = shape[i];
      if (n === 1 || n === result[offset + i]) continue;
      if (result[offset + i] !== 1) {
        throw new ShapeError({
          op,
          expected: "shapes that broadcast: aligned at the last axis, sizes equal or 1",
          received: shapes.map(showShape).join(" and "),
          remedy: "reshape or expandDims one of them so that the axes line up",
        });
      }
      result[offset + i] = n;
    }
  }
  return result;
}

/** Refuses a shape with a negative, fractional or missing size. */
export function checkShape(shape: Shape, op: string): Shape {
  if (Array.isArray(shape) && shape.every((n) => Number.isInteger(n) && n >= 0)) return shape;
  throw new ShapeError({
    op,
    expected: "a shape: a list of non-negative integers",
    received: JSON.stringify(shape),
    remedy: "pass sizes such as [2, 3]",
  });
}
