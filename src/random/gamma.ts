// The gamma distribution and those made of it: beta, Dirichlet, chi-square and Student's t.
// Every element has a key of its own, split from the given one, because rejection draws until it accepts.

import type { ArrayLike, NDArray } from "../core/array.js";
import { ShapeError } from "../core/errors.js";
import { showAval } from "../core/aval.js";
import { type Shape, sizeOf } from "../core/shape.js";
import { add, div, max, mul, sub } from "../ops/arithmetic.js";
import { exp, sqrt } from "../ops/exponential.js";
import { expandDims, reshape, squeeze } from "../ops/layout.js";
import { reduceMax, reduceSum } from "../ops/reduce.js";
import { randomGamma } from "../ops/randomGamma.js";
import { sliceInDim } from "../ops/slice.js";
import { stopGradient } from "../ops/stop.js";
import { normal } from "./continuous.js";
import { checkKey, split, splitKeys } from "./keys.js";
import { type FloatOptions, floatDType, parameter, sampleShape, spreadTo } from "./parameters.js";

function gammaSamples(op: string, key: NDArray, a: ArrayLike, shape: Shape | undefined, options: FloatOptions, logSpace: boolean): NDArray {
  const alpha = parameter(op, a, floatDType(op, options));
  const out = sampleShape(op, shape, alpha.shape);
  const keys = split(checkKey(key, op), sizeOf(out));
  const wordOfEach = (i: number): NDArray => reshape(squeeze(sliceInDim(keys, i, i + 1, 1, 1), [1]), out);
  return randomGamma(wordOfEach(0), wordOfEach(1), spreadTo(alpha, out), logSpace);
}

/**
 * Samples of the gamma distribution with density `x^(a−1) e^(−x) / Γ(a)`, for `a > 0`; without a shape, as many as `a` has.
 * The same as `jax.random.gamma`. Differentiable once in `a`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError when `a` does not broadcast to the shape.
 * @example random.gamma(random.key(7), 2, [4]) // [2.072419, 0.86366, 0.936904, 3.621107]
 */
export const gamma = (key: NDArray, a: ArrayLike, shape?: Shape, options: FloatOptions = {}): NDArray =>
  gammaSamples("gamma", key, a, shape, options, false);

/**
 * The logarithms of `gamma`'s samples, exact also where small `a` makes samples that underflow.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError when `a` does not broadcast to the shape.
 * @example random.loggamma(random.key(0), 0.01, [3]).shape // [3]
 */
export const loggamma = (key: NDArray, a: ArrayLike, shape?: Shape, options: FloatOptions = {}): NDArray =>
  gammaSamples("loggamma", key, a, shape, options, true);

/**
 * Samples of the beta distribution with density proportional to `x^(a−1) (1 − x)^(b−1)`. The same as `jax.random.beta`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError when `a` and `b` do not broadcast to the shape.
 * @example random.beta(random.key(0), 2, 3, [4]).shape // [4]
 */
export function beta(key: NDArray, a: ArrayLike, b: ArrayLike, shape?: Shape, options: FloatOptions = {}): NDArray {
  const dtype = floatDType("beta", options);
  const [first, second] = [parameter("beta", a, dtype), parameter("beta", b, dtype)];
  const out = sampleShape("beta", shape, first.shape, second.shape);
  const [keyA, keyB] = splitKeys(checkKey(key, "beta"));
  const [logA, logB] = [loggamma(keyA, first, out, { dtype }), loggamma(keyB, second, out, { dtype })];
  // Both scaled by the larger, so that neither overflows and not both vanish.
  const largest = stopGradient(max(logA, logB));
  const [scaledA, scaledB] = [exp(sub(logA, largest)), exp(sub(logB, largest))];
  return div(scaledA, add(scaledA, scaledB));
}

/**
 * Samples of the Dirichlet distribution: positive numbers along the last axis of `alpha` that sum to 1. `shape` is that of
 * the batch, without the last axis. The same as `jax.random.dirichlet`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError for a scalar `alpha`, or one that does not broadcast.
 * @example random.dirichlet(random.key(0), np.array([1, 2, 3]), [5]).shape // [5, 3]
 */
export function dirichlet(key: NDArray, alpha: ArrayLike, shape?: Shape, options: FloatOptions = {}): NDArray {
  const dtype = floatDType("dirichlet", options);
  const concentration = parameter("dirichlet", alpha, dtype);
  const classes = concentration.shape.at(-1);
  if (classes === undefined) {
    throw new ShapeError({
      op: "dirichlet",
      expected: "alpha with at least one axis, that of the classes",
      received: showAval(concentration.aval),
      remedy: "pass a parameter for each class",
    });
  }
  const batch = sampleShape("dirichlet", shape, concentration.shape.slice(0, -1));
  const logs = loggamma(key, concentration, [...batch, classes], { dtype });
  const scaled = exp(sub(logs, spreadLast(stopGradient(reduceMax(logs, -1)), logs.shape)));
  return div(scaled, spreadLast(reduceSum(scaled, -1), logs.shape));
}

const spreadLast = (x: NDArray, shape: Shape): NDArray => spreadTo(expandDims(x, -1), shape);

/**
 * Samples of the chi-square distribution with `df` degrees of freedom. The same as `jax.random.chisquare`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError when `df` does not broadcast to the shape.
 * @example random.chisquare(random.key(0), 3, [4]).shape // [4]
 */
export function chisquare(key: NDArray, df: ArrayLike, shape?: Shape, options: FloatOptions = {}): NDArray {
  const dtype = floatDType("chisquare", options);
  const half = div(parameter("chisquare", df, dtype), 2);
  return mul(exp(loggamma(key, half, sampleShape("chisquare", shape, half.shape), { dtype })), 2);
}

/**
 * Samples of Student's t distribution with `df` degrees of freedom. The same as `jax.random.t`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError when `df` does not broadcast to the shape.
 * @example random.t(random.key(0), 5, [4]).shape // [4]
 */
export function t(key: NDArray, df: ArrayLike, shape?: Shape, options: FloatOptions = {}): NDArray {
  const dtype = floatDType("t", options);
  const half = div(parameter("t", df, dtype), 2);
  const out = sampleShape("t", shape, half.shape);
  const [keyNormal, keyGamma] = splitKeys(checkKey(key, "t"));
  const n = normal(keyNormal, out, { dtype });
  return mul(n, sqrt(div(spreadTo(half, out), gamma(keyGamma, half, out, { dtype }))));
}
