// Normalisation: what is taken out and divided by, over which axes. Statistics are computed in the array's own dtype.
// Batch normalisation is pure as the others: its running statistics come in and go out.

import type { ArrayLike, NDArray } from "../core/array.js";
import { type DType, checkDType } from "../core/dtype.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { showAval } from "../core/aval.js";
import { normalizeAxes, normalizeAxis, range, sameShape, showShape, sizeOf } from "../core/shape.js";
import { checkOptions } from "../core/options.js";
import { broadcastTogether, commonDType, floatOf, promoteFloat, toDType } from "../numpy/promote.js";
import { add, div, mul, square, sub } from "../ops/arithmetic.js";
import { convertElementType } from "../ops/convert.js";
import { rsqrt } from "../ops/exponential.js";
import { broadcastInDim, full, reshape } from "../ops/layout.js";
import { reduceSum } from "../ops/reduce.js";
import { select } from "../ops/select.js";
import { stopGradient } from "../ops/stop.js";
import { type Axes, maskFor, restored } from "./softmax.js";

/** The mean over the axes, which disappear; of those elements that the mask keeps. */
function meanOver(x: NDArray, axes: readonly number[], mask?: NDArray): NDArray {
  if (mask === undefined) return div(reduceSum(x, axes), sizeOf(axes.map((axis) => x.shape[axis])));
  return div(reduceSum(select(mask, x, 0), axes), reduceSum(convertElementType(mask, x.dtype), axes));
}

interface Centred {
  readonly mean: NDArray;
  readonly variance: NDArray;
  /** `x` less its mean. */
  readonly deviation: NDArray;
}

function statistics(x: NDArray, axes: readonly number[], mask?: NDArray): Centred {
  const mean = meanOver(x, axes, mask);
  const deviation = sub(x, restored(mean, x.shape, axes));
  return { mean, variance: meanOver(square(deviation), axes, mask), deviation };
}

const dividedByDeviation = (deviation: NDArray, variance: NDArray, epsilon: number, axes: readonly number[]): NDArray =>
  mul(deviation, restored(rsqrt(add(variance, epsilon)), deviation.shape, axes));

export interface StandardizeOptions {
  /** Added to the variance; 1e-5 by default. */
  readonly epsilon?: number;
  /** The mean and variance to use instead of those of `x`; they broadcast. */
  readonly mean?: ArrayLike;
  readonly variance?: ArrayLike;
  /** Which elements the statistics are of. */
  readonly where?: ArrayLike;
}

/**
 * `(x − mean) / √(variance + epsilon)` along an axis (the last by default), or over several.
 *
 * @throws ShapeError for an axis that does not exist; OptionError for an unknown option.
 * @example nn.standardize(np.array([1, 3])) // [-1, 1], nearly
 */
export function standardize(x: ArrayLike, axis: Axes = -1, options: StandardizeOptions = {}): NDArray {
  const op = "standardize";
  checkOptions(op, options, ["epsilon", "mean", "variance", "where"]);
  const [array] = promoteFloat(op, x);
  const axes = normalizeAxes(axis, array.ndim, op);
  const mask = options.where === undefined ? undefined : maskFor(op, options.where, array);
  const own = (): NDArray => restored(meanOver(array, axes, mask), array.shape, axes);
  const given = (value: ArrayLike): NDArray => toDType(op, value, array.dtype);
  const [wide, mean] = broadcastTogether(op, array, options.mean === undefined ? own() : given(options.mean));
  const deviation = sub(wide, mean);
  const variance =
    options.variance === undefined ? restored(meanOver(square(deviation), axes, mask), array.shape, axes) : given(options.variance);
  const [left, right] = broadcastTogether(op, deviation, rsqrt(add(variance, options.epsilon ?? 1e-5)));
  return mul(left, right);
}

