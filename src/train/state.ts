// The state of a training run: one plain tree of arrays, so that it can be jitted, donated, saved, compared and edited whole.
// Nothing that a step reads is outside of it but the batch, which the step's number tells.

import { type NDArray, scalar } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import type { GradientTransformation } from "../optim/index.js";
import { checkTransformation } from "../optim/requirements.js";
import { key as keyOf } from "../random/index.js";

/** What every state has: the number of steps done, an int32 scalar. */
export interface Stepped {
  readonly step: NDArray;
}

/** Parameters, the optimizer's state, the number of steps done, the run's key, and what else the model carries along. */
export interface TrainState<Params, OptimizerState, Extra = null> extends Stepped {
  readonly params: Params;
  readonly optimizerState: OptimizerState;
  /** The run's key; it stays the same, and each step draws from its own: `random.foldIn(key, step)`. */
  readonly key: NDArray;
  /** Anything else that changes from step to step: running statistics, averaged parameters. */
  readonly extra: Extra;
}

export interface StateOptions<Extra> {
  /** The run's key; `random.key(0)` by default. */
  readonly key?: NDArray;
  /** What `extra` begins as; `null` by default. */
  readonly extra?: Extra;
}

/**
 * The state before the first step.
 *
 * @throws OptionError for an unknown option; TypeMismatchError for what is no optimizer.
 * @example const state = train.initState(params, optim.adam({ learningRate: 1e-3 }), { key: random.key(7) });
 */
export function initState<Params, OptimizerState>(
  params: Params,
  optimizer: GradientTransformation<NoInfer<Params>, OptimizerState>,
  options?: { readonly key?: NDArray },
): TrainState<Params, OptimizerState>;
export function initState<Params, OptimizerState, Extra>(
  params: Params,
  optimizer: GradientTransformation<NoInfer<Params>, OptimizerState>,
  options: StateOptions<Extra> & { readonly extra: Extra },
): TrainState<Params, OptimizerState, Extra>;
export function initState(
  params: unknown,
  optimizer: GradientTransformation<unknown, unknown>,
  options: StateOptions<unknown> = {},
): TrainState<unknown, unknown, unknown> {
  checkTransformation("initState", "optimizer", optimizer);
  checkOptions("initState", options, ["key", "extra"]);
  const { key = keyOf(0), extra = null } = options;
  return { params, optimizerState: optimizer.init(params), step: scalar(0, "int32"), key, extra };
}
