// A convolution of integers, which wrap in any order of summation: the image is framed (padding, and the holes of its
// dilation, become elements), and then every place and tap reads it at an affine position, so that one nest of products,
// summed over features and taps, is all there is to do.

import type { Equation } from "../core/jaxpr.js";
import { sizeOf } from "../core/shape.js";
import type { Access } from "../loop/ir.js";
import type { ConvParams } from "../ops/conv.js";
import { NestBody } from "./body.js";
import type { Lowering } from "./lowering.js";
import { type Value, type View, wholeView } from "./views.js";
import { framed } from "./window.js";

/** An axis of the nest: how far a turn moves in the image, in the kernel, and in the result, where 0 says that it is summed. */
interface Axis {
  readonly size: number;
  readonly image: number;
  readonly kernel: number;
  readonly out: number;
}

/** The operand with `padding` and holes filled by zeros along its spatial axes, and cropped where padding is negative. */
function framedImage(lowering: Lowering, lhs: Value, { dimensionNumbers: { lhsSpec }, padding, lhsDilation }: ConvParams): View {
  const space = (axis: number): number => lhsSpec.indexOf(axis) - 2;
  const along = <T>(list: readonly T[], other: T): T[] => lhs.shape.map((_, axis) => (space(axis) < 0 ? other : list[space(axis)]));
  return framed(lowering, lhs, { padding: along(padding, [0, 0]), baseDilation: along(lhsDilation, 1) }, 0);
}

/** What is summed: the features of a group, then the taps. Before the places, so that of two equally good axes a place is cut into vectors. */
function summedAxes(image: View, kernel: View, { dimensionNumbers: { lhsSpec, rhsSpec }, rhsDilation }: ConvParams): Axis[] {
  return rhsSpec.slice(1).map((axis, k) => ({
    size: kernel.shape[axis],
    image: image.strides[lhsSpec[k + 1]] * (k === 0 ? 1 : rhsDilation[k - 1]),
    kernel: kernel.strides[axis],
    out: 0,
  }));
}

/** The result's axes as they lie in memory; of its features the groups stand before those of a group. */
function resultAxes(image: View, kernel: View, out: View, params: ConvParams): Axis[] {
  const { dimensionNumbers, windowStrides, featureGroupCount, batchGroupCount } = params;
  const { lhsSpec, rhsSpec, outSpec } = dimensionNumbers;
  const [batch, features] = [image.strides[lhsSpec[0]], image.strides[lhsSpec[1]]];
  const groups = featureGroupCount * batchGroupCount;
  const outputs = kernel.shape[rhsSpec[0]] / groups;
  return out.shape.flatMap((size, axis): Axis[] => {
    const [role, stride] = [outSpec.indexOf(axis), out.strides[axis]];
    if (role === 0) return [{ size, image: batch, kernel: 0, out: stride }];
    if (role >= 2) return [{ size, image: image.strides[lhsSpec[role]] * windowStrides[role - 2], kernel: 0, out: stride }];
    const group = batchGroupCount > 1 ? out.shape[outSpec[0]] * batch : kernel.shape[rhsSpec[1]] * features;
    const output = kernel.strides[rhsSpec[0]];
    return [
      { size: groups, image: group, kernel: outputs * output, out: outputs * stride },
      { size: outputs, image: 0, kernel: output, out: stride },
    ];
  });
}

/** The convolution as a sum over a nest, wrapped to the dtype; no operand and no result is empty. */
export function convSums(lowering: Lowering, equation: Equation, [lhs, rhs]: readonly Value[]): View {
  const params = equation.params as ConvParams;
  const { shape, dtype } = equation.outputs[0].aval;
  const image = framedImage(lowering, lhs, params);
  const kernel = rhs.kind === "view" ? rhs : lowering.contiguous(rhs);
  const out = wholeView(lowering.buffer(dtype, sizeOf(shape)), shape, dtype);
  const axes = [...summedAxes(image, kernel, params), ...resultAxes(image, kernel, out, params)];
  const access = ({ buffer, offset }: View, of: "image" | "kernel" | "out"): Access => ({
    buffer,
    offset,
    strides: axes.map((axis) => axis[of]),
  });
  const body = new NestBody(axes.map(({ size }) => size));
  body.apply("mul", dtype, body.load(access(image, "image"), dtype), body.load(access(kernel, "kernel"), dtype));
  lowering.store(body.shape, body.nodes, access(out, "out"), "sum");
  return out;
}
