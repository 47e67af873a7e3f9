// Transformations that take effect only at some steps.

import type { NDArray } from "../core/array.js";
import { chooseTree, treeOrZeros } from "./choose.js";
import { checkFunction, checkTransformation } from "./requirements.js";
import { type Extras, type GradientTransformation, type Transformation, noSteps, oneMore, transformation } from "./transformation.js";

/** Whether to act at the step (0 for the first, an int32 scalar): a bool scalar. The extras are those of `update`. */
export type StepCondition = (step: NDArray, extras: Extras) => NDArray;

export interface ConditionalState<State> {
  /** Calls of `update`. */
  readonly step: NDArray;
  readonly innerState: State;
}

function conditional<Params, State>(
  inner: GradientTransformation<Params, State>,
  condition: StepCondition,
  choose: (acts: NDArray, updates: Params, grads: Params) => Params,
): Transformation<Params, ConditionalState<State>> {
  return transformation<Params, ConditionalState<State>>({
    init: (params) => ({ step: noSteps(), innerState: inner.init(params) }),
    update: (grads, { step, innerState }, params, extras) => {
      const acts = condition(step, extras);
      const [updates, next] = inner.update(grads, innerState, params, extras);
      return [choose(acts, updates, grads), { step: oneMore(step), innerState: chooseTree(acts, next, innerState) }];
    },
  });
}

/**
 * `inner` at the steps where the condition holds; at others the updates pass through and the inner state stays. As
 * `optax.conditionally_transform`.
 *
 * @throws TypeMismatchError unless the condition is a function, and `inner` a transformation.
 * @example optim.conditionallyTransform(optim.clipByGlobalNorm(1), (step) => step.less(1000))
 */
export function conditionallyTransform<Params, State>(
  inner: GradientTransformation<Params, State>,
  shouldTransform: StepCondition,
): Transformation<Params, ConditionalState<State>> {
  checkTransformation("conditionallyTransform", "inner", inner);
  checkFunction("conditionallyTransform", "shouldTransform", shouldTransform);
  return conditional(inner, shouldTransform, chooseTree);
}

/**
 * `inner` at the steps where the condition holds; at others there is no update and the inner state stays. As
 * `optax.conditionally_mask`.
 *
 * @throws TypeMismatchError unless the condition is a function, and `inner` a transformation.
 * @example optim.conditionallyMask(optim.adam({ learningRate: 1e-3 }), (step) => np.remainder(step, 2).equal(0))
 */
export function conditionallyMask<Params, State>(
  inner: GradientTransformation<Params, State>,
  shouldTransform: StepCondition,
): Transformation<Params, ConditionalState<State>> {
  checkTransformation("conditionallyMask", "inner", inner);
  checkFunction("conditionallyMask", "shouldTransform", shouldTransform);
  return conditional(inner, shouldTransform, treeOrZeros);
}
