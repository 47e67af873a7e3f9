// Schedules given by boundaries, and by the factors that the value is multiplied by at them: in jumps, or interpolated.

import type { NDArray } from "../../core/array.js";
import { OptionError } from "../../core/errors.js";
import { requireOptions } from "../../core/options.js";
import { add, div, mul, sub } from "../../ops/arithmetic.js";
import { ge, lt } from "../../ops/compare.js";
import { full } from "../../ops/layout.js";
import { select } from "../../ops/select.js";
import { cos } from "../../ops/trigonometric.js";
import { checkCount } from "../requirements.js";
import { type Scalar, minus, times } from "../scalars.js";
import { type ScheduleValue, type StepSchedule, scheduleOf, valueOf } from "./steps.js";

/** From the step at which it applies to a factor. */
export type BoundariesAndScales = Readonly<Record<number, number>>;

export interface PiecewiseConstantScheduleOptions {
  readonly initValue: ScheduleValue;
  /** At each of these steps the value is multiplied by a factor. */
  readonly boundariesAndScales?: BoundariesAndScales;
}

/** How a value goes from one to the next. */
export type Interpolation = "linear" | "cosine";

export interface PiecewiseInterpolateScheduleOptions extends PiecewiseConstantScheduleOptions {
  readonly interpolateType: Interpolation;
}

/** A step, and the factor from there on. */
export type Boundary = readonly [step: number, scale: number];

function boundariesOf(op: string, given: unknown): Boundary[] {
  if (given === undefined) return [];
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw new OptionError({
      op,
      expected: "boundariesAndScales as an object from steps to factors",
      received: given === null ? "null" : Array.isArray(given) ? "a list" : String(given),
      remedy: "write it as { 1000: 0.1, 2000: 0.5 }",
    });
  }
  return Object.entries(given)
    .map(([key, scale]): Boundary => {
      checkCount(op, "a boundary", Number(key), 0);
      if (typeof scale === "number" && Number.isFinite(scale) && scale >= 0) return [Number(key), scale];
      throw new OptionError({
        op,
        expected: `a factor of at least 0 at step ${key}`,
        received: String(scale),
        remedy: "values are multiplied by factors: to reach a tenth, pass 0.1",
      });
    })
    .toSorted(([a], [b]) => a - b);
}

/** The values between the boundaries: the first, and each after it. */
const cumulated = (init: Scalar, boundaries: readonly Boundary[]): Scalar[] =>
  boundaries.reduce<Scalar[]>((values, [, scale], i) => [...values, times(values[i], scale)], [init]);

/** `init`, multiplied by each factor from its step on. */
export function jumping(op: string, init: Scalar, boundaries: readonly Boundary[]): StepSchedule {
  const [first, ...values] = cumulated(init, boundaries);
  return scheduleOf(op, (t) =>
    values.reduce<NDArray>((value, next, i) => select(lt(t, boundaries[i][0]), value, wide(next, t)), wide(first, t)),
  );
}

const wide = (value: Scalar, t: NDArray): NDArray => (typeof value === "number" ? full([], value, t.dtype) : value);

const shares: Readonly<Record<Interpolation, (share: NDArray) => NDArray>> = {
  linear: (share) => share,
  cosine: (share) => mul(sub(1, cos(mul(share, Math.PI))), 0.5),
};

/** A point that an interpolated schedule passes. */
export type Point = readonly [step: number, value: Scalar];

/** From point to point; the first value before the first, the last after the last. Of two at one step the later counts. */
export function interpolated(op: string, type: Interpolation, points: readonly Point[]): StepSchedule {
  return scheduleOf(op, (t) =>
    points.slice(1).reduce<NDArray>(
      (value, [end, to], i) => {
        const [start, from] = points[i];
        if (end <= start) return select(ge(t, end), wide(to, t), value);
        const share = shares[type](div(sub(t, start), end - start));
        const here = add(mul(share, minus(to, from)), from);
        return select(ge(t, end), wide(to, t), select(ge(t, start), here, value));
      },
      wide(points[0][1], t),
    ),
  );
}

