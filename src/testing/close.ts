// Closeness of trees of arrays, element by element, with the path and index of what is furthest apart.

import { LiteralArray, type NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { epsilon, isFloat } from "../core/dtype.js";
import { OptionError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { sameShape } from "../core/shape.js";
import { checkSameStructure, showPath } from "../tree/index.js";
import { NotCloseError } from "./errors.js";
import { arraysOf, elementsOf, showIndex } from "./flat.js";
import { showNumber } from "./report.js";

/** How far elements may be apart: `|a − b| ≤ atol + rtol·|b|`, or `ulp` units in the last place of b. */
export interface Closeness {
  /** Relative to the expected element: 1e-5 for float32 and 1e-10 for float64, unless said otherwise. Integers agree exactly. */
  readonly rtol?: number | undefined;
  /** 1e-6 for float32 and 1e-12 for float64, unless said otherwise. */
  readonly atol?: number | undefined;
  /** Units in the last place; with this alone, the other two are zero unless they are given. */
  readonly ulp?: number | undefined;
}

export const closenessNames = ["rtol", "atol", "ulp"] as const;

/** The element that is furthest apart, and how many are too far. */
export interface Distance {
  readonly position: number;
  readonly actual: number;
  readonly expected: number;
  readonly count: number;
}

/** Refuses tolerances that are no numbers, or negative. */
export function checkCloseness(op: string, closeness: Closeness): void {
  for (const name of closenessNames) {
    const value = closeness[name];
    if (value === undefined || value >= 0) continue;
    throw new OptionError({
      op,
      expected: `${name}: a number that is not negative`,
      received: String(value),
      remedy: "correct it, or leave it out",
    });
  }
}

function boundOf({ dtype }: NDArray, { rtol, atol, ulp }: Closeness): (b: number) => number {
  if (!isFloat(dtype)) return () => 0;
  const [relative, absolute] = ulp === undefined ? (dtype === "float32" ? [1e-5, 1e-6] : [1e-10, 1e-12]) : [0, 0];
  const unit = epsilon(dtype) * (ulp ?? 0);
  return (b) => {
    const size = Math.abs(b);
    return Math.max((atol ?? absolute) + (rtol ?? relative) * size, size === 0 ? 0 : unit * 2 ** Math.floor(Math.log2(size)));
  };
}

/** What is apart between two arrays of one shape; undefined if nothing is. NaN is close to NaN, an infinity to itself. */
export function distanceBetween(actual: NDArray, expected: NDArray, closeness: Closeness): Distance | undefined {
  const [a, b] = [elementsOf(actual), elementsOf(expected)];
  const bound = boundOf(expected, closeness);
  let [worst, position, count] = [-1, -1, 0];
  for (let i = 0; i < a.length; i++) {
    if (a[i] === b[i] || (Number.isNaN(a[i]) && Number.isNaN(b[i]))) continue;
    const difference = Math.abs(a[i] - b[i]);
    if (difference <= bound(b[i])) continue;
    count++;
    const excess = Number.isFinite(difference) ? difference / (Math.abs(b[i]) || 1) : Infinity;
    if (excess > worst) [worst, position] = [excess, i];
  }
  return count === 0 ? undefined : { position, actual: a[position], expected: b[position], count };
}

/** "3.5 at the result[2]; 4 of 12 elements are apart", and what was expected there. */
export function describeDistance(
  { position, actual, expected, count }: Distance,
  x: NDArray,
  path: string,
): [expected: string, received: string] {
  const others = count === 1 ? "" : ` (${count} of ${x.size} elements are apart, this one the most)`;
  return [`${showNumber(expected)} at ${path}${showIndex(position, x.shape)}`, `${showNumber(actual)}${others}`];
}

/**
 * Throws unless two trees of arrays are close: the same structure, shapes and dtypes, and elements within the tolerances.
 * NaN is close to NaN. A JavaScript number stands for a scalar of any dtype.
 *
 * @throws NotCloseError that names the leaf and the element furthest apart; TreeError that lists the paths where trees differ;
 * OptionError for a wrong option.
 * @example
 * assertClose({ y: np.sin(np.array([0, 1])) }, { y: np.array([0, 0.841471]) }, { rtol: 1e-6 });
 */
export function assertClose(actual: unknown, expected: unknown, options: Closeness = {}): void {
  checkOptions("assertClose", options, closenessNames);
  checkCloseness("assertClose", options);
  const [found, wanted] = [arraysOf(actual, "assertClose", "actual"), arraysOf(expected, "assertClose", "expected")];
  checkSameStructure("assertClose", wanted.structure, found.structure, ["expected", "actual"]);
  wanted.leaves.forEach((y, i) => {
    const [x, path] = [found.leaves[i], showPath(found.paths[i], "actual")];
    const weak = [x, y].some((array) => array instanceof LiteralArray);
    if (!sameShape(x.shape, y.shape) || (!weak && x.dtype !== y.dtype))
      throw new NotCloseError({
        op: "assertClose",
        expected: `${showAval(y.aval)} at ${path}`,
        received: showAval(x.aval),
        remedy: "compare arrays of one shape and dtype; x.astype(dtype) converts",
      });
    const distance = distanceBetween(x, y, options);
    if (distance === undefined) return;
    const [wantedThere, received] = describeDistance(distance, x, path);
    throw new NotCloseError({
      op: "assertClose",
      expected: wantedThere,
      received,
      remedy: "look at the difference, or widen rtol, atol or ulp",
    });
  });
}
