// Padding of arrays with a constant, or with their own elements.

import { type ArrayLike, type NDArray, isArrayLike } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { broadcastInDim, reverse } from "../ops/layout.js";
import { concatenate, pad as padOp, sliceInDim } from "../ops/slice.js";
import { range } from "../core/shape.js";
import { checkOptions } from "../core/options.js";
import { promote, toDType } from "./promote.js";

/** How many elements are added before and after, for all axes alike or for each one. */
export type PadWidth = number | readonly [number, number] | readonly (readonly [number, number])[];

export type PadMode = "constant" | "edge" | "reflect" | "symmetric" | "wrap";

/** What stands before and after, for all axes alike or for each one. */
export type PadValues = ArrayLike | readonly [ArrayLike, ArrayLike] | readonly (readonly [ArrayLike, ArrayLike])[];

export interface PadOptions {
  /** What is added: a constant (if not given), the edge's element, a mirror image without or with the edge, or the other end. */
  readonly mode?: PadMode;
  /** The constants of mode `"constant"`; 0 if not given. */
  readonly constantValues?: PadValues;
}

const modes: readonly string[] = ["constant", "edge", "reflect", "symmetric", "wrap"] satisfies readonly PadMode[];

/** The pair of each axis. */
function pairs<T>(
  op: string,
  given: T | readonly [T, T] | readonly (readonly [T, T])[],
  isOne: (x: unknown) => boolean,
  ndim: number,
): (readonly [T, T])[] {
  const each = (pair: readonly [T, T]): (readonly [T, T])[] => range(0, ndim).map(() => pair);
  if (isOne(given)) return each([given as T, given as T]);
  const list = given as readonly unknown[];
  if (Array.isArray(list) && list.length === 2 && list.every(isOne)) return each(list as unknown as readonly [T, T]);
  const valid = Array.isArray(list) && list.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isOne));
  if (valid && list.length === 1) return each((list as readonly (readonly [T, T])[])[0]);
  if (valid && list.length === ndim) return [...(list as readonly (readonly [T, T])[])];
  throw new ShapeError({
    op,
    expected: `one value, a pair, or a pair for each of ${ndim} axes`,
    received: JSON.stringify(given) ?? String(given),
    remedy: "write [[before, after], ...]",
  });
}

const isWidth = (x: unknown): boolean => typeof x === "number" && Number.isInteger(x) && x >= 0;

function constantPad(x: NDArray, widths: readonly (readonly [number, number])[], values: PadValues): NDArray {
  const constants = pairs<ArrayLike>("pad", values, isArrayLike, x.ndim);
  const typed = constants.map((pair) => pair.map((value) => toDType("pad", value, x.dtype)));
  const zero = (k: number, low: number, high: number) =>
    x.shape.map((_, axis) => (axis === k ? [low, high, 0] : [0, 0, 0]) as [number, number, number]);
  const same = constants.flat().every((value) => value === constants[0]?.[0]);
  if (same)
    return padOp(
      x,
      typed[0]?.[0] ?? toDType("pad", 0, x.dtype),
      widths.map(([low, high]) => [low, high, 0] as const),
    );
  return widths.reduce((y, [low, high], k) => padOp(padOp(y, typed[k][0], zero(k, low, 0)), typed[k][1], zero(k, 0, high)), x);
}

/** The element along an axis that stands at `i`, which may lie outside. */
const source: Record<Exclude<PadMode, "constant">, (i: number, size: number) => number> = {
  edge: (i, size) => Math.min(Math.max(i, 0), size - 1),
  wrap: (i, size) => ((i % size) + size) % size,
  symmetric: (i, size) => {
    const k = ((i % (2 * size)) + 2 * size) % (2 * size);
    return k < size ? k : 2 * size - 1 - k;
  },
  reflect: (i, size) => {
    if (size === 1) return 0;
    const period = 2 * (size - 1);
    const k = ((i % period) + period) % period;
    return k < size ? k : period - k;
  },
};

/** The elements at `places` along an axis, by slices of the stretches in which they go up, down, or stay. */
function runsOf(x: NDArray, places: readonly number[], axis: number): NDArray[] {
  const runs: NDArray[] = [];
  let start = 0;
  while (start < places.length) {
    const step = start + 1 < places.length ? places[start + 1] - places[start] : 1;
    let end = start + 1;
    while (Math.abs(step) <= 1 && end < places.length && places[end] - places[end - 1] === step) end++;
    const [first, last] = [places[start], places[end - 1]];
    const part = sliceInDim(x, Math.min(first, last), Math.max(first, last) + 1, 1, axis);
    if (step === 0) runs.push(broadcastInDim(part, part.shape.with(axis, end - start), range(0, part.ndim)));
    else runs.push(step === -1 ? reverse(part, axis) : part);
    start = end;
  }
  return runs;
}

function ownPad(x: NDArray, widths: readonly (readonly [number, number])[], mode: Exclude<PadMode, "constant">): NDArray {
  return widths.reduce((y, [low, high], axis) => {
    const size = y.shape[axis];
    if (low + high === 0) return y;
    if (size === 0) {
      throw new ShapeError({
        op: "pad",
        expected: `an axis with elements for mode "${mode}"`,
        received: showAval(x.aval),
        remedy: `use mode "constant"`,
      });
    }
    const places = range(-low, size + high).map((i) => source[mode](i, size));
    const before = runsOf(y, places.slice(0, low), axis);
    return concatenate([...before, y, ...runsOf(y, places.slice(low + size), axis)], axis);
  }, x);
}

/**
 * `x` with elements added around it: `padWidth` is a number, a pair `[before, after]`, or a pair for each axis.
 *
 * @throws ShapeError for widths that are negative or do not fit the axes; OptionError for an unknown option or mode.
 * @example np.pad(np.array([1, 2, 3]), [1, 2], { mode: "edge" }) // [1, 1, 2, 3, 3, 3]
 */
export function pad(x: ArrayLike, padWidth: PadWidth, options: PadOptions = {}): NDArray {
  const op = "pad";
  checkOptions(op, options, ["mode", "constantValues"]);
  const { mode = "constant", constantValues } = options;
  if (!modes.includes(mode)) {
    throw new OptionError({ op, expected: `mode ${modes.join(", ")}`, received: JSON.stringify(mode), remedy: "name one of these" });
  }
  const [array] = promote(op, x);
  const widths = pairs<number>(op, padWidth, isWidth, array.ndim);
  if (mode === "constant") return constantPad(array, widths, constantValues ?? 0);
  if (constantValues === undefined) return ownPad(array, widths, mode);
  throw new OptionError({
    op,
    expected: `constantValues with mode "constant" only`,
    received: `mode "${mode}"`,
    remedy: "leave one of them out",
  });
}