/**
 * Refuses what is no way of interpolating.
 *
 * @throws OptionError
 */
export function checkInterpolation(op: string, name: string, type: unknown): asserts type is Interpolation {
  if (type === "linear" || type === "cosine") return;
  throw new OptionError({ op, expected: `${name} "linear" or "cosine"`, received: String(type), remedy: "pass one of the two" });
}

/**
 * Constant between boundaries; at each the value is multiplied by its factor. As `optax.piecewise_constant_schedule`.
 *
 * @throws OptionError for an unknown option, a boundary that is no step, or a negative factor; TypeMismatchError for a missing value.
 * @example optim.piecewiseConstantSchedule({ initValue: 1, boundariesAndScales: { 10: 0.1, 20: 0.5 } })(20) // 0.05
 */
export function piecewiseConstantSchedule(options: PiecewiseConstantScheduleOptions): StepSchedule {
  const op = "piecewiseConstantSchedule";
  requireOptions(op, options, ["initValue", "boundariesAndScales"]);
  return jumping(op, valueOf(op, "initValue", options.initValue), boundariesOf(op, options.boundariesAndScales));
}

/**
 * Through the values that `piecewiseConstantSchedule` jumps to, each reached at its boundary. As
 * `optax.piecewise_interpolate_schedule`.
 *
 * @throws OptionError for an unknown option or interpolation, a boundary that is no step, or a negative factor; TypeMismatchError for a missing value.
 * @example optim.piecewiseInterpolateSchedule({ interpolateType: "linear", initValue: 1, boundariesAndScales: { 10: 0.1 } })(5) // 0.55
 */
export function piecewiseInterpolateSchedule(options: PiecewiseInterpolateScheduleOptions): StepSchedule {
  const op = "piecewiseInterpolateSchedule";
  requireOptions(op, options, ["interpolateType", "initValue", "boundariesAndScales"]);
  checkInterpolation(op, "interpolateType", options.interpolateType);
  return interpolatedBy(op, options.interpolateType, options.initValue, boundariesOf(op, options.boundariesAndScales));
}

/** Points by factors, each on the value before it. */
export function interpolatedBy(op: string, type: Interpolation, initValue: ScheduleValue, boundaries: readonly Boundary[]): StepSchedule {
  const values = cumulated(valueOf(op, "initValue", initValue), boundaries);
  return interpolated(
    op,
    type,
    values.map((value, i): Point => [i === 0 ? 0 : boundaries[i - 1][0], value]),
  );
}

export interface MultiStepDecayScheduleOptions {
  readonly initValue: ScheduleValue;
  /** The steps at which the value changes; one that is there twice counts twice. */
  readonly milestones: readonly number[];
  /** What the value is multiplied by at each; 0.1 by default. */
  readonly decayRate?: number;
}

/**
 * `init · decayRate^(milestones reached)`: PyTorch's MultiStepLR.
 *
 * @throws OptionError for an unknown option, a milestone that is no step, or a negative rate; TypeMismatchError for a missing value.
 * @example optim.multiStepDecaySchedule({ initValue: 1, milestones: [2, 6], decayRate: 0.5 })(6) // 0.25
 */
export function multiStepDecaySchedule(options: MultiStepDecayScheduleOptions): StepSchedule {
  const op = "multiStepDecaySchedule";
  requireOptions(op, options, ["initValue", "milestones", "decayRate"]);
  const { initValue, milestones, decayRate = 0.1 } = options;
  if (!Array.isArray(milestones)) {
    throw new OptionError({ op, expected: "milestones as a list of steps", received: String(milestones), remedy: "pass [30, 60]" });
  }
  for (const milestone of milestones) checkCount(op, "a milestone", milestone, 0);
  if (typeof decayRate !== "number" || !(decayRate >= 0) || decayRate === Infinity) {
    throw new OptionError({ op, expected: "decayRate of at least 0", received: String(decayRate), remedy: "pass a factor such as 0.1" });
  }
  const boundaries = [...milestones].toSorted((a, b) => a - b).map((step): Boundary => [step, decayRate]);
  return jumping(op, valueOf(op, "initValue", initValue), boundaries);
}
