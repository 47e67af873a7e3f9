// Rprop (Riedmiller and Braun 1993; the variant that undoes no step): each element has its own step size, which grows while
// its gradient keeps the sign and shrinks when that changes. For whole batches: sizes of gradients do not matter.

import type { NDArray } from "../core/array.js";
import { OptionError } from "../core/errors.js";
import { requireOptions } from "../core/options.js";
import { mul, neg, sign } from "../ops/arithmetic.js";
import { eq, gt, lt } from "../ops/compare.js";
import { clamp, select } from "../ops/select.js";
import { type EmptyState, chain } from "./chain.js";
import { type Varying, type Hyperparameter, checkHyperparameter, varyingHyperparameters } from "./hyperparameters.js";
import { filled } from "./moments.js";
import { beside } from "./scalars.js";
import { stateless } from "./stateless.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation, zerosOf } from "./transformation.js";

type Names = "etaMinus" | "etaPlus";

export interface ScaleByRpropState<Params> {
  /** Updates done. */
  readonly count: NDArray;
  /** The step size of each element. */
  readonly stepSizes: Params;
  /** The step that each element was to take last; zero after a change of sign. */
  readonly prevUpdates: Params;
  /** What was applied last. */
  readonly hyperparams: Varying<Names>;
}

export interface RpropOptions {
  /** The step size that each element begins with. */
  readonly learningRate: number | NDArray;
  /** The factor of a step size when the gradient changes its sign; 0.5 by default. */
  readonly etaMinus?: Hyperparameter;
  /** The factor when it keeps it; 1.2 by default. */
  readonly etaPlus?: Hyperparameter;
  /** The smallest step; 1e-6 by default. */
  readonly minStepSize?: number;
  /** The largest step; 50 by default. */
  readonly maxStepSize?: number;
  /** Whether a step is taken one update later than its gradient came, as Optax does (the default), or at once, as in PyTorch. */
  readonly delayed?: boolean;
}

const ownNames = ["learningRate", "etaMinus", "etaPlus", "minStepSize", "maxStepSize", "delayed"];

function checkRprop(op: string, options: RpropOptions): void {
  requireOptions(op, options, ownNames);
  const { learningRate, etaMinus = 0.5, etaPlus = 1.2, minStepSize = 1e-6, maxStepSize = 50 } = options;
  checkHyperparameter(op, "learningRate", learningRate, { from: 0 });
  checkHyperparameter(op, "etaMinus", etaMinus, { from: 0, below: 1 });
  checkHyperparameter(op, "etaPlus", etaPlus, { from: 1 });
  checkHyperparameter(op, "minStepSize", minStepSize, { from: 0 });
  checkHyperparameter(op, "maxStepSize", maxStepSize, { from: 0 });
  if (typeof learningRate !== "function" && minStepSize <= maxStepSize) return;
  throw new OptionError({
    op,
    expected: typeof learningRate === "function" ? "learningRate as a number or an array" : "minStepSize of at most maxStepSize",
    received: typeof learningRate === "function" ? "a schedule" : `${minStepSize} and ${maxStepSize}`,
    remedy: "Rprop finds its own step sizes, from learningRate on and between the two bounds",
  });
}

/**
 * Steps of own size for each element, uphill. As `optax.scale_by_rprop`.
 *
 * @throws OptionError for an unknown option, or one out of range.
 * @example optim.chain(optim.scaleByRprop({ learningRate: 0.01 }), optim.scale(-1))
 */
export function scaleByRprop<Params = unknown>(options: RpropOptions): Transformation<Params, ScaleByRpropState<Params>> {
  checkRprop("rprop", options);
  const { learningRate, etaMinus = 0.5, etaPlus = 1.2, minStepSize = 1e-6, maxStepSize = 50, delayed = true } = options;
  const evaluate = varyingHyperparameters<Names>("rprop", { etaMinus, etaPlus });
  return transformation<Params, ScaleByRpropState<Params>>({
    floating: "scaleByRprop",
    like: (state) => state.stepSizes,
    init: (params) => ({
      count: noSteps(),
      stepSizes: filled(params, learningRate),
      prevUpdates: zerosOf(params),
      hyperparams: evaluate(noSteps()).applied,
    }),
    update: (grads, state) => {
      const { values, applied } = evaluate(state.count);
      const [minus, plus] = [beside(values.etaMinus), beside(values.etaPlus)];
      const agreement = mapLeaves((g, before) => mul(sign(g), sign(before)), grads, state.prevUpdates);
      const resized = (s: NDArray, size: NDArray): NDArray =>
        clamp(minStepSize, select(gt(s, 0), mul(size, plus(size)), mul(size, minus(size))), maxStepSize);
      const stepSizes = mapLeaves((s, size) => select(eq(s, 0), size, resized(s, size)), agreement, state.stepSizes);
      const step = (s: NDArray, g: NDArray, size: NDArray): NDArray => select(lt(s, 0), 0, mul(size, sign(g)));
      const prevUpdates = mapLeaves(step, agreement, grads, stepSizes);
      const updates = delayed ? mapLeaves((s, before) => select(lt(s, 0), 0, before), agreement, state.prevUpdates) : prevUpdates;
      return [updates, { count: oneMore(state.count), stepSizes, prevUpdates, hyperparams: applied }];
    },
  });
}

export type RpropState<Params> = readonly [ScaleByRpropState<Params>, EmptyState];

/**
 * Rprop. As `optax.rprop`, whose steps come one update late; with `delayed: false`, as `torch.optim.Rprop`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError without a learning rate.
 * @example optim.rprop({ learningRate: 0.01 })
 */
export function rprop<Params = unknown>(options: RpropOptions): Transformation<Params, RpropState<Params>>;
export function rprop(options: RpropOptions): Transformation<unknown, RpropState<unknown>> {
  return chain(
    scaleByRprop(options),
    stateless<unknown>((updates) => mapLeaves(neg, updates)),
  );
}
