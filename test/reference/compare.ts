// How results are compared with reference values. Integers and truth values are the same or they are not. Floats may be
// off by `relative · max(scale, floor)`, where scale is the largest magnitude in the reference array: so an element that is
// small by cancellation is measured by what cancelled, not by what is left.

import type { NDArray } from "../../src/core/array.js";
import { type FloatDType, isFloat } from "../../src/core/dtype.js";
import { type StoredArray, runDType } from "./parse.js";

export interface Tolerance {
  readonly relative: number;
  /** The least scale: results of unit-sized operands that cancel altogether are measured by 1 in float32. */
  readonly floor: number;
}

export type Tolerances = Readonly<Record<FloatDType, Tolerance>>;

export const functionTolerances: Tolerances = {
  float64: { relative: 1e-9, floor: 0 },
  float32: { relative: 1e-5, floor: 1 },
};

export const describeTolerances = (tolerances: Tolerances): string =>
  Object.entries(tolerances)
    .map(([dtype, { relative, floor }]) => `${dtype}: |a − b| ≤ ${relative} · ${floor === 0 ? "max|b|" : `max(max|b|, ${floor})`}`)
    .join("; ");

/** How a result differs, in words; `undefined` when it does not. */
export function difference(actual: NDArray, expected: StoredArray, float: FloatDType, tolerances: Tolerances): string | undefined {
  const dtype = runDType(expected, float);
  const type = `${dtype}[${expected.shape.join()}]`;
  const actualType = `${actual.dtype}[${actual.shape.join()}]`;
  if (actualType !== type) return `type ${actualType}, expected ${type}`;
  const tolerance = isFloat(dtype) ? tolerances[dtype] : undefined;
  return numericDifference(Array.from(actual.toTypedArray()), expected.data, tolerance);
}

/** How numbers differ, in words; without a tolerance they must be equal. */
export function numericDifference(
  actual: readonly number[],
  expected: readonly number[],
  tolerance: Tolerance | undefined,
): string | undefined {
  if (actual.length !== expected.length) return `${actual.length} numbers, expected ${expected.length}`;
  const scale = expected.reduce((m, v) => (Number.isFinite(v) ? Math.max(m, Math.abs(v)) : m), 0);
  const reference = Math.max(scale, tolerance?.floor ?? 0);
  const bound = tolerance === undefined ? 0 : tolerance.relative * reference;
  const errors = actual.map((a, i) =>
    a === expected[i] || (Number.isNaN(a) && Number.isNaN(expected[i])) ? 0 : Math.abs(a - expected[i]),
  );
  const first = errors.findIndex((error) => !(error <= bound));
  if (first < 0) return undefined;
  const largest = errors.reduce((m, error) => (error > m || Number.isNaN(error) ? error : m), 0);
  const relative = reference === 0 ? "of zeros" : `${(largest / reference).toExponential(1)} of the scale`;
  return `largest error ${largest.toExponential(1)} (${relative}); first at element ${first}: ${actual[first]}, expected ${expected[first]}`;
}
