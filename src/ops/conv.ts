// Convolution: conv_general_dilated with strides, padding, dilations, groups and any order of axes. It is linear in each
// operand, and its transposes are convolutions with the roles of batch and feature, stride and dilation exchanged.

import type { NDArray } from "../core/array.js";
import { type Aval, aval, showAval } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { type BatchDim, batched, known, linear, operands, primitive } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import * as kernels from "../kernels/conv.js";
import { type ConvDimensionNumbers, type Padding, dilatedSize, transposedPadding } from "./convolutionDimensions.js";
import { full, moveAxis, reshape, reverse } from "./layout.js";
import { checkDTypes, checkSameDType } from "./pointwise.js";

export interface ConvParams {
  readonly windowStrides: readonly number[];
  readonly padding: Padding;
  readonly lhsDilation: readonly number[];
  readonly rhsDilation: readonly number[];
  readonly dimensionNumbers: ConvDimensionNumbers;
  readonly featureGroupCount: number;
  readonly batchGroupCount: number;
}

export const convGeneralDilatedP = primitive("conv_general_dilated")<ConvParams>({
  type: ([lhs, rhs], params) => {
    checkSameDType("convGeneralDilated", [lhs, rhs]);
    checkDTypes("convGeneralDilated", [lhs, rhs], "number");
    checkRanks(lhs, rhs, params);
    checkGroups(lhs, rhs, params);
    return [aval(outShape(lhs, rhs, params), lhs.dtype)];
  },
  derivative: operands(
    linear((ct, [lhs, rhs], params) => lhsCotangent(ct, lhs.aval, known(rhs), params)),
    linear((ct, [lhs, rhs], params) => rhsCotangent(ct, known(lhs), rhs.aval, params)),
  ),
  batch: batched((size, [lhs, rhs], dims, params) => batchConv(size, lhs, rhs, dims, params)),
  reference: ([lhs, rhs], params) => [kernels.convGeneralDilated(lhs, rhs, params)],
});

/** The convolution with checked parameters. */
export const convolve = (lhs: NDArray, rhs: NDArray, params: ConvParams): NDArray => bind(convGeneralDilatedP, [lhs, rhs], params);

function checkRanks(lhs: Aval, rhs: Aval, params: ConvParams): void {
  const space = lhs.shape.length - 2;
  const lists = [params.windowStrides, params.padding, params.lhsDilation, params.rhsDilation];
  if (space >= 0 && rhs.shape.length === space + 2 && lists.every((list) => list.length === space)) return;
  throw new ShapeError({
    op: "convGeneralDilated",
    expected: "operand and kernel of one rank, at least 2, and strides, padding and dilations for each spatial axis",
    received: `${showAval(lhs)} and ${showAval(rhs)}, with ${lists.map((list) => list.length).join(", ")} of those`,
    remedy: "add the batch or feature axes that are missing, as axes of size 1",
  });
}

function checkGroups(
  lhs: Aval,
  rhs: Aval,
  { dimensionNumbers: { lhsSpec, rhsSpec }, featureGroupCount, batchGroupCount }: ConvParams,
): void {
  const [batch, features] = lhsSpec.map((axis) => lhs.shape[axis]);
  const [outs, inputs] = rhsSpec.map((axis) => rhs.shape[axis]);
  const fail = (expected: string, remedy: string): never => {
    throw new ShapeError({
      op: "convGeneralDilated",
      expected,
      received: `${showAval(lhs)} and ${showAval(rhs)} with featureGroupCount ${featureGroupCount} and batchGroupCount ${batchGroupCount}`,
      remedy,
    });
  };
  const counts = [featureGroupCount, batchGroupCount];
  if (!counts.every((n) => Number.isInteger(n) && n >= 1) || !counts.includes(1)) {
    fail("group counts that are positive integers, one of them 1", "group either the features or the batch");
  }
  if (features !== inputs * featureGroupCount) {
    fail(
      `${inputs * featureGroupCount} features in the operand: the kernel's ${inputs} input features times featureGroupCount`,
      "check the order of axes (dimensionNumbers), or the group count",
    );
  }
  if (outs % (featureGroupCount * batchGroupCount) !== 0) {
    fail(`output features (${outs}) that divide by the group count`, "give each group as many output features");
  }
  if (batch % batchGroupCount !== 0) fail(`a batch (${batch}) that divides by batchGroupCount`, "give each group as many examples");
}

const spatial = (shape: readonly number[], spec: readonly number[]): number[] => spec.slice(2).map((axis) => shape[axis]);

function outShape(lhs: Aval, rhs: Aval, params: ConvParams): number[] {
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers;
  const window = spatial(rhs.shape, rhsSpec);
  const space = spatial(lhs.shape, lhsSpec).map((n, k) => {
    const [low, high] = params.padding[k];
    const room = dilatedSize(n, params.lhsDilation[k]) + low + high - dilatedSize(window[k], params.rhsDilation[k]);
    return room < 0 ? 0 : Math.floor(room / params.windowStrides[k]) + 1;
  });
  const sizes = [lhs.shape[lhsSpec[0]] / params.batchGroupCount, rhs.shape[rhsSpec[0]], ...space];
  const shape = new Array<number>(sizes.length);
  outSpec.forEach((axis, k) => {
    shape[axis] = sizes[k];
  });
  return shape;
}

const swapped = ([first, second, ...rest]: readonly number[]): number[] => [second, first, ...rest];

/** Axis `axis` of size `count · n` as two: `[count, n]`. */
const splitAxis = (x: NDArray, axis: number, count: number): NDArray =>
  reshape(x, x.shape.toSpliced(axis, 1, count, count === 0 ? 0 : x.shape[axis] / count));

