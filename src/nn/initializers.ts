// Initial values of parameters: each function here gives an `init(key, shape, { dtype })`, the same as jax.nn.initializers.
// Variance scaling divides by the fan of a kernel: its inputs, its outputs, or their mean. By default the input axis is the
// last but one and the output axis the last, as in `x · w` and in HWIO kernels; for OIHW pass { inAxis: 1, outAxis: 0 }.

import type { FloatDType } from "../core/dtype.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { type Shape, checkShape, normalizeAxes, showShape, sizeOf } from "../core/shape.js";
import { checkOptions } from "../core/options.js";
import { mul } from "../ops/arithmetic.js";
import { full } from "../ops/layout.js";
import * as random from "../random/index.js";
import { floatDType } from "../random/parameters.js";
import type { Initializer, InitOptions } from "./initializer.js";

export type { Initializer, InitOptions } from "./initializer.js";

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
export { deltaOrthogonal, identity, orthogonal, type OrthogonalInitOptions } from "./matrixInitializers.js";
