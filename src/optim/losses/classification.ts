// Losses of classes predicted by logits. Targets are probabilities of classes, or the number of the class.

import { type ArrayLike, type NDArray, asArray } from "../../core/array.js";
import { showAval } from "../../core/aval.js";
import { isInteger } from "../../core/dtype.js";
import { DTypeError, ShapeError } from "../../core/errors.js";
import { checkOptions } from "../../core/options.js";
import { normalizeAxis, range, sameShape, showShape } from "../../core/shape.js";
import { logSigmoid } from "../../nn/activations.js";
import { type WhereOptions, logSoftmax, logsumexp, maskFor } from "../../nn/softmax.js";
import { promoteFloat, toDType } from "../../numpy/promote.js";
import { add, div, max, mul, neg, sub } from "../../ops/arithmetic.js";
import { bitAnd, bitNot } from "../../ops/bitwise.js";
import { eq } from "../../ops/compare.js";
import { convertElementType } from "../../ops/convert.js";
import { exp, log, logistic } from "../../ops/exponential.js";
import { gather } from "../../ops/gather.js";
import { expandDims } from "../../ops/layout.js";
import { pow } from "../../ops/power.js";
import { reduceOr, reduceSum } from "../../ops/reduce.js";
import { select } from "../../ops/select.js";
import { checkWithin } from "../checks.js";
import { type AxisOptions, type MaskOption, elementwise, lossOperands } from "./masked.js";

interface SmoothingOption {
  /** The part of each target that is spread evenly over all classes that count (Szegedy et al. 2016); 0 by default. */
  readonly labelSmoothing?: number;
}

export interface CrossEntropyOptions extends AxisOptions, SmoothingOption {}

function smoothingOf(op: string, { labelSmoothing = 0 }: SmoothingOption): number {
  checkWithin(op, "labelSmoothing", labelSmoothing, 0, 1);
  return labelSmoothing;
}

/**
 * Numbers of classes, one for each example of the scores.
 *
 * @throws DTypeError unless they are integers; ShapeError unless there is one for each example.
 */
export function classesOf(op: string, x: NDArray, labels: ArrayLike, axis: number): NDArray {
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
  if (sameShape(numbers.shape, batch)) return numbers;
  throw new ShapeError({
    op,
    expected: `labels of shape ${showShape(batch)}, that of the logits without the axis of the classes`,
    received: showAval(numbers.aval),
    remedy: "give one label for each example",
  });
}

/** Labels, 0 for the examples of which nothing counts: theirs may be anything, −1 too. */
export const countedLabels = (classes: NDArray, some: NDArray): NDArray => select(some, classes, 0);

/** The element of each row along `axis` with the number in `classes`; nothing but that element gets a gradient. */
export function labelled(x: NDArray, classes: NDArray, axis: number): NDArray {
  const dimensionNumbers = {
    offsetDims: [],
    collapsedSliceDims: [axis],
    startIndexMap: [axis],
    operandBatchingDims: range(0, x.ndim).filter((k) => k !== axis),
    startIndicesBatchingDims: range(0, classes.ndim),
  };
  const sizes = x.shape.map(() => 1);
  return gather(x, expandDims(classes, -1), dimensionNumbers, sizes);
}

const counting = (mask: NDArray | undefined): WhereOptions => (mask === undefined ? {} : { where: mask });

/** The mean of `−log softmax` over the classes that count. */
function uniformLoss(scores: NDArray, axis: number, mask: NDArray | undefined): NDArray {
  const logarithms = logSoftmax(scores, axis, counting(mask));
  if (mask === undefined) return div(neg(reduceSum(logarithms, axis)), scores.shape[axis]);
  const count = reduceSum(convertElementType(mask, scores.dtype), axis);
  return div(neg(reduceSum(select(mask, logarithms, 0), axis)), max(count, 1));
}

const mixed = (loss: NDArray, smoothing: number, uniform: () => NDArray): NDArray =>
  smoothing === 0 ? loss : add(mul(loss, 1 - smoothing), mul(uniform(), smoothing));

