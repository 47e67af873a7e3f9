// Hyperparameters that live in the state, where they can be read, changed between steps, and batched over.

import type { NDArray } from "../core/array.js";
import { copyOf } from "./choose.js";
import { type Applied, type Hyperparameter, checkHyperparameter, hyperparameters } from "./hyperparameters.js";
import { checkFunction, checkTransformation } from "./requirements.js";
import { type GradientTransformation, type Transformation, noSteps, oneMore, transformation } from "./transformation.js";

export interface InjectHyperparamsState<Names extends string, State> {
  /** Updates done: what schedules read. */
  readonly count: NDArray;
  /** Float64 scalars. Those that are no schedules may be exchanged between steps: the next update takes them from here. */
  readonly hyperparams: Applied<Names>;
  readonly innerState: State;
}

/**
 * A transformation whose hyperparameters are kept in its state: `make` gets them as scalar arrays, at each update those that
 * the state holds; schedules are evaluated anew. What is not to be traced (sizes, flags) `make` takes from elsewhere. As
 * `optax.inject_hyperparams`.
 *
 * @throws TypeMismatchError for what is no hyperparameter, or a `make` that is no function, or gives no transformation.
 * @example
 * const optimizer = optim.injectHyperparams(optim.adam, { learningRate: 0.1 });
 * const state = optimizer.init(params);
 * const slower = { ...state, hyperparams: { learningRate: state.hyperparams.learningRate.mul(0.5) } };
 */
export function injectHyperparams<Names extends string, Params, State>(
  make: (hyperparams: Applied<Names>) => GradientTransformation<Params, State>,
  given: Readonly<Record<Names, Hyperparameter>>,
): Transformation<Params, InjectHyperparamsState<Names, State>> {
  const op = "injectHyperparams";
  checkFunction(op, "make", make);
  for (const [name, value] of Object.entries(given)) checkHyperparameter(op, name, value);
  const made = (hyperparams: Applied<Names>): GradientTransformation<Params, State> => {
    const inner = make(copyOf(hyperparams));
    checkTransformation(op, "what make gives", inner);
    return inner;
  };
  const scheduled = Object.fromEntries(Object.entries<Hyperparameter>(given).filter(([, value]) => typeof value === "function"));
  const [first, later] = [hyperparameters(op, given), hyperparameters(op, scheduled)];
  return transformation<Params, InjectHyperparamsState<Names, State>>({
    init: (params) => {
      // Copies go to `make`: the inner state may record them too, and no array may be twice in what is donated.
      const hyperparams = first(noSteps()).applied;
      return { count: noSteps(), hyperparams, innerState: made(hyperparams).init(params) };
    },
    update: (grads, state, params, extras) => {
      const hyperparams = { ...state.hyperparams, ...later(state.count).applied };
      const [updates, innerState] = made(hyperparams).update(grads, state.innerState, params, extras);
      return [updates, { count: oneMore(state.count), hyperparams, innerState }];
    },
  });
}
