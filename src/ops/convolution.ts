// What users call for convolutions: options with defaults and names enter, the parameters of conv_general_dilated leave.

import type { NDArray } from "../core/array.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { showAval } from "../core/aval.js";
import type { Shape } from "../core/shape.js";
import { convolve } from "./conv.js";
import {
  type DimensionNumbers,
  type Padding,
  type PaddingMode,
  convDimensionNumbers,
  dilatedSize,
  paddingPairs,
} from "./convolutionDimensions.js";
import { reverse, transpose } from "./layout.js";
import { operandsAlike } from "./operands.js";
import { checkFlags, checkOptions } from "../core/options.js";
import { perAxis } from "./options.js";

export interface ConvOptions {
  /** Steps of the window along each spatial axis. */
  readonly windowStrides: readonly number[];
  readonly padding: PaddingMode | Padding;
  /** Distance of the operand's elements, zeros between them; ones if not given. */
  readonly lhsDilation?: readonly number[];
  /** Distance of the kernel's elements; ones if not given. */
  readonly rhsDilation?: readonly number[];
  /** The order of axes; `["NCHW", "OIHW", "NCHW"]` (for two spatial axes) if not given. */
  readonly dimensionNumbers?: DimensionNumbers;
  readonly featureGroupCount?: number;
  readonly batchGroupCount?: number;
}

const convOptionNames = [
  "windowStrides",
  "padding",
  "lhsDilation",
  "rhsDilation",
  "dimensionNumbers",
  "featureGroupCount",
  "batchGroupCount",
];

function checkRank(op: string, lhs: NDArray, rhs: NDArray): void {
  if (lhs.ndim >= 2 && lhs.ndim === rhs.ndim) return;
  throw new ShapeError({
    op,
    expected: "operand and kernel of one rank, at least 2",
    received: `${showAval(lhs.aval)} and ${showAval(rhs.aval)}`,
    remedy: "add the batch or feature axes that are missing, as axes of size 1",
  });
}

/**
 * Convolution of `lhs` (batch, features, space) with the kernel `rhs` (output features, input features, window), in the
 * order that `dimensionNumbers` says. The kernel is not flipped. Same as `jax.lax.conv_general_dilated`.
 *
 * @throws ShapeError when ranks, features or groups do not fit; OptionError for an unknown option; DTypeError when the dtypes differ.
 * @example
 * const x = np.ones([1, 3, 8, 8]);
 * lax.convGeneralDilated(x, np.ones([4, 3, 3, 3]), { windowStrides: [2, 2], padding: "SAME" }).shape // [1, 4, 4, 4]
 */
export function convGeneralDilated(lhs: NDArray, rhs: NDArray, options: ConvOptions): NDArray {
  const op = "convGeneralDilated";
  checkOptions(op, options, convOptionNames);
  const { featureGroupCount = 1, batchGroupCount = 1 } = options;
  const [x, kernel] = operandsAlike(op, lhs, rhs);
  checkRank(op, x, kernel);
  const space = x.ndim - 2;
  const dimensionNumbers = convDimensionNumbers(op, x.ndim, options.dimensionNumbers);
  const windowStrides = perAxis(op, "windowStrides", options.windowStrides, space);
  const lhsDilation = perAxis(op, "lhsDilation", options.lhsDilation, space);
  const rhsDilation = perAxis(op, "rhsDilation", options.rhsDilation, space);
  if (typeof options.padding === "string" && lhsDilation.some((n) => n !== 1)) {
    throw new OptionError({
      op,
      expected: "padding as pairs [low, high] beside lhsDilation",
      received: `"${options.padding}"`,
      remedy: "give numbers, or use convTranspose, which knows what these names mean there",
    });
  }
  const sizes = dimensionNumbers.lhsSpec.slice(2).map((axis) => x.shape[axis]);
  const window = reachOf(kernel.shape, dimensionNumbers.rhsSpec, rhsDilation);
  return convolve(x, kernel, {
    windowStrides,
    padding: paddingPairs(op, options.padding, sizes, window, windowStrides),
    lhsDilation,
    rhsDilation,
    dimensionNumbers,
    featureGroupCount,
    batchGroupCount,
  });
}

/** The window's sizes, dilated. */
const reachOf = (shape: Shape, rhsSpec: readonly number[], dilation: readonly number[]): number[] =>
  rhsSpec.slice(2).map((axis, k) => dilatedSize(shape[axis], dilation[k]));

/**
 * Convolution of `[batch, features, …space]` with `[output features, input features, …window]`.
 *
 * @throws ShapeError when shapes do not fit; DTypeError when the dtypes differ.
 * @example lax.conv(np.ones([1, 1, 5]), np.ones([1, 1, 3]), { windowStrides: [1], padding: "VALID" }) // [[[3, 3, 3]]]
 */
