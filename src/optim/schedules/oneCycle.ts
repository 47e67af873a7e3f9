// One cycle of a run (Smith and Topin 2019): up to the peak, then down far below the beginning; and the momentum, which goes the
// other way. In Optax's form, with bounds at whole steps, and in PyTorch's.

import { OptionError } from "../../core/errors.js";
import { requireOptions } from "../../core/options.js";
import { checkPositive, checkWithin } from "../checks.js";
import { checkCount } from "../requirements.js";
import { type Scalar, over } from "../scalars.js";
import { type Interpolation, type Point, checkInterpolation, interpolated, interpolatedBy } from "./piecewise.js";
import { type ScheduleValue, type StepSchedule, valueOf } from "./steps.js";

export interface CosineOnecycleScheduleOptions {
  readonly transitionSteps: number;
  readonly peakValue: ScheduleValue;
  /** The part of the steps that goes up; 0.3 by default. */
  readonly pctStart?: number;
  /** How many times smaller than the peak the beginning is; 25 by default. */
  readonly divFactor?: number;
  /** How many times smaller than the beginning the end is; 1e4 by default. */
  readonly finalDivFactor?: number;
}

export interface LinearOnecycleScheduleOptions extends CosineOnecycleScheduleOptions {
  /** The part of the steps after which the value is that of the beginning again; 0.85 by default. */
  readonly pctFinal?: number;
}

const onecycleOptions = ["transitionSteps", "peakValue", "pctStart", "divFactor", "finalDivFactor"] as const;

interface Cycle {
  readonly pctStart: number;
  readonly divFactor: number;
  readonly finalDivFactor: number;
}

function cycleOf(op: string, given: Partial<Cycle>): Cycle {
  const { pctStart = 0.3, divFactor = 25, finalDivFactor = 1e4 } = given;
  checkWithin(op, "pctStart", pctStart, 0, 1);
  checkPositive(op, "divFactor", divFactor);
  checkPositive(op, "finalDivFactor", finalDivFactor);
  return { pctStart, divFactor, finalDivFactor };
}

/**
 * Linear from `peak/divFactor` to the peak, back, and on to `peak/divFactor/finalDivFactor`. As `optax.linear_onecycle_schedule`.
 *
 * @throws OptionError for an unknown option or a number out of its range; TypeMismatchError for a missing value.
 * @example optim.linearOnecycleSchedule({ transitionSteps: 50, peakValue: 0.1 })(15) // 0.1
 */
export function linearOnecycleSchedule(options: LinearOnecycleScheduleOptions): StepSchedule {
  const op = "linearOnecycleSchedule";
  requireOptions(op, options, [...onecycleOptions, "pctFinal"]);
  const { transitionSteps: steps, peakValue, pctFinal = 0.85 } = options;
  const { pctStart, divFactor, finalDivFactor } = cycleOf(op, options);
  checkCount(op, "transitionSteps", steps);
  checkWithin(op, "pctFinal", pctFinal, pctStart, 1);
  return interpolatedBy(op, "linear", over(valueOf(op, "peakValue", peakValue), divFactor), [
    [Math.floor(pctStart * steps), divFactor],
    [Math.floor(pctFinal * steps), 1 / divFactor],
    [steps, 1 / finalDivFactor],
  ]);
}

/**
 * Along cosines from `peak/divFactor` to the peak, and down to `peak/divFactor/finalDivFactor`. As
 * `optax.cosine_onecycle_schedule`.
 *
 * @throws OptionError for an unknown option or a number out of its range; TypeMismatchError for a missing value.
 * @example optim.cosineOnecycleSchedule({ transitionSteps: 50, peakValue: 0.1 })(15) // 0.1
 */
export function cosineOnecycleSchedule(options: CosineOnecycleScheduleOptions): StepSchedule {
  const op = "cosineOnecycleSchedule";
  requireOptions(op, options, onecycleOptions);
  const { transitionSteps: steps, peakValue } = options;
  const { pctStart, divFactor, finalDivFactor } = cycleOf(op, options);
  checkCount(op, "transitionSteps", steps);
  return interpolatedBy(op, "cosine", over(valueOf(op, "peakValue", peakValue), divFactor), [
    [Math.floor(pctStart * steps), divFactor],
    [steps, 1 / (divFactor * finalDivFactor)],
  ]);
}

