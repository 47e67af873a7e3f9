// What describes a convolution beside its operands: where the axes stand, and how far the edges are padded. Enters as users
// write it ("NHWC", "SAME"), leaves as numbers, one for each axis.

import { OptionError, ShapeError } from "../core/errors.js";
import { type Shape, range, showShape } from "../core/shape.js";
import type { ConvDimensionNumbers } from "../kernels/conv.js";

export type { ConvDimensionNumbers } from "../kernels/conv.js";

/** Pairs `[low, high]`, one for each spatial axis; negative ones crop. */
export type Padding = readonly (readonly [low: number, high: number])[];

/** `"SAME"` keeps the size (divided by the stride, rounded up), `"VALID"` pads nothing; `"SAME_LOWER"` puts an odd one out in front. */
export type PaddingMode = "SAME" | "VALID" | "SAME_LOWER";

/** The layouts of operand, kernel and result as letters, such as `["NHWC", "HWIO", "NHWC"]`, or as numbers. */
export type DimensionNumbers = readonly [lhs: string, rhs: string, out: string] | ConvDimensionNumbers;

/** Size of an axis whose elements stand `dilation` apart. */
export const dilatedSize = (n: number, dilation: number): number => (n === 0 ? 0 : (n - 1) * dilation + 1);

/**
 * Dimension numbers from letters: N batch, C feature, O and I the kernel's output and input features; any other letters name
 * the spatial axes, the same in all three. Without letters the first two axes are batch and feature (or O and I).
 *
 * @throws OptionError for letters that do not fit.
 */
export function convDimensionNumbers(op: string, ndim: number, given?: DimensionNumbers): ConvDimensionNumbers {
  if (given === undefined) {
    const order = range(0, ndim);
    return { lhsSpec: order, rhsSpec: order, outSpec: order };
  }
  if ("lhsSpec" in given) return checkSpecs(op, ndim, given);
  const [lhs, rhs, out] = given;
  const space = [...rhs].filter((letter) => letter !== "O" && letter !== "I");
  const spec = (letters: string, first: string, second: string): number[] => {
    const axes = [first, second, ...space].map((letter) => letters.indexOf(letter));
    if (letters.length === ndim && new Set(letters).size === ndim && axes.every((axis) => axis >= 0)) return axes;
    throw new OptionError({
      op,
      expected: `${ndim} different letters with ${first}, ${second} and the kernel's spatial letters in dimensionNumbers`,
      received: `"${letters}" in ["${lhs}", "${rhs}", "${out}"]`,
      remedy: `write layouts such as ["NHWC", "HWIO", "NHWC"]`,
    });
  };
  return { lhsSpec: spec(lhs, "N", "C"), rhsSpec: spec(rhs, "O", "I"), outSpec: spec(out, "N", "C") };
}

function checkSpecs(op: string, ndim: number, { lhsSpec, rhsSpec, outSpec }: ConvDimensionNumbers): ConvDimensionNumbers {
  const isPermutation = (spec: readonly number[]): boolean => spec.length === ndim && range(0, ndim).every((axis) => spec.includes(axis));
  if ([lhsSpec, rhsSpec, outSpec].every(isPermutation)) return { lhsSpec: [...lhsSpec], rhsSpec: [...rhsSpec], outSpec: [...outSpec] };
  throw new OptionError({
    op,
    expected: `lhsSpec, rhsSpec and outSpec with each of the ${ndim} axes once`,
    received: [lhsSpec, rhsSpec, outSpec].map(showShape).join(", "),
    remedy: "give batch (or output feature), feature (or input feature), then the spatial axes",
  });
}

/**
 * Padding as numbers. The window's sizes are those after dilation.
 *
 * @throws OptionError for an unknown mode; ShapeError for pairs that do not fit.
 */
export function paddingPairs(op: string, padding: PaddingMode | Padding, sizes: Shape, window: Shape, strides: Shape): [number, number][] {
  if (typeof padding === "string") return sizes.map((n, k) => modePadding(op, padding, n, window[k], strides[k]));
  // As plain JavaScript may call it.
  const isList = Array.isArray(padding);
  const fits =
    isList &&
    padding.length === sizes.length &&
    padding.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(Number.isInteger));
  if (fits) return padding.map(([low, high]) => [low, high]);
  throw new ShapeError({
    op,
    expected: `integers [low, high] for each of ${sizes.length} axes`,
    received: JSON.stringify(padding),
    remedy: `pad each axis that the window slides along, or write "SAME" or "VALID"`,
  });
}

function modePadding(op: string, mode: PaddingMode, n: number, window: number, stride: number): [number, number] {
  const total = Math.max(0, (Math.ceil(n / stride) - 1) * stride + window - n);
  const half = Math.floor(total / 2);
  switch (mode) {
    case "VALID":
      return [0, 0];
    case "SAME":
      return [half, total - half];
    case "SAME_LOWER":
      return [total - half, half];
    default:
      throw new OptionError({
        op,
        expected: `padding "SAME", "VALID", "SAME_LOWER" or pairs [low, high]`,
        received: JSON.stringify(mode satisfies never),
        remedy: "write one of these",
      });
  }
}

/**
 * The padding with which the cotangent slides under the reversed window so that the operand's shape comes back.
 * The window's dilation stays, strides and the base's dilation change places.
 */
export function transposedPadding(
  size: Shape,
  window: Shape,
  out: Shape,
  { strides, padding, baseDilation, windowDilation }: { strides: Shape; padding: Padding; baseDilation: Shape; windowDilation: Shape },
): [number, number][] {
  return size.map((n, k) => {
    const [base, reach] = [dilatedSize(n, baseDilation[k]), dilatedSize(window[k], windowDilation[k])];
    const before = reach - padding[k][0] - 1;
    return [before, base + reach - 1 - dilatedSize(out[k], strides[k]) - before];
  });
}
