// Steps of convolutions as functions of a range: addresses moved to where the tensors begin, then the kernel.

import { bytesOf } from "../core/dtype.js";
import type { Conv, ConvInputGradient, ConvKernelGradient, ConvStep, TensorAccess } from "../loop/ir.js";
import { convScratchBytes, convUnits, emitConv } from "../wasm/kernels/conv.js";
import type { ConvSpec } from "../wasm/kernels/convGeometry.js";
import { emitInputGradient, inputGradientScratchBytes, inputGradientUnits } from "../wasm/kernels/inputGradient.js";
import { emitKernelGradient, kernelGradientScratchBytes, kernelGradientUnits } from "../wasm/kernels/kernelGradient.js";
import type { NestEpilogue } from "../wasm/kernels/nestEpilogue.js";
import type { ModuleBuilder } from "../wasm/module.js";

/** What the kernels call the step. */
function specOf(step: ConvStep, fused = false, finish?: NestEpilogue): ConvSpec {
  const { dtype, batch, groups, features, outputs, axes } = step;
  return {
    dtype: dtype === "float64" ? "float64" : "float32",
    batch,
    groups,
    features,
    outputs,
    space: axes.map((axis) => axis.size),
    window: axes.map((axis) => axis.window),
    places: axes.map((axis) => axis.places),
    windowStrides: axes.map((axis) => axis.stride),
    // What follows the last element is found from the places.
    padding: axes.map((axis) => [axis.low, 0]),
    lhsDilation: axes.map((axis) => axis.baseDilation),
    rhsDilation: axes.map((axis) => axis.windowDilation),
    lhs: step.image,
    // The kernel gradient leaves sums in rows of their own instead.
    rhs: step.kind === "conv_kernel_gradient" ? { outer: 0, feature: 0, space: axes.map(() => 0) } : step.kernel,
    out: step.result,
    fused,
    ...(step.kind === "conv_input_gradient" ? { rhsGroup: step.kernel.group } : {}),
    ...(finish === undefined
      ? {}
      : { epilogue: finish.epilogue, epilogueStrides: finish.accesses.map(({ strides, bytes }) => strides[0] * bytes) }),
  };
}

/** Rough number of vector operations. */
const cost = ({ batch, groups, features, outputs, axes }: ConvStep): number =>
  axes.reduce((n, { places, window }) => n * places * window, (batch * groups * features * outputs) / 4);

/** `(x, y, z, …others, scratch, begin, end)`: buffers' addresses are moved by the offsets of the tensors, and of what an epilogue touches. */
function emitWith(
  module: ModuleBuilder,
  step: ConvStep,
  tensors: readonly Pick<TensorAccess, "offset">[],
  kernel: number,
  finish?: NestEpilogue,
): number {
  const size = bytesOf(step.dtype);
  const others = finish?.accesses ?? [];
  const scratch = tensors.length + others.length;
  return module.function(undefined, new Array<"i32">(scratch + 3).fill("i32"), [], (code) => {
    const push = (address: number, offset: number): void => void code.get(address).i32(offset).op("i32.add");
    tensors.forEach(({ offset }, i) => push(i, offset * size));
    code
      .get(scratch)
      .get(scratch + 1)
      .get(scratch + 2);
    others.forEach(({ offset, bytes }, i) => push(tensors.length + i, offset * bytes));
    code.call(kernel);
  });
}

/** Emits a convolution; what its epilogue touches follows the three tensors. */
export const emitConvStep = (module: ModuleBuilder, step: Conv, fma: boolean, finish?: NestEpilogue): number =>
  emitWith(module, step, [step.image, step.kernel, step.result], emitConv(module, specOf(step, fma, finish)), finish);

/** What the compiler asks of each of the three steps. */
export const convKinds = {
  conv: {
    buffers: ({ image, kernel, result }: Conv) => [image.buffer, kernel.buffer, result.buffer],
    extent: (step: Conv) => convUnits(specOf(step)),
    cost,
    scratchBytes: (step: Conv) => convScratchBytes(specOf(step)),
    emit: (module: ModuleBuilder, step: Conv, fma: boolean) => emitConvStep(module, step, fma),
  },
  conv_input_gradient: {
    buffers: ({ image, kernel, result }: ConvInputGradient) => [result.buffer, kernel.buffer, image.buffer],
    extent: (step: ConvInputGradient) => inputGradientUnits(specOf(step)),
    cost,
    scratchBytes: (step: ConvInputGradient) => inputGradientScratchBytes(specOf(step)),
    emit: (module: ModuleBuilder, step: ConvInputGradient, fma: boolean) =>
      emitWith(module, step, [step.result, step.kernel, step.image], emitInputGradient(module, specOf(step, fma))),
  },
  conv_kernel_gradient: {
    buffers: ({ image, result, partials }: ConvKernelGradient) => [image.buffer, result.buffer, partials],
    extent: (step: ConvKernelGradient) => kernelGradientUnits(specOf(step)),
    cost,
    scratchBytes: (step: ConvKernelGradient) => kernelGradientScratchBytes(specOf(step)),
    emit: (module: ModuleBuilder, step: ConvKernelGradient, fma: boolean) =>
      emitWith(module, step, [step.image, step.result, { offset: 0 }], emitKernelGradient(module, specOf(step, fma))),
  },
};