interface PhaseOptions {
  readonly totalSteps: number;
  /** The part of the steps that goes up; 0.3 by default. */
  readonly pctStart?: number;
  /** "cosine" by default. */
  readonly interpolate?: Interpolation;
  /** Whether it goes back to the beginning as fast as it rose, and down only then; false by default. */
  readonly threePhase?: boolean;
}

export interface OneCycleScheduleOptions extends PhaseOptions {
  readonly peakValue: ScheduleValue;
  /** How many times smaller than the peak the beginning is; 25 by default. */
  readonly divFactor?: number;
  /** How many times smaller than the beginning the end is; 1e4 by default. */
  readonly finalDivFactor?: number;
}

const phaseOptions = ["totalSteps", "pctStart", "interpolate", "threePhase"] as const;

/** The phases' bounds; as in PyTorch they lie between whole steps. */
function phasesOf(op: string, { totalSteps, pctStart = 0.3, interpolate = "cosine", threePhase = false }: PhaseOptions) {
  checkCount(op, "totalSteps", totalSteps, 2);
  checkWithin(op, "pctStart", pctStart, 0, 1);
  checkInterpolation(op, "interpolate", interpolate);
  const [top, last] = [pctStart * totalSteps - 1, totalSteps - 1];
  if (top > 0 && (!threePhase || 2 * top < last)) return { top, last, interpolate, back: threePhase ? 2 * top : undefined };
  throw new OptionError({
    op,
    expected: `pctStart that leaves every phase steps of its own, of ${totalSteps}`,
    received: String(pctStart),
    remedy: threePhase ? "pass a pctStart below 0.5" : "pass more steps, or a larger pctStart",
  });
}

/** Through three values, or four. */
function phased(op: string, options: PhaseOptions, [start, peak, end]: readonly [Scalar, Scalar, Scalar]): StepSchedule {
  const { top, last, interpolate, back } = phasesOf(op, options);
  const middle: readonly Point[] = back === undefined ? [] : [[back, start]];
  return interpolated(op, interpolate, [[0, start], [top, peak], ...middle, [last, end]]);
}

/**
 * The rate of PyTorch's OneCycleLR: from `peak/divFactor` to the peak, and down to `peak/divFactor/finalDivFactor` at the last of
 * `totalSteps`, where it stays. The peak lies at `pctStart · totalSteps − 1`, which need be no whole step.
 *
 * @throws OptionError for an unknown option or a number out of its range; TypeMismatchError for a missing value.
 * @example optim.oneCycleSchedule({ totalSteps: 60, peakValue: 0.5 })(17) // 0.5
 */
export function oneCycleSchedule(options: OneCycleScheduleOptions): StepSchedule {
  const op = "oneCycleSchedule";
  requireOptions(op, options, [...phaseOptions, "peakValue", "divFactor", "finalDivFactor"]);
  const { divFactor, finalDivFactor } = cycleOf(op, options);
  const peak = valueOf(op, "peakValue", options.peakValue);
  const start = over(peak, divFactor);
  return phased(op, options, [start, peak, over(start, finalDivFactor)]);
}

export interface OneCycleMomentumScheduleOptions extends PhaseOptions {
  /** The momentum while the rate is at its peak; 0.85 by default. */
  readonly baseMomentum?: ScheduleValue;
  /** The momentum at the beginning and at the end; 0.95 by default. */
  readonly maxMomentum?: ScheduleValue;
}

/**
 * The momentum of PyTorch's OneCycleLR with `cycle_momentum`: down while the rate of `oneCycleSchedule` goes up, and up again.
 *
 * @throws OptionError for an unknown option or a number out of its range; TypeMismatchError for what is no number.
 * @example optim.oneCycleMomentumSchedule({ totalSteps: 60 })(17) // 0.85
 */
export function oneCycleMomentumSchedule(options: OneCycleMomentumScheduleOptions): StepSchedule {
  const op = "oneCycleMomentumSchedule";
  requireOptions(op, options, [...phaseOptions, "baseMomentum", "maxMomentum"]);
  const [base, high] = [valueOf(op, "baseMomentum", options.baseMomentum ?? 0.85), valueOf(op, "maxMomentum", options.maxMomentum ?? 0.95)];
  return phased(op, options, [high, base, high]);
}
