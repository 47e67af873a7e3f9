// SM3 (Anil et al. 2019, algorithm SM3-II): for each leaf one accumulator an axis, in the place of one an element.

import { type NDArray, asArray } from "../core/array.js";
import { checkOptions, requireOptions } from "../core/options.js";
import { range } from "../core/shape.js";
import { add, min, mul, square } from "../ops/arithmetic.js";
import { gt } from "../ops/compare.js";
import { rsqrt } from "../ops/exponential.js";
import { broadcastInDim, full } from "../ops/layout.js";
import { reduceMax } from "../ops/reduce.js";
import { select } from "../ops/select.js";
import { treeLeaves, treeMapArrays } from "../tree/index.js";
import { chain } from "./chain.js";
import { type Varying, type Hyperparameter, checkHyperparameter, varyingHyperparameters } from "./hyperparameters.js";
import { type LearningRate, type LearningRateState, scaleByLearningRate } from "./learningRate.js";
import { nextMean, squarable } from "./moments.js";
import { added } from "./roots.js";
import { beside, complement } from "./scalars.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation, zerosOf } from "./transformation.js";

export interface ScaleBySm3State<Params> {
  /** Updates done. */
  readonly count: NDArray;
  /** In the place of each leaf the list of its accumulators: a vector for each axis, or one scalar for a scalar. */
  readonly mu: unknown;
  /** The running mean of the directions. */
  readonly nu: Params;
  /** What was applied last. */
  readonly hyperparams: Varying<"b1" | "b2" | "eps">;
}

export interface ScaleBySm3Options {
  /** What stays of the mean of directions at each step; 0.9 by default. */
  readonly b1?: Hyperparameter;
  /** What stays of the accumulators at each step; 1 (they are sums) by default. Below 1 they are means. */
  readonly b2?: number;
  /** Added under the root; 1e-8 by default. */
  readonly eps?: Hyperparameter;
}

const ownNames = ["b1", "b2", "eps"];

/** The least of a leaf's accumulators at each of its elements. */
const least = (accumulators: readonly NDArray[], g: NDArray): NDArray =>
  g.ndim < 2 ? accumulators[0] : accumulators.map((a, axis) => broadcastInDim(a, g.shape, [axis])).reduce(min);

/** The accumulators after a step: along each axis the largest of the elements; as at the beginning where there are none. */
function gathered(element: NDArray): NDArray[] {
  if (element.ndim < 2) return [element];
  if (element.size === 0) return begun(element);
  const axes = range(0, element.ndim);
  return axes.map((axis) =>
    reduceMax(
      element,
      axes.filter((other) => other !== axis),
    ),
  );
}

const begun = (p: NDArray): NDArray[] => (p.ndim === 0 ? [full([], 0, p.dtype)] : p.shape.map((size) => full([size], 0, p.dtype)));

/** The lists of accumulators in the order of the leaves of `grads`. */
function listsOf(mu: unknown, grads: unknown): NDArray[][] {
  const all = treeLeaves(mu, { op: "scaleBySm3" }).map((leaf) => asArray(leaf, "scaleBySm3"));
  let next = 0;
  return treeLeaves(grads, { op: "scaleBySm3" }).map((leaf) => {
    const length = Math.max(1, asArray(leaf, "scaleBySm3").ndim);
    next += length;
    return all.slice(next - length, next);
  });
}

/**
 * The running mean of gradients over the root of the least accumulator at each element. As `optax.scale_by_sm3`.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleBySm3(), optim.scaleByLearningRate(0.1))
 */
export function scaleBySm3<Params = unknown>(options: ScaleBySm3Options = {}): Transformation<Params, ScaleBySm3State<Params>> {
  checkOptions("scaleBySm3", options, ownNames);
  const { b1 = 0.9, b2 = 1, eps = 1e-8 } = options;
  checkHyperparameter("sm3", "b1", b1, { from: 0, below: 1 });
  if (b2 !== 1) checkHyperparameter("sm3", "b2", b2, { from: 0, below: 1 });
  checkHyperparameter("sm3", "eps", eps, { from: 0 });
  const evaluate = varyingHyperparameters("sm3", { b1, b2, eps });
  return transformation<Params, ScaleBySm3State<Params>>({
    floating: "scaleBySm3",
    like: (state) => state.nu,
    init: (params) => ({
      count: noSteps(),
      mu: treeMapArrays(begun, params),
      nu: zerosOf(params),
      hyperparams: evaluate(noSteps()).applied,
    }),
    update: (given, state) => {
      const { values, applied } = evaluate(state.count);
      const [grads, lists] = [squarable(given), listsOf(state.mu, given)];
      const [entering, kept, raised] = [beside(b2 === 1 ? 1 : complement(values.b2)), beside(values.b2), added(values.eps)];
      let leaf = 0;
      const sums = mapLeaves((g) => {
        const before = least(lists[leaf++], g);
        return add(mul(square(g), entering(g)), mul(before, kept(g)));
      }, grads);
      const directions = mapLeaves((g, sum) => mul(g, select(gt(sum, 0), rsqrt(raised(select(gt(sum, 0), sum, 1))), 0)), grads, sums);
      const nu = nextMean(values.b1, directions, state.nu);
      return [nu, { count: oneMore(state.count), mu: treeMapArrays(gathered, sums), nu, hyperparams: applied }];
    },
  });
}

export interface Sm3Options {
  /** A number, a scalar array, or a schedule from the step to one. */
  readonly learningRate: LearningRate;
  /** What stays of the mean of directions at each step; 0.9 by default. */
  readonly momentum?: Hyperparameter;
}

export type Sm3State<Params> = readonly [ScaleBySm3State<Params>, LearningRateState];

/**
 * SM3. As `optax.sm3`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate.
 * @example optim.sm3({ learningRate: 0.1 })
 */
export function sm3<Params = unknown>(options: Sm3Options): Transformation<Params, Sm3State<Params>>;
export function sm3(options: Sm3Options): Transformation<unknown, Sm3State<unknown>> {
  requireOptions("sm3", options, ["learningRate", "momentum"]);
  const { learningRate, momentum = 0.9 } = options;
  return chain(scaleBySm3({ b1: momentum }), scaleByLearningRate(learningRate));
}
