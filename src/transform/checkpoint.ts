// checkpoint: trades time for memory in reverse mode.

import { kindOf } from "../core/array.js";
import { OptionError, TreeError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { bindAll } from "../core/trace.js";
import { treeUnflatten } from "../tree/index.js";
import { checkpointP } from "./calls.js";
import { type AnyFunction, type Inputs, type Output, checkFunction, isOptions } from "./functions.js";
import { closeOver } from "./jit.js";
import { type FlatTree, flattenArrays } from "./leaves.js";
import { stageFunction } from "./makeJaxpr.js";
import type { CheckpointPolicy } from "./policies.js";

export interface CheckpointOptions {
  /** Which values of the forward pass are kept; nothing but the arguments unless said otherwise. See `checkpointPolicies`. */
  readonly policy?: CheckpointPolicy;
  /**
   * True unless said otherwise: passes must not merge the recomputation with the forward pass. Inside of a loop's body they
   * cannot, and false spares the barrier.
   */
  readonly preventCse?: boolean;
}

/** The function that `checkpoint` makes of `F`. */
export type Checkpointed<F extends AnyFunction> = (...args: Inputs<F>) => Output<F>;

const howToGive = "give a policy as an option: checkpoint(f, { policy: checkpointPolicies.dotsSaveable })";

function checkCheckpointOptions(options: CheckpointOptions): void {
  // As plain JavaScript may call it.
  const given: unknown = options;
  if (typeof given === "string" || typeof given === "function")
    throw new OptionError({
      op: "checkpoint",
      expected: "an options object with names among policy, preventCse",
      received: kindOf(given),
      remedy: howToGive,
    });
  checkOptions("checkpoint", options, ["policy", "preventCse"]);
  const { policy, preventCse } = options;
  if ((policy === undefined || typeof policy === "function") && (preventCse === undefined || typeof preventCse === "boolean")) return;
  throw new OptionError({
    op: "checkpoint",
    expected: "policy: a function, and preventCse: true or false",
    received: typeof policy === "function" || policy === undefined ? `preventCse: ${String(preventCse)}` : `policy: ${String(policy)}`,
    remedy: "use one of checkpointPolicies; those that take names are called with them",
  });
}

/** The arrays among the arguments; the usual remedies for others, such as making them static, are none here. */
function argumentsOf(args: readonly unknown[]): FlatTree {
  try {
    return flattenArrays(args, "checkpoint", "arguments");
  } catch (error) {
    if (!(error instanceof TreeError)) throw error;
    const { op, expected, received } = error;
    throw new TreeError({ op, expected, received, remedy: `let the function close over what is no array; ${howToGive}` });
  }
}

/**
 * A function with the same values and derivatives as `f`, whose intermediate values are computed again in the backward
 * pass instead of being kept, but for those that `policy` keeps. Called with options alone, it waits for the function. Like
 * `jax.checkpoint`.
 *
 * @throws OptionError for options that do not exist, and (when differentiated) for a policy that returns no boolean; TreeError (when
 * called) for arguments that are no arrays.
 * @example
 * const block = checkpoint((x: NDArray) => np.sin(np.sin(x)));
 * grad((x: NDArray) => block(x).sum())(np.ones([3]));
 * const layer = checkpoint((x: NDArray, w: NDArray) => np.tanh(np.dot(x, w)), { policy: checkpointPolicies.dotsSaveable });
 */
export function checkpoint<F extends AnyFunction | CheckpointOptions>(
  f: F,
  options?: CheckpointOptions,
): F extends AnyFunction ? Checkpointed<F> : <G extends AnyFunction>(g: G) => Checkpointed<G>;
export function checkpoint(f: AnyFunction | CheckpointOptions, options: CheckpointOptions = {}): unknown {
  if (isOptions(f)) {
    checkCheckpointOptions(f);
    return (g: AnyFunction) => checkpoint(g, f);
  }
  checkFunction("checkpoint", f);
  checkCheckpointOptions(options);
  const name = f.name === "" ? "anonymous" : f.name;
  const { policy, preventCse } = options;
  const given = { ...(policy === undefined ? {} : { policy }), ...(preventCse === undefined ? {} : { preventCse }) };
  return (...args: readonly unknown[]): unknown => {
    const { leaves, structure } = argumentsOf(args);
    const staged = stageFunction("checkpoint", f, leaves, (xs) => treeUnflatten(structure, xs) as readonly unknown[]);
    const { program, captured } = closeOver(staged.program);
    const outs = bindAll(checkpointP, [...captured, ...leaves], { jaxpr: program, name, ...given });
    return treeUnflatten(staged.outStructure, outs);
  };
}