/** Axis `from` merged into the axis that is number `into` without it, as its slower part. */
function mergeAxis(x: NDArray, from: number, into: number): NDArray {
  const moved = moveAxis(x, from, into);
  return reshape(moved, moved.shape.toSpliced(into, 2, moved.shape[into] * moved.shape[into + 1]));
}

// ∂/∂lhs: the cotangent, spread by the strides, convolved with the reversed kernel whose features have changed sides. With
// groups the kernel's input features are joined group by group; batch groups become feature groups and come back as batch.
function lhsCotangent(ct: NDArray, lhs: Aval, rhs: NDArray, params: ConvParams): NDArray {
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers;
  const groups = params.featureGroupCount * params.batchGroupCount;
  const kernel = groups === 1 ? rhs : mergeAxis(splitAxis(rhs, rhsSpec[0], groups), rhsSpec[0], rhsSpec[1]);
  const { windowStrides: strides, padding, lhsDilation: baseDilation, rhsDilation: windowDilation } = params;
  const out = convolve(ct, reverse(kernel, rhsSpec.slice(2)), {
    windowStrides: baseDilation,
    padding: transposedPadding(spatial(lhs.shape, lhsSpec), spatial(rhs.shape, rhsSpec), spatial(ct.shape, outSpec), {
      strides,
      padding,
      baseDilation,
      windowDilation,
    }),
    lhsDilation: strides,
    rhsDilation: windowDilation,
    dimensionNumbers: { lhsSpec: outSpec, rhsSpec: swapped(rhsSpec), outSpec: lhsSpec },
    featureGroupCount: groups,
    batchGroupCount: 1,
  });
  if (params.batchGroupCount === 1) return out;
  return mergeAxis(splitAxis(out, lhsSpec[1], params.batchGroupCount), lhsSpec[1], lhsSpec[0]);
}

// ∂/∂rhs: the operand convolved with the cotangent as kernel, batch and features having changed roles, strides and the
// kernel's dilation too; feature groups become batch groups and the other way round.
function rhsCotangent(ct: NDArray, lhs: NDArray, rhs: Aval, params: ConvParams): NDArray {
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers;
  const sizes = spatial(lhs.shape, lhsSpec);
  const window = spatial(rhs.shape, rhsSpec);
  const outs = spatial(ct.shape, outSpec);
  const padding = sizes.map((n, k): [number, number] => {
    const [low] = params.padding[k];
    const reach = dilatedSize(window[k], params.rhsDilation[k]);
    return [low, dilatedSize(outs[k], params.windowStrides[k]) - dilatedSize(n, params.lhsDilation[k]) + reach - low - 1];
  });
  return convolve(lhs, ct, {
    windowStrides: params.rhsDilation,
    padding,
    lhsDilation: params.lhsDilation,
    rhsDilation: params.windowStrides,
    dimensionNumbers: { lhsSpec: swapped(lhsSpec), rhsSpec: swapped(outSpec), outSpec: swapped(rhsSpec) },
    featureGroupCount: params.batchGroupCount,
    batchGroupCount: params.featureGroupCount,
  });
}

const example = (x: NDArray, dim: number): Aval => aval(x.shape.toSpliced(dim, 1), x.dtype);

// A batch joins an axis that the convolution has: of the operand its batch, of the kernel its output features, and of both
// the groups, of which there is at least one.
function batchConv(
  size: number,
  lhs: NDArray,
  rhs: NDArray,
  [lhsDim, rhsDim]: readonly BatchDim[],
  params: ConvParams,
): readonly [NDArray, BatchDim] {
  const { lhsSpec, rhsSpec, outSpec } = params.dimensionNumbers;
  if (lhsDim !== null && rhsDim !== null) {
    if (size === 0) return [full([0, ...outShape(example(lhs, lhsDim), example(rhs, rhsDim), params)], 0, lhs.dtype), 0];
    const kernel = mergeAxis(rhs, rhsDim, rhsSpec[0]);
    const byBatch = params.batchGroupCount > 1;
    const grouped = byBatch ? { batchGroupCount: params.batchGroupCount * size } : { featureGroupCount: params.featureGroupCount * size };
    const out = convolve(mergeAxis(lhs, lhsDim, lhsSpec[byBatch ? 0 : 1]), kernel, { ...params, ...grouped });
    return [splitAxis(out, outSpec[1], size), outSpec[1]];
  }
  if (lhsDim !== null) {
    const operand = mergeInsideGroups(lhs, lhsDim, lhsSpec[0], params.batchGroupCount);
    return [splitAxis(convolve(operand, rhs, params), outSpec[0], size), outSpec[0]];
  }
  if (rhsDim === null) return [convolve(lhs, rhs, params), null];
  const groups = params.featureGroupCount * params.batchGroupCount;
  const out = convolve(lhs, mergeInsideGroups(rhs, rhsDim, rhsSpec[0], groups), params);
  if (groups === 1) return [splitAxis(out, outSpec[1], size), outSpec[1]];
  // The features are [group, batch, feature]: the group goes back before its features.
  const split = splitAxis(splitAxis(out, outSpec[1], groups), outSpec[1] + 1, size);
  return [mergeAxis(split, outSpec[1], outSpec[1] + 1), outSpec[1]];
}

// The batch as slower part of `axis` (numbered without the batch), but within each group, for the groups stay outermost.
function mergeInsideGroups(x: NDArray, dim: number, axis: number, groups: number): NDArray {
  if (groups === 1) return mergeAxis(x, dim, axis);
  const split = splitAxis(moveAxis(x, dim, 0), axis + 1, groups);
  return mergeAxis(mergeAxis(split, 0, axis + 1), axis, axis);
}
