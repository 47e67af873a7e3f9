// checkpoint: trades time for memory in reverse mode.

import { bindAll } from "../core/trace.js";
import { treeUnflatten } from "../tree/index.js";
import { checkpointP } from "./calls.js";
import { type AnyFunction, type Inputs, type Output, checkFunction } from "./functions.js";
import { closeOver } from "./jit.js";
import { flattenArrays } from "./leaves.js";
import { stageFunction } from "./makeJaxpr.js";

/**
 * A function with the same values and derivatives as `f`, whose intermediate values are computed again in the backward
 * pass instead of being kept. Like `jax.checkpoint`.
 *
 * @example
 * const block = checkpoint((x: NDArray) => np.sin(np.sin(x)));
 * grad((x: NDArray) => block(x).sum())(np.ones([3]));
 */
export function checkpoint<F extends AnyFunction>(f: F): (...args: Inputs<F>) => Output<F> {
  checkFunction("checkpoint", f);
  const name = f.name === "" ? "anonymous" : f.name;
  return (...args) => {
    const { leaves, structure } = flattenArrays(args, "checkpoint", "arguments");
    const staged = stageFunction("checkpoint", f, leaves, (xs) => treeUnflatten(structure, xs) as readonly unknown[]);
    const { program, captured } = closeOver(staged.program);
    return treeUnflatten(staged.outStructure, bindAll(checkpointP, [...captured, ...leaves], { jaxpr: program, name })) as Output<F>;
  };
}
