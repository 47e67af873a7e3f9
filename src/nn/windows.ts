// What slides over space: pooling and convolution, for any number of spatial axes, channels first or last.

import type { ArrayLike, NDArray } from "../core/array.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { showAval } from "../core/aval.js";
import { checkOptions } from "../core/options.js";
import { promote, promoteFloat } from "../numpy/promote.js";
import { add, div } from "../ops/arithmetic.js";
import { convGeneralDilated } from "../ops/convolution.js";
import type { Padding, PaddingMode } from "../ops/convolutionDimensions.js";
import { broadcastInDim, full } from "../ops/layout.js";
import { reduceWindow } from "../ops/window.js";

/** `"NCHW"`: channels are axis 1; `"NHWC"`: they are the last axis. For any number of spatial axes. */
export type DataFormat = "NCHW" | "NHWC";

export interface PoolOptions {
  /** The window's steps; its own sizes by default, so that windows do not overlap. */
  readonly strides?: number | readonly number[];
  /** `"VALID"` (the default), `"SAME"`, or pairs `[low, high]` for each spatial axis. */
  readonly padding?: PaddingMode | Padding;
  /** `"NCHW"` by default. */
  readonly dataFormat?: DataFormat;
}

/** Where the channels are. */
function channelAxis(op: string, format: DataFormat | undefined, ndim: number): number {
  if (format === undefined || format === "NCHW") return 1;
  if (format === "NHWC") return ndim - 1;
  throw new OptionError({
    op,
    expected: `dataFormat "NCHW" or "NHWC"`,
    received: String(format),
    remedy: "say whether channels come first or last",
  });
}

/** One value for each axis: `one` for batch and channels, the given ones along space. */
const alongSpace = <T>(spatial: readonly T[], one: T, axis: number): T[] => (axis === 1 ? [one, one, ...spatial] : [one, ...spatial, one]);

const each = (given: number | readonly number[], count: number): readonly number[] =>
  typeof given === "number" ? new Array<number>(count).fill(given) : given;

function pool(op: string, x: NDArray, reduction: "max" | "sum", windowDimensions: readonly number[], options: PoolOptions): NDArray {
  const space = x.ndim - 2;
  if (space < 1 || windowDimensions.length !== space) {
    throw new ShapeError({
      op,
      expected: "an array with batch, channels and a spatial axis for each size of the window",
      received: `${showAval(x.aval)} with windowDimensions ${JSON.stringify(windowDimensions)}`,
      remedy: "add the missing axes as axes of size 1, or give the window's size for each spatial axis",
    });
  }
  const axis = channelAxis(op, options.dataFormat, x.ndim);
  const { strides = windowDimensions, padding = "VALID" } = options;
  return reduceWindow(x, reduction, {
    windowDimensions: alongSpace(windowDimensions, 1, axis),
    windowStrides: alongSpace(each(strides, space), 1, axis),
    padding: typeof padding === "string" ? padding : alongSpace<readonly [number, number]>(padding, [0, 0], axis),
  });
}

const poolOptions = ["strides", "padding", "dataFormat"];

/**
 * The largest element of each window along the spatial axes. Padding never wins. Of equal elements the first gets the derivative.
 *
 * @throws ShapeError when window, strides or padding do not fit the spatial axes; OptionError for an unknown option.
 * @example nn.maxPool(np.ones([1, 3, 8, 8]), [2, 2]).shape // [1, 3, 4, 4]
 */
export function maxPool(x: ArrayLike, windowDimensions: readonly number[], options: PoolOptions = {}): NDArray {
  checkOptions("maxPool", options, poolOptions);
  return pool("maxPool", promote("maxPool", x)[0], "max", windowDimensions, options);
}

export interface AvgPoolOptions extends PoolOptions {
  /** Whether padding counts as zeros in the mean; true by default, as in flax and PyTorch. */
  readonly countIncludePad?: boolean;
}

/**
 * The mean of each window along the spatial axes.
 *
 * @throws ShapeError when window, strides or padding do not fit the spatial axes; OptionError for an unknown option.
 * @example nn.avgPool(np.ones([1, 3, 8, 8]), [2, 2]).shape // [1, 3, 4, 4]
 */