/**
 * `−log softmax(logits)[label]` for each example. Classes that `where` leaves out are impossible: a label among them costs ∞; an
 * example without classes costs 0, whatever its label.
 *
 * @throws DTypeError unless labels are integers; ShapeError unless there is one for each example; IndexError for a label that is no class; OptionError for an unknown option.
 * @example optim.softmaxCrossEntropyWithIntegerLabels(np.array([[0, 0]]), np.array([1], { dtype: "int32" })) // [0.693147]
 */
export function softmaxCrossEntropyWithIntegerLabels(logits: ArrayLike, labels: ArrayLike, options: CrossEntropyOptions = {}): NDArray {
  const op = "softmaxCrossEntropyWithIntegerLabels";
  checkOptions(op, options, ["axis", "where", "labelSmoothing"]);
  const smoothing = smoothingOf(op, options);
  const [given] = promoteFloat(op, logits);
  const axis = normalizeAxis(options.axis ?? -1, given.ndim, op);
  const classes = classesOf(op, given, labels, axis);
  if (options.where === undefined) {
    return mixed(sub(logsumexp(given, axis), labelled(given, classes, axis)), smoothing, () => uniformLoss(given, axis, undefined));
  }
  const mask = maskFor(op, options.where, given);
  const some = reduceOr(mask, axis);
  const scores = select(mask, given, -Infinity);
  // An example without classes has no finite scores: 0 stands for them, before they are subtracted.
  const picked = select(some, labelled(scores, countedLabels(classes, some), axis), 0);
  const loss = sub(select(some, logsumexp(scores, axis), 0), picked);
  return select(
    some,
    mixed(loss, smoothing, () => uniformLoss(given, axis, mask)),
    0,
  );
}

/** `targets · logarithms`, where 0 · −∞ is 0: what cannot be and was not expected costs nothing. */
const weighted = (targets: NDArray, logarithms: NDArray): NDArray =>
  mul(targets, select(bitAnd(eq(targets, 0), eq(logarithms, -Infinity)), 0, logarithms));

/**
 * `−Σ labels · log softmax(logits)` for each example, where labels are probabilities of the classes. Classes that `where` leaves out
 * are impossible, and their labels do not count.
 *
 * @throws ShapeError when logits and labels do not broadcast; OptionError for an unknown option.
 * @example optim.softmaxCrossEntropy(np.array([[0, 0]]), np.array([[0, 1]])) // [0.693147]
 */
export function softmaxCrossEntropy(logits: ArrayLike, labels: ArrayLike, options: CrossEntropyOptions = {}): NDArray {
  const op = "softmaxCrossEntropy";
  checkOptions(op, options, ["axis", "where", "labelSmoothing"]);
  const smoothing = smoothingOf(op, options);
  const { operands, mask } = lossOperands(op, options.where, logits, labels);
  const [scores, targets] = operands;
  const axis = normalizeAxis(options.axis ?? -1, scores.ndim, op);
  const loss = neg(reduceSum(weighted(targets, logSoftmax(scores, axis, counting(mask))), axis));
  return mixed(loss, smoothing, () => uniformLoss(scores, axis, mask));
}

export interface BinaryCrossEntropyOptions extends MaskOption, SmoothingOption {}

const binaryCrossEntropy = (x: NDArray, y: NDArray): NDArray =>
  neg(add(weighted(y, logSigmoid(x)), weighted(sub(1, y), logSigmoid(neg(x)))));

/**
 * `−labels · log σ(logits) − (1 − labels) · log σ(−logits)`, element by element, without overflow.
 *
 * @throws ShapeError when logits and labels do not broadcast; OptionError for an unknown option.
 * @example optim.sigmoidBinaryCrossEntropy(0, 1) // 0.693147
 */
export function sigmoidBinaryCrossEntropy(logits: ArrayLike, labels: ArrayLike, options: BinaryCrossEntropyOptions = {}): NDArray {
  const op = "sigmoidBinaryCrossEntropy";
  checkOptions(op, options, ["where", "labelSmoothing"]);
  const smoothing = smoothingOf(op, options);
  return elementwise(op, options.where, [logits, labels], (x, y) =>
    binaryCrossEntropy(x, smoothing === 0 ? y : add(mul(y, 1 - smoothing), smoothing / 2)),
  );
}

