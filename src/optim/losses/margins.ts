// Losses that ask for a margin: of scores against labels of −1 and 1, of the right class against the others, of one example
// against another.

import type { ArrayLike, NDArray } from "../../core/array.js";
import { checkOptions } from "../../core/options.js";
import { normalizeAxis, range } from "../../core/shape.js";
import { maskFor } from "../../nn/softmax.js";
import { promoteFloat } from "../../numpy/promote.js";
import { abs, add, max, mul, neg, square, sub } from "../../ops/arithmetic.js";
import { bitAnd, bitNot } from "../../ops/bitwise.js";
import { eq, gt, le } from "../../ops/compare.js";
import { broadcastInDim, iota } from "../../ops/layout.js";
import { pow } from "../../ops/power.js";
import { reduceMax, reduceOr, reduceSum } from "../../ops/reduce.js";
import { select } from "../../ops/select.js";
import { sqrt } from "../../ops/exponential.js";
import { checkPositive, checkWithin } from "../checks.js";
import { classesOf, countedLabels, labelled } from "./classification.js";
import { type AxisOptions, type MaskOption, elementwise, lossOperands } from "./masked.js";

/** `x` above 0, else 0: at 0 it has the derivative 0. */
const positivePart = (x: NDArray): NDArray => select(gt(x, 0), x, select(le(x, 0), 0, x));

/**
 * `max(0, 1 − predictions · targets)`, element by element; targets are −1 or 1.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.hingeLoss(0.25, 1) // 0.75
 */
export function hingeLoss(predictions: ArrayLike, targets: ArrayLike, options: MaskOption = {}): NDArray {
  checkOptions("hingeLoss", options, ["where"]);
  return elementwise("hingeLoss", options.where, [predictions, targets], (x, y) => max(sub(1, mul(x, y)), 0));
}

/**
 * `max(0, −predictions · targets)`, element by element; targets are −1 or 1. As `optax.perceptron_loss`.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example optim.perceptronLoss(0.25, -1) // 0.25
 */
export function perceptronLoss(predictions: ArrayLike, targets: ArrayLike, options: MaskOption = {}): NDArray {
  checkOptions("perceptronLoss", options, ["where"]);
  return elementwise("perceptronLoss", options.where, [predictions, targets], (x, y) => positivePart(neg(mul(x, y))));
}

/** The largest of the scores, each raised by a margin unless it is that of the label, less the label's. */
function multiclass(op: string, scores: ArrayLike, labels: ArrayLike, options: AxisOptions, margin: number): NDArray {
  checkOptions(op, options, ["axis", "where"]);
  const [given] = promoteFloat(op, scores);
  const axis = normalizeAxis(options.axis ?? -1, given.ndim, op);
  const counts = options.where === undefined ? undefined : maskFor(op, options.where, given);
  const numbers = classesOf(op, given, labels, axis);
  const classes = counts === undefined ? numbers : countedLabels(numbers, reduceOr(counts, axis));
  const others = range(0, given.ndim).filter((k) => k !== axis);
  const own = eq(broadcastInDim(classes, given.shape, others), iota(classes.dtype, given.shape, axis));
  // The label's own score counts always: there is a largest, and a label that is left out makes no error.
  const x = counts === undefined ? given : select(counts, given, 0);
  const rivals = counts === undefined ? bitNot(own) : bitAnd(counts, bitNot(own));
  const best = labelled(x, classes, axis);
  const excess = add(sub(x, broadcastInDim(best, given.shape, others)), margin);
  return reduceMax(select(rivals, excess, 0), axis);
}

/**
 * `max(0, 1 + max over other classes of score − score[label])` for each example (Crammer and Singer 2001). As
 * `optax.multiclass_hinge_loss`. Classes that `where` leaves out are no rivals; an example whose label is left out compares with 0.
 *
 * @throws DTypeError unless labels are integers; ShapeError unless there is one for each example; IndexError for a label that is no class; OptionError for an unknown option.
 * @example optim.multiclassHingeLoss(np.array([[2, 1.5]]), np.array([0], { dtype: "int32" })) // [0.5]
 */
export const multiclassHingeLoss = (scores: ArrayLike, labels: ArrayLike, options: AxisOptions = {}): NDArray =>
  multiclass("multiclassHingeLoss", scores, labels, options, 1);

