// Checks of optimizers' options, made before anything is computed.

import { OptionError } from "../core/errors.js";

/**
 * Refuses a number outside of `[low, high)`.
 *
 * @throws OptionError
 */
export function checkWithin(op: string, name: string, value: number, low: number, high: number): void {
  if (typeof value === "number" && value >= low && value < high) return;
  throw new OptionError({
    op,
    expected: `${name} from ${low} up to, not including, ${high}`,
    received: String(value),
    remedy: "see the option's description for a usual value",
  });
}

/**
 * Refuses what is no positive number.
 *
 * @throws OptionError
 */
export function checkPositive(op: string, name: string, value: number): void {
  if (typeof value === "number" && value > 0) return;
  throw new OptionError({ op, expected: `a positive ${name}`, received: String(value), remedy: "pass a number above 0" });
}
