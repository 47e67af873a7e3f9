// Schedules made of others: added, multiplied, scaled, shifted, repeated, kept within limits, and by factors from step to step.

import { type NDArray, scalar } from "../../core/array.js";
import { isFloat } from "../../core/dtype.js";
import { OptionError } from "../../core/errors.js";
import { checkOptions, requireOptions } from "../../core/options.js";
import { whileLoop } from "../../lax/whileLoop.js";
import { toDType } from "../../numpy/promote.js";
import { add, floor, max, min, mul, rem, sub } from "../../ops/arithmetic.js";
import { le } from "../../ops/compare.js";
import { convertElementType } from "../../ops/convert.js";
import { vmap } from "../../transform/vmap.js";
import { checkCount } from "../requirements.js";
import type { Schedule } from "../hyperparameters.js";
import { type ScheduleLike, type ScheduleValue, type StepSchedule, asStep, checkSchedule, evaluated, valueOf } from "./steps.js";

/** A schedule of the values that others have at a step. */
function combined(op: string, schedules: readonly ScheduleLike[], combine: (x: NDArray, y: NDArray) => NDArray): StepSchedule {
  if (schedules.length === 0) {
    throw new OptionError({ op, expected: "schedules, at least one", received: "none", remedy: "pass one or more" });
  }
  schedules.forEach((schedule, i) => checkSchedule(op, `schedule ${i}`, schedule));
  return (step) => {
    const t = asStep(step);
    return schedules.map((schedule) => evaluated(op, schedule, t)).reduce(combine);
  };
}

/**
 * The sum of schedules; a number counts as a constant one.
 *
 * @throws OptionError for no schedules; TypeMismatchError for what is none.
 * @example optim.addSchedules(optim.stepDecaySchedule({ initValue: 1, stepSize: 5 }), 0.5)(5) // 0.6
 */
export const addSchedules = (...schedules: readonly ScheduleLike[]): StepSchedule => combined("addSchedules", schedules, add);

/**
 * The product of schedules; a number counts as a constant one. PyTorch's ChainedScheduler is the product of the rate and of what
 * each of its schedulers makes of a rate of 1.
 *
 * @throws OptionError for no schedules; TypeMismatchError for what is none.
 * @example optim.multiplySchedules(0.1, optim.stepDecaySchedule({ initValue: 1, stepSize: 5 }))(5) // 0.01
 */
export const multiplySchedules = (...schedules: readonly ScheduleLike[]): StepSchedule => combined("multiplySchedules", schedules, mul);

/**
 * A schedule's values multiplied by a factor. PyTorch's LambdaLR: the function is the schedule, the rate the factor.
 *
 * @throws TypeMismatchError for what is no schedule, or no number; OptionError for a factor that is not finite.
 * @example optim.scaleSchedule((step) => np.divide(1, step.add(1)), 0.1)(1) // 0.05
 */
export function scaleSchedule(schedule: ScheduleLike, factor: ScheduleValue): StepSchedule {
  const op = "scaleSchedule";
  checkSchedule(op, "schedule", schedule);
  const by = valueOf(op, "factor", factor);
  return (step) => mul(evaluated(op, schedule, asStep(step)), by);
}

/**
 * A schedule later by a number of steps: until then it has its first value. A negative number leaves out its beginning.
 *
 * @throws TypeMismatchError for what is no schedule; OptionError for a number of steps that is no integer.
 * @example optim.shiftSchedule(optim.linearSchedule({ initValue: 1, endValue: 0, transitionSteps: 10 }), 5)(10) // 0.5
 */
export function shiftSchedule(schedule: ScheduleLike, steps: number): StepSchedule {
  const op = "shiftSchedule";
  checkSchedule(op, "schedule", schedule);
  checkCount(op, "steps", steps, Number.MIN_SAFE_INTEGER);
  return (step) => evaluated(op, schedule, max(sub(asStep(step), steps), 0));
}

/**
 * A schedule that begins anew after each period.
 *
 * @throws TypeMismatchError for what is no schedule; OptionError for a period that is no positive integer.
 * @example optim.repeatSchedule(optim.linearSchedule({ initValue: 1, endValue: 0, transitionSteps: 10 }), 10)(15) // 0.5
 */
export function repeatSchedule(schedule: ScheduleLike, period: number): StepSchedule {
  const op = "repeatSchedule";
  checkSchedule(op, "schedule", schedule);
  checkCount(op, "period", period);
  return (step) => evaluated(op, schedule, rem(asStep(step), period));
}

export interface ClampScheduleOptions {
  readonly min?: ScheduleValue;
  readonly max?: ScheduleValue;
}

/**
 * A schedule's values, not below `min` and not above `max`.
 *
 * @throws TypeMismatchError for what is no schedule; OptionError for an unknown option, no limit at all, or limits the wrong way round.
 * @example optim.clampSchedule(optim.stepDecaySchedule({ initValue: 1, stepSize: 5 }), { min: 0.05 })(10) // 0.05
 */
export function clampSchedule(schedule: ScheduleLike, options: ClampScheduleOptions): StepSchedule {
  const op = "clampSchedule";
  checkSchedule(op, "schedule", schedule);
  checkOptions(op, options, ["min", "max"]);
  const low = options?.min === undefined ? undefined : valueOf(op, "min", options.min);
  const high = options?.max === undefined ? undefined : valueOf(op, "max", options.max);
  const crossed = typeof low === "number" && typeof high === "number" && low > high;
  if (crossed || (low === undefined && high === undefined)) {
    throw new OptionError({
      op,
      expected: "min, or max, or a min that is not above max",
      received: crossed ? `min ${low} and max ${high}` : "neither",
      remedy: "write the limits as { min: 1e-5 }",
    });
  }
  return (step) => {
    const value = evaluated(op, schedule, asStep(step));
    const raised = low === undefined ? value : max(value, low);
    return high === undefined ? raised : min(raised, high);
  };
}

export interface MultiplicativeScheduleOptions {
  readonly initValue: ScheduleValue;
  /** What the value is multiplied by when a step is reached: called with 1, 2, … */
  readonly factor: Schedule;
}

/**
 * `init · factor(1) · factor(2) · … · factor(t)`: PyTorch's MultiplicativeLR. Step t costs t evaluations, because nothing is
 * remembered; where the product has a formula of its own, a schedule of that is quicker.
 *
 * @throws OptionError for an unknown option; TypeMismatchError for a missing value, or a factor that is no function.
 * @example optim.multiplicativeSchedule({ initValue: 1, factor: () => 0.5 })(3) // 0.125
 */
export function multiplicativeSchedule(options: MultiplicativeScheduleOptions): StepSchedule {
  const op = "multiplicativeSchedule";
  requireOptions(op, options, ["initValue", "factor"]);
  const { factor } = options;
  const init = valueOf(op, "initValue", options.initValue);
  checkSchedule(op, "factor", factor);
  const at = (last: NDArray): NDArray =>
    whileLoop(
      ([i]: readonly [NDArray, NDArray]) => le(i, last),
      ([i, value]: readonly [NDArray, NDArray]): [NDArray, NDArray] => [add(i, 1), mul(value, evaluated(op, factor, i))],
      [scalar(1, "int32"), toDType(op, init, "float64")] as [NDArray, NDArray],
    )[1];
  return (step) => {
    const t = asStep(step);
    const last = convertElementType(isFloat(t.dtype) ? floor(t) : t, "int32");
    return last.ndim === 0 ? at(last) : vmap(at)(last);
  };
}
