// Initial values of parameters: each function here gives an `init(key, shape, { dtype })`, the same as jax.nn.initializers.
// Variance scaling divides by the fan of a kernel: its inputs, its outputs, or their mean. By default the input axis is the
// last but one and the output axis the last, as in `x · w` and in HWIO kernels; for OIHW pass { inAxis: 1, outAxis: 0 }.

import type { NDArray } from "../core/array.js";
import type { DType, FloatDType } from "../core/dtype.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { type Shape, checkShape, normalizeAxes, normalizeAxis, range, showShape, sizeOf } from "../core/shape.js";
import { checkOptions } from "../numpy/options.js";
import { mul } from "../ops/arithmetic.js";
import { eq } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { expandDims, full, iota, moveAxis, reshape, transpose } from "../ops/layout.js";
import { pad } from "../ops/slice.js";
import * as random from "../random/index.js";
import { orthonormalFactor } from "../random/orthogonal.js";
import { floatDType } from "../random/parameters.js";

export interface InitOptions {
  /** float32 by default; a floating-point dtype, but for zeros, ones and constant. */
  readonly dtype?: DType;
}

/** Makes a parameter of a key and a shape. */
export type Initializer = (key: NDArray, shape: Shape, options?: InitOptions) => NDArray;

/** The dtype that was asked for. */
const dtypeOf = (name: string, options: InitOptions): FloatDType => floatDType(name, options);

/**
 * The same value everywhere.
 *
 * @example nn.initializers.constant(0.1)(random.key(0), [2]) // [0.1, 0.1]
 */
export const constant =
  (value: number): Initializer =>
  (_, shape, options = {}) => {
    checkOptions("constant", options, ["dtype"]);
    return full(shape, value, options.dtype ?? "float32");
  };

/**
 * Zeros.
 *
 * @example nn.initializers.zeros(random.key(0), [2]) // [0, 0]
 */
export const zeros: Initializer = constant(0);

/**
 * Ones.
 *
 * @example nn.initializers.ones(random.key(0), [2]) // [1, 1]
 */
export const ones: Initializer = constant(1);

/**
 * Uniform from 0 up to `scale` (0.01 by default).
 *
 * @example nn.initializers.uniform(1)(random.key(7), [2]) // [0.67409, 0.974617]
 */
export const uniform =
  (scale = 0.01): Initializer =>
  (key, shape, options = {}) =>
    mul(random.uniform(key, shape, { dtype: dtypeOf("uniform", options) }), scale);

/**
 * Normal with mean 0 and the given standard deviation (0.01 by default).
 *
 * @example nn.initializers.normal(1)(random.key(7), [2]) // [0.451235, 1.95345]
 */
export const normal =
  (stddev = 0.01): Initializer =>
  (key, shape, options = {}) =>
    mul(random.normal(key, shape, { dtype: dtypeOf("normal", options) }), stddev);

export interface TruncatedNormalOptions {
  /** The bounds before the factor; −2 and 2 by default. */
  readonly lower?: number;
  readonly upper?: number;
}

/**
 * `stddev` (0.01 by default) times standard normal numbers between two bounds.
 *
 * @throws OptionError for an unknown option.
 * @example nn.initializers.truncatedNormal(1)(random.key(0), [3]).shape // [3]
 */
export const truncatedNormal = (stddev = 0.01, bounds: TruncatedNormalOptions = {}): Initializer => {
  checkOptions("truncatedNormal", bounds, ["lower", "upper"]);
  return (key, shape, options = {}) => {
    const dtype = dtypeOf("truncatedNormal", options);
    return mul(random.truncatedNormal(key, bounds.lower ?? -2, bounds.upper ?? 2, shape, { dtype }), stddev);
  };
};

export interface FanOptions {
  /** The axis, or axes, of the inputs; the last but one by default. */
  readonly inAxis?: number | readonly number[];
  /** The axis, or axes, of the outputs; the last by default. */
  readonly outAxis?: number | readonly number[];
  /** Axes along which kernels lie that have nothing to do with each other; none by default. */
  readonly batchAxis?: number | readonly number[];
}

const fanOptions = ["inAxis", "outAxis", "batchAxis"];

function fans(op: string, shape: Shape, { inAxis = -2, outAxis = -1, batchAxis = [] }: FanOptions): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    throw new ShapeError({
      op,
      expected: "a shape with an axis of inputs and one of outputs",
      received: showShape(shape),
      remedy: "use initializers.zeros, constant, uniform or normal for vectors",
    });
  }
  const sizeAlong = (axes: number | readonly number[]): number => sizeOf(normalizeAxes(axes, shape.length, op).map((axis) => shape[axis]));
  const [inputs, outputs, batch] = [sizeAlong(inAxis), sizeAlong(outAxis), sizeAlong(batchAxis)];
  const window = sizeOf(shape) / (inputs * outputs * batch);
  return { fanIn: inputs * window, fanOut: outputs * window };
}

