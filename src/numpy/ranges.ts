// Evenly spaced numbers. JavaScript numbers as bounds are computed in float64 and rounded once, so that the last point is
// exact; arrays as bounds (linspace, logspace, geomspace) may be traced and differentiated.

import { type ArrayLike, type NDArray, fromTypedArray, isArray, kindOf } from "../core/array.js";
import { type DType, checkDType, highest, isFloat, isInteger, lowest, typedArray } from "../core/dtype.js";
import { DTypeError, OptionError, ShapeError, TypeMismatchError } from "../core/errors.js";
import { add, mul, sub } from "../ops/arithmetic.js";
import { convertElementType } from "../ops/convert.js";
import { broadcastInDim, iota } from "../ops/layout.js";
import type { DTypeOption } from "./array.js";
import { log } from "./exponential.js";
import { divide, multiply } from "./arithmetic.js";
import { checkOptions } from "../core/options.js";
import { power } from "./power.js";
import { broadcastTogether, promoteFloat } from "./promote.js";

function checkNumbers(op: string, values: readonly unknown[]): void {
  const place = values.findIndex((v) => typeof v !== "number" || !Number.isFinite(v));
  if (place < 0) return;
  const stray = values[place];
  throw new TypeMismatchError({
    op,
    expected: "finite JavaScript numbers",
    received: typeof stray === "number" ? String(stray) : kindOf(stray),
    remedy: "the size of the result must be known; read a concrete scalar with x.item()",
  });
}

function checkRange(op: string, ends: readonly number[], dtype: DType): void {
  if (ends.every((v) => isFloat(dtype) || (Number.isInteger(v) && v >= lowest(dtype) && v <= highest(dtype)))) return;
  throw new DTypeError({
    op,
    expected: `integers that ${dtype} holds`,
    received: ends.join(", "),
    remedy: `choose a wider dtype, for example { dtype: "float64" }`,
  });
}

/**
 * The numbers from `start` (0 if only `stop` is given) up to, not including, `stop` in steps of `step`: int32 if all three
 * are integers, else float32, unless `dtype` says otherwise.
 *
 * @throws TypeMismatchError for anything but finite numbers; OptionError for a step of 0; DTypeError where `dtype` does not hold them.
 * @example np.arange(2, 8, 2) // [2, 4, 6]
 */
export function arange(stop: number, options?: DTypeOption): NDArray;
export function arange(start: number, stop: number, options?: DTypeOption): NDArray;
export function arange(start: number, stop: number, step: number, options?: DTypeOption): NDArray;
export function arange(...args: readonly (number | DTypeOption | undefined)[]): NDArray {
  const op = "arange";
  const given = args.filter((arg) => arg !== undefined);
  const last = given.at(-1);
  const options: DTypeOption = typeof last === "object" && !isArray(last) ? last : {};
  const numbers = given.filter((arg, i) => i < given.length - 1 || arg !== options);
  checkNumbers(op, numbers.length === 0 ? [undefined] : numbers);
  checkOptions(op, options, ["dtype"]);
  const [first, second, third = 1] = numbers as readonly number[];
  const [start, stop, step] = second === undefined ? [0, first, 1] : [first, second, third];
  if (step === 0) throw new OptionError({ op, expected: "a step other than 0", received: "0", remedy: "use np.full for equal numbers" });
  const whole = [start, stop, step].every(Number.isInteger);
  const dtype = options.dtype === undefined ? (whole ? "int32" : "float32") : checkDType(options.dtype, op);
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (count > 0) checkRange(op, [start, start + Math.min(1, count - 1) * step, start + (count - 1) * step], dtype);
  if (start === 0 && step === 1 && dtype !== "bool") return iota(dtype, [count]);
  return fromTypedArray(
    typedArray(
      dtype,
      Array.from({ length: count }, (_, i) => start + i * step),
    ),
    [count],
    dtype,
  );
}

export interface SpaceOptions extends DTypeOption {
  /** Whether `stop` is the last point; true if not given. */
  readonly endpoint?: boolean;
}

function checkCount(op: string, num: number): void {
  if (Number.isInteger(num) && num >= 0) return;
  throw new ShapeError({
    op,
    expected: "a non-negative integer number of points",
    received: String(num),
    remedy: "pass a count such as 50",
  });
}

interface Spacing {
  readonly op: string;
  readonly num: number;
  readonly endpoint: boolean;
  readonly dtype: DType | undefined;
}

function spacing(op: string, num: number, options: SpaceOptions, more: readonly string[] = []): Spacing {
  checkCount(op, num);
  checkOptions(op, options, ["endpoint", "dtype", ...more]);
  const dtype = options.dtype === undefined ? undefined : checkDType(options.dtype, op);
  return { op, num, endpoint: options.endpoint ?? true, dtype };
}

