// Gradient transformations: pure pairs of `init` (parameters → state) and `update` (gradients and state → updates and the
// next state), over trees of arrays. Transformations chain; updates are added to the parameters.

import type { NDArray } from "../core/array.js";
import { promote } from "../numpy/promote.js";
import { add, min } from "../ops/arithmetic.js";
import { convertElementType } from "../ops/convert.js";
import { full, zerosLike } from "../ops/layout.js";
import { treeMapArrays } from "../tree/index.js";

/** A pure pair: `init` makes the state for parameters, `update` makes updates of gradients, and the next state. */
export interface GradientTransformation<Params, State> {
  init(params: Params): State;
  update(grads: Params, state: State, params?: Params): readonly [updates: Params, state: State];
}

/** The state of an optimizer: `type State = optim.StateOf<typeof optimizer>`. */
export type StateOf<T> = T extends GradientTransformation<infer _, infer State> ? State : never;

/** Maps the leaves of a tree of arrays (and those of others like it) to arrays: its type stays. */
export function mapLeaves<Params>(f: (leaf: NDArray, ...rest: NDArray[]) => NDArray, tree: Params, ...rest: readonly unknown[]): Params;
export function mapLeaves(f: (leaf: NDArray, ...rest: NDArray[]) => NDArray, tree: unknown, ...rest: readonly unknown[]): unknown {
  return treeMapArrays(f, tree, ...rest);
}

/** A tree of zeros like `tree`. */
export const zerosOf = <Params>(tree: Params): Params => mapLeaves(zerosLike, tree);

/** The number of a step before the first. */
export const noSteps = (): NDArray => full([], 0, "int32");

/** One step more; at the largest int32 it stays. */
export const oneMore = (count: NDArray): NDArray => add(min(count, 2 ** 31 - 2), 1);

/**
 * Transformations one after the other: each gets the updates of the one before it. The state is the list of theirs.
 *
 * @example const optimizer = optim.chain(optim.scaleByAdam(), optim.scaleByLearningRate(1e-3));
 */
export function chain<Params, States extends readonly unknown[]>(
  ...transformations: { readonly [K in keyof States]: GradientTransformation<Params, States[K]> }
): GradientTransformation<Params, States>;
export function chain(
  ...transformations: readonly GradientTransformation<unknown, unknown>[]
): GradientTransformation<unknown, readonly unknown[]> {
  return {
    init: (params) => transformations.map((t) => t.init(params)),
    update: (grads, states, params) => {
      let updates = grads;
      const next = transformations.map((t, i) => {
        const [transformed, state] = t.update(updates, states[i], params);
        updates = transformed;
        return state;
      });
      return [updates, next];
    },
  };
}

/** Both in the dtype that holds both. */
function pair(p: NDArray, u: NDArray): [NDArray, NDArray] {
  const [a, b] = promote("applyUpdates", p, u);
  return [a, b];
}

/**
 * The parameters after a step: `params + updates`, each in the parameter's dtype.
 *
 * @throws TreeError that lists the paths at which the two trees differ.
 * @example params = optim.applyUpdates(params, updates);
 */
export function applyUpdates<Params>(params: Params, updates: unknown): Params {
  return mapLeaves((p, u) => convertElementType(add(...pair(p, u)), p.dtype), params, updates);
}
