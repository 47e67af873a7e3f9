// The compiler under jit: lowers a program to loops, fuses them, plans memory, emits one module, and makes an executable
// of it. Steps that have no lowering run between the module's functions on the host.

import { ConcreteArray } from "../core/array.js";
import type { Aval } from "../core/aval.js";
import type { ClosedJaxpr } from "../core/closed.js";
import { type TypedArray, bytesOf } from "../core/dtype.js";
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
import { Block, Heap, arrayClass } from "./heap.js";

const target: Target = {
  rule: (name) => (name === "dot_general" ? undefined : rules.get(name)),
  supports: (op, dtype) => supportsVector(op, dtype, () => false),
};

/** Results up to this size are copied out: a typed array is cheaper then than a place in the heap with its bookkeeping. */
const SMALL_BYTES = 4096;

/** Where a buffer lies: at a fixed address, at an offset in the transient area, or where the call's frame says. */
type Place =
  | { readonly kind: "fixed"; readonly address: number }
  | { readonly kind: "transient"; readonly offset: number }
  | { readonly kind: "frame"; readonly slot: number };

/** The transient area: the frame of addresses, then staged small arguments, then small results, then temporaries. */
interface Layout {
  readonly places: ReadonlyMap<BufferId, Place>;
  /** Offsets in the transient area for small arguments and results, by buffer. */
  readonly staged: ReadonlyMap<BufferId, number>;
  readonly results: { readonly start: number; readonly end: number };
  readonly bytes: number;
}

const bufferBytes = (program: LoopProgram, b: BufferId): number => program.buffers[b].size * bytesOf(program.buffers[b].dtype);

function layOut(heap: Heap, owner: object, { program, inputs, constants, outputs }: Lowered, plan: Plan): Layout {
  const places = new Map<BufferId, Place>();
  const staged = new Map<BufferId, number>();
  const addresses = heap.keep(
    owner,
    constants.map(({ value }) => value.data),
  );
  constants.forEach(({ buffer }, i) => places.set(buffer, { kind: "fixed", address: addresses[i] }));
  [...inputs, ...outputs].forEach((b, slot) => places.set(b, { kind: "frame", slot }));
  let next = Math.ceil(((inputs.length + outputs.length) * 4) / 64) * 64;
  const stage = (b: BufferId): void => {
    if (staged.has(b) || bufferBytes(program, b) > SMALL_BYTES) return;
    staged.set(b, next);
    next += allocatedBytes(bufferBytes(program, b));
  };
  inputs.forEach(stage);
  const start = next;
  outputs.forEach(stage);
  const end = next;
  for (const [b, offset] of plan.offsets) places.set(b, { kind: "transient", offset: next + offset });
  return { places, staged, results: { start, end }, bytes: next + plan.bytes };
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

/** A driver that takes the address of the transient area and calls a function for each step. */
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
        const place = layout.places.get(b) as Place;
        if (place.kind === "fixed") code.i32(place.address);
        else if (place.kind === "transient") code.get(0).i32(place.offset).op("i32.add");
        else code.get(0).memory("i32.load", place.slot * 4);
      }
      code.call(index);
    }
  });
}

/** A compiler that runs programs in `heap`. */
export const wasmCompiler =
  (heap: Heap) =>
  (closed: ClosedJaxpr): Executable => {
    const lowered = lower(closed, target);
    const program = fuse(lowered.program);
    const owner = {};
    const layout = layOut(heap, owner, lowered, planMemory(program));
    const { bytes, parts } = emit(heap, program, layout);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory: heap.memory } });
    const functions = instance.exports as Record<string, (base: number) => void>;
    return new CompiledProgram(heap, owner, program, lowered, layout, parts, functions, closed.outAvals);
  };

class CompiledProgram implements Executable {
  constructor(
    readonly heap: Heap,
    /** Holds the constants' places for as long as the program lives. */
    readonly owner: object,
    readonly program: LoopProgram,
    readonly lowered: Lowered,
    readonly layout: Layout,
    readonly parts: readonly Part[],
    readonly functions: Readonly<Record<string, (base: number) => void>>,
    readonly outAvals: readonly Aval[],
  ) {}

