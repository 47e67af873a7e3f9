// Agreement within rounding: compiled code rounds float32 results differently from eager code, by a few units in the last
// place; everything else agrees exactly.

import { expect } from "vitest";
import type { NDArray } from "../src/index.js";

/** Each element within `tolerance`, relative to the larger of it and 1; for integers and bools pass 0. */
export function expectClose(found: NDArray, expected: NDArray, tolerance = 2e-6): void {
  expect(found.shape).toEqual(expected.shape);
  expect(found.dtype).toBe(expected.dtype);
  const [a, b] = [found, expected].map((x) => [...x.toTypedArray()]);
  const exact = expected.dtype !== "float32" && expected.dtype !== "float64";
  const wrong = a.findIndex(
    (v, i) => !(Object.is(v, b[i]) || v === b[i] || (!exact && Math.abs(v - b[i]) <= tolerance * Math.max(1, Math.abs(b[i])))),
  );
  expect(wrong < 0 ? undefined : { place: wrong, found: a[wrong], expected: b[wrong] }).toBeUndefined();
}