export interface FocalLossOptions extends MaskOption {
  /** The weight of positive examples, that of the others being 1 less it; none if not given. */
  readonly alpha?: number;
  /** How little easy examples count; 2 by default. */
  readonly gamma?: number;
}

/**
 * Binary cross-entropy times `(1 − p)^gamma`, p being the probability of the label: easy examples count less (Lin et al. 2017). As
 * `optax.sigmoid_focal_loss`.
 *
 * @throws ShapeError when logits and labels do not broadcast; OptionError for an unknown option or a number out of its range.
 * @example optim.sigmoidFocalLoss(0, 1) // 0.173287
 */
export function sigmoidFocalLoss(logits: ArrayLike, labels: ArrayLike, options: FocalLossOptions = {}): NDArray {
  const op = "sigmoidFocalLoss";
  checkOptions(op, options, ["alpha", "gamma", "where"]);
  const { alpha, gamma = 2 } = options;
  checkWithin(op, "gamma", gamma, 0, Infinity);
  if (alpha !== undefined) checkWithin(op, "alpha", alpha, 0, 1 + Number.EPSILON);
  return elementwise(op, options.where, [logits, labels], (x, y) => {
    const unlikely = add(mul(logistic(neg(x)), y), mul(logistic(x), sub(1, y)));
    // Where it underflows the loss is 0 all the same, and the power has no derivative that could be asked for.
    const sure = eq(unlikely, 0);
    const focus = gamma === 0 ? 1 : select(sure, 0, pow(select(sure, 1, unlikely), gamma));
    const loss = mul(binaryCrossEntropy(x, y), focus);
    return alpha === undefined ? loss : mul(loss, add(mul(y, alpha), mul(sub(1, y), 1 - alpha)));
  });
}

/**
 * Labels less sure: `(1 − alpha) · labels + alpha / classes`. As `optax.smooth_labels`.
 *
 * @throws OptionError unless alpha lies between 0 and 1; ShapeError for labels without a last axis.
 * @example optim.smoothLabels(np.array([0, 1]), 0.2) // [0.1, 0.9]
 */
export function smoothLabels(labels: ArrayLike, alpha: number): NDArray {
  checkWithin("smoothLabels", "alpha", alpha, 0, 1);
  const [y] = promoteFloat("smoothLabels", labels);
  return add(mul(y, 1 - alpha), alpha / y.shape[normalizeAxis(-1, y.ndim, "smoothLabels")]);
}

/**
 * `Σ targets · (log targets − logPredictions)` along an axis, where targets are probabilities: 0 · log 0 counts as 0.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.klDivergence(np.log(np.array([0.5, 0.5])), np.array([0, 1])) // 0.693147
 */
export function klDivergence(logPredictions: ArrayLike, targets: ArrayLike, options: AxisOptions = {}): NDArray {
  const op = "klDivergence";
  checkOptions(op, options, ["axis", "where"]);
  const [x, y] = lossOperands(op, options.where, logPredictions, targets).operands;
  const empty = eq(y, 0);
  const logarithms = select(empty, 0, log(select(empty, 1, y)));
  const impossible = bitAnd(empty, eq(x, -Infinity));
  return reduceSum(mul(y, sub(logarithms, select(impossible, 0, x))), options.axis ?? -1);
}

/**
 * `Σ e^logTargets · (logTargets − logPredictions)` along an axis: `klDivergence` of logarithms of probabilities, where −∞ counts as
 * the probability 0. As `optax.kl_divergence_with_log_targets`.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.klDivergenceWithLogTargets(np.log(np.array([0.5, 0.5])), np.log(np.array([0, 1]))) // 0.693147
 */
export function klDivergenceWithLogTargets(logPredictions: ArrayLike, logTargets: ArrayLike, options: AxisOptions = {}): NDArray {
  const op = "klDivergenceWithLogTargets";
  checkOptions(op, options, ["axis", "where"]);
  const { operands, mask } = lossOperands(op, options.where, logPredictions, logTargets);
  const [x, y] = operands;
  const empty = eq(y, -Infinity);
  const counts = mask === undefined ? bitNot(empty) : bitAnd(mask, bitNot(empty));
  const t = select(counts, y, 0);
  return reduceSum(select(counts, mul(exp(t), sub(t, x)), 0), options.axis ?? -1);
}
