// Transformations one after the other: each gets the updates of the one before it, and the state is the list of theirs.

import { kindOf } from "../core/array.js";
import { TypeMismatchError } from "../core/errors.js";
import { checkTransformation } from "./requirements.js";
import type { AnyTransformation, GradientTransformation, ParamsOf, StateOf, Transformation } from "./transformation.js";

/** Parameters that all take. */
type Common<Parts extends readonly unknown[]> = Parts extends readonly [infer First, ...infer Rest]
  ? ParamsOf<First> & Common<Rest>
  : unknown;

/** The state of a chain: the states of its parts. */
export type ChainState<Parts extends readonly AnyTransformation[]> = { readonly [K in keyof Parts]: StateOf<Parts[K]> };

/** What `chain` makes of `Parts`. */
export type Chain<Parts extends readonly AnyTransformation[]> = Transformation<Common<Parts>, ChainState<Parts>>;

/** The state must be one that `init` made: a list as long as the chain. */
function checkStates(states: unknown, count: number): void {
  if (Array.isArray(states) && states.length === count) return;
  throw new TypeMismatchError({
    op: "chain",
    expected: `the states of its ${count} parts, in a list`,
    received: Array.isArray(states) ? `a list of ${states.length}` : kindOf(states),
    remedy: "pass the state of this optimizer: that of init(params), or of the update before",
  });
}

/**
 * Transformations one after the other: each gets the updates of the one before it, all get the same parameters and extras.
 * The state is the list of theirs. As `optax.chain`.
 *
 * @throws TypeMismatchError for a part that is no transformation; `update` throws it for a state that is not the chain's.
 * @example const optimizer = optim.chain(optim.scaleByAdam(), optim.scaleByLearningRate(1e-3));
 */
export function chain<const Parts extends readonly AnyTransformation[]>(...parts: Parts): Chain<Parts>;
export function chain(...parts: readonly GradientTransformation<unknown, unknown>[]): GradientTransformation<unknown, readonly unknown[]> {
  parts.forEach((part, i) => checkTransformation("chain", `part ${i + 1}`, part));
  return {
    init: (params) => parts.map((part) => part.init(params)),
    update: (grads, states, params, extras) => {
      checkStates(states, parts.length);
      let updates = grads;
      const next = parts.map((part, i) => {
        const [transformed, state] = part.update(updates, states[i], params, extras);
        updates = transformed;
        return state;
      });
      return [updates, next];
    },
  };
}

/**
 * `chain` for a pipe: waits for the transformation that comes first.
 *
 * @example const optimizer = pipe(optim.scaleByAdam(), optim.andThen(optim.addDecayedWeights(1e-4), optim.scaleByLearningRate(1e-3)));
 */
export function andThen<const Rest extends readonly AnyTransformation[]>(
  ...rest: Rest
): <First extends AnyTransformation>(first: First) => Chain<readonly [First, ...Rest]> {
  return (first) => chain(first, ...rest);
}

/** A transformation that changes nothing and keeps nothing. */
export type EmptyState = readonly [];
