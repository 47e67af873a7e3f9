// Schedules that decay by a factor, smoothly or in stairs, and by the inverse square root.

import { OptionError } from "../../core/errors.js";
import { requireOptions } from "../../core/options.js";
import { add, div, floor, max, min, mul, sub } from "../../ops/arithmetic.js";
import { le, lt } from "../../ops/compare.js";
import { sqrt } from "../../ops/exponential.js";
import { pow } from "../../ops/power.js";
import { select } from "../../ops/select.js";
import { checkCount } from "../requirements.js";
import { type Scalar, minus } from "../scalars.js";
import { type ScheduleValue, type StepSchedule, scheduleOf, valueOf } from "./steps.js";

export interface ExponentialDecayOptions {
  readonly initValue: ScheduleValue;
  /** Steps within which the value is multiplied by the rate once. */
  readonly transitionSteps: number;
  readonly decayRate: ScheduleValue;
  /** Steps before that; 0 by default. */
  readonly transitionBegin?: number;
  /** Whether the value changes once in `transitionSteps`, all at once; false by default. */
  readonly staircase?: boolean;
  /** Where it stops: the least value of a rate below 1, the greatest of another. No limit by default. */
  readonly endValue?: ScheduleValue;
}

export const exponentialDecayOptions = ["initValue", "transitionSteps", "decayRate", "transitionBegin", "staircase", "endValue"] as const;

/** A rate that may be a base: a number below 0 has no broken powers. */
export function rateOf(op: string, name: string, value: unknown): Scalar {
  const rate = valueOf(op, name, value);
  if (typeof rate !== "number" || rate >= 0) return rate;
  throw new OptionError({ op, expected: `${name} of at least 0`, received: String(rate), remedy: "pass a factor such as 0.9" });
}

export function exponentialOf(op: string, options: ExponentialDecayOptions): StepSchedule {
  const { transitionSteps, transitionBegin = 0, staircase = false } = options;
  const init = valueOf(op, "initValue", options.initValue);
  const rate = rateOf(op, "decayRate", options.decayRate);
  const end = options.endValue === undefined ? undefined : valueOf(op, "endValue", options.endValue);
  checkCount(op, "transitionSteps", transitionSteps);
  checkCount(op, "transitionBegin", transitionBegin, 0);
  return scheduleOf(op, (t) => {
    const done = max(div(sub(t, transitionBegin), transitionSteps), 0);
    const value = mul(pow(rate, staircase ? floor(done) : done), init);
    if (end === undefined) return value;
    if (typeof rate === "number") return rate < 1 ? max(value, end) : min(value, end);
    return select(lt(rate, 1), max(value, end), min(value, end));
  });
}

/**
 * `init · decayRate^(t/transitionSteps)`, where t counts from `transitionBegin`. As `optax.exponential_decay`; with
 * `transitionSteps: 1` PyTorch's ExponentialLR.
 *
 * @throws OptionError for an unknown option, a negative rate, or numbers of steps that are no integers or too small; TypeMismatchError for a missing value.
 * @example optim.exponentialDecay({ initValue: 1, transitionSteps: 10, decayRate: 0.25 })(5) // 0.5
 */
export function exponentialDecay(options: ExponentialDecayOptions): StepSchedule {
  const op = "exponentialDecay";
  requireOptions(op, options, exponentialDecayOptions);
  return exponentialOf(op, options);
}

export interface StepDecayScheduleOptions {
  readonly initValue: ScheduleValue;
  /** Steps between two changes. */
  readonly stepSize: number;
  /** What the value is multiplied by; 0.1 by default. */
  readonly decayRate?: ScheduleValue;
}

/**
 * `init · decayRate^⌊t/stepSize⌋`: PyTorch's StepLR, and `exponentialDecay` in stairs.
 *
 * @throws OptionError for an unknown option, a negative rate, or a step size that is no positive integer; TypeMismatchError for a missing value.
 * @example optim.stepDecaySchedule({ initValue: 1, stepSize: 5 })(7) // 0.1
 */
export function stepDecaySchedule(options: StepDecayScheduleOptions): StepSchedule {
  const op = "stepDecaySchedule";
  requireOptions(op, options, ["initValue", "stepSize", "decayRate"]);
  const { initValue, stepSize, decayRate = 0.1 } = options;
  checkCount(op, "stepSize", stepSize);
  return exponentialOf(op, { initValue, decayRate, transitionSteps: stepSize, staircase: true });
}

export interface InverseSqrtScheduleOptions {
  readonly peakValue: ScheduleValue;
  /** The step at which the peak is reached, and from which the value decays. */
  readonly warmupSteps: number;
  /** Where the rise begins; 0 by default. With the peak value itself there is no rise: constant, then decaying. */
  readonly initValue?: ScheduleValue;
}

/**
 * A linear rise to the peak, then `peak · √(warmupSteps / t)`: the schedule of the first transformers (Vaswani et al. 2017,
 * section 5.3, whose peak is `(width · warmupSteps)^−½`).
 *
 * @throws OptionError for an unknown option, or `warmupSteps` that is no positive integer; TypeMismatchError for a missing value.
 * @example optim.inverseSqrtSchedule({ peakValue: 0.1, warmupSteps: 100 })(400) // 0.05
 */
export function inverseSqrtSchedule(options: InverseSqrtScheduleOptions): StepSchedule {
  const op = "inverseSqrtSchedule";
  requireOptions(op, options, ["peakValue", "warmupSteps", "initValue"]);
  const { warmupSteps } = options;
  const [init, peak] = [valueOf(op, "initValue", options.initValue ?? 0), valueOf(op, "peakValue", options.peakValue)];
  checkCount(op, "warmupSteps", warmupSteps);
  return scheduleOf(op, (t) => {
    const rising = add(mul(div(t, warmupSteps), minus(peak, init)), init);
    return select(le(t, warmupSteps), rising, mul(sqrt(div(warmupSteps, max(t, warmupSteps))), peak));
  });
}
