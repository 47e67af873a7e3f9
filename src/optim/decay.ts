// Weight decay: a part of the parameters added to the updates. Before the moments of an optimizer it is the gradient of an
// L2 penalty; after them it is decoupled (Loshchilov and Hutter 2019), as in AdamW.

import type { NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { add, mul } from "../ops/arithmetic.js";
import { checkFloating } from "./fitting.js";
import { type Hyperparameter, checkHyperparameter, hyperparameters } from "./hyperparameters.js";
import type { HyperparametersState } from "./learningRate.js";
import { type Mask, keepLeaves, maskOf } from "./masks.js";
import { requireParams } from "./requirements.js";
import { type Scalar, beside } from "./scalars.js";
import { type Transformation, type TreeTransformation, mapLeaves, noSteps, oneMore, transformation } from "./transformation.js";

export type DecayState = HyperparametersState<"weightDecay">;

export interface DecayMask {
  /** The leaves that decay: a tree of booleans, a prefix of one, or a function of path and leaf. All by default. */
  readonly mask?: Mask;
}

/** `updates + decay · params` where the mask holds. */
function decayed<Params>(op: string, updates: Params, params: Params, decay: Scalar, mask: Mask | undefined): Params {
  const by = beside(decay);
  const decays = (u: NDArray, p: NDArray): NDArray => add(u, mul(p, by(p)));
  if (mask === undefined) return mapLeaves(decays, updates, params);
  const marks = maskOf(op, mask, params);
  checkFloating(op, keepLeaves(params, marks), "parameters that decay");
  let leaf = 0;
  return mapLeaves((u, p) => (marks[leaf++] ? decays(u, p) : u), updates, params);
}

/**
 * Adds `weightDecay · params` to the updates. As `optax.add_decayed_weights`. The number 0 asks for no parameters.
 *
 * @throws OptionError for a decay that is negative; TypeMismatchError when `update` gets no parameters.
 * @example optim.chain(optim.scaleByAdam(), optim.addDecayedWeights(1e-4), optim.scaleByLearningRate(1e-3))
 */
export function addDecayedWeights<Params = unknown>(
  weightDecay: Hyperparameter = 0,
  options: DecayMask = {},
): Transformation<Params, DecayState> {
  const op = "addDecayedWeights";
  checkHyperparameter(op, "weightDecay", weightDecay, { from: 0 });
  checkOptions(op, options, ["mask"]);
  const evaluate = hyperparameters(op, { weightDecay });
  return transformation<Params, DecayState>({
    floating: options.mask === undefined ? op : undefined,
    init: () => ({ count: noSteps(), hyperparams: evaluate(noSteps()).applied }),
    update: (grads, { count }, params) => {
      const { values, applied } = evaluate(count);
      const next = values.weightDecay === 0 ? grads : decayed(op, grads, requireParams(op, params), values.weightDecay, options.mask);
      return [next, { count: oneMore(count), hyperparams: applied }];
    },
  });
}

/** The option of an L2 penalty. */
export interface L2Option {
  /**
   * `l2 · params` is added to the gradients, before anything else is done with them: PyTorch's `weight_decay`, except in
   * AdamW. For a schedule, chain `addDecayedWeights` before the optimizer. 0 by default.
   */
  readonly l2?: number | NDArray;
}

/** A transformation that gets the gradients with those of an L2 penalty; the state is its own. */
export function withL2<State>(op: string, l2: number | NDArray | undefined, inner: TreeTransformation<State>): TreeTransformation<State> {
  if (l2 === undefined || l2 === 0) return inner;
  checkHyperparameter(op, "l2", l2, { from: 0 });
  return transformation<unknown, State>({
    floating: op,
    init: (params) => inner.init(params),
    update: (grads, state, params, extras) =>
      inner.update(decayed(op, grads, requireParams(op, params), l2, undefined), state, params, extras),
  });
}
