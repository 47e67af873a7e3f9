// Transformations whose only memory is their hyperparameters: the count that schedules read, and what was applied last.

import { type Hyperparameter, hyperparameters } from "./hyperparameters.js";
import type { HyperparametersState } from "./learningRate.js";
import type { Scalar } from "./scalars.js";
import { type Transformation, noSteps, oneMore, transformation } from "./transformation.js";

/** The transformation that maps updates (and parameters) to updates by the values of its hyperparameters at each step. */
export function scheduled<Params, Names extends string>(
  op: string,
  given: Readonly<Record<Names, Hyperparameter>>,
  update: (grads: Params, values: Readonly<Record<Names, Scalar>>, params: Params | undefined) => Params,
): Transformation<Params, HyperparametersState<Names>> {
  const evaluate = hyperparameters(op, given);
  return transformation<Params, HyperparametersState<Names>>({
    floating: op,
    init: () => ({ count: noSteps(), hyperparams: evaluate(noSteps()).applied }),
    update: (grads, { count }, params) => {
      const { values, applied } = evaluate(count);
      return [update(grads, values, params), { count: oneMore(count), hyperparams: applied }];
    },
  });
}
