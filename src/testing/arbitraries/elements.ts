// Random elements of arrays. They shrink to zero or the smallest integers in range, so that counterexamples read well.

import type { Arbitrary } from "fast-check";
import { type DType, highest, isFloat, lowest } from "../../core/dtype.js";
import { OptionError } from "../../core/errors.js";
import { fastCheck } from "../fastCheck.js";

export interface ElementOptions {
  /** The smallest element: −10 unless said otherwise (for integers and bools not below what the dtype holds). */
  readonly min?: number;
  /** The largest element: 10 unless said otherwise. */
  readonly max?: number;
  /** Whether all elements differ. */
  readonly distinct?: boolean;
  /** Whether zero is left out. */
  readonly noZeros?: boolean;
  /** Whether floats are whole numbers. */
  readonly integers?: boolean;
}

/** Floats lie on a grid of so many steps, so that they print short, and distinct ones are apart. */
const GRID = 1 << 12;

interface Range {
  readonly min: number;
  readonly max: number;
}

function rangeOf(dtype: DType, { min = -10, max = Math.max(10, min) }: ElementOptions): Range {
  const range = { min: Math.max(min, lowest(dtype)), max: Math.min(max, highest(dtype)) };
  if (range.min <= range.max && Number.isFinite(range.min) && Number.isFinite(range.max)) return range;
  throw new OptionError({
    op: "arrays",
    expected: `finite min and max with min ≤ max, among what ${dtype} holds`,
    received: `min ${min}, max ${max}`,
    remedy: "correct them, or leave them out",
  });
}

/** One element. */
export function elementsOf(dtype: DType, options: ElementOptions): Arbitrary<number> {
  const fc = fastCheck("arrays");
  const { min, max } = rangeOf(dtype, options);
  const [low, high] = [Math.ceil(min), Math.floor(max)];
  const whole = low <= high ? fc.integer({ min: low, max: high }) : undefined;
  const real = fc.integer({ min: 0, max: GRID }).map((k) => min + ((max - min) * k) / GRID);
  const onlyWhole = !isFloat(dtype) || options.integers === true;
  if (onlyWhole && whole === undefined)
    throw new OptionError({ op: "arrays", expected: `an integer from ${min} to ${max}`, received: "none", remedy: "widen min and max" });
  const any =
    onlyWhole || whole === undefined
      ? (whole ?? real)
      : fc.oneof({ withCrossShrink: true }, { weight: 1, arbitrary: whole }, { weight: 3, arbitrary: real });
  if (options.noZeros !== true) return any;
  if (min === 0 && max === 0)
    throw new OptionError({ op: "arrays", expected: "numbers other than zero", received: "min 0, max 0", remedy: "widen min and max" });
  return any.filter((v) => v !== 0);
}

/** So many elements. */
export function listsOf(dtype: DType, count: number, options: ElementOptions): Arbitrary<number[]> {
  const fc = fastCheck("arrays");
  const element = elementsOf(dtype, options);
  if (options.distinct !== true) return fc.array(element, { minLength: count, maxLength: count });
  const { min, max } = rangeOf(dtype, options);
  const places = isFloat(dtype) && options.integers !== true ? (max > min ? GRID : 1) : Math.floor(max) - Math.ceil(min) + 1;
  const room = options.noZeros === true && min <= 0 && max >= 0 ? places - 1 : places;
  if (room >= count) return fc.uniqueArray(element, { minLength: count, maxLength: count });
  throw new OptionError({
    op: "arrays",
    expected: `${count} distinct elements from ${min} to ${max}`,
    received: `room for ${room}`,
    remedy: "widen min and max, or ask for smaller shapes",
  });
}
