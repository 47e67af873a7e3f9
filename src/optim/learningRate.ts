// The learning rate: what turns updates into steps downhill.

import { type ArrayLike, type NDArray, isArrayLike } from "../core/array.js";
import { OptionError, TypeMismatchError } from "../core/errors.js";
import { showAval } from "../core/aval.js";
import { toDType } from "../numpy/promote.js";
import { mul, neg } from "../ops/arithmetic.js";
import { type GradientTransformation, mapLeaves, noSteps, oneMore } from "./transformation.js";

/** The learning rate for the number of steps done, an int32 scalar. A pure function, which may be traced. */
export type Schedule = (step: NDArray) => ArrayLike;

/** A number, a scalar array, or a schedule. */
export type LearningRate = ArrayLike | Schedule;

export interface LearningRateState {
  /** Steps done. */
  readonly count: NDArray;
}

function checkRate(rate: unknown): asserts rate is LearningRate {
  if (typeof rate === "function") return;
  if (!isArrayLike(rate) || typeof rate === "boolean") {
    throw new TypeMismatchError({
      op: "scaleByLearningRate",
      expected: "a learning rate: a number, a scalar array or a schedule",
      received: rate === undefined ? "nothing" : typeof rate,
      remedy: "pass { learningRate: 1e-3 }, or a function from the step to the rate",
    });
  }
  const wrong = typeof rate === "number" ? !Number.isFinite(rate) : rate.ndim > 0;
  if (!wrong) return;
  throw new OptionError({
    op: "scaleByLearningRate",
    expected: "one finite learning rate",
    received: typeof rate === "number" ? String(rate) : showAval(rate.aval),
    remedy: "pass a number or a scalar",
  });
}

/**
 * Updates multiplied by minus the learning rate.
 *
 * @throws TypeMismatchError for a learning rate that is neither number, array nor function; OptionError for one that is not finite.
 * @example optim.scaleByLearningRate((step) => np.divide(0.1, step.add(1)))
 */
export function scaleByLearningRate<Params>(learningRate: LearningRate): GradientTransformation<Params, LearningRateState> {
  checkRate(learningRate);
  return {
    init: () => ({ count: noSteps() }),
    update: (grads, { count }) => {
      const rate = typeof learningRate === "function" ? learningRate(count) : learningRate;
      // Each gradient meets the rate in its own dtype, in which a traced number is still exact.
      const step = (g: NDArray): NDArray =>
        typeof rate === "number" ? mul(g, -rate) : neg(mul(g, toDType("scaleByLearningRate", rate, g.dtype)));
      return [mapLeaves(step, grads), { count: oneMore(count) }];
    },
  };
}
