// Options that hold one number for each axis.

import { ShapeError } from "../core/errors.js";

/**
 * A positive integer for each of `count` axes; ones if `given` is not.
 *
 * @throws ShapeError unless there are so many, each a positive integer.
 */
export function perAxis(op: string, name: string, given: readonly number[] | undefined, count: number): number[] {
  if (given === undefined) return new Array<number>(count).fill(1);
  if (given.length === count && given.every((n) => Number.isInteger(n) && n >= 1)) return [...given];
  throw new ShapeError({
    op,
    expected: `a positive integer for each of ${count} axes in ${name}`,
    received: JSON.stringify(given),
    remedy: "give one number for each axis that the window slides along",
  });
}
