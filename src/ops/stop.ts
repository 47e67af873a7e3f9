// The identity that no derivative passes.

import { type ArrayLike, NDArray } from "../core/array.js";
import { aval } from "../core/aval.js";
import { type Params, constant, pointwise, primitive } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import { type Arrays, treeFlatten, treeUnflatten } from "../tree/index.js";
import { operand } from "./operands.js";

export const stopGradientP = primitive("stop_gradient")<Params>({
  type: ([x]) => [aval(x.shape, x.dtype)],
  derivative: constant,
  batch: pointwise,
  reference: ([x]) => [x],
});

const stop = (x: ArrayLike): NDArray => bind(stopGradientP, [operand(x, "stopGradient")], {});

/**
 * `x` itself, taken as a constant by every derivative; or a tree whose arrays all are. Like `jax.lax.stop_gradient`.
 *
 * @throws TreeError for a leaf that is no array.
 * @example
 * grad((x: NDArray) => x.mul(stopGradient(x)))(np.array(3)) // 3
 * const frozen = stopGradient({ w: np.ones([2]), b: np.zeros([2]) });
 */
export function stopGradient(x: ArrayLike): NDArray;
export function stopGradient<T>(tree: T): Arrays<T>;
export function stopGradient(x: unknown): unknown {
  if (x instanceof NDArray) return stop(x);
  const { leaves, structure } = treeFlatten(x, { op: "stopGradient" });
  return treeUnflatten(structure, leaves.map(stop));
}
