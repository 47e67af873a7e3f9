// Schedules that go from one value to another and stay there: constant, linear, polynomial.

import { requireOptions } from "../../core/options.js";
import { add, div, mul, sub } from "../../ops/arithmetic.js";
import { pow } from "../../ops/power.js";
import { clamp } from "../../ops/select.js";
import { checkCount } from "../requirements.js";
import { minus } from "../scalars.js";
import { type ScheduleValue, type StepSchedule, scheduleOf, valueOf } from "./steps.js";

/**
 * The same value at every step. As `optax.constant_schedule`.
 *
 * @throws TypeMismatchError or OptionError for what is not one finite number.
 * @example optim.constantSchedule(0.1)(7) // 0.1
 */
export function constantSchedule(value: ScheduleValue): StepSchedule {
  const constant = valueOf("constantSchedule", "value", value);
  return scheduleOf("constantSchedule", () => constant);
}

export interface LinearScheduleOptions {
  readonly initValue: ScheduleValue;
  readonly endValue: ScheduleValue;
  /** Steps from the one value to the other. */
  readonly transitionSteps: number;
  /** Steps before that; 0 by default. */
  readonly transitionBegin?: number;
}

export interface PolynomialScheduleOptions extends LinearScheduleOptions {
  readonly power: ScheduleValue;
}

function polynomialOf(op: string, options: PolynomialScheduleOptions): StepSchedule {
  const { transitionSteps, transitionBegin = 0 } = options;
  const [init, end] = [valueOf(op, "initValue", options.initValue), valueOf(op, "endValue", options.endValue)];
  const exponent = valueOf(op, "power", options.power);
  checkCount(op, "transitionSteps", transitionSteps);
  checkCount(op, "transitionBegin", transitionBegin, 0);
  return scheduleOf(op, (t) => {
    const left = sub(1, div(clamp(0, sub(t, transitionBegin), transitionSteps), transitionSteps));
    return add(mul(exponent === 1 ? left : pow(left, exponent), minus(init, end)), end);
  });
}

/**
 * `end + (init − end) · (1 − t/transitionSteps)^power`, where t counts from `transitionBegin`; the end value after that. As
 * `optax.polynomial_schedule`, and PyTorch's PolynomialLR with `endValue: 0`.
 *
 * @throws OptionError for an unknown option, or numbers of steps that are no integers or too small; TypeMismatchError for a missing value.
 * @example optim.polynomialSchedule({ initValue: 1, endValue: 0, power: 2, transitionSteps: 10 })(5) // 0.25
 */
export function polynomialSchedule(options: PolynomialScheduleOptions): StepSchedule {
  const op = "polynomialSchedule";
  requireOptions(op, options, ["initValue", "endValue", "power", "transitionSteps", "transitionBegin"]);
  return polynomialOf(op, options);
}

/**
 * From `initValue` straight to `endValue` within `transitionSteps`. As `optax.linear_schedule`, and PyTorch's LinearLR.
 *
 * @throws OptionError for an unknown option, or numbers of steps that are no integers or too small; TypeMismatchError for a missing value.
 * @example optim.linearSchedule({ initValue: 1, endValue: 0, transitionSteps: 10 })(5) // 0.5
 */
export function linearSchedule(options: LinearScheduleOptions): StepSchedule {
  const op = "linearSchedule";
  requireOptions(op, options, ["initValue", "endValue", "transitionSteps", "transitionBegin"]);
  return polynomialOf(op, { ...options, power: 1 });
}

export interface WarmupConstantScheduleOptions {
  readonly initValue: ScheduleValue;
  readonly peakValue: ScheduleValue;
  /** Steps from the first value to the peak; with 0 it begins there. */
  readonly warmupSteps: number;
}

/**
 * From `initValue` straight to `peakValue`, then constant. As `optax.warmup_constant_schedule`.
 *
 * @throws OptionError for an unknown option, or `warmupSteps` that is no integer of at least 0; TypeMismatchError for a missing value.
 * @example optim.warmupConstantSchedule({ initValue: 0, peakValue: 0.1, warmupSteps: 10 })(5) // 0.05
 */
export function warmupConstantSchedule(options: WarmupConstantScheduleOptions): StepSchedule {
  const op = "warmupConstantSchedule";
  requireOptions(op, options, ["initValue", "peakValue", "warmupSteps"]);
  return warmupOf(op, options);
}

/** A linear rise that may be of no steps at all. */
export function warmupOf(op: string, { initValue, peakValue, warmupSteps }: WarmupConstantScheduleOptions): StepSchedule {
  checkCount(op, "warmupSteps", warmupSteps, 0);
  const [init, peak] = [valueOf(op, "initValue", initValue), valueOf(op, "peakValue", peakValue)];
  if (warmupSteps === 0) return scheduleOf(op, () => peak);
  return polynomialOf(op, { initValue: init, endValue: peak, power: 1, transitionSteps: warmupSteps });
}