/** Which fan the variance is divided by. */
export type FanMode = "fanIn" | "fanOut" | "fanAvg";

/** What the numbers are drawn from. */
export type InitDistribution = "truncatedNormal" | "normal" | "uniform";

export interface VarianceScalingOptions extends FanOptions {
  readonly scale: number;
  readonly mode: FanMode;
  readonly distribution: InitDistribution;
}

// The standard deviation of a standard normal number between −2 and 2.
const TRUNCATED_DEVIATION = 0.87962566103423978;

/**
 * Numbers with mean 0 and variance `scale / fan`.
 *
 * @throws OptionError for an unknown option, mode or distribution; ShapeError (when called) for fewer than two axes.
 * @example nn.initializers.varianceScaling({ scale: 2, mode: "fanIn", distribution: "normal" })(random.key(0), [4, 3]).shape // [4, 3]
 */
export function varianceScaling(options: VarianceScalingOptions): Initializer {
  return scaled("varianceScaling", options);
}

function checkChoice(op: string, name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new OptionError({ op, expected: `${name} among ${choices.join(", ")}`, received: String(value), remedy: "write one of these" });
}

function scaled(op: string, options: VarianceScalingOptions): Initializer {
  checkOptions(op, options, ["scale", "mode", "distribution", ...fanOptions]);
  const { scale, mode, distribution } = options;
  checkChoice(op, "mode", mode, ["fanIn", "fanOut", "fanAvg"]);
  checkChoice(op, "distribution", distribution, ["truncatedNormal", "normal", "uniform"]);
  return (key, shape, init = {}) => {
    const dtype = dtypeOf(op, init);
    const { fanIn, fanOut } = fans(op, checkShape(shape, op), options);
    const variance = scale / { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 }[mode];
    const deviation = Math.sqrt(variance);
    switch (distribution) {
      case "uniform":
        return mul(random.uniform(key, shape, { dtype, minval: -1 }), Math.sqrt(3 * variance));
      case "normal":
        return mul(random.normal(key, shape, { dtype }), deviation);
      default:
        return mul(random.truncatedNormal(key, -2, 2, shape, { dtype }), deviation / TRUNCATED_DEVIATION);
    }
  };
}

const named =
  (op: string, scale: number, mode: FanMode, distribution: InitDistribution) =>
  (options: FanOptions = {}): Initializer => {
    checkOptions(op, options, fanOptions);
    return scaled(op, { scale, mode, distribution, ...options });
  };

/**
 * Uniform with variance `2 / (fanIn + fanOut)` (Glorot and Bengio 2010), for tanh and sigmoid.
 *
 * @throws OptionError for an unknown option; ShapeError (when called) for fewer than two axes.
 * @example nn.initializers.glorotUniform()(random.key(0), [4, 3]).shape // [4, 3]
 */
export const glorotUniform = named("glorotUniform", 1, "fanAvg", "uniform");

/**
 * Truncated normal with variance `2 / (fanIn + fanOut)`.
 *
 * @throws OptionError for an unknown option; ShapeError (when called) for fewer than two axes.
 * @example nn.initializers.glorotNormal()(random.key(0), [4, 3]).shape // [4, 3]
 */
export const glorotNormal = named("glorotNormal", 1, "fanAvg", "truncatedNormal");

/**
 * Uniform with variance `2 / fanIn` (He and others 2015), for relu.
 *
 * @throws OptionError for an unknown option; ShapeError (when called) for fewer than two axes.
 * @example nn.initializers.heUniform()(random.key(0), [4, 3]).shape // [4, 3]
 */
export const heUniform = named("heUniform", 2, "fanIn", "uniform");

/**
 * Truncated normal with variance `2 / fanIn`.
 *
 * @throws OptionError for an unknown option; ShapeError (when called) for fewer than two axes.
 * @example nn.initializers.heNormal({ inAxis: 1, outAxis: 0 })(random.key(0), [8, 4, 3, 3]).shape // [8, 4, 3, 3]
 */
export const heNormal = named("heNormal", 2, "fanIn", "truncatedNormal");

/**
 * Uniform with variance `1 / fanIn` (LeCun and others 1998).
 *
 * @throws OptionError for an unknown option; ShapeError (when called) for fewer than two axes.
 * @example nn.initializers.lecunUniform()(random.key(0), [4, 3]).shape // [4, 3]
 */
