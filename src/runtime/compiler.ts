// The compiler under jit: lowers a program to loops, fuses them, plans memory, emits one module, and runs it. Steps that
// have no lowering run between the module's functions on the host, on the same memory.

import { ConcreteArray } from "../core/array.js";
import type { Aval } from "../core/aval.js";
import type { ClosedJaxpr } from "../core/closed.js";
import { bytesOf, typedArray, type DType, type TypedArray } from "../core/dtype.js";
import type { Executable } from "../core/executable.js";
import { collapse } from "../compile/collapse.js";
import { fuse } from "../compile/fuse.js";
import { type Lowered, type Target, lower } from "../compile/lowering.js";
import { type Plan, allocatedBytes, planMemory } from "../compile/plan.js";
import { rules } from "../compile/rules.js";
import type { BufferId, HostStep, LoopProgram, Step } from "../loop/ir.js";
import { ModuleBuilder } from "../wasm/module.js";
import { emitNest, parametersOf } from "../wasm/nest.js";
import { supportsVector } from "../wasm/vector.js";
import { ConstantLocals } from "./constants.js";
import { Heap } from "./heap.js";

const target: Target = {
  rule: (name) => (name === "dot_general" ? undefined : rules.get(name)),
  supports: (op, dtype) => supportsVector(op, dtype, () => false),
};

/** Where every buffer lies: below zero for constants (persistent), else relative to the call's transient area. */
interface Layout {
  readonly transient: ReadonlyMap<BufferId, number>;
  readonly persistent: ReadonlyMap<BufferId, number>;
  readonly bytes: number;
}

function layOut(heap: Heap, { program, inputs, constants, outputs }: Lowered, plan: Plan): Layout {
  const sizeOf = (b: BufferId): number => program.buffers[b].size * bytesOf(program.buffers[b].dtype);
  const transient = new Map(plan.offsets);
  let bytes = plan.bytes;
  for (const b of [...inputs, ...outputs]) {
    if (transient.has(b)) continue;
    transient.set(b, bytes);
    bytes += allocatedBytes(sizeOf(b));
  }
  const persistent = new Map<BufferId, number>();
  for (const { buffer, value } of constants) {
    const address = heap.keep(sizeOf(buffer));
    heap.write(address, value.data);
    persistent.set(buffer, address);
  }
  return { transient, persistent, bytes };
}

/** A run of steps that the module does, or one that the host does. */
type Part = { readonly kind: "module"; readonly name: string } | { readonly kind: "host"; readonly step: HostStep };

function emit(heap: Heap, program: LoopProgram, layout: Layout): { readonly bytes: Uint8Array<ArrayBuffer>; readonly parts: readonly Part[] } {
  const module = new ModuleBuilder({ initial: 1, maximum: Heap.maximumPages, shared: false });
  const parts: Part[] = [];
  let run: Step[] = [];
  const flush = (): void => {
    if (run.length === 0) return;
    const name = `part${parts.length}`;
    emitPart(heap, module, name, run, layout);
    parts.push({ kind: "module", name });
    run = [];
  };
  for (const step of program.steps) {
    if (step.kind !== "host") run.push(step);
    else {
      flush();
      parts.push({ kind: "host", step });
    }
  }
  flush();
  return { bytes: module.build(), parts };
}

function emitPart(heap: Heap, module: ModuleBuilder, name: string, steps: readonly Step[], layout: Layout): void {
  const calls = steps.map((step) => {
    if (step.kind !== "nest") throw new TypeError(`no emission for ${step.kind}`);
    const nest = collapse(step);
    const buffers = parametersOf(nest);
    const index = module.function(
      undefined,
      buffers.map(() => "i32" as const),
      [],
      (code) => emitNest({ code, constants: new ConstantLocals(code, heap), elementary: () => undefined }, nest),
    );
    return { index, buffers };
  });
  module.function(name, ["i32"], [], (code) => {
    for (const { index, buffers } of calls) {
      for (const b of buffers) {
        const address = layout.persistent.get(b);
        if (address === undefined) code.get(0).i32(layout.transient.get(b) as number).op("i32.add");
        else code.i32(address);
      }
      code.call(index);
    }
  });
}

const viewOf = (heap: Heap, dtype: DType, address: number, length: number): TypedArray => {
  const Type = typedArray(dtype, 0).constructor as new (buffer: ArrayBufferLike, offset: number, length: number) => TypedArray;
  return new Type(heap.memory.buffer, address, length);
};

/** A compiler that runs programs in `heap`. */
export const wasmCompiler =
  (heap: Heap) =>
  (closed: ClosedJaxpr): Executable => {
    const lowered = lower(closed, target);
    const program = fuse(lowered.program);
    const layout = layOut(heap, lowered, planMemory(program));
    const { bytes, parts } = emit(heap, program, layout);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: heap.memory } });
    const functions = instance.exports as Record<string, (base: number) => void>;
    const outAvals = closed.outAvals;
    return { run: (args) => run(heap, { program, lowered, layout, parts, functions, outAvals }, args) };
  };

interface Compiled {
  readonly program: LoopProgram;
  readonly lowered: Lowered;
  readonly layout: Layout;
  readonly parts: readonly Part[];
  readonly functions: Readonly<Record<string, (base: number) => void>>;
  readonly outAvals: readonly Aval[];
}

function run(heap: Heap, compiled: Compiled, args: readonly ConcreteArray[]): readonly ConcreteArray[] {
  const { program, lowered, layout, parts, functions, outAvals } = compiled;
  const base = heap.transient(layout.bytes);
  const addressOf = (b: BufferId): number => layout.persistent.get(b) ?? base + (layout.transient.get(b) as number);
  lowered.inputs.forEach((b, i) => heap.write(addressOf(b), args[i].data));
  for (const part of parts) {
    if (part.kind === "module") functions[part.name](base);
    else runHost(heap, program, part.step, addressOf);
  }
  return lowered.outputs.map((b, i) => {
    const { dtype, size } = program.buffers[b];
    const copy = heap.read(addressOf(b), size * bytesOf(dtype));
    const Type = typedArray(dtype, 0).constructor as new (buffer: ArrayBuffer) => TypedArray;
    return new ConcreteArray(outAvals[i], new Type(copy));
  });
}

function runHost(heap: Heap, program: LoopProgram, { equation, inputs, outputs }: HostStep, addressOf: (b: BufferId) => number): void {
  const args = equation.inputs.map(({ aval }, i) => {
    const { dtype, size } = program.buffers[inputs[i]];
    return { data: viewOf(heap, dtype, addressOf(inputs[i]), size), shape: aval.shape, dtype: aval.dtype };
  });
  const avals = equation.outputs.map((v) => v.aval);
  const outs = equation.primitive.reference(args, equation.params, avals);
  outs.forEach((out, i) => heap.write(addressOf(outputs[i]), out.data));
}
