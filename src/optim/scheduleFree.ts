// Schedule-free learning (Defazio et al. 2024, "The road less scheduled"): an average of the iterates in place of momentum and
// of a falling learning rate. The parameters that are trained are `y = (1 − b1) z + b1 x`: z goes as the inner optimizer says,
// x is the average of the z, and what is to be used in the end.

import { type NDArray, asArray } from "../core/array.js";
import { requireOptions } from "../core/options.js";
import { add, div, max, mul, sub } from "../ops/arithmetic.js";
import { full } from "../ops/layout.js";
import { copyOf } from "./choose.js";
import { type Applied, type Hyperparameter, checkHyperparameter, hyperparameters } from "./hyperparameters.js";
import { divisor } from "./norms.js";
import { checkTransformation, requireParams } from "./requirements.js";
import { type Scalar, beside, complement, power, times } from "./scalars.js";
import {
  type GradientTransformation,
  type Transformation,
  applyUpdates,
  mapLeaves,
  noSteps,
  oneMore,
  transformation,
} from "./transformation.js";

type Names = "learningRate" | "b1" | "weightLrPower";

export interface ScheduleFreeState<Params, State> {
  /** Updates done. */
  readonly count: NDArray;
  /** The sum of the weights that the iterates have in the average: float64. */
  readonly weightSum: NDArray;
  /** The largest learning rate so far: float64. */
  readonly maxLearningRate: NDArray;
  readonly innerState: State;
  /** Where the inner optimizer has got to. */
  readonly z: Params;
  /** What the last update applied. */
  readonly hyperparams: Applied<Names>;
}

export interface ScheduleFreeOptions {
  /** The inner optimizer's learning rate, which weighs its iterates: constant, perhaps after a warmup. */
  readonly learningRate: Hyperparameter;
  /** How far from z towards the average the gradients are taken: above 0, below 1; 0.9 by default. */
  readonly b1?: Hyperparameter;
  /** An iterate's weight is the largest learning rate so far to this power; 2 by default. */
  readonly weightLrPower?: Hyperparameter;
}

const optionNames = ["learningRate", "b1", "weightLrPower"];

/**
 * The parameters to use once trained: the average of the iterates. Those that are trained are only where gradients are taken.
 *
 * @throws TreeError when `params` are not those of the state.
 * @example const result = predict(optim.scheduleFreeEvalParams(state, params), x);
 */
export function scheduleFreeEvalParams<Params>(state: ScheduleFreeState<unknown, unknown>, params: Params): Params {
  const [part, rest] = [beside(state.hyperparams.b1), beside(complement(state.hyperparams.b1))];
  return mapLeaves((y, z) => div(sub(y, mul(z, rest(y))), part(y)), params, state.z);
}

/**
 * `y' − y`, which is `w (z' − y) + (1 − w)(1 − b1)(z' − z)` for the newest iterate's weight w in the average: exactly zero when
 * nothing has moved.
 */
function stepOf<Params>(y: Params, z: Params, zNext: Params, weight: Scalar, b1: Scalar): Params {
  const [newest, rest] = [beside(weight), beside(times(complement(weight), complement(b1)))];
  return mapLeaves((yi, zi, next) => add(mul(sub(next, yi), newest(yi)), mul(sub(next, zi), rest(yi))), y, z, zNext);
}

/**
 * `inner`, which should have no momentum of its own, made schedule-free. `update` needs the parameters; for the result see
 * `scheduleFreeEvalParams`. As `optax.contrib.schedule_free`; a schedule is read at 1 for the first step, as there.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError for an `inner` that is no transformation, without a
 * learning rate, or when `update` gets no parameters.
 * @example optim.scheduleFree(optim.sgd({ learningRate: 0.1 }), { learningRate: 0.1 })
 */
export function scheduleFree<Params, State>(
  inner: GradientTransformation<Params, State>,
  options: ScheduleFreeOptions,
): Transformation<Params, ScheduleFreeState<Params, State>> {
  const op = "scheduleFree";
  checkTransformation(op, "inner", inner);
  requireOptions(op, options, optionNames);
  const { learningRate, b1 = 0.9, weightLrPower = 2 } = options;
  checkHyperparameter(op, "learningRate", learningRate);
  checkHyperparameter(op, "b1", b1, { from: Number.MIN_VALUE, below: 1 });
  checkHyperparameter(op, "weightLrPower", weightLrPower, { from: 0 });
  const evaluate = hyperparameters<Names>(op, { learningRate, b1, weightLrPower });
  return transformation<Params, ScheduleFreeState<Params, State>>({
    floating: op,
    like: (state) => state.z,
    init: (params) => ({
      count: noSteps(),
      weightSum: full([], 0, "float64"),
      maxLearningRate: full([], 0, "float64"),
      innerState: inner.init(params),
      // A copy, so that state and parameters may both be donated.
      z: copyOf(params),
      hyperparams: evaluate(oneMore(noSteps())).applied,
    }),
    update: (grads, state, given, extras) => {
      const params = requireParams(op, given);
      const count = oneMore(state.count);
      const { values, applied } = evaluate(count);
      const maxLearningRate = max(state.maxLearningRate, applied.learningRate);
      const weight = asArray(power(maxLearningRate, values.weightLrPower), op);
      const weightSum = add(state.weightSum, weight);
      const [innerUpdates, innerState] = inner.update(grads, state.innerState, params, extras);
      const z = applyUpdates(state.z, innerUpdates);
      const updates = stepOf(params, state.z, z, div(weight, divisor(weightSum)), values.b1);
      return [updates, { count, weightSum, maxLearningRate, innerState, z, hyperparams: applied }];
    },
  });
}
