// The barrier: its outputs are its inputs, but no pass may know. What is computed from them is not merged with the same
// thing computed elsewhere, so that what a checkpoint recomputes is not kept after all.

import { type ArrayLike, type NDArray, asArray } from "../core/array.js";
import { strong } from "../core/aval.js";
import { type Params, type Primitive, primitive } from "../core/primitive.js";
import { bindAll } from "../core/trace.js";
import { treeFlatten, treeUnflatten } from "../tree/index.js";
import { operand } from "./operands.js";

export const optimizationBarrierP: Primitive<"optimization_barrier"> = primitive("optimization_barrier")<Params>({
  type: (avals) => avals.map(strong),
  derivative: {
    tag: "custom",
    jvp: (primals, tangents) => [bindBarrier(primals), tangents],
    transpose: (cts) => cts,
  },
  batch: { tag: "rule", rule: (_, xs, dims) => [bindBarrier(xs), dims] },
  reference: (xs) => xs,
  isBarrier: true,
  // What is known passes now: waiting for what is not would put off all that depends on it.
  linearize: (args, unknown, params, stage) => {
    const known = bindBarrier(args.filter((_, i) => !unknown[i]));
    const staged = stage(
      optimizationBarrierP,
      args.filter((_, i) => unknown[i]),
      params,
    );
    let [k, u] = [0, 0];
    return unknown.map((isUnknown) => (isUnknown ? staged[u++] : known[k++]));
  },
});

const bindBarrier = (xs: readonly NDArray[]): readonly NDArray[] => bindAll(optimizationBarrierP, xs, {});

/**
 * The arrays of a tree as they are, for a compiler that must not look through: computations after it are not merged with
 * equal ones before it, nor moved across it. Like `jax.lax.optimization_barrier`.
 *
 * @throws TreeError when a leaf is no array.
 * @example
 * optimizationBarrier(np.array([1, 2])); // [1, 2]
 */
export function optimizationBarrier<T>(tree: T): T {
  const { leaves, structure } = treeFlatten(tree, { op: "optimizationBarrier" });
  const xs = leaves.map((x: ArrayLike) => operand(asArray(x, "optimizationBarrier"), "optimizationBarrier"));
  return treeUnflatten(structure, bindBarrier(xs)) as T;
}
