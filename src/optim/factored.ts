// A mean of squares of a matrix kept as one vector of its rows and one of its columns (Shazeer and Stern 2018, algorithm 4).
// A leaf is factored along its two largest axes if both are large; every other leaf keeps all of its squares.

import type { NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { type Shape, range } from "../core/shape.js";
import { toDType } from "../numpy/promote.js";
import { div, mul, square } from "../ops/arithmetic.js";
import { rsqrt } from "../ops/exponential.js";
import { broadcastInDim, full } from "../ops/layout.js";
import { reduceSum } from "../ops/reduce.js";
import { type Varying, type Hyperparameter, checkHyperparameter, varyingHyperparameters } from "./hyperparameters.js";
import { squarable, towards } from "./moments.js";
import { added } from "./roots.js";
import { type Scalar, asScalar, complement, larger, minus, negated, plus, power } from "./scalars.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation } from "./transformation.js";

export interface FactoredState<Params> {
  /** Updates done. */
  readonly count: NDArray;
  /** For each factored leaf the mean of squares over its largest axis; a scalar 0 for the others. */
  readonly vRow: Params;
  /** For each factored leaf the mean of squares over its second largest axis; a scalar 0 for the others. */
  readonly vCol: Params;
  /** For each other leaf the mean of its squares; a scalar 0 for those that are factored. */
  readonly v: Params;
  /** What was applied last. */
  readonly hyperparams: Varying<"decayRate" | "eps">;
}

export interface ScaleByFactoredRmsOptions {
  /** Whether anything is factored; true by default. */
  readonly factored?: boolean;
  /** The means move by `t^(−decayRate)` at step t; 0.8 by default. */
  readonly decayRate?: Hyperparameter;
  /** The number of the step to begin with, for parameters that were trained before; 0 by default. */
  readonly stepOffset?: number;
  /** The least size of both axes of a leaf that is factored; 128 by default. */
  readonly minDimSizeToFactor?: number;
  /** Added to each square; 1e-30 by default. */
  readonly eps?: Hyperparameter;
}

export const factoredNames = ["factored", "decayRate", "stepOffset", "minDimSizeToFactor", "eps"];

/** A leaf's two largest axes, the larger last; the later of two that are alike counts as larger. */
function axesOf(shape: Shape, least: number): readonly [second: number, first: number] | undefined {
  if (shape.length < 2) return undefined;
  const sorted = shape.map((size, axis) => ({ size, axis })).sort((a, b) => a.size - b.size || a.axis - b.axis);
  const [second, first] = sorted.slice(-2);
  return second.size < least ? undefined : [second.axis, first.axis];
}

const without = (shape: Shape, axis: number): Shape => shape.filter((_, i) => i !== axis);
/** `x` repeated along an axis that it lacks. */
const spreadAlong = (x: NDArray, shape: Shape, axis: number): NDArray =>
  broadcastInDim(
    x,
    shape,
    range(0, shape.length).filter((other) => other !== axis),
  );

const mean = (x: NDArray, axis: number): NDArray => div(reduceSum(x, axis), x.shape[axis]);

/** What one leaf gives: its update and its three means. */
type Leaf = readonly [update: NDArray, row: NDArray, column: NDArray, all: NDArray];

interface Step {
  readonly g: NDArray;
  readonly squares: NDArray;
  readonly next: (mean: NDArray, x: NDArray) => NDArray;
}

/** `g / √(row · column / mean of row)`: the outer product stands for the squares. */
function factoredLeaf({ g, squares, next }: Step, axes: readonly [number, number], means: readonly NDArray[]): Leaf {
  const [second, first] = axes;
  const row = next(means[0], mean(squares, first));
  const column = next(means[1], mean(squares, second));
  const inRow = second > first ? second - 1 : second;
  const ofRow = rsqrt(div(row, spreadAlong(mean(row, inRow), row.shape, inRow)));
  const byRow = mul(g, spreadAlong(ofRow, g.shape, first));
  return [mul(byRow, spreadAlong(rsqrt(column), g.shape, second)), row, column, means[2]];
}

function wholeLeaf({ g, squares, next }: Step, means: readonly NDArray[]): Leaf {
  const all = next(means[2], squares);
  return [mul(g, rsqrt(all)), means[0], means[1], all];
}

const inFloat32 = (x: Scalar): NDArray => asScalar(toDType("adafactor", x, "float32"));

/** `1 − t^(−decayRate)`, at the least 0. Each step is rounded to float32, in which Optax computes it. */
function decayAt(decayRate: Scalar, count: NDArray, offset: number): Scalar {
  const moved = power(larger(minus(plus(asScalar(count), 1), offset), 1), negated(inFloat32(decayRate)));
  return inFloat32(complement(inFloat32(moved)));
}

/**
 * Gradients divided by the root of a mean of squares that is kept by rows and columns. As `optax.scale_by_factored_rms`.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByFactoredRms({ minDimSizeToFactor: 32 }), optim.scaleByLearningRate(1e-3))
 */
export function scaleByFactoredRms<Params = unknown>(
  options: ScaleByFactoredRmsOptions = {},
): Transformation<Params, FactoredState<Params>> {
  checkOptions("scaleByFactoredRms", options, factoredNames);
  const { factored = true, decayRate = 0.8, stepOffset = 0, minDimSizeToFactor = 128, eps = 1e-30 } = options;
  checkHyperparameter("adafactor", "decayRate", decayRate, { from: 0 });
  checkHyperparameter("adafactor", "stepOffset", stepOffset, { from: 0 });
  checkHyperparameter("adafactor", "minDimSizeToFactor", minDimSizeToFactor, { from: 1 });
  checkHyperparameter("adafactor", "eps", eps, { from: 0 });
  const evaluate = varyingHyperparameters("adafactor", { decayRate, eps });
  const axes = (leaf: NDArray): readonly [number, number] | undefined => (factored ? axesOf(leaf.shape, minDimSizeToFactor) : undefined);
  /** Zeros for what is kept of a leaf: `of` its two axes where it is factored, else `otherwise`. */
  const zeros = (p: NDArray, of: (second: number, first: number) => Shape, otherwise: Shape): NDArray => {
    const along = axes(p);
    return full(along === undefined ? otherwise : of(...along), 0, p.dtype);
  };
  return transformation<Params, FactoredState<Params>>({
    floating: "scaleByFactoredRms",
    init: (params) => ({
      count: noSteps(),
      vRow: mapLeaves((p) => zeros(p, (_, first) => without(p.shape, first), []), params),
      vCol: mapLeaves((p) => zeros(p, (second) => without(p.shape, second), []), params),
      v: mapLeaves((p) => zeros(p, () => [], p.shape), params),
      hyperparams: evaluate(noSteps()).applied,
    }),
    update: (given, state) => {
      const { values, applied } = evaluate(state.count);
      const [next, raised] = [towards(decayAt(values.decayRate, state.count, stepOffset)), added(values.eps)];
      const grads = squarable(given);
      const results: Leaf[] = [];
      mapLeaves(
        (g, ...means) => {
          const [step, along] = [{ g, squares: raised(square(g)), next }, axes(g)];
          results.push(along === undefined ? wholeLeaf(step, means) : factoredLeaf(step, along, means));
          return g;
        },
        grads,
        state.vRow,
        state.vCol,
        state.v,
      );
      const part = (i: 0 | 1 | 2 | 3): Params => {
        let leaf = 0;
        return mapLeaves(() => results[leaf++][i], grads);
      };
      return [part(0), { count: oneMore(state.count), vRow: part(1), vCol: part(2), v: part(3), hyperparams: applied }];
    },
  });
}