/** A parameter with the sizes of `x` at `axes`, repeated along the others. */
function parameterAlong(op: string, name: string, value: ArrayLike, x: NDArray, axes: readonly number[]): NDArray {
  const array = toDType(op, value, x.dtype);
  if (array.ndim === 0) return array;
  const shape = axes.map((axis) => x.shape[axis]);
  if (sameShape(array.shape, shape)) return broadcastInDim(array, x.shape, axes);
  throw new ShapeError({
    op,
    expected: `${name} of shape ${showShape(shape)}`,
    received: showAval(array.aval),
    remedy: "give it the sizes of the axes that it scales",
  });
}

export interface AffineOptions {
  /** A factor for each normalised element, or each channel. */
  readonly scale?: ArrayLike;
  /** What is added after it. */
  readonly bias?: ArrayLike;
  /** Added to the variance. */
  readonly epsilon?: number;
}

function affine(op: string, y: NDArray, options: AffineOptions, axes: readonly number[]): NDArray {
  const scaled = options.scale === undefined ? y : mul(y, parameterAlong(op, "scale", options.scale, y, axes));
  return options.bias === undefined ? scaled : add(scaled, parameterAlong(op, "bias", options.bias, y, axes));
}

/** `x` in the dtype that it has together with its parameters. */
function promoted(op: string, x: ArrayLike, options: AffineOptions): NDArray {
  const present = [options.scale, options.bias].filter((value): value is ArrayLike => value !== undefined);
  return toDType(op, x, floatOf(commonDType(op, x, ...present)));
}

export interface LayerNormOptions extends AffineOptions {
  /** The axis, or axes, over which is normalised, and which `scale` and `bias` have; the last by default. */
  readonly axis?: Axes;
}

const sortedAxes = (axis: Axes, x: NDArray, op: string): number[] => normalizeAxes(axis, x.ndim, op).sort((a, b) => a - b);

/**
 * Layer normalisation: mean 0 and variance 1 along the axes, then `scale` and `bias`, whose shape is that of the axes.
 * `epsilon` is 1e-5 by default.
 *
 * @throws ShapeError for an axis that does not exist, or parameters of another shape; OptionError for an unknown option.
 * @example nn.layerNorm(np.array([[1, 3]]), { scale: np.array([1, 2]) }) // [[-1, 2]], nearly
 */
export function layerNorm(x: ArrayLike, options: LayerNormOptions = {}): NDArray {
  const op = "layerNorm";
  checkOptions(op, options, ["axis", "scale", "bias", "epsilon"]);
  const array = promoted(op, x, options);
  const axes = sortedAxes(options.axis === undefined ? -1 : options.axis, array, op);
  const { deviation, variance } = statistics(array, axes);
  return affine(op, dividedByDeviation(deviation, variance, options.epsilon ?? 1e-5, axes), options, axes);
}

/**
 * Root-mean-square normalisation: `x / √(mean(x²) + epsilon)` along the axes, then `scale`. `epsilon` is 1e-6 by default.
 *
 * @throws ShapeError for an axis that does not exist, or a scale of another shape; OptionError for an unknown option.
 * @example nn.rmsNorm(np.array([3, 4])) // [0.848528, 1.131371]
 */
export function rmsNorm(x: ArrayLike, options: Omit<LayerNormOptions, "bias"> = {}): NDArray {
  const op = "rmsNorm";
  checkOptions(op, options, ["axis", "scale", "epsilon"]);
  const array = promoted(op, x, options);
  const axes = sortedAxes(options.axis === undefined ? -1 : options.axis, array, op);
  return affine(op, dividedByDeviation(array, meanOver(square(array), axes), options.epsilon ?? 1e-6, axes), options, axes);
}

export interface GroupNormOptions extends AffineOptions {
  /** Where the channels are; axis 1 by default. Axis 0 is the batch. */
  readonly axis?: number;
}

/**
 * Group normalisation of `x` (batch first): the channels in `groups` equal groups, each with mean 0 and variance 1 over its
 * channels and all of space; then `scale` and `bias`, one for each channel. `epsilon` is 1e-5 by default.
 *
 * @throws ShapeError when the channels do not divide by the groups; OptionError for an unknown option.
 * @example nn.groupNorm(np.ones([1, 4, 2, 2]), 2).shape // [1, 4, 2, 2]
 */
