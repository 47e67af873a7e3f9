// Losses of directions and of overlaps: cosine, contrast between examples, and Dice.

import type { ArrayLike, NDArray } from "../../core/array.js";
import { showAval } from "../../core/aval.js";
import { ShapeError } from "../../core/errors.js";
import { checkOptions } from "../../core/options.js";
import { normalizeAxis } from "../../core/shape.js";
import { softplus } from "../../nn/activations.js";
import { logsumexp, restored } from "../../nn/softmax.js";
import { matmul } from "../../numpy/products.js";
import { promoteFloat } from "../../numpy/promote.js";
import { add, div, max, mul, square, sub } from "../../ops/arithmetic.js";
import { bitAnd, bitNot } from "../../ops/bitwise.js";
import { eq, le, ne } from "../../ops/compare.js";
import { convertElementType } from "../../ops/convert.js";
import { sqrt } from "../../ops/exponential.js";
import { broadcastInDim, iota, transpose } from "../../ops/layout.js";
import { reduceSum } from "../../ops/reduce.js";
import { select } from "../../ops/select.js";
import { checkPositive } from "../checks.js";
import { classesOf } from "./classification.js";
import { type AxisOptions, lossOperands } from "./masked.js";

export interface CosineOptions extends AxisOptions {
  /** The least length that a vector is divided by; 0 by default. */
  readonly epsilon?: number;
}

/** Vectors along an axis divided by their length; those of length 0 stay. */
function unit(op: string, x: NDArray, axis: number, epsilon: number): NDArray {
  const squares = reduceSum(square(x), axis);
  const short = le(squares, epsilon * epsilon);
  // The square root's derivative at 0 is infinite: it must not be asked.
  const length = select(short, epsilon === 0 ? 1 : epsilon, sqrt(select(short, 1, squares)));
  return div(x, restored(length, x.shape, [normalizeAxis(axis, x.ndim, op)]));
}

/**
 * The cosine of the angle between vectors along an axis; 0 where one has no length. Components that `where` leaves out count as 0.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.cosineSimilarity(np.array([1, 0]), np.array([1, 1])) // 0.707107
 */
export function cosineSimilarity(predictions: ArrayLike, targets: ArrayLike, options: CosineOptions = {}): NDArray {
  const op = "cosineSimilarity";
  checkOptions(op, options, ["epsilon", "axis", "where"]);
  const { epsilon = 0, axis = -1 } = options;
  const [x, y] = lossOperands(op, options.where, predictions, targets).operands;
  return reduceSum(mul(unit(op, x, axis, epsilon), unit(op, y, axis, epsilon)), axis);
}

/**
 * `1 − cosineSimilarity`.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.cosineDistance(np.array([1, 0]), np.array([0, 1])) // 1
 */
export const cosineDistance = (predictions: ArrayLike, targets: ArrayLike, options: CosineOptions = {}): NDArray =>
  sub(1, cosineSimilarity(predictions, targets, options));

export interface DiceOptions extends AxisOptions {
  /** Added to both sides of the ratio, so that nothing found of nothing is no loss; 1 by default. */
  readonly smooth?: number;
}

/**
 * `1 − (2 Σ x y + smooth) / (Σ x + Σ y + smooth)` along an axis, of probabilities and targets between 0 and 1 (Milletari et al. 2016).
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option, or a smooth that is not positive.
 * @example optim.diceLoss(np.array([1, 0]), np.array([0, 1])) // 0.666667
 */
export function diceLoss(probabilities: ArrayLike, targets: ArrayLike, options: DiceOptions = {}): NDArray {
  const op = "diceLoss";
  checkOptions(op, options, ["axis", "smooth", "where"]);
  const { axis = -1, smooth = 1 } = options;
  checkPositive(op, "smooth", smooth);
  const [x, y] = lossOperands(op, options.where, probabilities, targets).operands;
  const overlap = add(mul(reduceSum(mul(x, y), axis), 2), smooth);
  return sub(1, div(overlap, add(reduceSum(add(x, y), axis), smooth)));
}

export interface NtXentOptions {
  /** What similarities are divided by; 0.07 by default. */
  readonly temperature?: number;
}

/**
 * The normalised, temperature-scaled cross-entropy of embeddings [examples, width]: each pair of examples with one label should be
 * more alike than either is to examples of other labels (Chen et al. 2020). One number, the mean of
 * `−log(e^s(i,j) / (e^s(i,j) + Σ over k of another label e^s(i,k)))` over all such pairs, s being the cosine over the temperature; 0
 * without pairs. As `optax.ntxent`.
 *
 * @throws ShapeError unless embeddings have two axes and there is one label for each; DTypeError unless labels are integers; OptionError for an unknown option, or a temperature that is not positive.
 * @example optim.ntXent(np.eye(3), np.array([0, 0, 1], { dtype: "int32" }), { temperature: 1 }) // 0.693147
 */
export function ntXent(embeddings: ArrayLike, labels: ArrayLike, options: NtXentOptions = {}): NDArray {
  const op = "ntXent";
  checkOptions(op, options, ["temperature"]);
  const { temperature = 0.07 } = options;
  checkPositive(op, "temperature", temperature);
  const [x] = promoteFloat(op, embeddings);
  if (x.ndim !== 2) {
    throw new ShapeError({
      op,
      expected: "embeddings [examples, width]",
      received: showAval(x.aval),
      remedy: "reshape them, or map over other axes with vmap",
    });
  }
  const classes = classesOf(op, x, labels, 1);
  const count = classes.shape[0];
  const matrix = [count, count];
  const vectors = unit(op, x, -1, 0);
  const similarity = div(matmul(vectors, transpose(vectors, [1, 0])), temperature);
  const alike = eq(broadcastInDim(classes, matrix, [0]), broadcastInDim(classes, matrix, [1]));
  const pairs = bitAnd(alike, ne(iota("int32", matrix, 0), iota("int32", matrix, 1)));
  const others = broadcastInDim(logsumexp(similarity, 1, { where: bitNot(alike) }), matrix, [0]);
  const losses = select(pairs, softplus(sub(others, similarity)), 0);
  const pairCount = reduceSum(convertElementType(pairs, x.dtype), [0, 1]);
  return div(reduceSum(losses, [0, 1]), max(pairCount, 1));
}
