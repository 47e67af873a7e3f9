// A product or convolution whose results pass through a nest: the kernel with the nest as its epilogue. What the nest touches
// beside the target follows the product's own buffers among the parameters.

import { type BufferId, type Finished, targetOf } from "../loop/ir.js";
import { type NestEpilogue, nestEpilogue } from "../wasm/kernels/nestEpilogue.js";
import type { Constants } from "../wasm/math/context.js";
import type { ModuleBuilder } from "../wasm/module.js";
import { convKinds, emitConvStep } from "./convStep.js";
import { emitDotStep } from "./dotStep.js";

const epilogueOf = ({ product, finish }: Finished, fma: boolean, heap: Constants): NestEpilogue =>
  nestEpilogue(finish, targetOf(product), product.dtype, { fma, heap });

/** Keeps no constants: for the accesses alone. */
const nowhere: Constants = { add: () => 0 };

export const finishedBuffers = (step: Finished): readonly BufferId[] => {
  const { product } = step;
  const own = product.kind === "dot" ? [product.a.buffer, product.b.buffer, product.c.buffer] : convKinds.conv.buffers(product);
  return [...own, ...epilogueOf(step, false, nowhere).accesses.map(({ buffer }) => buffer)];
};

export function emitFinished(module: ModuleBuilder, step: Finished, fma: boolean, heap: Constants): number {
  const finish = epilogueOf(step, fma, heap);
  const { product } = step;
  return product.kind === "dot" ? emitDotStep(module, product, fma, finish) : emitConvStep(module, product, fma, finish);
}
