// What schedules are made of: steps of any dtype and shape come in, float64 values of the same shape leave, so that a rate is
// as exact as a JavaScript number until it meets the leaf that it scales. All of it is traceable.

import { type ArrayLike, NDArray, scalar } from "../../core/array.js";
import { showAval } from "../../core/aval.js";
import { OptionError, TypeMismatchError } from "../../core/errors.js";
import { broadcastTrailing, toDType } from "../../numpy/promote.js";
import type { Schedule } from "../hyperparameters.js";
import type { Scalar } from "../scalars.js";

/** What the library's schedules are: of a step (a number, a scalar, or an array of steps) the value, float64. */
export type StepSchedule = (step: ArrayLike) => NDArray;

/** A value that a schedule starts from or goes to: a number, or a scalar array, which may be traced. */
export type ScheduleValue = number | NDArray;

/** A schedule as combinators take it: a number is a constant one. */
export type ScheduleLike = Schedule | number;

const kindOf = (value: unknown): string => (value === undefined ? "nothing" : value === null ? "null" : `a ${typeof value}`);

/**
 * A value of an option as what is computed with: a number, or a float64 scalar.
 *
 * @throws TypeMismatchError for what is neither number nor array; OptionError for a number that is not finite, or an array that is no scalar.
 */
export function valueOf(op: string, name: string, value: unknown): Scalar {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  if (value instanceof NDArray && value.ndim === 0) return toDType(op, value, "float64");
  if (typeof value === "number" || value instanceof NDArray) {
    throw new OptionError({
      op,
      expected: `one finite number as ${name}`,
      received: typeof value === "number" ? String(value) : showAval(value.aval),
      remedy: "pass a number or a scalar array",
    });
  }
  throw new TypeMismatchError({
    op,
    expected: `${name} as a number or a scalar array`,
    received: kindOf(value),
    remedy: `pass it in the options, as in { ${name}: 0.1 }`,
  });
}

/** The schedule of a function of float64 steps; a value that is the same for all of them is repeated for each. */
export const scheduleOf =
  (op: string, f: (t: NDArray) => Scalar): StepSchedule =>
  (step) => {
    const t = toDType(op, step, "float64");
    const value = toDType(op, f(t), "float64");
    return value.ndim === t.ndim ? value : broadcastTrailing(value, t.shape);
  };

/** A step as optimizers give it to schedules: a whole number is int32, another float64; an array stays as it is. */
export function asStep(step: ArrayLike): NDArray {
  if (step instanceof NDArray) return step.aval.weak === undefined ? step : toDType("schedule", step, "float64");
  const number = Number(step);
  return scalar(number, Number.isInteger(number) && Math.abs(number) < 2 ** 31 ? "int32" : "float64");
}

/**
 * Refuses what is no schedule.
 *
 * @throws TypeMismatchError
 */
export function checkSchedule(op: string, name: string, schedule: unknown): asserts schedule is ScheduleLike {
  if (typeof schedule === "function") return;
  if (typeof schedule === "number") return void valueOf(op, name, schedule);
  throw new TypeMismatchError({
    op,
    expected: `${name} as a schedule or a number`,
    received: kindOf(schedule),
    remedy: "pass a function from the step to the value, such as optim.cosineDecaySchedule({ … })",
  });
}

/** The value of a schedule of anyone's making, as float64, in the steps' shape. */
export function evaluated(op: string, schedule: ScheduleLike, step: NDArray): NDArray {
  const value = toDType(op, typeof schedule === "number" ? schedule : schedule(step), "float64");
  return value.ndim === 0 && step.ndim > 0 ? broadcastTrailing(value, step.shape) : value;
}
