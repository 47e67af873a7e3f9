// Activation functions, of floating-point arrays; integers and bool become float32. All keep the shape.
// Kinks are cut by comparisons, so that each side's derivative is its own: the one JAX has at the kink, and never NaN × 0.

import type { ArrayLike, NDArray } from "../core/array.js";
import { ShapeError } from "../core/errors.js";
import { showAval } from "../core/aval.js";
import { normalizeAxis } from "../core/shape.js";
import { checkOptions } from "../core/options.js";
import { floatUnary } from "../numpy/pointwise.js";
import { floatOperandsOf, promoteFloat } from "../numpy/promote.js";
import { abs, add, div, integerPow, mul, neg, square } from "../ops/arithmetic.js";
import { ge, gt, le, lt } from "../ops/compare.js";
import { exp, expm1, log1p, logistic, sqrt } from "../ops/exponential.js";
import { select } from "../ops/select.js";
import { sliceInDim } from "../ops/slice.js";
import { erfc } from "../ops/special.js";
import { tanh } from "../ops/trigonometric.js";

/** `x` above 0, else 0. */
const positivePart = (x: NDArray): NDArray => select(le(x, 0), 0, x);

/** `x` between 0 and 6. */
const between0And6 = (x: NDArray): NDArray => select(ge(x, 6), 6, positivePart(x));

/** `log(1 + eˣ)`: analytic on both sides of 0, and the same function there, so that derivatives of every order are right. */
function softplusOf(x: NDArray): NDArray {
  const positive = gt(x, 0);
  return add(select(positive, x, 0), log1p(exp(select(positive, neg(x), x))));
}

/**
 * The larger of `x` and 0. The derivative at 0 is 0; NaN stays NaN.
 *
 * @example nn.relu(np.array([-1, 2])) // [0, 2]
 */
export const relu = floatUnary("relu", positivePart);

/**
 * `x` limited to 0 … 6; the derivative at both ends is 0.
 *
 * @example nn.relu6(np.array([-1, 2, 8])) // [0, 2, 6]
 */
export const relu6 = floatUnary("relu6", between0And6);

/**
 * The logistic function `1 / (1 + e⁻ˣ)`.
 *
 * @example nn.sigmoid(0) // 0.5
 */
export const sigmoid = floatUnary("sigmoid", logistic);

/**
 * `log(1 + eˣ)`, without overflow.
 *
 * @example nn.softplus(1000) // 1000
 */
export const softplus = floatUnary("softplus", softplusOf);

/**
 * `x · sigmoid(x)`, also called swish.
 *
 * @example nn.silu(1) // 0.731059
 */
export const silu = floatUnary("silu", (x) => mul(x, logistic(x)));

export { silu as swish };

/**
 * `log(sigmoid(x))`, exact for large negative `x`.
 *
 * @example nn.logSigmoid(-1000) // -1000
 */
export const logSigmoid = floatUnary("logSigmoid", (x) => neg(softplusOf(neg(x))));

/**
 * `x / (1 + |x|)`.
 *
 * @example nn.softSign(3) // 0.75
 */
export const softSign = floatUnary("softSign", (x) => div(x, add(abs(x), 1)));

/**
 * `x` limited to −1 … 1; the derivative at both ends is 1.
 *
 * @example nn.hardTanh(np.array([-3, 0.5])) // [-1, 0.5]
 */
export const hardTanh = floatUnary("hardTanh", (x) => select(gt(x, 1), 1, select(lt(x, -1), -1, x)));

/**
 * The hyperbolic tangent.
 *
 * @example nn.tanh(0) // 0
 */
const tanhOf = floatUnary("tanh", tanh);
export { tanhOf as tanh };

const hardSigmoidOf = (x: NDArray): NDArray => div(between0And6(add(x, 3)), 6);

/**
 * `relu6(x + 3) / 6`.
 *
 * @example nn.hardSigmoid(0) // 0.5
 */
export const hardSigmoid = floatUnary("hardSigmoid", hardSigmoidOf);

/**
 * `x · hardSigmoid(x)`, also called hard swish.
 *
 * @example nn.hardSilu(4) // 4
 */
export const hardSilu = floatUnary("hardSilu", (x) => mul(x, hardSigmoidOf(x)));

export { hardSilu as hardSwish };

/**
 * `x · tanh(softplus(x))`.
 *
 * @example nn.mish(1) // 0.865098
 */
export const mish = floatUnary("mish", (x) => mul(x, tanh(softplusOf(x))));

export interface GeluOptions {
  /** Whether the normal distribution function is approximated by a tanh; true by default, as in JAX. */
  readonly approximate?: boolean;
}

/**
 * `x · Φ(x)`, where Φ is the normal distribution function.
 *
 * @throws OptionError for an unknown option.
 * @example nn.gelu(1, { approximate: false }) // 0.841345
 */
