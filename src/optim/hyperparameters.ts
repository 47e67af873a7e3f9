// Hyperparameters: each a number, a scalar array, or a schedule of the number of updates done. Enter options; leave scalars
// for one update, and the record of them that the state keeps, so that what is shown is what was applied.

import { type ArrayLike, NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { OptionError, TypeMismatchError } from "../core/errors.js";
import { toDType } from "../numpy/promote.js";
import { type Scalar, asScalar } from "./scalars.js";

/** A value for each number of updates done, an int32 scalar. A pure function, which may be traced. */
export type Schedule = (step: NDArray) => ArrayLike;

/** A number, a scalar array, or a schedule. */
export type Hyperparameter = number | NDArray | Schedule;

/** Hyperparameters as they were applied in the last update (before the first: as it will apply them): float64 scalars. */
export type Applied<Names extends string> = Readonly<Record<Names, NDArray>>;

/** The same without those that are numbers: they do not change, and to write them costs half a microsecond a step each. */
export type Varying<Names extends string> = Partial<Applied<Names>>;

/** The numbers that a hyperparameter may be: from `from` up to, not including, `below`. */
export interface Range {
  readonly from?: number;
  readonly below?: number;
}

/** One of hyperparameters' values, and what the state shall keep of them. */
export interface Evaluated<Names extends string, Kept = Applied<Names>> {
  readonly values: Values<Names>;
  readonly applied: Kept;
}

/** What is computed with in one update. */
export type Values<Names extends string> = Readonly<Record<Names, Scalar>>;

const described = ({ from = -Infinity, below = Infinity }: Range): string =>
  from === -Infinity ? "a finite number" : `from ${from} up to, not including, ${below}`;

function checkNumber(op: string, name: string, value: number, range: Range): void {
  const { from = -Infinity, below = Infinity } = range;
  if (Number.isFinite(value) && value >= from && value < below) return;
  throw new OptionError({
    op,
    expected: `${name} ${from === -Infinity ? "to be " : ""}${described(range)}`,
    received: String(value),
    remedy: "see the option's description for a usual value",
  });
}

function checkScalar(op: string, name: string, value: NDArray): void {
  if (value.ndim === 0) return;
  throw new OptionError({
    op,
    expected: `one number as ${name}`,
    received: showAval(value.aval),
    remedy: "pass a number or a scalar; for several groups of parameters use partition",
  });
}

/**
 * Refuses what can be no hyperparameter, and a number that is out of range.
 *
 * @throws TypeMismatchError for what is neither number, array nor function; OptionError for a number out of range, or an array that is no scalar.
 */
export function checkHyperparameter(op: string, name: string, value: unknown, range: Range = {}): asserts value is Hyperparameter {
  if (typeof value === "function") return;
  if (typeof value === "number") return checkNumber(op, name, value, range);
  if (value instanceof NDArray) return checkScalar(op, name, value);
  throw new TypeMismatchError({
    op,
    expected: `${name} as a number, a scalar array or a schedule`,
    received: value === undefined ? "nothing" : value === null ? "null" : typeof value,
    remedy: `pass { ${name}: 1e-3 }, or a function from the step to the value`,
  });
}

/** The value at a step: a number stays one. */
function valueAt(op: string, name: string, hyperparameter: Hyperparameter, count: NDArray): Scalar {
  const value: ArrayLike = typeof hyperparameter === "function" ? hyperparameter(count) : hyperparameter;
  if (typeof value === "number") return value;
  checkHyperparameter(op, name, value);
  return toDType(op, value, "float64");
}

/**
 * What evaluates hyperparameters at a count of updates done. They are expected to be checked.
 *
 * @example
 * const evaluate = hyperparameters("scale", { scale: 2 });
 * const { values, applied } = evaluate(state.count);
 */
export const hyperparameters =
  <Names extends string>(op: string, given: Readonly<Record<Names, Hyperparameter>>) =>
  (count: NDArray): Evaluated<Names> => {
    const values = valuesOf(op, given, count);
    return { values, applied: recordOf(op, Object.keys(given) as Names[], values) };
  };

/** `hyperparameters` for those of which a state keeps only what varies. */
export function varyingHyperparameters<Names extends string>(
  op: string,
  given: Readonly<Record<Names, Hyperparameter>>,
): (count: NDArray) => Evaluated<Names, Varying<Names>> {
  const varying = (Object.keys(given) as Names[]).filter((name) => typeof given[name] !== "number");
  return (count) => {
    const values = valuesOf(op, given, count);
    return { values, applied: recordOf(op, varying, values) };
  };
}

function valuesOf<Names extends string>(op: string, given: Readonly<Record<Names, Hyperparameter>>, count: NDArray): Values<Names>;
function valuesOf(op: string, given: Readonly<Record<string, Hyperparameter>>, count: NDArray): Values<string> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, valueAt(op, name, value, count)]));
}

function recordOf<Names extends string>(op: string, names: readonly Names[], values: Values<Names>): Applied<Names>;
function recordOf(op: string, names: readonly string[], values: Values<string>): Applied<string> {
  return Object.fromEntries(names.map((name) => [name, toDType(op, values[name], "float64")]));
}

/** The schedule of a hyperparameter changed by a function of its value and the step. */
export const scheduledBy =
  (op: string, name: string, hyperparameter: Hyperparameter, change: (value: Scalar, step: NDArray) => Scalar): Schedule =>
  (step) =>
    change(valueAt(op, name, hyperparameter, step), asScalar(step));
