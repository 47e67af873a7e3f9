// Builds programs for the tests of the loop IR, and lowers functions the way the compiler does.

import type { ConcreteArray, NDArray } from "../../src/core/array.js";
import type { TypedArray } from "../../src/core/dtype.js";
import { type Lowered, type Target, lower } from "../../src/compile/lowering.js";
import { rules } from "../../src/compile/rules.js";
import type { Buffer, LoopProgram, Nest, Node, Step } from "../../src/loop/ir.js";
import { runLoops } from "../../src/loop/interpret.js";
import { primitives } from "../../src/primitives.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { supportsVector } from "../../src/wasm/vector.js";

export const target: Target = { rule: (name) => rules.get(name), supports: supportsVector };

/** A function lowered, with its program. */
export function lowered(f: (...xs: NDArray[]) => readonly NDArray[], inputs: readonly NDArray[]): Lowered {
  return lower(makeJaxpr((...xs: NDArray[]): NDArray[] => [...f(...xs)])(...inputs), target);
}

/** What the outputs of a program hold, run by the loop interpreter. */
export function outputsOf({ inputs, constants, outputs }: Lowered, program: LoopProgram, args: readonly NDArray[]): readonly TypedArray[] {
  const given = new Map<number, TypedArray>();
  inputs.forEach((b, i) => given.set(b, (args[i] as ConcreteArray).data));
  for (const { buffer, value } of constants) given.set(buffer, value.data);
  const memory = runLoops(program, given, primitives);
  return outputs.map((b) => memory[b]);
}

export const load = (buffer: number, strides: readonly number[], offset = 0, dtype: Node["dtype"] = "float32"): Node => ({
  kind: "load",
  access: { buffer, offset, strides },
  dtype,
});

export const float = (size: number, role: Buffer["role"]): Buffer => ({ dtype: "float32", size, role });

export const program = (buffers: readonly Buffer[], ...steps: readonly Step[]): LoopProgram => ({ buffers, steps });

/** A nest with one pointwise store. */
export const nest = (sizes: readonly number[], nodes: readonly Node[], ...stores: Nest["stores"]): Nest => ({
  kind: "nest",
  sizes,
  nodes,
  stores,
});
