// Backtracking (Armijo 1966): steps are made smaller until the loss falls enough.

import type { NDArray } from "../../core/array.js";
import { checkOptions } from "../../core/options.js";
import { whileLoop } from "../../lax/whileLoop.js";
import { add, max, min, mul, sub } from "../../ops/arithmetic.js";
import { bitAnd, bitNot } from "../../ops/bitwise.js";
import { eq, gt, le, ne } from "../../ops/compare.js";
import { full } from "../../ops/layout.js";
import { select } from "../../ops/select.js";
import { stopGradient } from "../../ops/stop.js";
import { checkPositive, checkWithin } from "../checks.js";
import type { Applied } from "../hyperparameters.js";
import { checkCount } from "../requirements.js";
import { beside } from "../scalars.js";
import { type Transformation, mapLeaves, noSteps, transformation, zerosOf } from "../transformation.js";
import { type Line, lineOf } from "./line.js";

export interface BacktrackingInfo {
  /** Steps that the last search tried: int32. */
  readonly numLinesearchSteps: NDArray;
  /** By how much the loss missed the decrease that was wanted: 0 after a success. */
  readonly decreaseError: NDArray;
}

export interface BacktrackingLinesearchState<Params> {
  /** The loss after the last step: float64, infinite before the first. */
  readonly value: NDArray;
  /** The gradient after the last step, if it is stored. */
  readonly grad: Params | null;
  readonly info: BacktrackingInfo;
  /** The step that the last search found. */
  readonly hyperparams: Applied<"learningRate">;
}

export interface BacktrackingLinesearchOptions {
  /** How often a step is made smaller at most. */
  readonly maxBacktrackingSteps: number;
  /** The part of the decrease that the slope promises which is enough; 1e-4 by default. */
  readonly slopeRtol?: number;
  /** What each smaller step is of the one before; 0.8 by default. */
  readonly decreaseFactor?: number;
  /** How much larger than the last search's result the first step is; 1.5 by default, Infinity to begin with the largest. */
  readonly increaseFactor?: number;
  /** The largest step; 1 by default. */
  readonly maxLearningRate?: number;
  /** What the loss may be too large by; 0 by default. */
  readonly atol?: number;
  /** What part of the loss it may be too large by; 0 by default. */
  readonly rtol?: number;
  /** Whether the gradient after the step is computed and stored, for `valueAndGradFromState`; false by default. */
  readonly storeGrad?: boolean;
}

const optionNames = [
  "maxBacktrackingSteps",
  "slopeRtol",
  "decreaseFactor",
  "increaseFactor",
  "maxLearningRate",
  "atol",
  "rtol",
  "storeGrad",
];

type Settings = Required<BacktrackingLinesearchOptions>;

function settingsOf(op: string, options: BacktrackingLinesearchOptions): Settings {
  checkOptions(op, options, optionNames);
  const defaults = { slopeRtol: 1e-4, decreaseFactor: 0.8, increaseFactor: 1.5, maxLearningRate: 1, atol: 0, rtol: 0, storeGrad: false };
  const settings = { ...defaults, ...options };
  checkCount(op, "maxBacktrackingSteps", settings.maxBacktrackingSteps, 0);
  checkWithin(op, "slopeRtol", settings.slopeRtol, 0, 1);
  checkWithin(op, "decreaseFactor", settings.decreaseFactor, 0, 1);
  checkPositive(op, "increaseFactor", settings.increaseFactor);
  checkPositive(op, "maxLearningRate", settings.maxLearningRate);
  checkWithin(op, "atol", settings.atol, 0, Infinity);
  checkWithin(op, "rtol", settings.rtol, 0, Infinity);
  return settings;
}

interface Search {
  readonly step: NDArray;
  readonly value: NDArray;
  readonly error: NDArray;
  readonly tried: NDArray;
}

const positivePart = (error: NDArray): NDArray => select(ne(error, error), Infinity, max(error, 0));

/** Tries `first`, then smaller steps, until the loss has fallen enough or the tries are used up. */
function search<Params>(line: Line<Params>, first: NDArray, settings: Settings): Search {
  const { slopeRtol, decreaseFactor, atol, rtol, maxBacktrackingSteps } = settings;
  const missing = (step: NDArray, value: NDArray): NDArray =>
    positivePart(sub(sub(value, mul(line.value, 1 + rtol)), mul(mul(step, slopeRtol), line.slope)));
  const start = { step: first, value: line.value, error: full([], Infinity, "float64"), tried: noSteps() };
  return whileLoop<Search>(
    ({ error, tried }) => bitAnd(bitNot(le(error, atol)), le(tried, maxBacktrackingSteps)),
    ({ step: last, tried }) => {
      const step = select(gt(tried, 0), mul(last, decreaseFactor), last);
      const value = line.valueAt(step);
      return { step, value, error: missing(step, value), tried: add(tried, 1) };
    },
    start,
    { maxSteps: maxBacktrackingSteps + 1 },
  );
}

/**
 * Updates multiplied by a step that makes the loss fall: the first of a falling sequence with
 * `f(p + step · u) ≤ (1 + rtol) f(p) + slopeRtol · step · ⟨u, ∇f(p)⟩ + atol` (Armijo's condition). The updates must go
 * downhill, as those of `sgd` do. `update` needs the parameters and the extra `valueFn`; with `value` and `grad` at the parameters
 * it computes less. Where every step gives no finite loss, there is no update. The step counts as a constant for derivatives.
 * As `optax.scale_by_backtracking_linesearch`.
 *
 * @throws OptionError for an unknown option, or one out of range; TypeMismatchError when `update` gets no parameters or no `valueFn`.
 * @example
 * const optimizer = optim.chain(optim.sgd({ learningRate: 1 }), optim.scaleByBacktrackingLinesearch({ maxBacktrackingSteps: 15 }));
 * const [value, grad] = valueAndGrad(loss)(params);
 * const [updates, next] = optimizer.update(grad, state, params, { value, grad, valueFn: loss });
 */
export function scaleByBacktrackingLinesearch<Params = unknown>(
  options: BacktrackingLinesearchOptions,
): Transformation<Params, BacktrackingLinesearchState<Params>> {
  const op = "scaleByBacktrackingLinesearch";
  const settings = settingsOf(op, options);
  const { increaseFactor, maxLearningRate, storeGrad } = settings;
  return transformation<Params, BacktrackingLinesearchState<Params>>({
    floating: op,
    init: (params) => ({
      value: full([], Infinity, "float64"),
      grad: storeGrad ? zerosOf(params) : null,
      info: { numLinesearchSteps: noSteps(), decreaseError: full([], Infinity, "float64") },
      hyperparams: { learningRate: full([], 1, "float64") },
    }),
    update: (updates, { hyperparams }, params, extras) => {
      const line = lineOf(op, updates, params, extras);
      const last = hyperparams.learningRate;
      // After a search without result (a step of 0) the next begins anew.
      const first = select(eq(last, 0), maxLearningRate, min(mul(last, increaseFactor), maxLearningRate));
      const found = search(line, first, settings);
      const failed = eq(found.error, Infinity);
      const learningRate = stopGradient(select(failed, 0, found.step));
      const rate = beside(learningRate);
      const state = {
        value: select(failed, line.value, found.value),
        grad: storeGrad ? line.slopeAt(learningRate).grad : null,
        info: { numLinesearchSteps: found.tried, decreaseError: found.error },
        hyperparams: { learningRate },
      };
      return [mapLeaves((u) => mul(u, rate(u)), updates), state];
    },
  });
}
