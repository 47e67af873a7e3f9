// Polyak's step size: what the loss can still fall, over the squared length of the gradient.

import type { NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { toDType } from "../numpy/promote.js";
import { add, div, min, mul, sub } from "../ops/arithmetic.js";
import { gt } from "../ops/compare.js";
import { select } from "../ops/select.js";
import { chain } from "./chain.js";
import { type Applied, type Hyperparameter, checkHyperparameter, hyperparameters } from "./hyperparameters.js";
import { type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { divisor, squaredNorm } from "./norms.js";
import { requireExtra } from "./requirements.js";
import { beside } from "./scalars.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation } from "./transformation.js";

type PolyakNames = "fMin" | "maxLearningRate" | "eps";

export interface PolyakState {
  /** Updates done. */
  readonly count: NDArray;
  /** The options that the last update applied. */
  readonly hyperparams: Applied<PolyakNames | "learningRate">;
}

export interface ScaleByPolyakOptions {
  /** The least value that the loss has; 0 by default. */
  readonly fMin?: Hyperparameter;
  /** The largest step size; 1 by default. */
  readonly maxLearningRate?: Hyperparameter;
  /** Added to the squared length; 0 by default. */
  readonly eps?: Hyperparameter;
}

const optionNames = ["fMin", "maxLearningRate", "eps"];

/**
 * Updates multiplied by `min((value − fMin) / (‖g‖² + eps), maxLearningRate)` (Loizou et al. 2021, "Stochastic Polyak
 * step-size for SGD"). `update` needs the extra `value`, the loss at the parameters. As `optax.scale_by_polyak`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError when `update` gets no `value`.
 * @example
 * const optimizer = optim.chain(optim.sgd({ learningRate: 1 }), optim.scaleByPolyak());
 * const [updates, next] = optimizer.update(grads, state, params, { value });
 */
export function scaleByPolyak<Params = unknown>(options: ScaleByPolyakOptions = {}): Transformation<Params, PolyakState> {
  const op = "scaleByPolyak";
  checkOptions(op, options, optionNames);
  const { fMin = 0, maxLearningRate = 1, eps = 0 } = options;
  checkHyperparameter(op, "fMin", fMin);
  checkHyperparameter(op, "maxLearningRate", maxLearningRate, { from: 0 });
  checkHyperparameter(op, "eps", eps, { from: 0 });
  const evaluate = hyperparameters<PolyakNames>(op, { fMin, maxLearningRate, eps });
  const zero = (): NDArray => toDType(op, 0, "float64");
  return transformation<Params, PolyakState>({
    floating: op,
    init: () => ({ count: noSteps(), hyperparams: { ...evaluate(noSteps()).applied, learningRate: zero() } }),
    update: (grads, { count }, _, extras) => {
      const { values, applied } = evaluate(count);
      const value = toDType(op, requireExtra(op, "value", extras.value), "float64");
      const square = add(squaredNorm(op, grads), values.eps);
      const step = min(div(sub(value, values.fMin), divisor(square)), values.maxLearningRate);
      const learningRate = select(gt(square, 0), step, 0);
      const rate = beside(learningRate);
      return [mapLeaves((g) => mul(g, rate(g)), grads), { count: oneMore(count), hyperparams: { ...applied, learningRate } }];
    },
  });
}

export interface PolyakSgdOptions extends ScaleByPolyakOptions {
  /** What the step size is multiplied by; 1 by default. */
  readonly scaling?: Hyperparameter;
}

/** The state of `polyakSgd`. */
export type PolyakSgdState = readonly [LearningRateState, PolyakState];

/**
 * Gradient descent with Polyak's step size. `update` needs the extra `value`, the loss at the parameters. As
 * `optax.polyak_sgd`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError when `update` gets no `value`.
 * @example
 * const optimizer = optim.polyakSgd({ maxLearningRate: 0.5 });
 * const [updates, next] = optimizer.update(grads, state, params, { value });
 */
export function polyakSgd<Params = unknown>(options?: PolyakSgdOptions): Transformation<Params, PolyakSgdState>;
export function polyakSgd(options: PolyakSgdOptions = {}): Transformation<unknown, PolyakSgdState> {
  checkOptions("polyakSgd", options, ["scaling", ...optionNames]);
  const { scaling = 1, ...rest } = options;
  return chain(scaleByLearningRate(scaling), scaleByPolyak(rest));
}
