// Debugging, in one place: the switches that make the library check or explain more than it needs to, and where it writes.
// All are off at first, and hold for the whole process.

import { OptionError } from "./errors.js";
import { resolveSourcesAtOnce } from "./source.js";

/** What `setDebug` takes; everything is off unless said otherwise. */
export interface DebugSettings {
  /** Stop at the first operation whose result holds a NaN, forward or backward, eager or jitted. */
  debugNans: boolean;
  /** Check every jaxpr that a transform or pass builds: finds faults of the library, not of its user. */
  checkJaxprs: boolean;
  /** Say why a jitted function is traced again: which argument changed, from what to what. */
  explainCacheMisses: boolean;
  /** Note every traced array that is made, so that `findTracerLeaks` can tell which outlived their transform. */
  checkTracerLeaks: boolean;
  /** Trace functions under transforms, loops and branches twice; a SideEffectError where the two programs differ. */
  checkSideEffects: boolean;
  /** Where `debugPrint` writes its lines; standard output unless replaced. */
  print: (line: string) => void;
  /** Where explanations and warnings go; standard error unless replaced. */
  warn: (message: string) => void;
}

const settings: DebugSettings = {
  debugNans: false,
  checkJaxprs: false,
  explainCacheMisses: false,
  checkTracerLeaks: false,
  checkSideEffects: false,
  // oxlint-disable-next-line no-console -- standard output is where prints belong
  print: (line) => console.log(line),
  warn: (message) => console.warn(message),
};

export const debugSettings: Readonly<DebugSettings> = settings;

const names = Object.keys(settings) as readonly (keyof DebugSettings)[];
const switches = names.filter((name) => typeof settings[name] === "boolean");

/**
 * Turns checks and explanations on or off for the whole process, and returns the settings that were in force.
 *
 * - `debugNans`: the first operation whose result holds a NaN throws a NanError that names it, the pass (forward, or backward
 *   of which operation) and the user's line, eagerly and inside `jit`.
 * - `explainCacheMisses`: each time that a jitted function is traced again, `warn` gets the reason and the line of the call.
 * - `checkSideEffects`: functions under transforms (`jit`, `grad`, `vmap`, …), loops and branches are traced twice; where the
 *   programs differ (a counter, `Math.random()`), tracing throws. A function that reads values has no program, and is not compared.
 * - `checkTracerLeaks`: traced arrays are noted for `findTracerLeaks`.
 * - `checkJaxprs`: every program that a transform builds is checked.
 * - `print`, `warn`: where `debugPrint` and messages go.
 *
 * @throws OptionError for a setting that does not exist, or a value of the wrong kind.
 * @example
 * const before = setDebug({ debugNans: true });
 * // ...
 * setDebug(before);
 */
export function setDebug(changes: Partial<DebugSettings>): DebugSettings {
  // As plain JavaScript may call it.
  const given: unknown = changes;
  if (typeof given !== "object" || given === null) throw refusal("settings", given);
  const before = { ...settings };
  for (const [name, value] of Object.entries(changes)) if (!isSetting(name, value)) throw refusal(name, value);
  Object.assign(settings, changes);
  resolveSourcesAtOnce(settings.checkTracerLeaks);
  return before;
}

const isSetting = (name: string, value: unknown): boolean =>
  Object.hasOwn(settings, name) && typeof value === typeof settings[name as keyof DebugSettings];

const refusal = (name: string, value: unknown): OptionError =>
  new OptionError({
    op: "setDebug",
    expected: `true or false for any of ${switches.join(", ")}, or a function for ${names.filter((n) => !switches.includes(n)).join(" or ")}`,
    received: `${name}: ${String(value)}`,
    remedy: "correct the spelling, or leave it out",
  });
