// Distributions over integers and truth values: randint, bernoulli, rademacher, categorical.

import { type ArrayLike, LiteralArray, type NDArray, asArray, scalar } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { type DType, checkDType, highest, isFloat, isInteger, isSigned, lowest, promoteTypes } from "../core/dtype.js";
import { DTypeError, OptionError } from "../core/errors.js";
import { type Shape, normalizeAxis } from "../core/shape.js";
import { floatOf, toDType } from "../numpy/promote.js";
import { checkOptions } from "../core/options.js";
import { add, mul, rem, sub } from "../ops/arithmetic.js";
import { le, lt } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { argmax } from "../ops/reduce.js";
import { select } from "../ops/select.js";
import { randomWord } from "./bits.js";
import { gumbel } from "./continuous.js";
import { checkKey, splitKeys } from "./keys.js";
import { parameter, sampleShape, spreadTo } from "./parameters.js";
import { uniformBetween } from "./uniform.js";

/** A bound of `randint`, in the dtype that it is computed in; `excess` when it is one above the largest integer. */
interface Bound {
  readonly value: NDArray;
  readonly excess: boolean;
}

function boundOf(x: ArrayLike, dtype: DType, name: string): Bound {
  const array = asArray(x, "randint");
  const wide: DType = isSigned(dtype) ? "int32" : "uint32";
  if (array instanceof LiteralArray) {
    const { value } = array;
    const excess = name === "maxval" && value === highest(dtype) + 1;
    if (Number.isInteger(value) && value >= lowest(dtype) && (value <= highest(dtype) || excess)) {
      return { value: scalar(excess ? value - 1 : value, wide), excess };
    }
    const expected = `an integer ${name} from ${lowest(dtype)} to ${highest(dtype)}${name === "maxval" ? " (or one more)" : ""}`;
    throw new DTypeError({
      op: "randint",
      expected,
      received: String(value),
      remedy: "pass whole numbers, or use random.uniform for floats",
    });
  }
  const { weak } = array.aval;
  const holds =
    weak === "integer" || (isInteger(array.dtype) && weak === undefined && promoteTypes(array.dtype, dtype, "randint") === dtype);
  if (holds) return { value: weak === undefined ? convertElementType(array, wide) : toDType("randint", array, wide), excess: false };
  throw new DTypeError({
    op: "randint",
    expected: `an integer ${name} that ${dtype} holds`,
    received: showAval(array.aval),
    remedy: `convert it with x.astype("${dtype}"), or use random.uniform for floats`,
  });
}

/**
 * Integers from `minval` up to, not including, `maxval`; `minval` where the interval is empty. The same as
 * `jax.random.randint` for 32 bits; 8-bit integers are drawn with 32 bits too, and so without its bias.
 *
 * @throws DTypeError for what is no key, for bounds that are not integers of the dtype, or a dtype that is not an integer one.
 * @example random.randint(random.key(7), [4], 0, 100) // [99, 22, 0, 37]
 */
export function randint(
  key: NDArray,
  shape: Shape,
  minval: ArrayLike,
  maxval: ArrayLike,
  options: { readonly dtype?: DType } = {},
): NDArray {
  checkOptions("randint", options, ["dtype"]);
  const dtype = checkDType(options.dtype ?? "int32", "randint");
  if (!isInteger(dtype)) {
    throw new DTypeError({
      op: "randint",
      expected: "an integer dtype",
      received: dtype,
      remedy: "use random.uniform for floats, random.bernoulli for bool",
    });
  }
  const [low, high] = [boundOf(minval, dtype, "minval"), boundOf(maxval, dtype, "maxval")];
  const out = sampleShape("randint", shape, low.value.shape, high.value.shape);
  const [start, end] = [low, high].map(({ value }) => spreadTo(value, out));
  const one = scalar(1, "uint32");
  const width = convertElementType(sub(end, start), "uint32");
  const empty = high.excess ? lt(end, start) : le(end, start);
  // An interval of all 2^32 integers has width 0, and a remainder by 0 leaves the bits as they are.
  const span = select(empty, one, high.excess ? add(width, one) : width);
  const [keyHigh, keyLow] = splitKeys(checkKey(key, "randint"));
  const [upper, lower] = [randomWord(keyHigh, out, "randint"), randomWord(keyLow, out, "randint")];
  // 64 random bits modulo span, by (upper · 2^32 + lower) mod span with 2^32 = (2^16)².
  const root = rem(scalar(2 ** 16, "uint32"), span);
  const multiplier = rem(mul(root, root), span);
  const offset = rem(add(mul(rem(upper, span), multiplier), rem(lower, span)), span);
  return convertElementType(add(start, convertElementType(offset, start.dtype)), dtype);
}

