// What exponentials of many numbers have in common: softmax, logSoftmax, logsumexp. The largest is taken out first, as a
// constant, so that nothing overflows; what `where` leaves out has no influence, on derivatives neither.

import type { ArrayLike, NDArray } from "../core/array.js";
import { ShapeError } from "../core/errors.js";
import { showAval } from "../core/aval.js";
import { type Shape, broadcastShapes, normalizeAxes, range, sameShape, withoutAxes } from "../core/shape.js";
import { checkOptions } from "../core/options.js";
import { broadcastTogether, broadcastTrailing, promoteFloat, toDType } from "../numpy/promote.js";
import { add, div, mul, sub } from "../ops/arithmetic.js";
import { eq, isFinite, lt } from "../ops/compare.js";
import { exp, log } from "../ops/exponential.js";
import { broadcastInDim, full, reshape } from "../ops/layout.js";
import { reduceMax, reduceSum } from "../ops/reduce.js";
import { select } from "../ops/select.js";
import { stopGradient } from "../ops/stop.js";

/** An axis, several, or (null) all of them. */
export type Axes = number | readonly number[] | null;

export interface WhereOptions {
  /** Which elements take part, as bool; it broadcasts to `x`. */
  readonly where?: ArrayLike;
}

/** A reduced array repeated along the `axes` of `shape` that it lost. */
export const restored = (x: NDArray, shape: Shape, axes: readonly number[]): NDArray =>
  broadcastInDim(
    x,
    shape,
    range(0, shape.length).filter((axis) => !axes.includes(axis)),
  );

/** `where` as a bool array of the shape of `x`. */
export function maskFor(op: string, where: ArrayLike, x: NDArray): NDArray {
  const mask = toDType(op, where, "bool");
  if (!sameShape(broadcastShapes([mask.shape, x.shape], op), x.shape)) {
    throw new ShapeError({
      op,
      expected: "a where that broadcasts to x",
      received: `${showAval(mask.aval)} for ${showAval(x.aval)}`,
      remedy: "give it the shape of x",
    });
  }
  return broadcastTrailing(mask, x.shape);
}

/** The largest elements along the axes, as constants: 0 where they are infinite. */
function largest(x: NDArray, axes: readonly number[]): NDArray {
  const top = reduceMax(stopGradient(x), axes);
  return select(isFinite(top), top, 0);
}

interface Shifted {
  readonly axes: readonly number[];
  readonly mask: NDArray | undefined;
  /** `x` less its largest element; −∞ for what is left out. */
  readonly shifted: NDArray;
}

function shift(op: string, x: ArrayLike, axis: Axes, options: WhereOptions): Shifted {
  checkOptions(op, options, ["where"]);
  const [array] = promoteFloat(op, x);
  const axes = normalizeAxes(axis, array.ndim, op);
  const mask = options.where === undefined ? undefined : maskFor(op, options.where, array);
  const kept = mask === undefined ? array : select(mask, array, -Infinity);
  if (array.size === 0 || axes.length === 0) return { axes, mask, shifted: axes.length === 0 ? sub(kept, kept) : kept };
  return { axes, mask, shifted: sub(kept, restored(largest(kept, axes), array.shape, axes)) };
}

/**
 * `exp(x) / Σ exp(x)` along an axis (the last by default), or several together. Zero for what `where` leaves out.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example nn.softmax(np.array([0, Math.log(3)])) // [0.25, 0.75]
 */
export function softmax(x: ArrayLike, axis: Axes = -1, options: WhereOptions = {}): NDArray {
  const { axes, mask, shifted } = shift("softmax", x, axis, options);
  const weights = exp(shifted);
  const total = restored(reduceSum(weights, axes), weights.shape, axes);
  return mask === undefined ? div(weights, total) : div(weights, select(eq(total, 0), 1, total));
}

/**
 * The logarithm of `softmax`, exact also where that underflows. −∞ for what `where` leaves out.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example nn.logSoftmax(np.array([0, 0])) // [-0.693147, -0.693147]
 */
export function logSoftmax(x: ArrayLike, axis: Axes = -1, options: WhereOptions = {}): NDArray {
  const { axes, mask, shifted } = shift("logSoftmax", x, axis, options);
  const total = reduceSum(exp(shifted), axes);
  const normalizer = restored(log(mask === undefined ? total : select(eq(total, 0), 1, total)), shifted.shape, axes);
  return sub(shifted, normalizer);
}

export interface LogSumExpOptions extends WhereOptions {
  /** Keep the reduced axes, with size 1. */
  readonly keepdims?: boolean;
  /** Factors of the exponentials; they broadcast with `x`. A sum below zero gives NaN. */
  readonly b?: ArrayLike;
}

/**
 * `log Σ b · exp(x)` along an axis, several, or all (by default), without overflow. −∞ for no elements, or where all are −∞:
 * there the derivative is 0.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example nn.logsumexp(np.array([1000, 1000])) // 1000.693147
 */
export function logsumexp(x: ArrayLike, axis: Axes = null, options: LogSumExpOptions = {}): NDArray {
  const op = "logsumexp";
  checkOptions(op, options, ["keepdims", "b", "where"]);
  const [array, factors] = withFactors(op, x, options.b);
  const axes = normalizeAxes(axis, array.ndim, op);
  const reduced = withoutAxes(array.shape, axes);
  const finish = (y: NDArray): NDArray =>
    options.keepdims === true
      ? reshape(
          y,
          array.shape.map((n, k) => (axes.includes(k) ? 1 : n)),
        )
      : y;
  if (array.size === 0) return finish(full(reduced, -Infinity, array.dtype));
  const masked = options.where === undefined ? array : select(maskFor(op, options.where, array), array, -Infinity);
  const kept = factors === undefined ? masked : select(eq(factors, 0), -Infinity, masked);
  const top = largest(kept, axes);
  const weights = exp(sub(kept, restored(top, array.shape, axes)));
  const total = reduceSum(factors === undefined ? weights : mul(weights, factors), axes);
  const empty = eq(total, 0);
  const sum = add(select(empty, -Infinity, log(select(empty, 1, total))), top);
  return finish(factors === undefined ? sum : select(lt(total, 0), NaN, sum));
}

function withFactors(op: string, x: ArrayLike, b: ArrayLike | undefined): readonly [NDArray, NDArray | undefined] {
  if (b === undefined) return [promoteFloat(op, x)[0], undefined];
  const [array, factors] = broadcastTogether(op, ...promoteFloat(op, x, b));
  return array.ndim === 0 && factors.ndim > 0 ? [broadcastTrailing(array, factors.shape), factors] : [array, factors];
}
