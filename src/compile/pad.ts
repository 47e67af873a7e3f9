// Padding: the result is filled with the padding value, then the operand is written over it, elements apart by the interior
// padding. What negative padding crops is never read.

import { type Shape, sizeOf } from "../core/shape.js";
import type { PadParams } from "../ops/slice.js";
import { type Lowering, type Rule, loadNode } from "./lowering.js";
import { type Value, type View, sliceView, wholeView } from "./views.js";

type PaddingConfig = PadParams["paddingConfig"];

/** The operand in a frame of `value`: low, high and interior padding along each axis; `shape` is what comes of it. */
export function padded(lowering: Lowering, x: Value, value: Value, config: PaddingConfig, shape: Shape): View {
  const out = wholeView(lowering.buffer(x.dtype, sizeOf(shape)), shape, x.dtype);
  lowering.store(shape, [loadNode(value, shape)], { buffer: out.buffer, offset: 0, strides: out.strides });
  // Element i of the operand lands at low + i·(interior + 1); those that land outside are cropped away.
  const first = config.map(([low, , interior]) => (low >= 0 ? 0 : Math.ceil(-low / (interior + 1))));
  const count = config.map(([low, , interior], k) => {
    const last = Math.min(x.shape[k] - 1, Math.floor((shape[k] - 1 - low) / (interior + 1)));
    return Math.max(0, last - first[k] + 1);
  });
  if (sizeOf(count) === 0) return out;
  const inner = sliceView(
    x,
    count,
    first,
    count.map(() => 1),
  );
  const offset = config.reduce((sum, [low, , interior], k) => sum + (low + first[k] * (interior + 1)) * out.strides[k], 0);
  const strides = out.strides.map((s, k) => s * (config[k][2] + 1));
  lowering.store(count, [loadNode(inner, count)], { buffer: out.buffer, offset, strides });
  return out;
}

export const lowerPad: Rule = (lowering, equation, [x, value]) => {
  const { paddingConfig } = equation.params as PadParams;
  return [padded(lowering, x, value, paddingConfig, equation.outputs[0].aval.shape)];
};
