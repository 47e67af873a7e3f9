// Metrics as pure accumulators: `init` makes a state (a tree of arrays), `update` takes in a batch, `merge` joins two states, `compute`
// gives the number. All are traceable, so they work under jit and scan. Sums are float64: a mean of 1e8 examples is still exact.

import { type ArrayLike, type NDArray, asArray, scalar } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { isFloat, isInteger } from "../core/dtype.js";
import { DTypeError, OptionError, ShapeError } from "../core/errors.js";
import { requireOptions } from "../core/options.js";
import { sameShape } from "../core/shape.js";
import { argmax, sum, where, zeros } from "../numpy/index.js";
import { oneHot } from "../nn/index.js";
import { add, div, mul, square, sub } from "../ops/arithmetic.js";
import { eq, gt } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";

/** A number of many batches, gathered batch by batch: a pure fold. */
export interface Metric<State, Inputs extends readonly unknown[], Value = NDArray> {
  init(): State;
  update(state: State, ...inputs: Inputs): State;
  /** The state of both together: of two workers, or two halves of the data. */
  merge(a: State, b: State): State;
  compute(state: State): Value;
}

/** The state of a metric. */
export type MetricState<M> = M extends { init(): infer State } ? State : never;

const zero = (): NDArray => scalar(0, "float64");
const wide = (x: NDArray): NDArray => convertElementType(x, "float64");
const total = (x: NDArray): NDArray => (x.ndim === 0 ? x : sum(x));

/** `a / b`, and NaN where nothing was gathered. */
const ratio = (a: NDArray, b: NDArray): NDArray => where(gt(b, 0), div(a, where(gt(b, 0), b, 1)), NaN);

export interface MeanState {
  readonly total: NDArray;
  readonly weight: NDArray;
}

/** The values' sum and weight; weights are 1 unless given, and booleans choose. */
function weigh(op: string, values: ArrayLike, weights: ArrayLike | undefined): MeanState {
  const x = wide(asArray(values, op));
  if (weights === undefined) return { total: total(x), weight: scalar(x.size, "float64") };
  const w = wide(asArray(weights, op));
  if (!sameShape(x.shape, w.shape)) {
    throw new ShapeError({
      op,
      expected: `one weight for each value, ${showAval(x.aval)}`,
      received: showAval(w.aval),
      remedy: "broadcast the weights to the values' shape",
    });
  }
  // What has no weight must not count, be it NaN.
  return { total: total(where(eq(w, 0), 0, mul(x, w))), weight: total(w) };
}

const together = (a: MeanState, b: MeanState): MeanState => ({ total: add(a.total, b.total), weight: add(a.weight, b.weight) });

/**
 * The mean of all values, of any shape, each with its weight where weights (or booleans) are given. NaN before the first value.
 *
 * `update` throws ShapeError for weights of another shape.
 *
 * @example
 * const loss = train.mean();
 * loss.compute(loss.update(loss.update(loss.init(), np.array([1, 2])), 6)).item(); // 3
 */
export const mean = (): Metric<MeanState, [values: ArrayLike, weights?: ArrayLike]> => ({
  init: () => ({ total: zero(), weight: zero() }),
  update: (state, values, weights) => together(state, weigh("mean", values, weights)),
  merge: together,
  compute: (state) => ratio(state.total, state.weight),
});

function checkLabels(op: string, labels: ArrayLike, shape: readonly number[]): NDArray {
  const array = asArray(labels, op);
  if (!isInteger(array.dtype) && array.dtype !== "bool") {
    throw new DTypeError({ op, expected: "integer labels", received: showAval(array.aval), remedy: `convert them with x.astype("int32")` });
  }
  if (sameShape(array.shape, shape)) return array;
  throw new ShapeError({
    op,
    expected: `one label for each prediction, of shape [${shape.join(",")}]`,
    received: showAval(array.aval),
    remedy: "give the predictions one axis more than the labels, that of the classes, or none where they are labels themselves",
  });
}

/** Labels of scores: the class with the greatest; labels stay as they are. */
function predictedLabels(op: string, predictions: ArrayLike): NDArray {
  const array = asArray(predictions, op);
  if (!isFloat(array.dtype)) return array;
  if (array.ndim > 0) return argmax(array, -1);
  throw new ShapeError({
    op,
    expected: "scores with an axis of classes, the last",
    received: showAval(array.aval),
    remedy: "pass logits or probabilities of shape [..., classes], or integer labels",
  });
}

