// Prodigy (Mishchenko and Defazio 2023): AdamW whose learning rate is an estimate of the distance to the solution, which grows
// as gradients agree with the way that the parameters have gone.

import type { NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import * as np from "../numpy/exponential.js";
import { abs, add, div, max, mul, neg, sub } from "../ops/arithmetic.js";
import { reduceSum } from "../ops/broadcast.js";
import { gt } from "../ops/compare.js";
import { sqrt } from "../ops/exponential.js";
import { full } from "../ops/layout.js";
import { select } from "../ops/select.js";
import { checkPositive } from "./checks.js";
import { copyOf } from "./choose.js";
import { type Applied, type Hyperparameter, checkHyperparameter, hyperparameters } from "./hyperparameters.js";
import { nextMean, nextSquares, squarable } from "./moments.js";
import { divisor, innerProduct, rootOf, sumOverLeaves, wide } from "./norms.js";
import { requireParams } from "./requirements.js";
import { type Scalar, beside, biasOf } from "./scalars.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation, zerosOf } from "./transformation.js";

type Names = "learningRate" | "b1" | "b2" | "beta3" | "eps" | "estimLrCoef" | "weightDecay";

export interface ProdigyState<Params> {
  /** Updates done. */
  readonly count: NDArray;
  /** The running mean of gradients, each times the estimate at its time. */
  readonly expAvg: Params;
  /** The running mean of their squares. */
  readonly expAvgSq: Params;
  /** The weighted sum of gradients. */
  readonly gradSum: Params;
  /** The parameters at the beginning. */
  readonly params0: Params;
  /** The estimate of the distance to the solution: float64. */
  readonly estimLr: NDArray;
  /** The weighted sum of ⟨gradient, way gone⟩: float64. */
  readonly numeratorWeighted: NDArray;
  /** What the last update applied. */
  readonly hyperparams: Applied<Names>;
}

export interface ProdigyOptions {
  /** Multiplies the estimate: 1 by default; a schedule around 1 is usual. */
  readonly learningRate?: Hyperparameter;
  /** What stays of the mean at each step; 0.9 by default. */
  readonly b1?: Hyperparameter;
  /** What stays of the mean of squares at each step; 0.999 by default. */
  readonly b2?: Hyperparameter;
  /** What stays of the sums of the estimate at each step; the root of `b2` by default. */
  readonly beta3?: Hyperparameter;
  /** Added to the root, times the estimate; 1e-8 by default. */
  readonly eps?: Hyperparameter;
  /** The first estimate, which must be too small; 1e-6 by default. */
  readonly estimLr0?: number;
  /** Multiplies each new estimate; 1 by default. */
  readonly estimLrCoef?: Hyperparameter;
  /** Decoupled weight decay; 0 by default. */
  readonly weightDecay?: Hyperparameter;
}

const optionNames = ["learningRate", "b1", "b2", "beta3", "eps", "estimLr0", "estimLrCoef", "weightDecay"];

/** The root of a hyperparameter, as one. */
function rootedHyperparameter(x: Hyperparameter): Hyperparameter {
  if (typeof x === "function") return (step) => np.sqrt(x(step));
  return typeof x === "number" ? Math.sqrt(x) : sqrt(x);
}

function checked(op: string, options: ProdigyOptions): Readonly<Record<Names, Hyperparameter>> {
  const {
    learningRate = 1,
    b1 = 0.9,
    b2 = 0.999,
    beta3 = rootedHyperparameter(b2),
    eps = 1e-8,
    estimLrCoef = 1,
    weightDecay = 0,
  } = options;
  const decay = { from: 0, below: 1 };
  checkHyperparameter(op, "learningRate", learningRate);
  checkHyperparameter(op, "b1", b1, decay);
  checkHyperparameter(op, "b2", b2, decay);
  checkHyperparameter(op, "beta3", beta3, decay);
  checkHyperparameter(op, "eps", eps, { from: 0 });
  checkHyperparameter(op, "estimLrCoef", estimLrCoef, { from: 0 });
  checkHyperparameter(op, "weightDecay", weightDecay, { from: 0 });
  return { learningRate, b1, b2, beta3, eps, estimLrCoef, weightDecay };
}

interface Rates {
  readonly values: Readonly<Record<Names, Scalar>>;
  /** The estimate times the learning rate, with the bias corrections of both means. */
  readonly stepSize: NDArray;
  /** The gradients times the estimate. */
  readonly scaled: unknown;
  readonly estimLr0: number;
}

/** The estimate after this step, and the sums that it comes from. */
function estimate<Params>(grads: Params, state: ProdigyState<Params>, params: Params, rates: Rates) {
  const { values, stepSize, scaled, estimLr0 } = rates;
  const way = mapLeaves((p0, p) => sub(p0, p), state.params0, params);
  const gain = mul(mul(div(state.estimLr, estimLr0), stepSize), innerProduct("prodigy", grads, way));
  const numeratorWeighted = add(mul(state.numeratorWeighted, values.beta3), gain);
  const [kept, added] = [beside(values.beta3), beside(div(stepSize, estimLr0))];
  const gradSum = mapLeaves((s, g) => add(mul(s, kept(s)), mul(g, added(g))), state.gradSum, scaled);
  const length = sumOverLeaves("prodigy", (s) => reduceSum(abs(wide(s))), gradSum);
  const found = select(gt(length, 0), mul(div(numeratorWeighted, divisor(length)), values.estimLrCoef), 0);
  return { estimLr: max(state.estimLr, found), numeratorWeighted, gradSum };
}

/**
 * Prodigy: AdamW without a learning rate to be found. `update` needs the parameters. Gradients beyond what float32 can square
 * count as the largest that it can. As `optax.contrib.prodigy`, but that a step on zero gradients leaves the estimate as it is.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError when `update` gets no parameters.
 * @example
 * const optimizer = optim.prodigy();
 * const [updates, next] = optimizer.update(grads, state, params);
 */
export function prodigy<Params = unknown>(options: ProdigyOptions = {}): Transformation<Params, ProdigyState<Params>> {
  const op = "prodigy";
  checkOptions(op, options, optionNames);
  const { estimLr0 = 1e-6 } = options;
  checkPositive(op, "estimLr0", estimLr0);
  const evaluate = hyperparameters(op, checked(op, options));
  return transformation<Params, ProdigyState<Params>>({
    floating: op,
    like: (state) => state.expAvg,
    init: (params) => ({
      count: noSteps(),
      expAvg: zerosOf(params),
      expAvgSq: zerosOf(params),
      gradSum: zerosOf(params),
      // A copy, so that state and parameters may both be donated.
      params0: copyOf(params),
      estimLr: full([], estimLr0, "float64"),
      numeratorWeighted: full([], 0, "float64"),
      hyperparams: evaluate(noSteps()).applied,
    }),
    update: (grads, state, given) => {
      const params = requireParams(op, given);
      const { values, applied } = evaluate(state.count);
      const count = oneMore(state.count);
      const correction = div(sqrt(biasOf(values.b2, count)), biasOf(values.b1, count));
      const stepSize = mul(mul(state.estimLr, values.learningRate), correction);
      const estimateOf = beside(state.estimLr);
      const scaled = mapLeaves((g) => mul(g, estimateOf(g)), grads);
      const next = estimate(grads, state, params, { values, stepSize, scaled, estimLr0 });
      const limited = squarable(scaled);
      const [expAvg, expAvgSq] = [nextMean(values.b1, limited, state.expAvg), nextSquares(values.b2, limited, state.expAvgSq)];
      const [rate, eps] = [beside(stepSize), beside(mul(next.estimLr, values.eps))];
      const decay = beside(mul(stepSize, values.weightDecay));
      const step = (m: NDArray, v: NDArray, p: NDArray): NDArray =>
        neg(add(mul(p, decay(p)), div(mul(m, rate(m)), add(rootOf(v), eps(v)))));
      return [
        mapLeaves(step, expAvg, expAvgSq, params),
        { count, expAvg, expAvgSq, params0: state.params0, ...next, hyperparams: applied },
      ];
    },
  });
}
