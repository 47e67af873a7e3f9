// Properties that replay: a failure prints the seed and path, and the environment can ask for them again.

import type { IProperty, Parameters } from "fast-check";
import { fastCheck } from "./fastCheck.js";
import { environmentPath, environmentSeed } from "./seed.js";

/**
 * `fc.assert` that replays: fast-check's failure prints `seed` and `path`, and COTANGENT_SEED and COTANGENT_PATH of the
 * environment take them, so that a failure can be run again without a change of the test.
 *
 * @throws what fast-check throws for a counterexample; MissingPackageError without fast-check.
 * @example assertProperty(fc.property(arrays([2]), (x) => x.size === 2), { numRuns: 10 });
 */
export function assertProperty<Ts extends unknown[]>(property: IProperty<Ts>, parameters: Parameters<Ts> = {}): void {
  const [seed, path] = [environmentSeed(), environmentPath()];
  const replay = { ...(seed === undefined ? {} : { seed }), ...(path === undefined ? {} : { path }) };
  fastCheck("assertProperty").assert(property, { ...parameters, ...replay });
}