/**
 * Truth values that are true with probability `p`; without a shape, as many as `p` has. The same as `jax.random.bernoulli`.
 *
 * @throws DTypeError for what is no key, or a `p` that is not floating point; OptionError for a number outside of [0, 1].
 * @example random.bernoulli(random.key(0), 0.3, [10]).dtype // "bool"
 */
export function bernoulli(key: NDArray, p: ArrayLike = 0.5, shape?: Shape): NDArray {
  const array = asArray(p, "bernoulli");
  if (array instanceof LiteralArray && !(array.value >= 0 && array.value <= 1)) {
    throw new OptionError({
      op: "bernoulli",
      expected: "a probability from 0 to 1",
      received: String(array.value),
      remedy: "pass the probability of true",
    });
  }
  if (!isFloat(array.dtype)) {
    throw new DTypeError({
      op: "bernoulli",
      expected: "a probability of a floating-point dtype",
      received: showAval(array.aval),
      remedy: `convert it with x.astype("float32")`,
    });
  }
  const probability = parameter("bernoulli", array, floatOf(array.dtype));
  const out = sampleShape("bernoulli", shape, probability.shape);
  return lt(uniformBetween("bernoulli", key, out, floatOf(array.dtype)), spreadTo(probability, out));
}

/**
 * −1 or 1, each with probability ½. The same as `jax.random.rademacher`.
 *
 * @throws DTypeError for what is no key, or dtype bool or an unsigned one.
 * @example random.rademacher(random.key(0), [4]).shape // [4]
 */
export function rademacher(key: NDArray, shape: Shape = [], options: { readonly dtype?: DType } = {}): NDArray {
  checkOptions("rademacher", options, ["dtype"]);
  const dtype = checkDType(options.dtype ?? "int32", "rademacher");
  if (!isFloat(dtype) && !isSigned(dtype)) {
    throw new DTypeError({ op: "rademacher", expected: "a dtype that holds −1", received: dtype, remedy: "use int32 or float32" });
  }
  return select(bernoulli(key, 0.5, shape), scalar(1, dtype), scalar(-1, dtype));
}

export interface CategoricalOptions {
  /** The axis of the classes; the last by default. */
  readonly axis?: number;
  /** The shape of the samples, to which that of `logits` without the axis broadcasts. */
  readonly shape?: Shape;
}

/**
 * The numbers (int32) of classes drawn with the probabilities `softmax(logits)`. The same as `jax.random.categorical`.
 *
 * @throws DTypeError for what is no key; ShapeError for an axis that `logits` has not, or a shape that does not fit.
 * @example random.categorical(random.key(0), np.log(np.array([0.1, 0.9])), { shape: [5] }).shape // [5]
 */
export function categorical(key: NDArray, logits: ArrayLike, options: CategoricalOptions = {}): NDArray {
  checkOptions("categorical", options, ["axis", "shape"]);
  const array = asArray(logits, "categorical");
  const dtype = floatOf(array.dtype);
  const weights = parameter("categorical", array, dtype);
  const axis = normalizeAxis(options.axis ?? -1, weights.ndim, "categorical");
  const batch = weights.shape.toSpliced(axis, 1);
  const out = sampleShape("categorical", options.shape, batch);
  const added = out.length - batch.length;
  const noisy = out.toSpliced(added + axis, 0, weights.shape[axis]);
  return argmax(add(gumbel(key, noisy, { dtype }), spreadTo(weights, noisy)), added + axis);
}