export function gelu(x: ArrayLike, options: GeluOptions = {}): NDArray {
  checkOptions("gelu", options, ["approximate"]);
  const [array] = promoteFloat("gelu", x);
  if (options.approximate === false) return mul(mul(array, erfc(mul(array, -Math.SQRT1_2))), 0.5);
  const inner = mul(add(array, mul(integerPow(array, 3), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(array, mul(add(tanh(inner), 1), 0.5));
}

export interface AlphaOptions {
  /** The negative of the limit at −∞; 1 by default. An array broadcasts. */
  readonly alpha?: ArrayLike;
}

/** `x` above 0, else `alpha (exp(x / width) − 1)`; the branch not taken sees 0, for it could overflow. */
function exponentialUnit(x: NDArray, alpha: NDArray, width?: NDArray): NDArray {
  const positive = gt(x, 0);
  const negative = select(positive, 0, x);
  return select(positive, x, mul(alpha, expm1(width === undefined ? negative : div(negative, width))));
}

/**
 * `x` above 0, `alpha (eˣ − 1)` below.
 *
 * @throws OptionError for an unknown option; ShapeError when `alpha` does not broadcast.
 * @example nn.elu(np.array([-1, 1])) // [-0.632121, 1]
 */
export function elu(x: ArrayLike, options: AlphaOptions = {}): NDArray {
  checkOptions("elu", options, ["alpha"]);
  const [array, alpha] = floatOperandsOf("elu", x, options.alpha ?? 1);
  return exponentialUnit(array, alpha);
}

/**
 * `x` above 0, `alpha (exp(x / alpha) − 1)` below: smooth for every `alpha`.
 *
 * @throws OptionError for an unknown option; ShapeError when `alpha` does not broadcast.
 * @example nn.celu(np.array([-1, 1]), { alpha: 2 }) // [-0.786939, 1]
 */
export function celu(x: ArrayLike, options: AlphaOptions = {}): NDArray {
  checkOptions("celu", options, ["alpha"]);
  const [array, alpha] = floatOperandsOf("celu", x, options.alpha ?? 1);
  return exponentialUnit(array, alpha, alpha);
}

// Klambauer, Unterthiner, Mayr, Hochreiter, Self-normalizing neural networks (2017), equation 14.
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/**
 * A scaled `elu` under which activations keep mean 0 and variance 1.
 *
 * @example nn.selu(1) // 1.050701
 */
export const selu = floatUnary("selu", (x) => {
  const [, alpha] = floatOperandsOf("selu", x, SELU_ALPHA);
  return mul(exponentialUnit(x, alpha), SELU_SCALE);
});

/**
 * `x` from 0 on, `negativeSlope · x` below; the derivative at 0 is 1.
 *
 * @throws OptionError for an unknown option; ShapeError when the slope does not broadcast.
 * @example nn.leakyRelu(np.array([-1, 2])) // [-0.01, 2]
 */
export function leakyRelu(x: ArrayLike, options: { readonly negativeSlope?: ArrayLike } = {}): NDArray {
  checkOptions("leakyRelu", options, ["negativeSlope"]);
  const [array, slope] = floatOperandsOf("leakyRelu", x, options.negativeSlope ?? 0.01);
  return select(ge(array, 0), array, mul(slope, array));
}

/**
 * `(x + √(x² + b)) / 2`, a smooth `relu`.
 *
 * @throws OptionError for an unknown option; ShapeError when `b` does not broadcast.
 * @example nn.squareplus(0) // 1
 */
export function squareplus(x: ArrayLike, options: { readonly b?: ArrayLike } = {}): NDArray {
  checkOptions("squareplus", options, ["b"]);
  const [array, b] = floatOperandsOf("squareplus", x, options.b ?? 4);
  return mul(add(array, sqrt(add(square(array), b))), 0.5);
}

/**
 * The first half of `x` along an axis, gated by the sigmoid of the second half.
 *
 * @throws ShapeError unless the axis exists and has an even size.
 * @example nn.glu(np.array([1, 0])) // [0.5]
 */
export function glu(x: ArrayLike, axis = -1): NDArray {
  const [array] = promoteFloat("glu", x);
  const at = normalizeAxis(axis, array.ndim, "glu");
  const size = array.shape[at];
  if (size % 2 !== 0) {
    throw new ShapeError({
      op: "glu",
      expected: "an axis of even size, one half for values and one for gates",
      received: `axis ${axis} of ${showAval(array.aval)}`,
      remedy: "give the layer before it twice as many outputs",
    });
  }
  return mul(sliceInDim(array, 0, size / 2, 1, at), logistic(sliceInDim(array, size / 2, size, 1, at)));
}
