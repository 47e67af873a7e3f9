// Convolution as one of three steps. A convolution, the input gradient of another, and the kernel gradient of a third are the
// same sums in other words, whatever its parameters are; so a rule needs no trace of where an equation came from: it states
// all three forms, and takes the one whose loops are cheapest. Gradients find their way back to their own kernels by that.

import type { Equation } from "../core/jaxpr.js";
import { sizeOf, stridesOf } from "../core/shape.js";
import type { ConvShape, TensorAccess, WindowAxis } from "../loop/ir.js";
import type { ConvParams } from "../ops/conv.js";
import { kernelGradientChunks } from "../wasm/kernels/kernelGradient.js";
import { NestBody } from "./body.js";
import { type Form, cheapest } from "./convCost.js";
import { type Lowering, type Rule, loadNode } from "./lowering.js";
import { type Value, type View, wholeView } from "./views.js";

/** The equation without its order of axes: `result[n, o, place] = Σ image[n, i, element] · kernel[o, i, tap]` for each group. */
interface Problem extends ConvShape {
  /** Groups of the batch; with more than one of them `groups` is 1, and `batch` and `outputs` are a group's. */
  readonly batchGroups: number;
  readonly image: TensorAccess;
  readonly kernel: TensorAccess;
  readonly result: TensorAccess;
  readonly shape: readonly number[];
}

/** What a tensor's axes are: the outer one, features, space. */
type Spec = readonly number[];

const accessOf = ({ buffer, offset, strides }: View, [outer, feature, ...space]: Spec): TensorAccess => ({
  buffer,
  offset,
  outer: strides[outer],
  feature: strides[feature],
  space: space.map((axis) => strides[axis]),
});

/** A number everywhere becomes one element that all strides stay at. */
function asView(lowering: Lowering, x: Value): View {
  if (x.kind === "view") return x;
  const one = lowering.nest([], [loadNode(x, [])], x.dtype);
  return { ...one, shape: x.shape, strides: x.shape.map(() => 0) };
}

function problemOf(lowering: Lowering, equation: Equation, [lhs, rhs]: readonly Value[]): Problem {
  const { dimensionNumbers, padding, windowStrides, lhsDilation, rhsDilation, featureGroupCount, batchGroupCount } = equation.params as ConvParams;
  const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers;
  const { shape, dtype } = equation.outputs[0].aval;
  const out = wholeView(lowering.buffer(dtype, sizeOf(shape)), shape, dtype);
  const axes = padding.map(
    ([low], k): WindowAxis => ({
      size: lhs.shape[lhsSpec[k + 2]],
      places: shape[outSpec[k + 2]],
      window: rhs.shape[rhsSpec[k + 2]],
      stride: windowStrides[k],
      low,
      baseDilation: lhsDilation[k],
      windowDilation: rhsDilation[k],
    }),
  );
  return {
    dtype,
    batch: shape[outSpec[0]],
    groups: featureGroupCount,
    batchGroups: batchGroupCount,
    features: rhs.shape[rhsSpec[1]],
    outputs: rhs.shape[rhsSpec[0]] / (featureGroupCount * batchGroupCount),
    axes,
    image: accessOf(asView(lowering, lhs), lhsSpec),
    kernel: accessOf(asView(lowering, rhs), rhsSpec),
    result: accessOf(out, outSpec),
    shape,
  };
}

function asConv(lowering: Lowering, { batchGroups: _, shape: __, ...problem }: Problem): void {
  lowering.steps.push({ kind: "conv", ...problem });
}

/**
 * As an input gradient: place p and element x meet under tap t where p·stride − low + t·d = x·base. Read backwards, with the
 * taps counted from the other end (t' = T − 1 − t), that is x·base − ((T − 1)·d − low) + t'·d = p·stride: the convolution
 * from the result's space to the image's, with the two dilations exchanged and the kernel reversed, its features swapped.
 */
function asInputGradient(lowering: Lowering, { dtype, batch, groups, features, outputs, axes, image, kernel, result }: Problem): void {
  const backwards = axes.map(({ size, places, window, stride, low, baseDilation, windowDilation }): WindowAxis => {
    return { size: places, places: size, window, stride: baseDilation, low: (window - 1) * windowDilation - low, baseDilation: stride, windowDilation };
  });
  const reversed = {
    buffer: kernel.buffer,
    offset: axes.reduce((sum, { window }, k) => sum + (window - 1) * kernel.space[k], kernel.offset),
    outer: kernel.feature,
    feature: kernel.outer,
    space: kernel.space.map((stride) => -stride),
    group: outputs * kernel.outer,
  };
  const shape = { dtype, batch, groups, features: outputs, outputs: features, axes: backwards };
  lowering.steps.push({ kind: "conv_input_gradient", ...shape, image: result, kernel: reversed, result: image });
}

/**
 * As a kernel gradient: places and taps exchange roles (t·d − low + p·stride = x·base), the result is the kernel, the kernel
 * the result; input features are the batch that is summed over, and the batch are the features. The chunks' sums are added
 * by a nest, which may go on with what comes after.
 */
function asKernelGradient(lowering: Lowering, problem: Problem, out: View): View {
  const { dtype, batch, batchGroups, features, outputs, axes, image, kernel } = problem;
  const turned = ({ outer, feature, ...rest }: TensorAccess): TensorAccess => ({ ...rest, outer: feature, feature: outer });
  const exchanged = axes.map(({ places, window, stride, windowDilation, ...rest }): WindowAxis => {
    return { ...rest, places: window, window: places, stride: windowDilation, windowDilation: stride };
  });
  const shape = { dtype, batch: features, groups: batchGroups, features: batch, outputs, axes: exchanged };
  const size = sizeOf(problem.shape);
  const chunks = kernelGradientChunks({ batch: features, bytes: size * 4 });
  const partials = lowering.buffer(dtype, chunks * size);
  lowering.steps.push({ kind: "conv_kernel_gradient", ...shape, chunks, image: turned(image), result: turned(kernel), partials });
  // Rows are [output, batch, place]; which axis of the result has which stride is the other way round than in `problem.result`.
  const places = axes.map((axis) => axis.places);
  const rows = [sizeOf(places), batch * sizeOf(places), ...stridesOf(places)];
  const ofResult = [problem.result.outer, problem.result.feature, ...problem.result.space];
  const strides = out.strides.map((stride, axis) => (out.shape[axis] === 1 ? 0 : rows[ofResult.indexOf(stride)]));
  const body = new NestBody(out.shape);
  const sums = Array.from({ length: chunks }, (_, c) => body.load({ buffer: partials, offset: c * size, strides }, dtype));
  if (chunks === 1) return { ...out, buffer: partials, strides };
  sums.reduce((a, b) => body.apply("add", dtype, a, b));
  return lowering.nest(out.shape, body.nodes, dtype);
}
