// lax.reduceWindow: a named reduction over sliding windows, or a function of the user's own.

import { type ArrayLike, type NDArray, asArray } from "../core/array.js";
import { OptionError } from "../core/errors.js";
import { checkOptions } from "../core/options.js";
import { aval } from "../core/aval.js";
import { range } from "../core/shape.js";
import { add, max, min } from "../ops/arithmetic.js";
import { full, reshape } from "../ops/layout.js";
import { operand } from "../ops/operands.js";
import { concatenate, pad, slice } from "../ops/slice.js";
import { type WindowOptions, type WindowParams, type WindowReduction, reduceWindow as named } from "../ops/window.js";
import { windowOptionNames, windowParamsOf } from "../ops/window.js";
import { inTypes } from "../transform/control/tracing.js";
import type { AnyFunction } from "../transform/functions.js";
import { combineRows, readCombination } from "./reduce.js";
import { type Leaves, leavesOf } from "./trees.js";

export interface OwnWindowOptions extends WindowOptions {
  /** The identity of the function, which padding is filled with. */
  readonly init: ArrayLike;
}

const known: Readonly<Record<string, readonly [WindowReduction, (x: NDArray, y: NDArray) => NDArray]>> = {
  add: ["sum", add],
  max: ["max", max],
  min: ["min", min],
};

/**
 * The reduction of windows that slide along every axis of `x`: "sum", "max", "min", or an associative function of two scalars,
 * whose identity is `init`. Like `jax.lax.reduce_window`.
 *
 * Padding takes no part in the named ones: a window without elements gives 0, or the lowest or highest value of the dtype.
 * Of equal elements the first carries the derivative. A function that is add, max or min becomes that reduction; for
 * another, each place of the window is a slice, so it suits small windows.
 *
 * @throws ShapeError when windows, strides or padding do not fit; OptionError for an unknown option or reduction, or a function
 * without `init`; DTypeError when the function changes the dtype.
 * @example lax.reduceWindow(np.array([1, 3, 2, 5]), "max", { windowDimensions: [2], windowStrides: [2], padding: "VALID" }) // [3, 5]
 */
export function reduceWindow(x: ArrayLike, reduction: WindowReduction, options: WindowOptions): NDArray;
export function reduceWindow(x: ArrayLike, reduction: (a: NDArray, b: NDArray) => ArrayLike, options: OwnWindowOptions): NDArray;
export function reduceWindow(
  x: ArrayLike,
  reduction: WindowReduction | AnyFunction,
  options: WindowOptions & Partial<OwnWindowOptions>,
): NDArray {
  if (typeof reduction !== "function") return named(x, reduction, options);
  const op = "reduceWindow";
  checkOptions(op, options, [...windowOptionNames, "init"]);
  const { init, ...windows } = options;
  if (init === undefined) {
    throw new OptionError({
      op,
      expected: "init, the identity of the function",
      received: "none",
      remedy: "give what padding is to be filled with: 0 for a sum, 1 for a product",
    });
  }
  const array = operand(x, op);
  const elements = leavesOf(op, array, "x");
  const { f, primitive } = readCombination(op, reduction, elements);
  const [start] = inTypes(op, [asArray(init, op)], [aval([], array.dtype)]);
  if (primitive !== undefined && Object.hasOwn(known, primitive)) {
    const [name, combine] = known[primitive];
    return combine(start, named(array, name, windows));
  }
  return bySlices(f, elements, start, array, windowParamsOf(op, array, windows));
}

/** Every place of the window is a strided slice of the padded operand; these are combined pair by pair. */
function bySlices(f: AnyFunction, { structure }: Leaves, start: NDArray, x: NDArray, params: WindowParams): NDArray {
  const { windowDimensions, windowStrides, padding, baseDilation, windowDilation } = params;
  const padded = pad(
    x,
    start,
    padding.map(([low, high], k) => [low, high, baseDilation[k] - 1] as const),
  );
  const sizes = padded.shape.map((n, k) => {
    const room = n - ((windowDimensions[k] - 1) * windowDilation[k] + 1);
    return room < 0 ? 0 : Math.floor(room / windowStrides[k]) + 1;
  });
  if (sizes.includes(0)) return full(sizes, start, x.dtype);
  const places = windowDimensions.reduce<number[][]>((list, n) => list.flatMap((place) => range(0, n).map((i) => [...place, i])), [[]]);
  const rows = places.map((place) => {
    const from = place.map((i, k) => i * windowDilation[k]);
    const to = from.map((at, k) => at + (sizes[k] - 1) * windowStrides[k] + 1);
    return reshape(slice(padded, from, to, windowStrides), [1, sizes.reduce((a, b) => a * b, 1)]);
  });
  const [combined] = combineRows(f, structure, [concatenate(rows, 0)]);
  return reshape(combined, sizes);
}
