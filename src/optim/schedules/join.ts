// Schedules one after the other, each counting steps from its own beginning.

import { OptionError } from "../../core/errors.js";
import { sub } from "../../ops/arithmetic.js";
import { lt } from "../../ops/compare.js";
import { select } from "../../ops/select.js";
import { checkCount } from "../requirements.js";
import { type ScheduleLike, type StepSchedule, asStep, checkSchedule, evaluated } from "./steps.js";

/** The first schedule, and from each boundary on the next: they are expected to be checked. */
export const joined =
  (op: string, [first, ...rest]: readonly ScheduleLike[], boundaries: readonly number[]): StepSchedule =>
  (step) => {
    const t = asStep(step);
    return rest.reduce(
      (value, schedule, i) => select(lt(t, boundaries[i]), value, evaluated(op, schedule, sub(t, boundaries[i]))),
      evaluated(op, first, t),
    );
  };

/**
 * The first schedule up to the first boundary, then the second, which counts from there, and so on. As `optax.join_schedules`, and
 * PyTorch's SequentialLR.
 *
 * Each is evaluated at every step, those that have not begun at steps below 0: their values there are not used.
 *
 * @throws OptionError unless there is one boundary less than schedules, and they rise; TypeMismatchError for what is no schedule.
 * @example
 * const rise = optim.linearSchedule({ initValue: 0, endValue: 0.1, transitionSteps: 10 });
 * optim.joinSchedules([rise, 0.05], [10])(12) // 0.05
 */
export function joinSchedules(schedules: readonly ScheduleLike[], boundaries: readonly number[]): StepSchedule {
  const op = "joinSchedules";
  if (!Array.isArray(schedules) || !Array.isArray(boundaries) || schedules.length !== boundaries.length + 1) {
    throw new OptionError({
      op,
      expected: "a list of schedules, and the steps at which the second and those after it begin",
      received: `${Array.isArray(schedules) ? schedules.length : "no list of"} schedules and ${Array.isArray(boundaries) ? boundaries.length : "no list of"} boundaries`,
      remedy: "give one boundary less than schedules",
    });
  }
  schedules.forEach((schedule, i) => checkSchedule(op, `schedules[${i}]`, schedule));
  boundaries.forEach((boundary, i) => checkCount(op, `boundaries[${i}]`, boundary, i === 0 ? 0 : boundaries[i - 1]));
  return joined(op, [...schedules], [...boundaries]);
}
