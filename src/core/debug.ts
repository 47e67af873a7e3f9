// Switches that make the library check more than it needs to: NaN hunting, and the jaxpr checker after every transform.

import { OptionError } from "./errors.js";

export interface DebugSettings {
  /** Stop at the first equation whose output holds a NaN. */
  debugNans: boolean;
  /** Check every jaxpr that a transform or pass builds. */
  checkJaxprs: boolean;
}

const settings: DebugSettings = { debugNans: false, checkJaxprs: false };

export const debugSettings: Readonly<DebugSettings> = settings;

/**
 * Turns checks on or off for the whole process, and returns the settings that were in force.
 *
 * With `debugNans`, the first operation whose result holds a NaN throws a NanError that names it and the user's line,
 * eagerly and inside `jit`. With `checkJaxprs`, every program that a transform builds is checked.
 *
 * @throws OptionError for a setting that does not exist, or a value that is no boolean.
 * @example
 * const before = setDebug({ debugNans: true });
 * // ...
 * setDebug(before);
 */
export function setDebug(changes: Partial<DebugSettings>): DebugSettings {
  const before = { ...settings };
  for (const [name, value] of Object.entries(changes)) {
    if (Object.hasOwn(settings, name) && typeof value === "boolean") continue;
    throw new OptionError({
      op: "setDebug",
      expected: `true or false for any of ${Object.keys(settings).join(", ")}`,
      received: `${name}: ${String(value)}`,
      remedy: "correct the spelling, or leave it out",
    });
  }
  Object.assign(settings, changes);
  return before;
}