/**
 * The share of right predictions: scores `[..., classes]` (logits or probabilities), whose greatest counts, or integer labels
 * `[...]`, against labels `[...]`; where weights or booleans are given, weighted by them.
 *
 * `update` throws DTypeError for labels that are no integers, ShapeError for shapes that do not fit.
 *
 * @example
 * const accuracy = train.accuracy();
 * accuracy.compute(accuracy.update(accuracy.init(), np.array([[0.1, 0.9], [0.8, 0.2]]), np.array([1, 1], { dtype: "int32" }))).item(); // 0.5
 */
export function accuracy(): Metric<MeanState, [predictions: ArrayLike, labels: ArrayLike, weights?: ArrayLike]> {
  return {
    ...mean(),
    update: (state, predictions, labels, weights) => {
      const predicted = predictedLabels("accuracy", predictions);
      const truth = checkLabels("accuracy", labels, predicted.shape);
      const right = eq(convertElementType(predicted, "int32"), convertElementType(truth, "int32"));
      return together(state, weigh("accuracy", right, weights));
    },
  };
}

export interface MomentsState {
  readonly count: NDArray;
  readonly mean: NDArray;
  /** The sum of squared distances from the mean. */
  readonly squares: NDArray;
}

/** Two parts as one (Chan, Golub and LeVeque 1979, eq. 2.1), which loses no digits to large means. */
function joinMoments(a: MomentsState, b: MomentsState): MomentsState {
  const count = add(a.count, b.count);
  const share = div(b.count, where(gt(count, 0), count, 1));
  const gap = sub(b.mean, a.mean);
  return {
    count,
    mean: add(a.mean, mul(gap, share)),
    squares: add(add(a.squares, b.squares), mul(mul(square(gap), a.count), share)),
  };
}

/**
 * Mean, variance (of the whole population) and count of all values, of any shape.
 *
 * @example
 * const moments = train.moments();
 * moments.compute(moments.update(moments.init(), np.array([1, 2, 3]))).variance.item(); // 2 / 3
 */
export const moments = (): Metric<
  MomentsState,
  [values: ArrayLike],
  { readonly mean: NDArray; readonly variance: NDArray; readonly count: NDArray }
> => ({
  init: () => ({ count: zero(), mean: zero(), squares: zero() }),
  update: (state, values) => {
    const x = wide(asArray(values, "moments"));
    const count = scalar(x.size, "float64");
    const mean = div(total(x), scalar(Math.max(x.size, 1), "float64"));
    return joinMoments(state, { count, mean, squares: total(square(x.sub(mean))) });
  },
  merge: joinMoments,
  compute: ({ count, mean, squares }) => ({ count, mean: where(gt(count, 0), mean, NaN), variance: ratio(squares, count) }),
});

/**
 * How often each class was taken for each: `compute` gives `int32[classes, classes]`, row the truth, column the prediction.
 * Predictions and labels are as for `accuracy`; labels out of range count nowhere.
 *
 * @throws OptionError unless `classes` is a whole number from 1.
 * @example
 * const matrix = train.confusionMatrix({ classes: 10 });
 * const state = matrix.update(matrix.init(), logits, labels);
 */
export function confusionMatrix(options: { readonly classes: number }): Metric<NDArray, [predictions: ArrayLike, labels: ArrayLike]> {
  requireOptions("confusionMatrix", options, ["classes"]);
  const { classes } = options;
  if (!Number.isSafeInteger(classes) || classes < 1) {
    throw new OptionError({
      op: "confusionMatrix",
      expected: "a number of classes from 1",
      received: String(classes),
      remedy: "pass { classes: 10 }",
    });
  }
  const spread = (labels: NDArray): NDArray => oneHot(convertElementType(labels, "int32").reshape([-1]), classes).astype("int32");
  return {
    init: () => zeros([classes, classes], { dtype: "int32" }),
    update: (state, predictions, labels) => {
      const predicted = predictedLabels("confusionMatrix", predictions);
      const truth = checkLabels("confusionMatrix", labels, predicted.shape);
      return add(state, spread(truth).transpose().matmul(spread(predicted)));
    },
    merge: add,
    compute: (state) => state,
  };
}
