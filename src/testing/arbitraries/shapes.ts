// Random shapes and dtypes. They shrink towards scalars and short axes.

import type { Arbitrary } from "fast-check";
import { type DType, isFloat, dtypes as allDTypes } from "../../core/dtype.js";
import { OptionError } from "../../core/errors.js";
import { checkOptions } from "../../core/options.js";
import { fastCheck } from "../fastCheck.js";

export interface ShapeOptions {
  /** Axes at least; 0 unless said otherwise. */
  readonly minRank?: number;
  /** Axes at most; 3 unless said otherwise. */
  readonly maxRank?: number;
  /** The shortest axis; 1 unless said otherwise. With 0, arrays may be empty. */
  readonly minSide?: number;
  /** The longest axis; 3 unless said otherwise. */
  readonly maxSide?: number;
}

const names = ["minRank", "maxRank", "minSide", "maxSide"];

function limitsOf(op: string, options: ShapeOptions): Required<ShapeOptions> {
  checkOptions(op, options, names);
  const { minRank = 0, maxRank = Math.max(3, minRank), minSide = 1, maxSide = Math.max(3, minSide) } = options;
  const limits = { minRank, maxRank, minSide, maxSide };
  if (Object.values(limits).every((n) => Number.isInteger(n) && n >= 0) && minRank <= maxRank && minSide <= maxSide) return limits;
  throw new OptionError({
    op,
    expected: "integers with 0 ≤ minRank ≤ maxRank and 0 ≤ minSide ≤ maxSide",
    received: JSON.stringify(limits),
    remedy: "correct them, or leave them out",
  });
}

/**
 * Shapes of arrays. They shrink to fewer and shorter axes.
 *
 * @throws OptionError for limits that make no sense; MissingPackageError without fast-check.
 * @example fc.sample(shapes({ maxRank: 2 }), 3) // such as [2], [], [3, 1]
 */
export function shapes(options: ShapeOptions = {}): Arbitrary<number[]> {
  const { minRank, maxRank, minSide, maxSide } = limitsOf("shapes", options);
  const fc = fastCheck("shapes");
  return fc.array(fc.integer({ min: minSide, max: maxSide }), { minLength: minRank, maxLength: maxRank });
}

/**
 * Pairs of shapes that broadcast to one shape, by NumPy's rule. They shrink to fewer and shorter axes.
 *
 * @throws OptionError for limits that make no sense; MissingPackageError without fast-check.
 * @example fc.sample(broadcastableShapes(), 1) // such as [[[2, 1], [3]]]
 */
export function broadcastableShapes(options: ShapeOptions = {}): Arbitrary<[number[], number[]]> {
  const { minRank } = limitsOf("broadcastableShapes", options);
  const fc = fastCheck("broadcastableShapes");
  return shapes(options).chain((shape) => {
    const kept = fc.integer({ min: minRank, max: shape.length });
    // An axis of length 1 joins any other; one that must be longer stays.
    const ones = fc.array(options.minSide !== undefined && options.minSide > 1 ? fc.constant(false) : fc.boolean(), {
      minLength: shape.length,
      maxLength: shape.length,
    });
    const side = fc.tuple(kept, ones).map(([rank, flags]) => shape.map((n, k) => (flags[k] ? 1 : n)).slice(shape.length - rank));
    return fc.tuple(side, side);
  });
}

export interface DTypeOptions {
  /** Which kinds; all unless said otherwise. */
  readonly kinds?: readonly ("float" | "integer" | "bool")[];
}

const kindOf = (dtype: DType): "float" | "integer" | "bool" => (dtype === "bool" ? "bool" : isFloat(dtype) ? "float" : "integer");

/**
 * Element types. They shrink to float32, or the first of the kinds asked for.
 *
 * @throws OptionError for kinds that do not exist; MissingPackageError without fast-check.
 * @example fc.sample(dtypes({ kinds: ["float"] }), 2) // such as ["float64", "float32"]
 */
export function dtypes(options: DTypeOptions = {}): Arbitrary<DType> {
  checkOptions("dtypes", options, ["kinds"]);
  const { kinds } = options;
  const fits = allDTypes.filter((dtype) => kinds?.includes(kindOf(dtype)) ?? true);
  if (fits.length > 0) return fastCheck("dtypes").constantFrom(...fits);
  throw new OptionError({
    op: "dtypes",
    expected: "kinds among float, integer, bool",
    received: JSON.stringify(kinds),
    remedy: "correct them, or leave them out",
  });
}