/**
 * `max(scores) − score[label]` for each example. As `optax.multiclass_perceptron_loss`.
 *
 * @throws DTypeError unless labels are integers; ShapeError unless there is one for each example; IndexError for a label that is no class; OptionError for an unknown option.
 * @example optim.multiclassPerceptronLoss(np.array([[2, 1.5]]), np.array([1], { dtype: "int32" })) // [0.5]
 */
export const multiclassPerceptronLoss = (scores: ArrayLike, labels: ArrayLike, options: AxisOptions = {}): NDArray =>
  multiclass("multiclassPerceptronLoss", scores, labels, options, 0);

export interface MarginOptions extends MaskOption {
  readonly margin?: number;
}

/**
 * `max(0, −targets · (first − second) + margin)`, element by element: with target 1 the first should be larger, with −1 the second.
 * As PyTorch's MarginRankingLoss; the margin is 0 by default.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option or a negative margin.
 * @example optim.marginRankingLoss(1, 3, 1) // 2
 */
export function marginRankingLoss(first: ArrayLike, second: ArrayLike, targets: ArrayLike, options: MarginOptions = {}): NDArray {
  const op = "marginRankingLoss";
  checkOptions(op, options, ["margin", "where"]);
  const { margin = 0 } = options;
  checkWithin(op, "margin", margin, 0, Infinity);
  return elementwise(op, options.where, [first, second, targets], (a, b, y) => positivePart(add(mul(neg(y), sub(a, b)), margin)));
}

/**
 * `targets · d² + (1 − targets) · max(0, margin − d)²` of distances d, element by element: pairs with target 1 belong together, those
 * with 0 should be apart by the margin, 1 by default (Hadsell, Chopra and LeCun 2006).
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option or a margin that is not positive.
 * @example optim.contrastiveLoss(0.5, 0) // 0.25
 */
export function contrastiveLoss(distances: ArrayLike, targets: ArrayLike, options: MarginOptions = {}): NDArray {
  const op = "contrastiveLoss";
  checkOptions(op, options, ["margin", "where"]);
  const { margin = 1 } = options;
  checkPositive(op, "margin", margin);
  return elementwise(op, options.where, [distances, targets], (d, y) =>
    add(mul(y, square(d)), mul(sub(1, y), square(positivePart(sub(margin, d))))),
  );
}

export interface TripletMarginOptions extends AxisOptions {
  /** How much nearer the positive example should be; 1 by default. */
  readonly margin?: number;
  /** The power p of the distance `(Σ |difference|^p)^(1/p)`; 2 by default, at least 1. */
  readonly normDegree?: number;
  /** Added to the sum, so that the root has a derivative at 0; 1e-6 by default. */
  readonly epsilon?: number;
}

function distance(x: NDArray, y: NDArray, axis: number, degree: number, epsilon: number): NDArray {
  const difference = sub(x, y);
  if (degree === 2) return sqrt(add(reduceSum(square(difference), axis), epsilon));
  const sum = add(reduceSum(degree === 1 ? abs(difference) : pow(abs(difference), degree), axis), epsilon);
  return degree === 1 ? sum : pow(sum, 1 / degree);
}

/**
 * `max(0, distance(anchor, positive) − distance(anchor, negative) + margin)` of vectors along an axis (Schroff et al. 2015). As
 * `optax.triplet_margin_loss`. Components that `where` leaves out do not count.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option or a number out of its range.
 * @example optim.tripletMarginLoss(np.array([0, 0]), np.array([0, 1]), np.array([0, 1.5])) // 0.5
 */
export function tripletMarginLoss(
  anchors: ArrayLike,
  positives: ArrayLike,
  negatives: ArrayLike,
  options: TripletMarginOptions = {},
): NDArray {
  const op = "tripletMarginLoss";
  checkOptions(op, options, ["axis", "margin", "normDegree", "epsilon", "where"]);
  const { axis = -1, margin = 1, normDegree = 2, epsilon = 1e-6 } = options;
  checkPositive(op, "margin", margin);
  checkPositive(op, "epsilon", epsilon);
  checkWithin(op, "normDegree", normDegree, 1, Infinity);
  const [anchor, positive, negative] = lossOperands(op, options.where, anchors, positives, negatives).operands;
  const near = distance(anchor, positive, axis, normDegree, epsilon);
  return positivePart(add(sub(near, distance(anchor, negative, axis, normDegree, epsilon)), margin));
}
