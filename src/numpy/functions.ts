// Functions given by samples or coefficients: polynomials, piecewise linear interpolation, the trapezoidal rule.

import { type ArrayLike, type NDArray, isArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { normalizeAxis, range } from "../core/shape.js";
import { add, div, max, min, mul, sub } from "../ops/arithmetic.js";
import { eq, gt, lt } from "../ops/compare.js";
import { broadcastInDim, full, squeeze } from "../ops/layout.js";
import { reduceSum } from "../ops/reduce.js";
import { select } from "../ops/select.js";
import { sliceInDim } from "../ops/slice.js";
import { checkOptions } from "../core/options.js";
import { broadcastTogether, promote, promoteFloat, toDType } from "./promote.js";
import { searchsorted } from "./searching.js";
import { take } from "./take.js";

/**
 * The polynomial with coefficients `p`, highest power first, at `x`, by Horner's rule. `p` is a vector, or a list of numbers
 * and arrays that broadcast against `x`.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example np.polyval([2, 0, 1], np.array([3])) // [19]
 */
export function polyval(p: NDArray | readonly ArrayLike[], x: ArrayLike): NDArray {
  const op = "polyval";
  const coefficients = isArray(p) ? range(0, p.shape[0] ?? 0).map((k) => squeeze(sliceInDim(p, k, k + 1), 0)) : p;
  const [at, ...cs] = promote(op, x, ...coefficients);
  return cs.reduce<NDArray>(
    (sum, c) => {
      const [a, b] = broadcastTogether(op, sum, at);
      const [product, constant] = broadcastTogether(op, mul(a, b), c);
      return add(product, constant);
    },
    full(at.shape, 0, at.dtype),
  );
}

export interface InterpOptions {
  /** The value left of the first sample; that of the first one if not given. */
  readonly left?: ArrayLike;
  /** The value right of the last sample; that of the last one if not given. */
  readonly right?: ArrayLike;
}

/**
 * The piecewise linear function through the samples `(xp, fp)`, at `x`; `xp` increases. Outside, the value at the end.
 *
 * @throws ShapeError unless `xp` and `fp` are vectors of one length, at least 1; OptionError for an unknown option.
 * @example np.interp(np.array([0.5, 1.5]), np.array([0, 1, 2]), np.array([0, 10, 40])) // [5, 25]
 */
export function interp(x: ArrayLike, xp: ArrayLike, fp: ArrayLike, options: InterpOptions = {}): NDArray {
  const op = "interp";
  checkOptions(op, options, ["left", "right"]);
  const [at, places, values] = promoteFloat(op, x, xp, fp);
  const size = places.shape[0];
  if (places.ndim !== 1 || values.ndim !== 1 || size !== values.shape[0] || size === 0) {
    throw new ShapeError({
      op,
      expected: "places and values as vectors of one length, at least 1",
      received: `${showAval(places.aval)} and ${showAval(values.aval)}`,
      remedy: "pass one value for each place",
    });
  }
  const end = (of: NDArray, k: number): NDArray => squeeze(sliceInDim(of, k, k + 1), 0);
  const right = min(max(searchsorted(places, at, { side: "right" }), 1), Math.max(1, size - 1));
  const after = size === 1 ? full(right.shape, 0, "int32") : right;
  const before = size === 1 ? after : sub(right, 1);
  const [x0, x1, f0, f1] = [take(places, before), take(places, after), take(values, before), take(values, after)];
  // Two samples at one place, which are met only at the end: the last one, without a division by zero on the way.
  const flat = eq(x1, x0);
  const inner = add(select(flat, f1, f0), mul(div(sub(at, x0), select(flat, 1, sub(x1, x0))), select(flat, 0, sub(f1, f0))));
  const beside = (given: ArrayLike | undefined, otherwise: NDArray): NDArray =>
    given === undefined ? otherwise : toDType(op, given, values.dtype);
  const upper = select(gt(at, end(places, size - 1)), beside(options.right, end(values, size - 1)), inner);
  return select(lt(at, end(places, 0)), beside(options.left, end(values, 0)), upper);
}

export interface TrapezoidOptions {
  /** The places of the samples: a vector, or as many as samples. */
  readonly x?: ArrayLike;
  /** The distance of the samples, where `x` is not given; 1 if neither is. */
  readonly dx?: ArrayLike;
  /** The axis of the samples; the last one if not given. */
  readonly axis?: number;
}

/**
 * The integral of samples along an axis, by the trapezoidal rule.
 *
 * @throws ShapeError when the places do not fit the samples; OptionError for an unknown option.
 * @example np.trapezoid(np.array([1, 2, 3])) // 4
 */
export function trapezoid(y: ArrayLike, options: TrapezoidOptions = {}): NDArray {
  const op = "trapezoid";
  checkOptions(op, options, ["x", "dx", "axis"]);
  const [values, given] = promoteFloat(op, y, options.x ?? options.dx ?? 1);
  const axis = normalizeAxis(options.axis ?? -1, values.ndim, op);
  const pairs = (of: NDArray, along: number): [NDArray, NDArray] => {
    const size = of.shape[along];
    return [sliceInDim(of, 0, Math.max(0, size - 1), 1, along), sliceInDim(of, Math.min(1, size), size, 1, along)];
  };
  const [before, after] = pairs(values, axis);
  const sums = add(before, after);
  if (options.x === undefined) return mul(reduceSum(mul(sums, given), [axis]), 0.5);
  const vector = given.ndim === 1;
  if (vector ? given.shape[0] !== values.shape[axis] : given.ndim !== values.ndim) {
    throw new ShapeError({
      op,
      expected: `places for ${values.shape[axis]} samples`,
      received: showAval(given.aval),
      remedy: "pass a vector with a place for each sample, or an array of the samples' shape",
    });
  }
  const [low, high] = pairs(given, vector ? 0 : axis);
  const step = sub(high, low);
  const [a, b] = broadcastTogether(op, sums, vector ? broadcastInDim(step, sums.shape, [axis]) : step);
  return mul(reduceSum(mul(a, b), [axis]), 0.5);
}
