// Slices of one axis, as Python has them: bounds may be left out or count from the end, steps may be negative.

import { OptionError } from "../core/errors.js";

/** The bound of a slice: left out, or an integer that counts from the end where it is negative. */
export type SliceBound = number | null | undefined;

/** Which indices of an axis to take; made by `slice`. */
export class Slice {
  constructor(
    readonly start: SliceBound,
    readonly stop: SliceBound,
    readonly step: SliceBound,
  ) {
    const wrong = [start, stop, step].find((bound) => bound !== null && bound !== undefined && !Number.isInteger(bound));
    if (wrong === undefined && step !== 0) return;
    throw new OptionError({
      op: "slice",
      expected: "integers, null or nothing for start, stop and step, and a step other than 0",
      received: [start, stop, step].map(String).join(", "),
      remedy: "use lax.dynamicSlice for bounds that are arrays",
    });
  }
}

/**
 * The indices `start`, `start + step`, … before `stop`, as Python's `start:stop:step`: for `x.at(…)`. Bounds that are left
 * out (or null) are the ends of the axis; negative ones count from its end; those beyond it are moved to it.
 *
 * @throws OptionError for what is no integer, and a step of 0.
 * @example np.arange(5).at(np.slice(1, -1)).get() // [1, 2, 3]
 * @example np.arange(5).at(np.slice(null, null, -1)).get() // [4, 3, 2, 1, 0]
 */
export const slice = (start?: number | null, stop?: number | null, step?: number | null): Slice => new Slice(start, stop, step);

/** The indices `start + k · step` for `k` below `count`. */
export interface Run {
  readonly start: number;
  readonly count: number;
  readonly step: number;
}

/** All indices of an axis. */
export const wholeRun = (size: number): Run => ({ start: 0, count: size, step: 1 });

/** The indices of an axis of `size` that a slice takes. */
export function runOf({ start, stop, step: given }: Slice, size: number): Run {
  const step = given ?? 1;
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const bound = (value: SliceBound, otherwise: number): number => {
    if (value === null || value === undefined) return otherwise;
    return Math.max(low, Math.min(high, value < 0 ? value + size : value));
  };
  const first = bound(start, step > 0 ? low : high);
  const end = bound(stop, step > 0 ? high : low);
  const count = Math.max(0, Math.ceil((end - first) / step));
  return count === 0 ? { start: 0, count, step: 1 } : { start: first, count, step };
}