export function conv(lhs: NDArray, rhs: NDArray, options: Pick<ConvOptions, "windowStrides" | "padding">): NDArray {
  checkOptions("conv", options, ["windowStrides", "padding"]);
  return convGeneralDilated(lhs, rhs, options);
}

/**
 * The same as `conv`, with dilations.
 *
 * @throws ShapeError when shapes do not fit; DTypeError when the dtypes differ.
 * @example
 * const options = { windowStrides: [1], padding: [[1, 1]], lhsDilation: [2] } as const;
 * lax.convWithGeneralPadding(np.ones([1, 1, 3]), np.ones([1, 1, 2]), options).shape // [1, 1, 6]
 */
export function convWithGeneralPadding(
  lhs: NDArray,
  rhs: NDArray,
  options: Pick<ConvOptions, "windowStrides" | "padding" | "lhsDilation" | "rhsDilation">,
): NDArray {
  checkOptions("convWithGeneralPadding", options, ["windowStrides", "padding", "lhsDilation", "rhsDilation"]);
  return convGeneralDilated(lhs, rhs, options);
}

export interface ConvTransposeOptions {
  readonly strides: readonly number[];
  readonly padding: PaddingMode | Padding;
  readonly rhsDilation?: readonly number[];
  /** The order of axes; channels last, such as `["NHWC", "HWIO", "NHWC"]`, if not given. */
  readonly dimensionNumbers?: DimensionNumbers;
  /** Flip the window and exchange the kernel's features, which makes it the gradient of a convolution. */
  readonly transposeKernel?: boolean;
}

const channelsLast: Readonly<Record<number, DimensionNumbers>> = {
  2: ["NC", "IO", "NC"],
  3: ["NHC", "HIO", "NHC"],
  4: ["NHWC", "HWIO", "NHWC"],
  5: ["NHWDC", "HWDIO", "NHWDC"],
};

/**
 * The transposed convolution, which enlarges by its strides. Same as `jax.lax.conv_transpose`, channels last by default.
 *
 * @throws ShapeError when shapes do not fit; OptionError for an unknown option or padding mode.
 * @example lax.convTranspose(np.ones([1, 4, 4, 3]), np.ones([3, 3, 3, 2]), { strides: [2, 2], padding: "SAME" }).shape // [1, 8, 8, 2]
 */
export function convTranspose(lhs: NDArray, rhs: NDArray, options: ConvTransposeOptions): NDArray {
  const op = "convTranspose";
  checkOptions(op, options, ["strides", "padding", "rhsDilation", "dimensionNumbers", "transposeKernel"]);
  checkFlags(op, options, ["transposeKernel"]);
  checkRank(op, lhs, rhs);
  const space = lhs.ndim - 2;
  const { rhsSpec, ...specs } = convDimensionNumbers(op, lhs.ndim, options.dimensionNumbers ?? channelsLast[lhs.ndim]);
  const strides = perAxis(op, "strides", options.strides, space);
  const rhsDilation = perAxis(op, "rhsDilation", options.rhsDilation, space);
  const window = reachOf(rhs.shape, rhsSpec, rhsDilation);
  const { padding } = options;
  const pairs = typeof padding === "string" ? window.map((n, k) => enlargingPadding(op, padding, n, strides[k])) : padding;
  const kernel = options.transposeKernel === true ? exchanged(reverse(rhs, rhsSpec.slice(2)), rhsSpec[0], rhsSpec[1]) : rhs;
  return convGeneralDilated(lhs, kernel, {
    windowStrides: perAxis(op, "strides", undefined, space),
    padding: pairs,
    lhsDilation: strides,
    rhsDilation,
    dimensionNumbers: { rhsSpec, ...specs },
  });
}

/** `x` with two axes exchanged. */
const exchanged = (x: NDArray, a: number, b: number): NDArray =>
  transpose(
    x,
    x.shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis)),
  );

// SAME gives `size · stride`, VALID all places where kernel and operand overlap; as in jax.lax.conv_transpose.
function enlargingPadding(op: string, mode: PaddingMode, window: number, stride: number): [number, number] {
  const total = window + stride - 2;
  if (mode === "SAME") {
    const before = stride > window - 1 ? window - 1 : Math.ceil(total / 2);
    return [before, total - before];
  }
  if (mode === "VALID") return [window - 1, total + Math.max(window - stride, 0) - (window - 1)];
  throw new OptionError({
    op,
    expected: `padding "SAME", "VALID" or pairs [low, high]`,
    received: JSON.stringify(mode),
    remedy: "write one of these",
  });
}