export function avgPool(x: ArrayLike, windowDimensions: readonly number[], options: AvgPoolOptions = {}): NDArray {
  const op = "avgPool";
  checkOptions(op, options, [...poolOptions, "countIncludePad"]);
  const [array] = promoteFloat(op, x);
  const sums = pool(op, array, "sum", windowDimensions, options);
  if (options.countIncludePad !== false)
    return div(
      sums,
      windowDimensions.reduce((product, n) => product * n, 1),
    );
  return div(sums, pool(op, full(array.shape, 1, array.dtype), "sum", windowDimensions, options));
}

export interface ConvOptions {
  /** The window's steps along each spatial axis, or along all of them; 1 by default. */
  readonly strides?: number | readonly number[];
  /** `"VALID"` (the default), `"SAME"`, or pairs `[low, high]` for each spatial axis. */
  readonly padding?: PaddingMode | Padding;
  /** The distance between the kernel's elements; 1 by default. */
  readonly dilation?: number | readonly number[];
  /** In how many groups the channels are convolved apart; 1 by default. */
  readonly groups?: number;
  /** `"NCHW"` with kernels OIHW (the default), or `"NHWC"` with kernels HWIO. */
  readonly dataFormat?: DataFormat;
  /** Added to each output channel. */
  readonly bias?: ArrayLike;
}

const letters = "HWDEFG";

/** Convolution's dimension numbers as letters. */
function layouts(axis: number, space: number): readonly [string, string, string] {
  const spatial = letters.slice(0, space);
  return axis === 1 ? [`NC${spatial}`, `OI${spatial}`, `NC${spatial}`] : [`N${spatial}C`, `${spatial}IO`, `N${spatial}C`];
}

/**
 * Convolution (without flipping the kernel) of `x` `[N, C, …space]` with `kernel` `[O, C / groups, …window]`, plus a bias
 * `[O]`; or, with `dataFormat: "NHWC"`, of `[N, …space, C]` with `[…window, C / groups, O]`. `lax.convGeneralDilated` does more.
 *
 * @throws ShapeError when shapes do not fit; OptionError for an unknown option.
 * @example nn.conv(np.ones([1, 3, 8, 8]), np.ones([16, 3, 3, 3]), { padding: "SAME" }).shape // [1, 16, 8, 8]
 */
export function conv(x: ArrayLike, kernel: ArrayLike, options: ConvOptions = {}): NDArray {
  const op = "conv";
  checkOptions(op, options, ["strides", "padding", "dilation", "groups", "dataFormat", "bias"]);
  const [array, weights, bias] = promoteFloat(op, x, kernel, options.bias ?? 0);
  const space = array.ndim - 2;
  if (space < 1 || space > letters.length || weights.ndim !== array.ndim) {
    throw new ShapeError({
      op,
      expected: "an array and a kernel of one rank, with at least one spatial axis",
      received: `${showAval(array.aval)} and ${showAval(weights.aval)}`,
      remedy: "add the batch or channel axes that are missing, as axes of size 1",
    });
  }
  const axis = channelAxis(op, options.dataFormat, array.ndim);
  const y = convGeneralDilated(array, weights, {
    windowStrides: each(options.strides ?? 1, space),
    padding: options.padding ?? "VALID",
    rhsDilation: each(options.dilation ?? 1, space),
    featureGroupCount: options.groups ?? 1,
    dimensionNumbers: layouts(axis, space),
  });
  return options.bias === undefined ? y : add(y, biasAlong(bias, y, axis));
}

function biasAlong(bias: NDArray, y: NDArray, axis: number): NDArray {
  if (bias.ndim === 0) return bias;
  if (bias.ndim === 1 && bias.shape[0] === y.shape[axis]) return broadcastInDim(bias, y.shape, [axis]);
  throw new ShapeError({
    op: "conv",
    expected: `a bias of shape [${y.shape[axis]}], the output channels`,
    received: showAval(bias.aval),
    remedy: "give one number for each output channel",
  });
}
