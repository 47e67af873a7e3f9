// checkJit: a compiled function against itself run eagerly, on its first call, from the cache, on other values, and with
// its arguments donated.

import { ConcreteArray, type NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { type AnyFunction, type Inputs, checkArguments, checkFunction } from "../transform/functions.js";
import { jit } from "../transform/jit.js";
import { type Listed, expectAgreement, isNumber, listedOf } from "./agreement.js";
import { type Closeness, checkCloseness, closenessNames } from "./close.js";
import { TransformCheckError } from "./errors.js";
import { variation } from "./examples.js";
import { environmentSeed } from "./seed.js";

export interface JitCheckOptions extends Closeness {
  /** Whether a version that takes its arguments away is tried too; yes unless said otherwise. */
  readonly donate?: boolean | undefined;
  /** What the other values are drawn from. 0, or COTANGENT_SEED of the environment. */
  readonly seed?: number | undefined;
}

/** What `checkJit` saw. */
export interface JitReport {
  /** How often the function was traced for calls of the same types; 1. */
  readonly traces: number;
}

/**
 * Checks `jit(f)` against `f`: on the first call, on the second (from the cache), on other values of the same types (which
 * shows what was read while tracing), and with donated arguments. The other values are made of the given ones: floats a few
 * percent away, integers and bools in another order. Leaves that are no arrays are held fixed.
 *
 * @throws TransformCheckError that names the call, the leaf and the element; OptionError for a wrong option; whatever `f` throws
 * under jit, such as ConcretizationError when it reads a value.
 * @example
 * checkJit((x: NDArray) => np.sin(x).mul(2), [np.array([1, 2])]).traces; // 1
 */
export function checkJit<F extends AnyFunction>(f: F, args: Inputs<F>, options: JitCheckOptions = {}): JitReport {
  checkFunction("checkJit", f);
  checkArguments("checkJit", "args", args);
  checkOptions("checkJit", options, ["donate", "seed", ...closenessNames]);
  checkCloseness("checkJit", options);
  return checkListedJit(listedOf("checkJit", f, args), options);
}

/** The same for a function of lists. */
export function checkListedJit({ name, f, xs, outputs }: Listed, options: JitCheckOptions): JitReport {
  const { donate = true, seed = environmentSeed() ?? 0, rtol, atol, ulp } = options;
  const op = `checkJit of ${name}`;
  const expectSame = (actual: readonly NDArray[], expected: readonly NDArray[], call: string, remedy: string): void =>
    expectAgreement(
      actual,
      expected,
      { rtol, atol, ulp },
      { op, transformed: call, plain: "the function itself", remedy, outputs: outputs() },
    );
  const reads = "keep the function pure: what it reads from outside is read once, when it is traced";
  const expected = f(...xs);
  const jitted = jit(f);
  expectSame(jitted(...xs), expected, "the first call of jit", reads);
  expectSame(jitted(...xs), expected, "the second call of jit", "report this: a cached program gave another result than on its first call");
  const others = xs.map((x, i) => (isNumber(x) ? x : variation(x, seed, i)));
  expectSame(jitted(...others), f(...others), "a call of jit on other values", reads);
  const traces = jitted.traces.length;
  if (traces !== 1)
    throw new TransformCheckError({
      op,
      expected: "one trace for calls of the same types",
      received: String(traces),
      remedy: "look at the reasons in the traces of the jitted function",
    });
  if (donate) donated(f, xs, (actual) => expectSame(actual, expected, "jit with donated arguments", reads));
  return { traces };
}

/** Runs a version that takes copies of the arguments away. */
function donated(f: Listed["f"], xs: readonly NDArray[], compare: (actual: readonly NDArray[]) => void): void {
  const donateArgnums = xs.flatMap((x, i) => (isNumber(x) ? [] : [i]));
  const copies = xs.map((x) => (isNumber(x) ? x : new ConcreteArray(x.aval, x.toTypedArray())));
  compare(jit(f, { donateArgnums })(...copies));
}
