// Gradient accumulation: the mean of the gradients of several small batches makes one update.

import { type ArrayLike, type NDArray, asArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { toDType } from "../numpy/promote.js";
import { add, div, sub } from "../ops/arithmetic.js";
import { bitAnd, bitNot } from "../ops/bitwise.js";
import { ge, lt } from "../ops/compare.js";
import { full } from "../ops/layout.js";
import { select } from "../ops/select.js";
import { checkPositive } from "./checks.js";
import { allFinite, chooseTree, treeOrZeros } from "./choose.js";
import { wideNorm } from "./norms.js";
import { checkCount, checkFunction, checkTransformation } from "./requirements.js";
import {
  type GradientTransformation,
  type Transformation,
  mapLeaves,
  noSteps,
  oneMore,
  transformation,
  zerosOf,
} from "./transformation.js";

export interface MultiStepsState<Params, State> {
  /** Gradients that are in the mean: int32, 0 just after an update. */
  readonly miniStep: NDArray;
  /** Updates made: int32. */
  readonly gradientStep: NDArray;
  readonly innerState: State;
  /** Their mean (or sum). */
  readonly accumulated: Params;
}

export interface MultiStepsOptions {
  /** Whether the gradients are averaged (the default) or summed. */
  readonly useGradMean?: boolean;
  /** For gradients that should count for nothing, not even as a step: a bool scalar, as of `skipNotFinite`. */
  readonly shouldSkip?: (grads: unknown, gradientStep: NDArray) => NDArray;
}

/**
 * Whether a gradient is not finite, for `multiSteps`. As `optax.skip_not_finite`.
 *
 * @example optim.multiSteps(optim.adam({ learningRate: 1e-3 }), 4, { shouldSkip: optim.skipNotFinite })
 */
export const skipNotFinite = (grads: unknown): NDArray => bitNot(allFinite(grads));

/**
 * Whether the gradients' length together is `maxNorm` or more, or no number; for `multiSteps`. As `optax.skip_large_updates`,
 * which takes the square.
 *
 * @throws OptionError unless `maxNorm` is positive.
 * @example optim.multiSteps(optim.adam({ learningRate: 1e-3 }), 4, { shouldSkip: optim.skipLargeUpdates(100) })
 */
export function skipLargeUpdates(maxNorm: number): (grads: unknown) => NDArray {
  checkPositive("skipLargeUpdates", "maxNorm", maxNorm);
  return (grads) => bitNot(lt(wideNorm("skipLargeUpdates", grads), maxNorm));
}

const optionNames = ["useGradMean", "shouldSkip"];

/**
 * `inner` once every `everyK` calls, on the mean of the gradients since its last update; at the other calls there is no
 * update. What `inner` counts (its schedules, its bias corrections) are updates, not calls. `everyK` may be a function of the
 * number of updates made (an int32 scalar). As `optax.MultiSteps`.
 *
 * @throws OptionError for an unknown option or an `everyK` that is no positive integer; TypeMismatchError for an `inner` that is no
 * transformation.
 * @example optim.multiSteps(optim.adam({ learningRate: 1e-3 }), 4)
 */
export function multiSteps<Params, State>(
  inner: GradientTransformation<Params, State>,
  everyK: number | ((gradientStep: NDArray) => ArrayLike),
  options: MultiStepsOptions = {},
): Transformation<Params, MultiStepsState<Params, State>> {
  const op = "multiSteps";
  checkTransformation(op, "inner", inner);
  checkOptions(op, options, optionNames);
  if (typeof everyK !== "function") checkCount(op, "everyK", everyK);
  const { useGradMean = true, shouldSkip } = options;
  if (shouldSkip !== undefined) checkFunction(op, "shouldSkip", shouldSkip);
  const collect = (sum: NDArray, g: NDArray, terms: NDArray): NDArray =>
    add(sum, useGradMean ? div(sub(g, sum), toDType(op, terms, g.dtype)) : g);
  return transformation<Params, MultiStepsState<Params, State>>({
    like: (state) => state.accumulated,
    init: (params) => ({ miniStep: noSteps(), gradientStep: noSteps(), innerState: inner.init(params), accumulated: zerosOf(params) }),
    update: (grads, state, params, extras) => {
      const k = typeof everyK === "function" ? toDType(op, everyK(state.gradientStep), "int32") : everyK;
      const terms = oneMore(state.miniStep);
      const counted = shouldSkip === undefined ? full([], true, "bool") : bitNot(asArray(shouldSkip(grads, state.gradientStep), op));
      const collected = mapLeaves((sum, g) => collect(sum, g, terms), state.accumulated, grads);
      const emits = bitAnd(counted, ge(terms, k));
      const [updates, next] = inner.update(collected, state.innerState, params, extras);
      const accumulated = treeOrZeros(bitNot(emits), chooseTree(counted, collected, state.accumulated));
      return [
        treeOrZeros(emits, updates),
        {
          miniStep: select(counted, select(emits, 0, terms), state.miniStep),
          gradientStep: select(emits, oneMore(state.gradientStep), state.gradientStep),
          innerState: chooseTree(emits, next, state.innerState),
          accumulated,
        },
      ];
    },
  });
}
