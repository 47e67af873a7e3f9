// Loss functions, one number for each example or element, as Optax has them; take the mean or sum yourself.
// Predictions and targets are promoted to one floating dtype and broadcast.

import { type ArrayLike, type NDArray, asArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { isInteger } from "../core/dtype.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import { normalizeAxis, range, sameShape, showShape } from "../core/shape.js";
import { logSigmoid, softplus } from "../nn/activations.js";
import { logSoftmax, logsumexp, restored } from "../nn/softmax.js";
import { checkOptions } from "../core/options.js";
import { floatOperandsOf, promoteFloat, toDType } from "../numpy/promote.js";
import { add, div, max, mul, neg, square, sub } from "../ops/arithmetic.js";
import { bitAnd } from "../ops/bitwise.js";
import { eq, le } from "../ops/compare.js";
import { log, sqrt } from "../ops/exponential.js";
import { gather } from "../ops/gather.js";
import { expandDims } from "../ops/layout.js";
import { reduceSum } from "../ops/reduce.js";
import { clamp, select } from "../ops/select.js";
import { checkPositive } from "./checks.js";

export interface AxisOptions {
  /** The axis of the classes; the last by default. */
  readonly axis?: number;
}

/** The element of each row along `axis` with the number in `labels`; nothing but that element gets a gradient. */
function labelled(op: string, x: NDArray, labels: ArrayLike, axis: number): NDArray {
  const given = asArray(labels, op);
  const numbers = given.aval.weak === "integer" ? toDType(op, given, "int32") : given;
  if (!isInteger(numbers.dtype)) {
    throw new DTypeError({
      op,
      expected: "integer labels",
      received: showAval(numbers.aval),
      remedy: `convert them with x.astype("int32"), or use softmaxCrossEntropy for a probability of each class`,
    });
  }
  const batch = x.shape.toSpliced(axis, 1);
  if (!sameShape(numbers.shape, batch)) {
    throw new ShapeError({
      op,
      expected: `labels of shape ${showShape(batch)}, that of the logits without the axis of the classes`,
      received: showAval(numbers.aval),
      remedy: "give one label for each example",
    });
  }
  const dimensionNumbers = {
    offsetDims: [],
    collapsedSliceDims: [axis],
    startIndexMap: [axis],
    operandBatchingDims: range(0, x.ndim).filter((k) => k !== axis),
    startIndicesBatchingDims: range(0, batch.length),
  };
  return gather(
    x,
    expandDims(numbers, -1),
    dimensionNumbers,
    x.shape.map(() => 1),
  );
}

/**
 * `−log softmax(logits)[label]` for each example.
 *
 * @throws DTypeError unless labels are integers; ShapeError unless there is one for each example; IndexError for a label that is no class.
 * @example optim.softmaxCrossEntropyWithIntegerLabels(np.array([[0, 0]]), np.array([1], { dtype: "int32" })) // [0.693147]
 */
export function softmaxCrossEntropyWithIntegerLabels(logits: ArrayLike, labels: ArrayLike, options: AxisOptions = {}): NDArray {
  const op = "softmaxCrossEntropyWithIntegerLabels";
  checkOptions(op, options, ["axis"]);
  const [scores] = promoteFloat(op, logits);
  const axis = normalizeAxis(options.axis ?? -1, scores.ndim, op);
  return sub(logsumexp(scores, axis), labelled(op, scores, labels, axis));
}

/**
 * `−Σ labels · log softmax(logits)` for each example, where labels are probabilities of the classes.
 *
 * @throws ShapeError when logits and labels do not broadcast; OptionError for an unknown option.
 * @example optim.softmaxCrossEntropy(np.array([[0, 0]]), np.array([[0, 1]])) // [0.693147]
 */
export function softmaxCrossEntropy(logits: ArrayLike, labels: ArrayLike, options: AxisOptions = {}): NDArray {
  const op = "softmaxCrossEntropy";
  checkOptions(op, options, ["axis"]);
  const [scores, targets] = floatOperandsOf(op, logits, labels);
  const logarithms = logSoftmax(scores, options.axis ?? -1);
  // A class that cannot be and was not expected costs nothing, rather than 0 · ∞.
  const certain = bitAnd(eq(targets, 0), eq(logarithms, -Infinity));
  return neg(reduceSum(mul(targets, select(certain, 0, logarithms)), options.axis ?? -1));
}

/**
 * `−labels · log σ(logits) − (1 − labels) · log σ(−logits)`, element by element, without overflow.
 *
 * @throws ShapeError when logits and labels do not broadcast.
 * @example optim.sigmoidBinaryCrossEntropy(0, 1) // 0.693147
 */
export function sigmoidBinaryCrossEntropy(logits: ArrayLike, labels: ArrayLike): NDArray {
  const [scores, targets] = floatOperandsOf("sigmoidBinaryCrossEntropy", logits, labels);
  return sub(mul(neg(targets), logSigmoid(scores)), mul(sub(1, targets), logSigmoid(neg(scores))));
}

const errorsOf = (op: string, predictions: ArrayLike, targets: ArrayLike | undefined): NDArray => {
  if (targets === undefined) return promoteFloat(op, predictions)[0];
  const [x, y] = floatOperandsOf(op, predictions, targets);
  return sub(x, y);
};

/**
 * `(predictions − targets)²`, element by element; without targets, of the predictions themselves.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example optim.squaredError(3, 1) // 4
 */
export const squaredError = (predictions: ArrayLike, targets?: ArrayLike): NDArray =>
  square(errorsOf("squaredError", predictions, targets));

/**
 * `½ (predictions − targets)²`, element by element: its gradient is the error.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example optim.l2Loss(3, 1) // 2
 */
export const l2Loss = (predictions: ArrayLike, targets?: ArrayLike): NDArray => mul(square(errorsOf("l2Loss", predictions, targets)), 0.5);

/**
 * `½ e²` for errors up to `delta` (1 by default), linear with the same slope beyond.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.huberLoss(3, 0) // 2.5
 */
export function huberLoss(predictions: ArrayLike, targets?: ArrayLike, options: { readonly delta?: number } = {}): NDArray {
  checkOptions("huberLoss", options, ["delta"]);
  const { delta = 1 } = options;
  checkPositive("huberLoss", "delta", delta);
  const errors = errorsOf("huberLoss", predictions, targets);
  // c (e − c/2) with e cut to c: ½ e² within, delta (|e| − delta/2) beyond, and no kink that a second derivative could see.
  const cut = clamp(-delta, errors, delta);
  return mul(cut, sub(errors, mul(cut, 0.5)));
}

/**
 * `log cosh(predictions − targets)`, element by element, without overflow.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example optim.logCosh(0, 0) // 0
 */
export function logCosh(predictions: ArrayLike, targets?: ArrayLike): NDArray {
  const errors = errorsOf("logCosh", predictions, targets);
  // log(eˣ + e⁻ˣ) − log 2 = softplus(2x) − x − log 2, evaluated where x is not negative: the function is even.
  const sign = le(errors, 0);
  const size = select(sign, neg(errors), errors);
  return sub(add(softplus(mul(size, -2)), size), Math.LN2);
}

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
 * The cosine of the angle between vectors along an axis; 0 where one has no length.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.cosineSimilarity(np.array([1, 0]), np.array([1, 1])) // 0.707107
 */
export function cosineSimilarity(predictions: ArrayLike, targets: ArrayLike, options: CosineOptions = {}): NDArray {
  const op = "cosineSimilarity";
  checkOptions(op, options, ["epsilon", "axis"]);
  const { epsilon = 0, axis = -1 } = options;
  const [x, y] = floatOperandsOf(op, predictions, targets);
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

/**
 * `max(0, 1 − predictions · targets)`, element by element; targets are −1 or 1.
 *
 * @throws ShapeError when the shapes do not broadcast.
 * @example optim.hingeLoss(0.25, 1) // 0.75
 */
export function hingeLoss(predictions: ArrayLike, targets: ArrayLike): NDArray {
  const [x, y] = floatOperandsOf("hingeLoss", predictions, targets);
  return max(sub(1, mul(x, y)), 0);
}

/**
 * `Σ targets · (log targets − logPredictions)` along an axis, where targets are probabilities: 0 · log 0 counts as 0.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.klDivergence(np.log(np.array([0.5, 0.5])), np.array([0, 1])) // 0.693147
 */
export function klDivergence(logPredictions: ArrayLike, targets: ArrayLike, options: AxisOptions = {}): NDArray {
  const op = "klDivergence";
  checkOptions(op, options, ["axis"]);
  const [x, y] = floatOperandsOf(op, logPredictions, targets);
  const empty = eq(y, 0);
  const logarithms = select(empty, 0, log(select(empty, 1, y)));
  return reduceSum(mul(y, sub(logarithms, x)), options.axis ?? -1);
}
