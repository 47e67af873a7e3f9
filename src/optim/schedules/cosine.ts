// Schedules along the cosine: once down, up and down for ever, and with warm restarts.

import type { NDArray } from "../../core/array.js";
import { OptionError } from "../../core/errors.js";
import { requireOptions } from "../../core/options.js";
import { add, div, floor, max, min, mul, sub } from "../../ops/arithmetic.js";
import { ge, lt } from "../../ops/compare.js";
import { log } from "../../ops/exponential.js";
import { convertElementType } from "../../ops/convert.js";
import { pow } from "../../ops/power.js";
import { cos } from "../../ops/trigonometric.js";
import { checkCount } from "../requirements.js";
import { complement, minus } from "../scalars.js";
import { type ScheduleValue, type StepSchedule, scheduleOf, valueOf } from "./steps.js";

/** `½ (1 + cos(π · share))`: from 1 at share 0 to 0 at share 1. */
const falling = (share: NDArray): NDArray => mul(add(cos(mul(share, Math.PI)), 1), 0.5);

export interface CosineDecayScheduleOptions {
  readonly initValue: ScheduleValue;
  /** Steps until the end. */
  readonly decaySteps: number;
  /** The part of the first value that is left at the end; 0 by default. */
  readonly alpha?: ScheduleValue;
  /** The power of the cosine; 1 by default. */
  readonly exponent?: ScheduleValue;
}

/**
 * `init · ((1 − alpha) · (½ + ½ cos(π t / decaySteps))^exponent + alpha)`; constant after the end (Loshchilov and Hutter 2017). As
 * `optax.cosine_decay_schedule`.
 *
 * @throws OptionError for an unknown option, or `decaySteps` that is no positive integer; TypeMismatchError for a missing value.
 * @example optim.cosineDecaySchedule({ initValue: 0.1, decaySteps: 100 })(50) // 0.05
 */
export function cosineDecaySchedule(options: CosineDecayScheduleOptions): StepSchedule {
  const op = "cosineDecaySchedule";
  requireOptions(op, options, ["initValue", "decaySteps", "alpha", "exponent"]);
  const { decaySteps } = options;
  const init = valueOf(op, "initValue", options.initValue);
  const [alpha, exponent] = [valueOf(op, "alpha", options.alpha ?? 0), valueOf(op, "exponent", options.exponent ?? 1)];
  checkCount(op, "decaySteps", decaySteps);
  return scheduleOf(op, (t) => {
    const share = falling(div(min(max(t, 0), decaySteps), decaySteps));
    return mul(add(mul(exponent === 1 ? share : pow(share, exponent), complement(alpha)), alpha), init);
  });
}

export interface CosineAnnealingScheduleOptions {
  readonly initValue: ScheduleValue;
  /** Steps from the first value to the least, and from there back: half a period. */
  readonly halfPeriod: number;
  /** The least value; 0 by default. */
  readonly endValue?: ScheduleValue;
}

/**
 * `end + (init − end) · (½ + ½ cos(π t / halfPeriod))`, down and up again for ever: PyTorch's CosineAnnealingLR, whose `T_max` is
 * half a period. For a rate that stays at the end, use `cosineDecaySchedule`.
 *
 * @throws OptionError for an unknown option, or `halfPeriod` that is no positive integer; TypeMismatchError for a missing value.
 * @example optim.cosineAnnealingSchedule({ initValue: 0.1, halfPeriod: 20 })(40) // 0.1
 */
export function cosineAnnealingSchedule(options: CosineAnnealingScheduleOptions): StepSchedule {
  const op = "cosineAnnealingSchedule";
  requireOptions(op, options, ["initValue", "halfPeriod", "endValue"]);
  const { halfPeriod } = options;
  const [init, end] = [valueOf(op, "initValue", options.initValue), valueOf(op, "endValue", options.endValue ?? 0)];
  checkCount(op, "halfPeriod", halfPeriod);
  return scheduleOf(op, (t) => add(mul(falling(div(t, halfPeriod)), minus(init, end)), end));
}

export interface CosineWarmRestartsScheduleOptions {
  readonly initValue: ScheduleValue;
  /** Steps of the first cycle. */
  readonly decaySteps: number;
  /** How many times as long each cycle is as the one before; 1 by default, at least 1. */
  readonly cycleFactor?: number;
  /** The value that cycles end at; 0 by default. */
  readonly endValue?: ScheduleValue;
}

/** Where in its cycle a step is, from 0 up to, not including, 1: cycles grow by `factor`. */
function shareOfCycle(t: NDArray, first: number, factor: number): NDArray {
  if (factor === 1) return sub(div(t, first), floor(div(t, first)));
  const startOf = (n: NDArray): NDArray => mul(sub(pow(factor, n), 1), first / (factor - 1));
  const guess = floor(div(log(add(mul(t, (factor - 1) / first), 1)), Math.log(factor)));
  // The logarithm may round to the wrong side of a restart: the cycle's bounds decide.
  const later = add(guess, convertElementType(ge(t, startOf(add(guess, 1))), "float64"));
  const n = sub(later, convertElementType(lt(t, startOf(later)), "float64"));
  return div(sub(t, startOf(n)), mul(pow(factor, n), first));
}

/**
 * `end + (init − end) · (½ + ½ cos(π · share of the cycle))`: back to the first value at each restart (SGDR, Loshchilov and Hutter
 * 2017). PyTorch's CosineAnnealingWarmRestarts, whose `T_0` is `decaySteps` and whose `T_mult` is `cycleFactor`.
 *
 * @throws OptionError for an unknown option, `decaySteps` that is no positive integer, or a factor below 1; TypeMismatchError for a missing value.
 * @example optim.cosineWarmRestartsSchedule({ initValue: 0.1, decaySteps: 10, cycleFactor: 2 })(10) // 0.1
 */
export function cosineWarmRestartsSchedule(options: CosineWarmRestartsScheduleOptions): StepSchedule {
  const op = "cosineWarmRestartsSchedule";
  requireOptions(op, options, ["initValue", "decaySteps", "cycleFactor", "endValue"]);
  const { decaySteps, cycleFactor = 1 } = options;
  const [init, end] = [valueOf(op, "initValue", options.initValue), valueOf(op, "endValue", options.endValue ?? 0)];
  checkCount(op, "decaySteps", decaySteps);
  if (typeof cycleFactor !== "number" || !(cycleFactor >= 1) || cycleFactor === Infinity) {
    throw new OptionError({ op, expected: "cycleFactor of at least 1", received: String(cycleFactor), remedy: "pass 1 or 2" });
  }
  return scheduleOf(op, (t) => add(mul(falling(shareOfCycle(max(t, 0), decaySteps, cycleFactor)), minus(init, end)), end));
}
