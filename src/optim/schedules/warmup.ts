// Schedules that rise first: to a cosine, to an exponential decay, and several times over.

import { OptionError } from "../../core/errors.js";
import { checkOptions, requireOptions } from "../../core/options.js";
import { div, mul } from "../../ops/arithmetic.js";
import { eq } from "../../ops/compare.js";
import { select } from "../../ops/select.js";
import { checkCount } from "../requirements.js";
import { type Scalar, over } from "../scalars.js";
import { joined } from "./join.js";
import { cosineDecaySchedule } from "./cosine.js";
import { type ExponentialDecayOptions, exponentialDecayOptions, exponentialOf } from "./exponential.js";
import { warmupOf } from "./polynomial.js";
import { type ScheduleValue, type StepSchedule, valueOf } from "./steps.js";

export interface WarmupCosineDecayScheduleOptions {
  readonly initValue: ScheduleValue;
  readonly peakValue: ScheduleValue;
  /** Steps of the linear rise; with 0 it begins at the peak. */
  readonly warmupSteps: number;
  /** Steps of rise and decay together. */
  readonly decaySteps: number;
  /** The last value; 0 by default. */
  readonly endValue?: ScheduleValue;
  /** The power of the cosine; 1 by default. */
  readonly exponent?: ScheduleValue;
}

const warmupCosineOptions = ["initValue", "peakValue", "warmupSteps", "decaySteps", "endValue", "exponent"] as const;

/** `end / peak`; 0 where the peak is 0. */
function alphaOf(end: Scalar, peak: Scalar): Scalar {
  if (typeof peak === "number") return peak === 0 ? 0 : over(end, peak);
  const flat = eq(peak, 0);
  return select(flat, 0, div(mul(select(flat, 0, 1), end), select(flat, 1, peak)));
}

function warmupCosine(op: string, options: WarmupCosineDecayScheduleOptions): StepSchedule {
  const { initValue, warmupSteps, decaySteps, exponent = 1 } = options;
  const peakValue = valueOf(op, "peakValue", options.peakValue);
  const rising = warmupOf(op, { initValue, peakValue, warmupSteps });
  checkCount(op, "decaySteps (they contain the warm-up)", decaySteps, warmupSteps + 1);
  const alpha = alphaOf(valueOf(op, "endValue", options.endValue ?? 0), peakValue);
  const decaying = cosineDecaySchedule({
    initValue: peakValue,
    decaySteps: decaySteps - warmupSteps,
    alpha,
    exponent: valueOf(op, "exponent", exponent),
  });
  return joined(op, [rising, decaying], [warmupSteps]);
}

/**
 * A linear rise from `initValue` to `peakValue`, then a cosine down to `endValue` at step `decaySteps`. As
 * `optax.warmup_cosine_decay_schedule`.
 *
 * @throws OptionError for an unknown option, or numbers of steps that are no integers, or not more in all than in the warm-up; TypeMismatchError for a missing value.
 * @example optim.warmupCosineDecaySchedule({ initValue: 0, peakValue: 0.1, warmupSteps: 10, decaySteps: 50 })(30) // 0.05
 */
export function warmupCosineDecaySchedule(options: WarmupCosineDecayScheduleOptions): StepSchedule {
  const op = "warmupCosineDecaySchedule";
  requireOptions(op, options, warmupCosineOptions);
  return warmupCosine(op, options);
}

/**
 * Several warm-ups with cosine decays, one after the other, each as long as its `decaySteps` (Loshchilov and Hutter 2017). As
 * `optax.sgdr_schedule`.
 *
 * @throws OptionError for no cycles, or what `warmupCosineDecaySchedule` refuses.
 * @example
 * const cycle = { initValue: 0, peakValue: 0.1, warmupSteps: 3, decaySteps: 20 };
 * optim.sgdrSchedule([cycle, { ...cycle, peakValue: 0.05 }])(23) // 0.05
 */
export function sgdrSchedule(cycles: readonly WarmupCosineDecayScheduleOptions[]): StepSchedule {
  const op = "sgdrSchedule";
  if (!Array.isArray(cycles) || cycles.length === 0) {
    throw new OptionError({
      op,
      expected: "a list of cycles, at least one",
      received: Array.isArray(cycles) ? "an empty list" : String(cycles),
      remedy: "pass the options of a warmupCosineDecaySchedule for each cycle",
    });
  }
  const schedules = cycles.map((cycle) => {
    checkOptions(op, cycle, warmupCosineOptions);
    return warmupCosine(op, cycle);
  });
  let end = 0;
  const ends = cycles.map(({ decaySteps }) => (end += decaySteps));
  return joined(op, schedules, ends.slice(0, -1));
}

export interface WarmupExponentialDecayScheduleOptions extends Omit<ExponentialDecayOptions, "initValue"> {
  readonly initValue: ScheduleValue;
  readonly peakValue: ScheduleValue;
  /** Steps of the linear rise; with 0 it begins at the peak. `transitionBegin` counts from its end. */
  readonly warmupSteps: number;
}

/**
 * A linear rise from `initValue` to `peakValue`, then an `exponentialDecay`. As `optax.warmup_exponential_decay_schedule`.
 *
 * @throws OptionError for an unknown option, a negative rate, or numbers of steps that are no integers or too small; TypeMismatchError for a missing value.
 * @example
 * const options = { initValue: 0, peakValue: 0.1, warmupSteps: 10, transitionSteps: 20, decayRate: 0.5 };
 * optim.warmupExponentialDecaySchedule(options)(30) // 0.05
 */
export function warmupExponentialDecaySchedule(options: WarmupExponentialDecayScheduleOptions): StepSchedule {
  const op = "warmupExponentialDecaySchedule";
  requireOptions(op, options, [...exponentialDecayOptions, "peakValue", "warmupSteps"]);
  const { initValue, peakValue, warmupSteps, ...decay } = options;
  const rising = warmupOf(op, { initValue, peakValue, warmupSteps });
  return joined(op, [rising, exponentialOf(op, { ...decay, initValue: peakValue })], [warmupSteps]);
}
