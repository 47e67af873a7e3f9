// Options objects of user functions: anything but an object is refused, and so is a name that does not exist.

import { OptionError } from "./errors.js";

/**
 * Refuses options that do not exist, and positional arguments where an options object belongs.
 *
 * @throws OptionError that lists those that do exist.
 */
export function checkOptions(op: string, options: unknown, allowed: readonly string[]): void {
  if (options === undefined) return;
  const expected = allowed.length === 0 ? "no options" : `options among ${allowed.join(", ")}`;
  if (typeof options !== "object" || options === null || Array.isArray(options) || Object.getPrototypeOf(options) !== Object.prototype) {
    throw new OptionError({
      op,
      expected: allowed.length === 0 ? expected : `an options object with names among ${allowed.join(", ")}`,
      received: describe(options),
      remedy: allowed.length === 0 ? "leave it out" : `write it as { ${allowed[0]}: ... }`,
    });
  }
  const unknown = Object.keys(options).filter((key) => !allowed.includes(key));
  if (unknown.length === 0) return;
  throw new OptionError({ op, expected, received: unknown.join(", "), remedy: "correct the spelling, or leave it out" });
}

/**
 * `checkOptions` for functions that cannot do without: a learning rate, a number of steps.
 *
 * @throws OptionError that lists the options, also when there is no options object.
 */
export function requireOptions(op: string, options: unknown, allowed: readonly string[]): void {
  checkOptions(op, options, allowed);
  if (options !== undefined) return;
  throw new OptionError({
    op,
    expected: `an options object with names among ${allowed.join(", ")}`,
    received: "nothing",
    remedy: `write it as { ${allowed[0]}: ... }`,
  });
}

/**
 * Refuses other things than booleans for options that are true or false: the text "false" would count as true.
 *
 * @throws OptionError that names the option.
 */
export function checkFlags<O extends object>(op: string, options: O, names: readonly (keyof O & string)[]): void {
  for (const name of names) {
    const value: unknown = options[name];
    if (value === undefined || typeof value === "boolean") continue;
    throw new OptionError({
      op,
      expected: `${name}: true or false`,
      received: showValue(value),
      remedy: "pass a boolean, or leave it out",
    });
  }
}

/** The value of an option, in the words of an error. */
export const showValue = (value: unknown): string => (typeof value === "number" ? String(value) : (JSON.stringify(value) ?? String(value)));

function describe(options: unknown): string {
  if (options === null) return "null";
  if (Array.isArray(options)) return "a list";
  return typeof options === "object" ? "another object" : String(options);
}
