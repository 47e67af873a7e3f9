// Convolution as one of three steps. A convolution, the input gradient of another, and the kernel gradient of a third are the
// same sums in other words, whatever their parameters are; so a rule needs no trace of where an equation came from: it knows
// all three forms, and takes the one whose loops are cheapest. Gradients find their way back to their own kernels by that.
// Convolutions of integers are nests.

import { bytesOf, isFloat } from "../core/dtype.js";
import type { Equation } from "../core/jaxpr.js";
import { sizeOf, stridesOf } from "../core/shape.js";
import type { ConvShape, TensorAccess, WindowAxis } from "../loop/ir.js";
import type { ConvParams } from "../ops/conv.js";
import { kernelGradientChunks } from "../wasm/kernels/kernelGradient.js";
import { NestBody } from "./body.js";
import { type ConvForm, cheapestForm } from "./convForms.js";
import { convSums } from "./convSums.js";
import { type Lowering, type Rule, loadNode } from "./lowering.js";
import { type Value, type View, wholeView } from "./views.js";

/** The equation without its order of axes: `out[n, o, place] = Σ image[n, i, element] · kernel[o, i, tap]` in each group. */
interface Problem extends ConvShape {
  /** Groups of the batch; where there are several, `groups` is 1. `batch` and `outputs` are a group's. */
  readonly batchGroups: number;
  readonly image: TensorAccess;
  readonly kernel: TensorAccess;
  readonly shape: readonly number[];
  /** The result's axes: batch, features, space. */
  readonly outSpec: readonly number[];
}

function accessOf({ buffer, offset, strides }: View, [outer, feature, ...space]: readonly number[]): TensorAccess {
  return { buffer, offset, outer: strides[outer], feature: strides[feature], space: space.map((axis) => strides[axis]) };
}

/** A number everywhere becomes one element, at which all strides stay. */
function asView(lowering: Lowering, x: Value): View {
  if (x.kind === "view") return x;
  return { ...lowering.nest([], [loadNode({ ...x, shape: [] }, [])], x.dtype), shape: x.shape, strides: x.shape.map(() => 0) };
}

function problemOf(lowering: Lowering, equation: Equation, [lhs, rhs]: readonly Value[]): Problem {
  const { dimensionNumbers, padding, windowStrides, lhsDilation, rhsDilation, featureGroupCount, batchGroupCount } =
    equation.params as ConvParams;
  const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers;
  const { shape, dtype } = equation.outputs[0].aval;
  const axes = padding.map(([low], k): WindowAxis => ({
    size: lhs.shape[lhsSpec[k + 2]],
    places: shape[outSpec[k + 2]],
    window: rhs.shape[rhsSpec[k + 2]],
    stride: windowStrides[k],
    low,
    baseDilation: lhsDilation[k],
    windowDilation: rhsDilation[k],
  }));
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
    shape,
    outSpec,
  };
}

const resultOf = (lowering: Lowering, { dtype, shape }: Problem): View => wholeView(lowering.buffer(dtype, sizeOf(shape)), shape, dtype);

function asConv(lowering: Lowering, problem: Problem): View {
  const { dtype, batch, groups, features, outputs, axes, image, kernel } = problem;
  const out = resultOf(lowering, problem);
  const result = accessOf(out, problem.outSpec);
  lowering.steps.push({ kind: "conv", dtype, batch, groups, features, outputs, axes, image, kernel, result });
  return out;
}

/**
 * As an input gradient. Place p and element x meet under tap t where p·stride − low + t·d = x·base. With the taps counted from
 * the other end, t' = T − 1 − t, the same reads x·base − ((T − 1)·d − low) + t'·d = p·stride: a convolution from the result's
 * space to the image's, with the stride and the base's dilation exchanged, the kernel reversed and its features swapped.
 */
function asInputGradient(lowering: Lowering, problem: Problem): View {
  const { dtype, batch, groups, features, outputs, image: result, kernel } = problem;
  const out = resultOf(lowering, problem);
  const axes = problem.axes.map(({ size, places, window, stride, low, baseDilation, windowDilation }): WindowAxis => {
    const swapped = { size: places, places: size, stride: baseDilation, baseDilation: stride };
    return { ...swapped, window, windowDilation, low: (window - 1) * windowDilation - low };
  });
  const reversed = {
    buffer: kernel.buffer,
    offset: axes.reduce((sum, { window }, k) => sum + (window - 1) * kernel.space[k], kernel.offset),
    outer: kernel.feature,
    feature: kernel.outer,
    space: kernel.space.map((stride) => -stride),
    group: outputs * kernel.outer,
  };
  const shape = { dtype, batch, groups, features: outputs, outputs: features, axes };
  lowering.steps.push({ kind: "conv_input_gradient", ...shape, image: accessOf(out, problem.outSpec), kernel: reversed, result });
  return out;
}

/**
 * As a kernel gradient. Places and taps exchange roles (t·d − low + p·stride = x·base), and so do the kernel and the result;
 * the input features are the batch that is summed over, the batch are the input features. A nest adds the chunks' sums, so
 * that it can go on with what comes after.
 */
function asKernelGradient(lowering: Lowering, problem: Problem): View {
  const { dtype, shape, batch, outputs } = problem;
  const turned = ({ outer, feature, ...rest }: TensorAccess): TensorAccess => ({ ...rest, outer: feature, feature: outer });
  const axes = problem.axes.map(({ places, window, stride, windowDilation, ...rest }): WindowAxis => {
    return { ...rest, places: window, window: places, stride: windowDilation, windowDilation: stride };
  });
  const size = sizeOf(shape);
  const gradient = { dtype, batch: problem.features, groups: problem.batchGroups, features: batch, outputs, axes };
  const chunks = kernelGradientChunks(problem.features, size * bytesOf(dtype));
  const partials = lowering.buffer(dtype, chunks * size);
  const [image, result] = [turned(problem.image), turned(problem.kernel)];
  lowering.steps.push({ kind: "conv_kernel_gradient", ...gradient, chunks, image, result, partials });
  const places = axes.map((axis) => axis.window);
  const strides = new Array<number>(shape.length);
  [sizeOf(places), batch * sizeOf(places), ...stridesOf(places)].forEach((stride, k) => (strides[problem.outSpec[k]] = stride));
  if (chunks === 1) return { kind: "view", buffer: partials, offset: 0, strides, shape, dtype };
  const body = new NestBody(shape);
  const sums = Array.from({ length: chunks }, (_, c) => body.load({ buffer: partials, offset: c * size, strides }, dtype));
  sums.reduce((sum, next) => body.apply("add", dtype, sum, next));
  return lowering.nest(shape, body.nodes, dtype);
}

const forms = { conv: asConv, inputGradient: asInputGradient, kernelGradient: asKernelGradient };

/** The rule that takes the form that `choose` says, for floats. */
export const convForms =
  (choose: (problem: ConvShape, batchGroups: number) => ConvForm): Rule =>
  (lowering, equation, inputs) => {
    const { shape, dtype } = equation.outputs[0].aval;
    if (sizeOf(shape) === 0 || inputs.some((x) => sizeOf(x.shape) === 0)) return [{ kind: "splat", value: 0, shape, dtype }];
    if (!isFloat(dtype)) return [convSums(lowering, equation, inputs)];
    const problem = problemOf(lowering, equation, inputs);
    return [forms[choose(problem, problem.batchGroups)](lowering, problem)];
  };

export const lowerConv: Rule = convForms(cheapestForm);
