// A name for a value, by which the policy of a checkpoint finds it.

import type { NDArray } from "../core/array.js";
import { strong } from "../core/aval.js";
import { OptionError } from "../core/errors.js";
import { linear, operands, pointwise, primitive } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import { type Arrays, treeFlatten, treeUnflatten } from "../tree/index.js";
import { operand } from "./operands.js";

export interface NameParams {
  readonly name: string;
}

export const nameP = primitive("name")<NameParams>({
  type: ([x]) => [strong(x)],
  derivative: operands(
    linear(
      (ct) => ct,
      (dx) => dx,
    ),
  ),
  batch: pointwise,
  reference: ([x]) => [x],
});

/**
 * The arrays of a tree, named: `checkpoint` with `checkpointPolicies.saveOnlyTheseNames(name)` keeps them for the backward
 * pass. Without such a policy it does nothing. Like `jax.ad_checkpoint.checkpoint_name`.
 *
 * @throws OptionError when the name is no text; TreeError when a leaf is no array.
 * @example
 * const layer = (x: NDArray, w: NDArray) => np.tanh(checkpointName(np.dot(x, w), "product"));
 */
export function checkpointName<T>(tree: T, name: string): Arrays<T> {
  if (typeof name !== "string" || name === "") {
    throw new OptionError({
      op: "checkpointName",
      expected: "a name that is a text",
      received: name === "" ? "an empty one" : String(name),
      remedy: 'write it as checkpointName(x, "name")',
    });
  }
  const { leaves, structure } = treeFlatten(tree, { op: "checkpointName" });
  const named = leaves.map((x): NDArray => bind(nameP, [operand(x, "checkpointName")], { name }));
  return treeUnflatten(structure, named) as Arrays<T>;
}
