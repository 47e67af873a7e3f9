// Short names for the arrays of these tests, and comparison by value.

import { expect } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { treeLeavesWithPath, showPath } from "../../src/tree/index.js";
import { arrayOf, elements } from "../ops/rules.js";

export const f32 = (...values: readonly number[]): NDArray => arrayOf("float32", values);
export const f64 = (...values: readonly number[]): NDArray => arrayOf("float64", values);
export const i32 = (...values: readonly number[]): NDArray => arrayOf("int32", values);

/** Calls a function past its types, as plain JavaScript can. */
export const untyped =
  (f: unknown) =>
  (...args: readonly unknown[]): unknown =>
    Reflect.apply(f as (...xs: unknown[]) => unknown, undefined, args);

/** Each leaf by its path: `{ ".w": [1, 2] }`. */
export const contents = (tree: unknown): Record<string, unknown> =>
  Object.fromEntries(treeLeavesWithPath(tree).map(([path, leaf]) => [showPath(path), typeof leaf === "object" ? leaf.toArray() : leaf]));

/** Same shape, and elements within `tolerance`, relative to the larger of 1 and the expected value. */
export function expectClose(actual: NDArray, expected: NDArray | readonly number[], tolerance = 1e-9): void {
  const wanted = Array.isArray(expected) ? expected : elements(expected as NDArray);
  if (!Array.isArray(expected)) expect(actual.shape).toEqual((expected as NDArray).shape);
  const found = elements(actual);
  expect(found).toHaveLength(wanted.length);
  const worst = Math.max(
    0,
    ...found.map((v, i) => (Object.is(v, wanted[i]) ? 0 : Math.abs(v - wanted[i]) / Math.max(1, Math.abs(wanted[i])))),
  );
  expect(worst, `${found.join()} against ${wanted.join()}`).toBeLessThanOrEqual(tolerance);
}
