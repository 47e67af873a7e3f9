// Continuous distributions by inversion: one uniform number a sample, through the inverse of the distribution function.

import { type ArrayLike, type NDArray, scalar } from "../core/array.js";
import { type FloatDType, epsilon, smallestNormal } from "../core/dtype.js";
import type { Shape } from "../core/shape.js";
import { abs, div, max, min, mul, neg, sign, sub } from "../ops/arithmetic.js";
import { exp, log, log1p } from "../ops/exponential.js";
import { erf, erfInv, nextafter } from "../ops/special.js";
import { stopGradient } from "../ops/stop.js";
import { tan } from "../ops/trigonometric.js";
import { type FloatOptions, floatDType, parameter, sampleShape, spreadTo } from "./parameters.js";
import { uniformBetween } from "./uniform.js";

/** The number next to −1 on the way to 0: the logarithm of what is left of it exists. */
const aboveMinusOne = (dtype: FloatDType): number => -1 + epsilon(dtype) / 2;

/**
 * Standard normal samples. The same as `jax.random.normal`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError for what is no shape.
 * @example random.normal(random.key(7), [2]) // [0.451235, 1.95345]
 */
export function normal(key: NDArray, shape: Shape = [], options: FloatOptions = {}): NDArray {
  const dtype = floatDType("normal", options);
  return mul(erfInv(uniformBetween("normal", key, shape, dtype, aboveMinusOne(dtype), 1)), Math.SQRT2);
}

/**
 * Samples of `exp(sigma · normal)`. The same as `jax.random.lognormal`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError when `sigma` does not broadcast to the shape.
 * @example random.lognormal(random.key(0), [3], { sigma: 0.5 }).shape // [3]
 */
export function lognormal(key: NDArray, shape?: Shape, options: FloatOptions & { readonly sigma?: ArrayLike } = {}): NDArray {
  const dtype = floatDType("lognormal", options, ["sigma"]);
  const sigma = parameter("lognormal", options.sigma ?? 1, dtype);
  const out = sampleShape("lognormal", shape, sigma.shape);
  return exp(mul(normal(key, out, { dtype }), spreadTo(sigma, out)));
}

/**
 * Standard normal samples of those between `lower` and `upper` (never the bounds themselves); without a shape, as many as
 * the bounds. The same as `jax.random.truncated_normal`. Differentiable in the bounds.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError when bounds do not broadcast to the shape.
 * @example random.truncatedNormal(random.key(0), -2, 2, [3]).shape // [3]
 */
export function truncatedNormal(key: NDArray, lower: ArrayLike, upper: ArrayLike, shape?: Shape, options: FloatOptions = {}): NDArray {
  const op = "truncatedNormal";
  const dtype = floatDType(op, options);
  const [low, high] = [parameter(op, lower, dtype), parameter(op, upper, dtype)];
  const out = sampleShape(op, shape, low.shape, high.shape);
  const quantile = (bound: NDArray): NDArray => erf(div(bound, Math.SQRT2));
  const samples = mul(erfInv(uniformBetween(op, key, out, dtype, quantile(low), quantile(high))), Math.SQRT2);
  const inside = (bound: NDArray, towards: number): NDArray => spreadTo(nextafter(stopGradient(bound), scalar(towards, dtype)), out);
  return min(max(samples, inside(low, Infinity)), inside(high, -Infinity));
}

/**
 * Samples of the exponential distribution with rate 1. The same as `jax.random.exponential`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError for what is no shape.
 * @example random.exponential(random.key(7), [1]) // [1.121134]
 */
export function exponential(key: NDArray, shape: Shape = [], options: FloatOptions = {}): NDArray {
  return neg(log1p(neg(uniformBetween("exponential", key, shape, floatDType("exponential", options)))));
}

/**
 * Samples of the standard Gumbel distribution: adding them to logits and taking the largest draws from a softmax. The same
 * as `jax.random.gumbel`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError for what is no shape.
 * @example random.gumbel(random.key(7), [1]) // [0.930411]
 */
export function gumbel(key: NDArray, shape: Shape = [], options: FloatOptions = {}): NDArray {
  const dtype = floatDType("gumbel", options);
  return neg(log(neg(log(uniformBetween("gumbel", key, shape, dtype, smallestNormal(dtype), 1)))));
}

/**
 * Samples of the Laplace distribution with density `exp(−|x|)/2`. The same as `jax.random.laplace`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError for what is no shape.
 * @example random.laplace(random.key(7), [1]) // [-0.427987]
 */
export function laplace(key: NDArray, shape: Shape = [], options: FloatOptions = {}): NDArray {
  const dtype = floatDType("laplace", options);
  const u = uniformBetween("laplace", key, shape, dtype, aboveMinusOne(dtype), 1);
  return mul(sign(u), log1p(neg(abs(u))));
}

/**
 * Samples of the logistic distribution. The same as `jax.random.logistic`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError for what is no shape.
 * @example random.logistic(random.key(0), [3]).shape // [3]
 */
export function logistic(key: NDArray, shape: Shape = [], options: FloatOptions = {}): NDArray {
  const dtype = floatDType("logistic", options);
  const u = uniformBetween("logistic", key, shape, dtype, epsilon(dtype), 1);
  return log(div(u, sub(1, u)));
}

/**
 * Samples of the Cauchy distribution. The same as `jax.random.cauchy`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError for what is no shape.
 * @example random.cauchy(random.key(0), [3]).shape // [3]
 */
export function cauchy(key: NDArray, shape: Shape = [], options: FloatOptions = {}): NDArray {
  const dtype = floatDType("cauchy", options);
  return tan(mul(sub(uniformBetween("cauchy", key, shape, dtype, epsilon(dtype), 1), 0.5), Math.PI));
}

/**
 * Samples of the Pareto distribution with density `b / x^(b + 1)` above 1. The same as `jax.random.pareto`.
 *
 * @throws DTypeError for what is no key or no floating-point dtype; ShapeError when `b` does not broadcast to the shape.
 * @example random.pareto(random.key(0), 3, [4]).shape // [4]
 */
export function pareto(key: NDArray, b: ArrayLike, shape?: Shape, options: FloatOptions = {}): NDArray {
  const dtype = floatDType("pareto", options);
  const power = parameter("pareto", b, dtype);
  const out = sampleShape("pareto", shape, power.shape);
  return exp(div(exponential(key, out, { dtype }), spreadTo(power, out)));
}
