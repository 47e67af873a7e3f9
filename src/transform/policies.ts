// Policies of `checkpoint`: which values of the forward pass are kept for the backward pass. The rest is computed again.

import { kindOf } from "../core/array.js";
import { OptionError } from "../core/errors.js";
import type { DotParams } from "../ops/dot.js";
import type { NameParams } from "../ops/checkpointName.js";

/** The application of a primitive, by the name that jaxprs print and its parameters. */
export interface Application {
  readonly name: string;
  readonly params: object;
}

/** Whether the results of an application may be kept. */
export type CheckpointPolicy = (application: Application) => boolean;

/**
 * What a policy says of an application.
 *
 * @throws OptionError when it says neither yes nor no, as a function whose `return` was forgotten.
 */
export function mayKeep(policy: CheckpointPolicy, { name, params }: Application): boolean {
  const answer: unknown = policy({ name, params });
  if (typeof answer === "boolean") return answer;
  throw new OptionError({
    op: "checkpoint",
    expected: "a policy that returns true or false for each application",
    received: `${kindOf(answer)} for ${name}`,
    remedy:
      "return true to keep the results of the application, false to compute them again; policies that take names are called with them",
  });
}

function nameIn(list: readonly string[], op: string): (application: Application) => boolean | undefined {
  const wrong = list.find((name) => typeof name !== "string");
  if (wrong !== undefined || list.length === 0) {
    throw new OptionError({
      op: `checkpointPolicies.${op}`,
      expected: "names, as they were given to checkpointName",
      received: wrong === undefined ? "none" : String(wrong),
      remedy: `write it as ${op}("name")`,
    });
  }
  const names = new Set(list);
  return ({ name, params }) => (name === "name" ? names.has((params as NameParams).name) : undefined);
}

const isDot = ({ name }: Application): boolean => name === "dot_general" || name === "conv_general_dilated";

function hasNoBatch({ name, params }: Application): boolean {
  if (name !== "dot_general") return false;
  const [, [left]] = (params as DotParams).dimensionNumbers;
  return left.length === 0;
}

/**
 * What `checkpoint` may keep, by JAX's names.
 *
 * @example
 * checkpoint(layer, { policy: checkpointPolicies.dotsSaveable });
 */
export const checkpointPolicies = {
  /** Keeps all that the backward pass reads: as without a checkpoint. */
  everythingSaveable: (): boolean => true,
  /** Keeps the arguments alone: the policy where none is given. */
  nothingSaveable: (): boolean => false,
  /** Keeps results of matrix products and convolutions. */
  dotsSaveable: isDot,
  /** Keeps results of matrix products without batch axes: those with weights, but not those of attention. */
  dotsWithNoBatchDimsSaveable: hasNoBatch,
  /** Keeps the values that `checkpointName` gave one of these names. */
  saveOnlyTheseNames: (...names: readonly string[]): CheckpointPolicy => {
    const has = nameIn(names, "saveOnlyTheseNames");
    return (application) => has(application) ?? false;
  },
  /** Keeps the values that `checkpointName` gave any name but these. */
  saveAnyNamesButThese: (...names: readonly string[]): CheckpointPolicy => {
    const has = nameIn(names, "saveAnyNamesButThese");
    return (application) => !(has(application) ?? true);
  },
  /** Keeps all values, named or not, but those of these names. */
  saveAnythingExceptTheseNames: (...names: readonly string[]): CheckpointPolicy => {
    const has = nameIn(names, "saveAnythingExceptTheseNames");
    return (application) => !(has(application) ?? false);
  },
  /** Keeps what either policy keeps. */
  saveFromBothPolicies:
    (first: CheckpointPolicy, second: CheckpointPolicy): CheckpointPolicy =>
    (application) =>
      mayKeep(first, application) || mayKeep(second, application),
} as const;
