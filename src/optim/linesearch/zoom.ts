// The line search by interval and zoom, as a transformation.

import type { NDArray } from "../../core/array.js";
import { OptionError } from "../../core/errors.js";
import { checkOptions } from "../../core/options.js";
import { mul } from "../../ops/arithmetic.js";
import { eq } from "../../ops/compare.js";
import { full } from "../../ops/layout.js";
import { select } from "../../ops/select.js";
import { stopGradient } from "../../ops/stop.js";
import { checkPositive, checkWithin } from "../checks.js";
import type { Applied } from "../hyperparameters.js";
import { checkCount } from "../requirements.js";
import { beside } from "../scalars.js";
import { type Transformation, mapLeaves, noSteps, transformation, zerosOf } from "../transformation.js";
import type { BacktrackingInfo } from "./backtracking.js";
import { lineOf } from "./line.js";
import { type ZoomSettings, zoomSearch } from "./zoomSearch.js";

export interface ZoomInfo extends BacktrackingInfo {
  /** By how much the slope missed the smallness that was wanted: 0 after a success. */
  readonly curvatureError: NDArray;
}

export interface ZoomLinesearchState<Params> {
  /** The loss after the last step: float64, infinite before the first. */
  readonly value: NDArray;
  /** The gradient after the last step. */
  readonly grad: Params;
  readonly info: ZoomInfo;
  /** The step that the last search found. */
  readonly hyperparams: Applied<"learningRate">;
}

export interface ZoomLinesearchOptions {
  /** How many steps are tried at most. */
  readonly maxLinesearchSteps: number;
  /** The largest step; no limit by default. */
  readonly maxLearningRate?: number;
  /** By how much the conditions may be missed; 0 by default. */
  readonly tol?: number;
  /** How much larger each step is than the one before, until an interval is found; 2 by default. */
  readonly increaseFactor?: number;
  /** The part of the decrease that the slope promises which is enough; 1e-4 by default. */
  readonly slopeRtol?: number;
  /** The part of the slope that may be left; 0.9 by default. */
  readonly curvRtol?: number;
  /** How much larger than at the parameters, relative to it, the loss may be where slopes decide; null to let values alone decide; 1e-6 by default. */
  readonly approxDecRtol?: number | null;
  /** The length of an interval that is not narrowed any more, once a sufficient decrease was found; 1e-5 by default. */
  readonly stepsizePrecision?: number;
  /** The first step tried: the last result (`"keep"`, the default), or 1 (`"one"`, right for quasi-Newton directions). */
  readonly initialGuessStrategy?: "keep" | "one";
}

const defaults: Omit<Required<ZoomLinesearchOptions>, "maxLinesearchSteps"> = {
  maxLearningRate: Infinity,
  tol: 0,
  increaseFactor: 2,
  slopeRtol: 1e-4,
  curvRtol: 0.9,
  approxDecRtol: 1e-6,
  stepsizePrecision: 1e-5,
  initialGuessStrategy: "keep",
};

function settingsOf(op: string, options: ZoomLinesearchOptions): ZoomSettings & { readonly initialGuessStrategy: "keep" | "one" } {
  checkOptions(op, options, ["maxLinesearchSteps", ...Object.keys(defaults)]);
  const settings = { ...defaults, ...options };
  checkCount(op, "maxLinesearchSteps", settings.maxLinesearchSteps);
  checkPositive(op, "maxLearningRate", settings.maxLearningRate);
  checkWithin(op, "tol", settings.tol, 0, Infinity);
  checkWithin(op, "increaseFactor", settings.increaseFactor, 1, Infinity);
  checkWithin(op, "slopeRtol", settings.slopeRtol, 0, 1);
  checkPositive(op, "curvRtol", settings.curvRtol);
  checkWithin(op, "approxDecRtol", settings.approxDecRtol ?? 0, 0, Infinity);
  checkWithin(op, "stepsizePrecision", settings.stepsizePrecision, 0, Infinity);
  if (["keep", "one"].includes(settings.initialGuessStrategy)) return settings;
  throw new OptionError({
    op,
    expected: 'initialGuessStrategy "keep" or "one"',
    received: String(settings.initialGuessStrategy),
    remedy: "leave it out, or pass one of these",
  });
}

/**
 * Updates multiplied by a step that satisfies the strong Wolfe conditions: the loss falls by a part of what the slope
 * promises, and the slope left is a part of what it was. The updates must go downhill. `update` needs the parameters and the
 * extra `valueFn`; with `value` and `grad` at the parameters it computes less. Where no such step is found, the best with a
 * sufficient decrease is taken; where the loss is not finite, none. The step counts as a constant for derivatives. As
 * `optax.scale_by_zoom_linesearch`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError when `update` gets no parameters or no `valueFn`.
 * @example
 * const optimizer = optim.chain(optim.sgd({ learningRate: 1 }), optim.scaleByZoomLinesearch({ maxLinesearchSteps: 15 }));
 * const [value, grad] = valueAndGrad(loss)(params);
 * const [updates, next] = optimizer.update(grad, state, params, { value, grad, valueFn: loss });
 */
export function scaleByZoomLinesearch<Params = unknown>(
  options: ZoomLinesearchOptions,
): Transformation<Params, ZoomLinesearchState<Params>> {
  const op = "scaleByZoomLinesearch";
  const { initialGuessStrategy, ...settings } = settingsOf(op, options);
  const number = (value: number): NDArray => full([], value, "float64");
  return transformation<Params, ZoomLinesearchState<Params>>({
    floating: op,
    like: (state) => state.grad,
    init: (params) => ({
      value: number(Infinity),
      grad: zerosOf(params),
      info: { numLinesearchSteps: noSteps(), decreaseError: number(Infinity), curvatureError: number(Infinity) },
      hyperparams: { learningRate: number(1) },
    }),
    update: (updates, { hyperparams: { learningRate: last } }, params, extras) => {
      // After a search without result (a step of 0) the next begins anew.
      const first = initialGuessStrategy === "one" ? number(1) : select(eq(last, 0), 1, last);
      const { tries, current, decreaseError, curvatureError } = zoomSearch(lineOf(op, updates, params, extras), first, settings);
      const learningRate = stopGradient(current.step);
      const rate = beside(learningRate);
      return [
        mapLeaves((u) => mul(u, rate(u)), updates),
        {
          value: current.value,
          grad: current.grad,
          info: { numLinesearchSteps: tries, decreaseError, curvatureError },
          hyperparams: { learningRate },
        },
      ];
    },
  });
}
