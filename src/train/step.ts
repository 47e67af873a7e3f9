// One step of training: a pure, compiled function from a state and a batch to the next state and what was measured on the way.

import type { NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { type Extras, type GradientTransformation, applyUpdates } from "../optim/index.js";
import { checkFunction, checkTransformation } from "../optim/requirements.js";
import { add } from "../ops/arithmetic.js";
import { foldIn } from "../random/index.js";
import { type Jitted, jit } from "../transform/jit.js";
import { grad, valueAndGrad } from "../transform/grad.js";
import { type AnyFunction, call } from "../transform/functions.js";
import type { TrainState } from "./state.js";

/** What a loss is told beside the parameters and the batch. */
export interface StepContext<Extra = null> {
  /** A key of this step's own, for dropout and noise. */
  readonly key: NDArray;
  /** Steps done before this one. */
  readonly step: NDArray;
  readonly extra: Extra;
}

/** A scalar to be made small. */
export type Loss<Params, Batch, Extra = null> = (params: Params, batch: Batch, context: StepContext<Extra>) => NDArray;

/** The same, with arrays beside it that are not differentiated: predictions, new running statistics. */
export type LossWithAux<Params, Batch, Aux, Extra = null> = (
  params: Params,
  batch: Batch,
  context: StepContext<Extra>,
) => readonly [loss: NDArray, aux: Aux];

/** What a step tells of itself. */
export interface StepMetrics<Aux = null> {
  /** The loss before the step. */
  readonly loss: NDArray;
  readonly aux: Aux;
}

/** A step of any kind of state, as `fit` takes it. */
export type Step<State, Batch, Metrics> = (state: State, batch: Batch) => readonly [state: State, metrics: Metrics];

/** What `makeStep` makes: a step that can tell why it was traced. */
export type CompiledStep<State, Batch, Metrics> = Step<State, Batch, Metrics> & Pick<Jitted<() => void>, "cacheSize" | "traces">;

interface SharedOptions<Params, Aux, Extra> {
  /** The next `extra`, from the one before, the new parameters and the loss's aux; it stays the same by default. */
  nextExtra?(extra: Extra, after: { readonly params: Params; readonly aux: Aux; readonly step: NDArray }): Extra;
  /**
   * Lets the step reuse the memory of the state it is given, which must not be used afterwards and throws if it is; false by
   * default. The step is faster for it, and hooks must not keep states.
   */
  readonly donate?: boolean;
}

export interface StepOptions<Params, Extra> extends SharedOptions<Params, null, Extra> {
  readonly hasAux?: false;
}

export interface StepWithAuxOptions<Params, Aux, Extra> extends SharedOptions<Params, Aux, Extra> {
  /** The loss gives `[loss, aux]`. */
  readonly hasAux: true;
}

/**
 * A compiled training step: the loss and its gradient at the parameters, the optimizer's update, and the state one step on.
 *
 * The loss gets a key of the step's own. The optimizer gets the loss, and functions to evaluate it elsewhere, as extras, for
 * those that search a line or react to a plateau.
 *
 * @throws OptionError for an unknown option; TypeMismatchError for what is no loss or no optimizer. The step throws as `valueAndGrad` and the optimizer do.
 * @example
 * const optimizer = optim.adam({ learningRate: 1e-3 });
 * const step = train.makeStep((params: Params, [x, y]: [NDArray, NDArray]) => predict(params, x).sub(y).square().mean(), optimizer);
 * const [next, { loss }] = step(train.initState(params, optimizer), [x, y]);
 */
export function makeStep<Params, Batch, OptimizerState, Extra = null>(
  loss: Loss<Params, Batch, Extra>,
  optimizer: GradientTransformation<NoInfer<Params>, OptimizerState>,
  options?: StepOptions<Params, Extra>,
): CompiledStep<TrainState<Params, OptimizerState, Extra>, Batch, StepMetrics>;
export function makeStep<Params, Batch, OptimizerState, Aux, Extra = null>(
  loss: LossWithAux<Params, Batch, Aux, Extra>,
  optimizer: GradientTransformation<NoInfer<Params>, OptimizerState>,
  options: StepWithAuxOptions<Params, Aux, Extra>,
): CompiledStep<TrainState<Params, OptimizerState, Extra>, Batch, StepMetrics<Aux>>;
export function makeStep(
  loss: AnyFunction,
  optimizer: GradientTransformation<unknown, unknown>,
  options: Omit<SharedOptions<unknown, unknown, unknown>, "donate"> & { readonly hasAux?: boolean; readonly donate?: boolean } = {},
): unknown {
  checkFunction("makeStep", "loss", loss);
  checkTransformation("makeStep", "optimizer", optimizer);
  checkOptions("makeStep", options, ["hasAux", "donate", "nextExtra"]);
  if (options.nextExtra !== undefined) checkFunction("makeStep", "nextExtra", options.nextExtra);
  const { hasAux = false, donate = false } = options;
  const step = (
    state: TrainState<unknown, unknown, unknown>,
    batch: unknown,
  ): [TrainState<unknown, unknown, unknown>, StepMetrics<unknown>] => {
    const [lossKey, optimizerKey] = [0, 1].map((use) => foldIn(foldIn(state.key, state.step), use));
    const context = { key: lossKey, step: state.step, extra: state.extra };
    const both = (params: unknown): [NDArray, unknown] => {
      const result = call(loss, [params, batch, context]);
      return hasAux ? [...(result as readonly [NDArray, unknown])] : [result as NDArray, null];
    };
    const value = (params: unknown): NDArray => both(params)[0];
    const [[first, aux], grads] = valueAndGrad(both, { hasAux: true })(state.params);
    const extras: Extras = {
      value: first,
      grad: grads,
      key: optimizerKey,
      valueFn: value,
      gradFn: (params) => grad(value)(params),
      valueAndGradFn: (params) => valueAndGrad(value)(params),
    };
    const [updates, optimizerState] = optimizer.update(grads, state.optimizerState, state.params, extras);
    const params = applyUpdates(state.params, updates);
    const next = add(state.step, 1);
    const extra = options.nextExtra === undefined ? state.extra : options.nextExtra(state.extra, { params, aux, step: next });
    return [
      { params, optimizerState, step: next, key: state.key, extra },
      { loss: first, aux },
    ];
  };
  return jit(step, donate ? { donateArgnums: 0 } : {});
}
