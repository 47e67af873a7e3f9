// Options objects of user functions: anything but an object is refused, and so is a name that does not exist.

import { OptionError } from "../core/errors.js";
import { checkOptionNames } from "../ops/options.js";

/**
 * Refuses options that do not exist, and positional arguments where an options object belongs.
 *
 * @throws OptionError that lists those that do exist.
 */
export function checkOptions(op: string, options: unknown, allowed: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options === "object" && options !== null && Object.getPrototypeOf(options) === Object.prototype) {
    checkOptionNames(op, options, allowed);
    return;
  }
  throw new OptionError({
    op,
    expected: `an options object with names among ${allowed.join(", ")}`,
    received:
      options === null ? "null" : Array.isArray(options) ? "a list" : typeof options === "object" ? "another object" : String(options),
    remedy: `write it as { ${allowed[0]}: ... }`,
  });
}
