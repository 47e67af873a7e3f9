// A transformation for some of the leaves only.

import type { NDArray } from "../core/array.js";
import { type Mask, keepLeaves, maskOf, putLeaves } from "./masks.js";
import { checkTransformation } from "./requirements.js";
import { type Extras, type GradientTransformation, type Transformation, transformation } from "./transformation.js";

export interface MaskedState<State> {
  /** The inner state, in whose trees of parameters `null` stands for the leaves that the mask leaves out. */
  readonly innerState: State;
}

/**
 * Extras for what sees only the kept leaves: gradients have those alone, and functions of the parameters get the others from
 * `params`.
 */
export function keepExtras<Params>(extras: Extras<Params>, kept: readonly boolean[], params: Params | undefined): Extras<Params> {
  const { grad, valueFn, gradFn, valueAndGradFn } = extras;
  const whole = (fewer: Params): Params => (params === undefined ? fewer : putLeaves(params, kept, fewer));
  return {
    ...extras,
    ...(grad === undefined ? {} : { grad: keepLeaves(grad, kept) }),
    ...(valueFn === undefined ? {} : { valueFn: (fewer: Params) => valueFn(whole(fewer)) }),
    ...(gradFn === undefined ? {} : { gradFn: (fewer: Params) => keepLeaves(gradFn(whole(fewer)), kept) }),
    ...(valueAndGradFn === undefined ? {} : { valueAndGradFn: (fewer: Params) => keptGradient(valueAndGradFn(whole(fewer)), kept) }),
  };
}

const keptGradient = <Params>([value, grad]: readonly [NDArray, Params], kept: readonly boolean[]): readonly [NDArray, Params] => [
  value,
  keepLeaves(grad, kept),
];

/**
 * `inner` for the leaves where the mask holds; the updates of the others pass through, bit for bit, and it keeps no state
 * for them. The mask is a tree of booleans (or a prefix of one), or a function of path and leaf. As `optax.masked`.
 *
 * @throws TreeError where a tree of booleans does not fit; TypeMismatchError where a function gives no boolean, or `inner` is no
 * transformation.
 * @example optim.masked(optim.addDecayedWeights(1e-4), (_path, leaf) => leaf.ndim > 1)
 */
export function masked<Params, State>(
  inner: GradientTransformation<Params, State>,
  mask: Mask,
): Transformation<Params, MaskedState<State>> {
  checkTransformation("masked", "inner", inner);
  return transformation<Params, MaskedState<State>>({
    init: (params) => ({ innerState: inner.init(keepLeaves(params, maskOf("masked", mask, params))) }),
    update: (grads, state, params, extras) => {
      const kept = maskOf("masked", mask, grads);
      const keptParams = params === undefined ? undefined : keepLeaves(params, kept);
      const [updates, innerState] = inner.update(keepLeaves(grads, kept), state.innerState, keptParams, keepExtras(extras, kept, params));
      return [putLeaves(grads, kept, updates), { innerState }];
    },
  });
}
