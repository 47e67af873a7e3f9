// Options objects: unknown names are refused, and what is given for each axis is counted.

import { OptionError, ShapeError } from "../core/errors.js";

/**
 * Refuses options that do not exist.
 *
 * @throws OptionError that lists those that do.
 */
export function checkOptionNames(op: string, options: object, allowed: readonly string[]): void {
  const unknown = Object.keys(options).filter((key) => !allowed.includes(key));
  if (unknown.length === 0) return;
  throw new OptionError({
    op,
    expected: `options among ${allowed.join(", ")}`,
    received: unknown.join(", "),
    remedy: "correct the spelling, or leave it out",
  });
}

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