  run(args: readonly ConcreteArray[]): readonly ConcreteArray[] {
    const { heap, lowered, parts, functions } = this;
    const base = heap.transient(this.layout.bytes);
    const pinned: Block[] = [];
    try {
      const slots = [...lowered.inputs.map((b, i) => this.#placeArgument(b, args[i], base, pinned)), ...lowered.outputs.map((b) => this.#placeResult(b, base, pinned))];
      new Int32Array(heap.memory.buffer, base, slots.length).set(slots.map((slot) => (slot instanceof Block ? slot.address : slot)));
      const addressOf = (b: BufferId): number => this.#address(b, base, slots);
      for (const part of parts) {
        if (part.kind === "module") functions[part.name](base);
        else this.#runHost(part.step, addressOf);
      }
      return this.#results(base, slots.slice(lowered.inputs.length));
    } finally {
      for (const block of pinned) block.pinned = false;
    }
  }

  #address(b: BufferId, base: number, slots: readonly (number | Block)[]): number {
    const place = this.layout.places.get(b) as Place;
    if (place.kind === "fixed") return place.address;
    if (place.kind === "transient") return base + place.offset;
    const slot = slots[place.slot];
    return slot instanceof Block ? slot.address : slot;
  }

  /** The argument's own place if it has one; small ones are copied into the transient area, large ones get a place. */
  #placeArgument(b: BufferId, x: ConcreteArray, base: number, pinned: Block[]): number | Block {
    const { storage } = x;
    if (storage instanceof Block && storage.heap === this.heap && storage.resident) {
      if (!storage.pinned) pinned.push(storage);
      storage.pinned = true;
      return storage;
    }
    const offset = this.layout.staged.get(b);
    if (offset !== undefined) {
      this.heap.write(base + offset, x.data);
      return base + offset;
    }
    const { dtype, size } = this.program.buffers[b];
    const block = this.heap.allocate(dtype, size);
    block.pinned = true;
    pinned.push(block);
    this.heap.write(block.address, x.data);
    x.settle(block);
    this.heap.own(x, block);
    return block;
  }

  #placeResult(b: BufferId, base: number, pinned: Block[]): number | Block {
    const offset = this.layout.staged.get(b);
    if (offset !== undefined) return base + offset;
    const { dtype, size } = this.program.buffers[b];
    const block = this.heap.allocate(dtype, size);
    block.pinned = true;
    pinned.push(block);
    return block;
  }

  #results(base: number, slots: readonly (number | Block)[]): readonly ConcreteArray[] {
    const { start, end } = this.layout.results;
    const small = end > start ? this.heap.memory.buffer.slice(base + start, base + end) : undefined;
    return this.lowered.outputs.map((b, i) => {
      const slot = slots[i];
      const aval = this.outAvals[i];
      if (slot instanceof Block) {
        const array = new ConcreteArray(aval, slot);
        this.heap.own(array, slot);
        return array;
      }
      const Type = arrayClass(aval.dtype);
      return new ConcreteArray(aval, new Type(small as ArrayBuffer, slot - base - start, this.program.buffers[b].size));
    });
  }

  #runHost({ equation, inputs, outputs }: HostStep, addressOf: (b: BufferId) => number): void {
    const view = (b: BufferId): TypedArray => {
      const { dtype, size } = this.program.buffers[b];
      const Type = arrayClass(dtype);
      return new Type(this.heap.memory.buffer, addressOf(b), size);
    };
    const args = equation.inputs.map(({ aval }, i) => ({ data: view(inputs[i]), shape: aval.shape, dtype: aval.dtype }));
    const avals = equation.outputs.map((v) => v.aval);
    equation.primitive.reference(args, equation.params, avals).forEach((out, i) => this.heap.write(addressOf(outputs[i]), out.data));
  }
}