export const lecunUniform = named("lecunUniform", 1, "fanIn", "uniform");

/**
 * Truncated normal with variance `1 / fanIn`.
 *
 * @throws OptionError for an unknown option; ShapeError (when called) for fewer than two axes.
 * @example nn.initializers.lecunNormal()(random.key(0), [4, 3]).shape // [4, 3]
 */
export const lecunNormal = named("lecunNormal", 1, "fanIn", "truncatedNormal");

export { glorotNormal as xavierNormal, glorotUniform as xavierUniform, heNormal as kaimingNormal, heUniform as kaimingUniform };

export interface OrthogonalInitOptions {
  /** The factor of the orthogonal matrix; 1 by default. */
  readonly scale?: number;
  /** The axis of the columns; the last by default. The others together are the rows. */
  readonly columnAxis?: number;
}

/**
 * `scale` times an orthogonal matrix (orthonormal columns, or rows where these are fewer), uniformly distributed.
 *
 * @throws OptionError for an unknown option; ShapeError (when called) for fewer than two axes.
 * @example nn.initializers.orthogonal()(random.key(0), [3, 3]).shape // [3, 3]
 */
export function orthogonal(options: OrthogonalInitOptions = {}): Initializer {
  checkOptions("orthogonal", options, ["scale", "columnAxis"]);
  return (key, shape, init = {}) => {
    const dtype = dtypeOf("orthogonal", init);
    if (checkShape(shape, "orthogonal").length < 2) {
      throw new ShapeError({ op: "orthogonal", expected: "a shape of at least two axes", received: showShape(shape), remedy: "use another initializer for vectors" });
    }
    const axis = normalizeAxis(options.columnAxis ?? -1, shape.length, "orthogonal");
    const columns = shape[axis];
    const rows = columns === 0 ? 0 : sizeOf(shape) / columns;
    const q = orthonormalFactor(random.normal(key, [Math.max(rows, columns), Math.min(rows, columns)], { dtype }));
    const matrix = rows < columns ? transpose(q, [1, 0]) : q;
    const shaped = reshape(matrix, [...shape.toSpliced(axis, 1), columns]);
    return mul(moveAxis(shaped, -1, axis), options.scale ?? 1);
  };
}

/**
 * A convolution kernel `[…window, inputs, outputs]` that is an orthogonal matrix at its centre and zero elsewhere: it keeps
 * lengths. `inputs` may not exceed `outputs`.
 *
 * @throws OptionError for an unknown option; ShapeError (when called) for other shapes.
 * @example nn.initializers.deltaOrthogonal()(random.key(0), [3, 3, 4, 4]).shape // [3, 3, 4, 4]
 */
export function deltaOrthogonal(options: { readonly scale?: number } = {}): Initializer {
  checkOptions("deltaOrthogonal", options, ["scale"]);
  return (key, shape, init = {}) => {
    const [inputs, outputs] = checkShape(shape, "deltaOrthogonal").slice(-2);
    if (shape.length < 3 || shape.length > 5 || inputs > outputs) {
      throw new ShapeError({
        op: "deltaOrthogonal",
        expected: "one to three window axes, then inputs and as many or more outputs",
        received: showShape(shape),
        remedy: "use initializers.orthogonal for matrices and for kernels that narrow",
      });
    }
    const matrix = orthogonal(options)(key, [inputs, outputs], init);
    const space = shape.length - 2;
    const centre = shape.slice(0, space).map((n): readonly [number, number, number] => {
      const before = Math.floor((n - 1) / 2);
      return [before, n - 1 - before, 0];
    });
    return pad(expandDims(matrix, range(0, space)), 0, [...centre, [0, 0, 0], [0, 0, 0]]);
  };
}

/**
 * The identity matrix, times `scale`: ones on the diagonal of the last two axes.
 *
 * @throws ShapeError (when called) for fewer than two axes; OptionError for an unknown option.
 * @example nn.initializers.identity()(random.key(0), [2, 2]) // [[1, 0], [0, 1]]
 */
export function identity(options: { readonly scale?: number } = {}): Initializer {
  checkOptions("identity", options, ["scale"]);
  return (_, shape, init = {}) => {
    const dtype = dtypeOf("identity", init);
    if (checkShape(shape, "identity").length < 2) {
      throw new ShapeError({ op: "identity", expected: "a shape of at least two axes", received: showShape(shape), remedy: "give it rows and columns" });
    }
    const [row, column] = [shape.length - 2, shape.length - 1].map((axis) => iota("int32", shape, axis));
    return mul(convertElementType(eq(row, column), dtype), options.scale ?? 1);
  };
}