export function groupNorm(x: ArrayLike, groups: number, options: GroupNormOptions = {}): NDArray {
  const op = "groupNorm";
  checkOptions(op, options, ["axis", "scale", "bias", "epsilon"]);
  const array = promoted(op, x, options);
  const axis = normalizeAxis(options.axis ?? 1, array.ndim, op);
  const channels = array.shape[axis];
  if (axis === 0 || !Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new ShapeError({
      op,
      expected: `a number of groups that divides the ${channels} channels of axis ${axis}`,
      received: String(groups),
      remedy: "use a divisor, and keep the batch at axis 0",
    });
  }
  const grouped = reshape(array, array.shape.toSpliced(axis, 1, groups, channels / groups));
  const axes = range(1, grouped.ndim).filter((k) => k !== axis);
  const { deviation, variance } = statistics(grouped, axes);
  const y = reshape(dividedByDeviation(deviation, variance, options.epsilon ?? 1e-5, axes), array.shape);
  return affine(op, y, options, [axis]);
}

/** The running statistics of a batch normalisation, one number for each channel. */
export interface BatchNormState {
  readonly mean: NDArray;
  readonly variance: NDArray;
}

export interface BatchNormOptions extends AffineOptions {
  /** Whether the statistics are those of the batch, and the running ones move; otherwise the running ones are used. */
  readonly training: boolean;
  /** How much of the running statistics stays at each step; 0.9 by default. */
  readonly momentum?: number;
  /** Where the channels are; axis 1 by default. */
  readonly axis?: number;
}

/**
 * The state with which a batch normalisation of so many channels begins: mean 0, variance 1.
 *
 * @throws ShapeError for a count that is no non-negative integer; DTypeError for an unknown dtype.
 * @example nn.batchNormState(32).mean.shape // [32]
 */
export function batchNormState(channels: number, options: { readonly dtype?: DType } = {}): BatchNormState {
  checkOptions("batchNormState", options, ["dtype"]);
  const dtype = checkDType(options.dtype ?? "float32", "batchNormState");
  return { mean: full([channels], 0, dtype), variance: full([channels], 1, dtype) };
}

/**
 * Batch normalisation: mean 0 and variance 1 for each channel, over all other axes, then `scale` and `bias`, one for each
 * channel. Gives the result and the state for the next step: the old one unless training. `epsilon` is 1e-5 by default.
 *
 * @throws ShapeError for an axis that does not exist, or state of another shape; OptionError for an unknown option, or without `training`.
 * @example const [y, next] = nn.batchNorm(np.ones([8, 3]), nn.batchNormState(3), { training: true });
 */
export function batchNorm(x: ArrayLike, state: BatchNormState, options: BatchNormOptions): readonly [NDArray, BatchNormState] {
  const op = "batchNorm";
  checkOptions(op, options, ["training", "momentum", "axis", "scale", "bias", "epsilon"]);
  if (typeof options?.training !== "boolean") {
    throw new OptionError({
      op,
      expected: "training: true or false",
      received: String(options?.training),
      remedy: "say whether the statistics are those of this batch",
    });
  }
  const array = promoted(op, x, options);
  const axis = normalizeAxis(options.axis ?? 1, array.ndim, op);
  const axes = range(0, array.ndim).filter((k) => k !== axis);
  const running = [state.mean, state.variance].map((value, i) =>
    parameterAlong(op, ["state.mean", "state.variance"][i], value, array, [axis]),
  );
  const epsilon = options.epsilon ?? 1e-5;
  if (!options.training) return [affine(op, mul(sub(array, running[0]), rsqrt(add(running[1], epsilon))), options, [axis]), state];
  const { mean, variance, deviation } = statistics(array, axes);
  const { momentum = 0.9 } = options;
  const moved = (old: NDArray, batch: NDArray): NDArray =>
    add(mul(old, momentum), mul(convertElementType(stopGradient(batch), old.dtype), 1 - momentum));
  const next = { mean: moved(state.mean, mean), variance: moved(state.variance, variance) };
  return [affine(op, dividedByDeviation(deviation, variance, epsilon, axes), options, [axis]), next];
}
