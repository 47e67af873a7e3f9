// Cyclical values (Smith 2017): straight up and down between two, for ever, with peaks that stay, halve or decay.

import type { NDArray } from "../../core/array.js";
import { OptionError } from "../../core/errors.js";
import { requireOptions } from "../../core/options.js";
import { add, div, floor, min, mul, sub } from "../../ops/arithmetic.js";
import { pow } from "../../ops/power.js";
import { checkCount } from "../requirements.js";
import { minus } from "../scalars.js";
import { rateOf } from "./exponential.js";
import { type ScheduleValue, type StepSchedule, scheduleOf, valueOf } from "./steps.js";

/** What happens to the peaks: nothing, they halve from cycle to cycle, or they decay from step to step. */
export type CyclicMode = "triangular" | "triangular2" | "expRange";

const modes: readonly CyclicMode[] = ["triangular", "triangular2", "expRange"];

export interface CyclicScheduleOptions {
  /** Where cycles begin and end. */
  readonly baseValue: ScheduleValue;
  /** The peak of the first cycle; below `baseValue` for a momentum that goes against the rate. */
  readonly peakValue: ScheduleValue;
  /** Steps from the base to the peak; 2000 by default. */
  readonly stepsUp?: number;
  /** Steps from the peak to the base; as many by default. */
  readonly stepsDown?: number;
  /** "triangular" by default. */
  readonly mode?: CyclicMode;
  /** In mode "expRange": what the height is multiplied by at each step; 1 by default. */
  readonly gamma?: ScheduleValue;
}

/**
 * `base + (peak − base) · height · scale`, where the height goes from 0 to 1 and back in each cycle and the scale is 1, or
 * `½^cycles`, or `gamma^t`. PyTorch's CyclicLR; its momentum is the same schedule from the largest momentum to the least.
 *
 * @throws OptionError for an unknown option or mode, a negative gamma, or numbers of steps that are no positive integers; TypeMismatchError for a missing value.
 * @example optim.cyclicSchedule({ baseValue: 0, peakValue: 0.1, stepsUp: 8, mode: "triangular2" })(24) // 0.05
 */
export function cyclicSchedule(options: CyclicScheduleOptions): StepSchedule {
  const op = "cyclicSchedule";
  requireOptions(op, options, ["baseValue", "peakValue", "stepsUp", "stepsDown", "mode", "gamma"]);
  const { stepsUp = 2000, stepsDown = stepsUp, mode = "triangular" } = options;
  const [base, peak] = [valueOf(op, "baseValue", options.baseValue), valueOf(op, "peakValue", options.peakValue)];
  const gamma = rateOf(op, "gamma", options.gamma ?? 1);
  checkCount(op, "stepsUp", stepsUp);
  checkCount(op, "stepsDown", stepsDown);
  if (!modes.includes(mode)) {
    throw new OptionError({ op, expected: `mode ${modes.join(", ")}`, received: String(mode), remedy: "pass one of these" });
  }
  const period = stepsUp + stepsDown;
  const scaleOf = (t: NDArray, cycles: NDArray): NDArray => (mode === "expRange" ? pow(gamma, t) : pow(0.5, cycles));
  return scheduleOf(op, (t) => {
    const cycles = floor(div(t, period));
    const within = sub(t, mul(cycles, period));
    const height = min(div(within, stepsUp), div(sub(period, within), stepsDown));
    const scaled = mode === "triangular" ? height : mul(height, scaleOf(t, cycles));
    return add(mul(scaled, minus(peak, base)), base);
  });
}