/** Where point `i` stands between start (0) and stop (1); exactly 1 at a last point that is `stop`. */
const fraction = (i: number, { num, endpoint }: Spacing): number => (endpoint ? (num === 1 ? 0 : i / (num - 1)) : i / num);

/** Points computed in float64 by `at`, rounded once (toward −∞ for integers, as NumPy). */
function computed(at: (t: number) => number, space: Spacing): NDArray {
  const dtype = space.dtype ?? "float32";
  const values = Array.from({ length: space.num }, (_, i) => at(fraction(i, space)));
  const rounded = isFloat(dtype) || dtype === "bool" ? values : values.map(Math.floor);
  // The points lie in order, so that the ends are the extremes.
  if (isInteger(dtype) && rounded.length > 0) checkRange(space.op, [rounded[0], rounded[rounded.length - 1]], dtype);
  return fromTypedArray(typedArray(dtype, rounded), [space.num], dtype);
}

const finished = (x: NDArray, { dtype }: Spacing): NDArray => (dtype === undefined ? x : convertElementType(x, dtype));

/** The fractions as a column in front of the axes of `x`. */
function fractionsBefore(x: NDArray, space: Spacing): NDArray {
  const t = Array.from({ length: space.num }, (_, i) => fraction(i, space));
  return broadcastInDim(fromTypedArray(typedArray(x.dtype, t), [space.num], x.dtype), [space.num, ...x.shape], [0]);
}

/**
 * `num` evenly spaced numbers from `start` to `stop`, which is the last one unless `endpoint` is false; float32 for
 * numbers. Arrays as bounds broadcast, and the points stand along a new first axis.
 *
 * @throws ShapeError for a negative or fractional `num`; OptionError for an unknown option.
 * @example np.linspace(0, 1, 5) // [0, 0.25, 0.5, 0.75, 1]
 */
export function linspace(start: ArrayLike, stop: ArrayLike, num = 50, options: SpaceOptions = {}): NDArray {
  const op = "linspace";
  const space = spacing(op, num, options);
  if (typeof start === "number" && typeof stop === "number") {
    return computed((t) => (t === 1 ? stop : start + t * (stop - start)), space);
  }
  const [a, b] = broadcastTogether(op, ...promoteFloat(op, start, stop));
  const shaped = a.ndim >= b.ndim ? a : b;
  const t = fractionsBefore(shaped, space);
  const before = (x: NDArray): NDArray =>
    x.ndim === 0
      ? x
      : broadcastInDim(
          x,
          t.shape,
          x.shape.map((_, k) => k + 1),
        );
  // a·(1 − t) + b·t is exact at both ends.
  return finished(add(mul(before(a), sub(1, t)), mul(before(b), t)), space);
}

export interface LogspaceOptions extends SpaceOptions {
  /** The base of the powers; 10 if not given. */
  readonly base?: number;
}

/**
 * `num` numbers from `base ** start` to `base ** stop`, spaced evenly on a logarithmic scale.
 *
 * @throws ShapeError for a negative or fractional `num`; OptionError for an unknown option.
 * @example np.logspace(0, 2, 3) // [1, 10, 100]
 */
export function logspace(start: ArrayLike, stop: ArrayLike, num = 50, options: LogspaceOptions = {}): NDArray {
  const space = spacing("logspace", num, options, ["base"]);
  const base = options.base ?? 10;
  if (typeof start === "number" && typeof stop === "number") {
    return computed((t) => base ** (t === 1 ? stop : start + t * (stop - start)), space);
  }
  return finished(power(base, linspace(start, stop, num, { endpoint: space.endpoint })), space);
}

/**
 * `num` numbers from `start` to `stop`, each the same multiple of the one before. Both have one sign.
 *
 * @throws OptionError for numbers of different sign, or 0; ShapeError for a negative or fractional `num`.
 * @example np.geomspace(1, 8, 4) // [1, 2, 4, 8]
 */
export function geomspace(start: ArrayLike, stop: ArrayLike, num = 50, options: SpaceOptions = {}): NDArray {
  const space = spacing("geomspace", num, options);
  if (typeof start !== "number" || typeof stop !== "number") {
    const exponents = linspace(0, log(divide(stop, start)), num, { endpoint: space.endpoint });
    return finished(multiply(start, power(Math.E, exponents)), space);
  }
  if (!(start * stop > 0)) {
    throw new OptionError({
      op: "geomspace",
      expected: "two numbers of one sign, none 0",
      received: `${start} and ${stop}`,
      remedy: "use np.linspace, or shift the range",
    });
  }
  return computed((t) => (t === 1 ? stop : start * (stop / start) ** t), space);
}
