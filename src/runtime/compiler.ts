// The compiler under jit: lowers a program to loops, fuses them, plans memory, emits one module, and makes an executable
// of it. Steps that have no lowering run between the module's functions on the host.

import { ConcreteArray } from "../core/array.js";
import type { Aval } from "../core/aval.js";
import type { ClosedJaxpr } from "../core/closed.js";
import { debugSettings } from "../core/debug.js";
import { type TypedArray, bytesOf } from "../core/dtype.js";
import type { Executable } from "../core/executable.js";
import { collapse } from "../compile/collapse.js";
import { fuse } from "../compile/fuse.js";
import { type Lowered, type Target, lower } from "../compile/lowering.js";
import { type Plan, allocatedBytes, planMemory } from "../compile/plan.js";
import { rules } from "../compile/rules.js";
import { checkLoops } from "../loop/check.js";
import type { BufferId, HostStep, LoopProgram, Nest, Step } from "../loop/ir.js";
import { type Code, ModuleBuilder } from "../wasm/module.js";
import { FunctionContext } from "../wasm/math/context.js";
import { emitNest } from "../wasm/nest.js";
import { extentOf, parametersOf } from "../wasm/schedule.js";
import { supportsVector } from "../wasm/vector.js";
import { optimized, threadCount } from "./engine.js";
import { Block, Heap, arrayClass } from "./heap.js";
import { WorkerPool } from "./pool.js";
import { type StructuredStep, isStructured, kindOf } from "./steps.js";

const target: Target = {
  rule: (name) => rules.get(name),
  supports: supportsVector,
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
  /** Where the first thread's scratch is, and how many bytes each has. */
  readonly scratch: { readonly offset: number; readonly bytes: number };
  readonly bytes: number;
}

const bufferBytes = (program: LoopProgram, b: BufferId): number => program.buffers[b].size * bytesOf(program.buffers[b].dtype);

function layOut({ heap, pool }: Machine, owner: object, { inputs, constants, outputs }: Lowered, program: LoopProgram, plan: Plan): Layout {
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
  const each = Math.max(0, ...program.steps.map((step) => (isStructured(step) ? allocatedBytes(kindOf(step).scratchBytes?.(step) ?? 0) : 0)));
  const scratch = { offset: next + plan.bytes, bytes: each };
  return { places, staged, results: { start, end }, scratch, bytes: scratch.offset + each * (pool?.threads ?? 1) };
}

/** A run of steps that the module does, or one that the host does. */
type Part = { readonly kind: "module"; readonly name: string } | { readonly kind: "host"; readonly step: HostStep };

/** A step as a function of the addresses of its buffers and a range of its outermost loop. */
interface Emitted {
  readonly index: number;
  readonly buffers: readonly BufferId[];
  readonly extent: number;
  /** Whether it takes scratch memory of its thread, behind the addresses. */
  readonly scratch: boolean;
  /** Whether its work is worth the waking of other threads. */
  readonly parallel: boolean;
}

interface EmittedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly parts: readonly Part[];
  readonly parallel: boolean;
}

/** Emits a program's module: a function for each step, and drivers for the runs between host steps. */
class Emission {
  readonly module: ModuleBuilder;
  readonly #stalled: number;
  #works = 0;

  constructor(
    readonly machine: Machine,
    readonly layout: Layout,
    readonly moduleNumber: number,
  ) {
    const { shared } = machine.heap;
    this.module = new ModuleBuilder({ initial: 1, maximum: Heap.maximumPages, shared });
    this.#stalled = this.module.importFunction("stalled", [], ["i32"]);
  }

  emit(program: LoopProgram): EmittedModule {
    const parts: Part[] = [];
    let run: Step[] = [];
    const flush = (): void => {
      if (run.length === 0) return;
      const name = `part${parts.length}`;
      this.#part(name, run);
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
    return { bytes: this.module.build(), parts, parallel: this.#works > 0 };
  }

  /** A driver: takes the address of the transient area and the number of threads, does the steps in order. */
  #part(name: string, steps: readonly Step[]): void {
    const emitted = steps.map((step) => this.#step(step));
    const works = emitted.map((step) => (step.parallel ? this.#work(step) : undefined));
    this.module.function(name, ["i32", "i32"], [], (code) => {
      emitted.forEach((step, i) => {
        const work = works[i];
        if (work === undefined) {
          this.#addresses(code, step, undefined);
          code.i32(0).i32(step.extent).call(step.index);
        } else this.#shared(code, work.index, work.number);
      });
    });
  }

  #worthSharing(extent: number, cost: number): boolean {
    const { pool } = this.machine;
    return pool !== undefined && extent >= pool.threads && cost >= this.machine.worthSharing;
  }

  #step(step: Step): Emitted {
    if (step.kind === "host") throw new TypeError("a step of the host has no emission");
    if (step.kind !== "nest") return this.#structured(step);
    const nest = collapse(step);
    const buffers = parametersOf(nest);
    const params = [...buffers, "begin", "end"].map(() => "i32" as const);
    const index = this.module.function(undefined, params, [], (code) =>
      emitNest({ code, constants: new FunctionContext(code, this.machine.heap, false) }, nest),
    );
    const extent = extentOf(nest);
    return { index, buffers, extent, scratch: false, parallel: this.#worthSharing(extent, costOf(nest)) };
  }

  #structured(step: StructuredStep): Emitted {
    const kind = kindOf(step);
    const extent = kind.extent(step);
    const parallel = kind.sequential !== true && this.#worthSharing(extent, kind.cost(step));
    return { index: kind.emit(this.module, step), buffers: kind.buffers(step), extent, scratch: kind.scratchBytes !== undefined, parallel };
  }

  /** `thread` is the local that holds the thread's number; without it, it is the main one's. */
  #addresses(code: Code, { buffers, scratch }: Emitted, thread: number | undefined): void {
    for (const b of buffers) {
      const place = this.layout.places.get(b) as Place;
      if (place.kind === "fixed") code.i32(place.address);
      else if (place.kind === "transient") code.get(0).i32(place.offset).op("i32.add");
      else code.get(0).memory("i32.load", place.slot * 4);
    }
    if (!scratch) return;
    const { offset, bytes } = this.layout.scratch;
    code.get(0).i32(offset).op("i32.add");
    if (thread !== undefined) code.get(thread).i32(bytes).op("i32.mul", "i32.add");
  }

  /** What each thread calls: takes the transient area's address, the thread's number, and how many there are. */
  #work(step: Emitted): { readonly index: number; readonly number: number } {
    const number = this.#works++;
    const index = this.module.function(`work${number}`, ["i32", "i32", "i32"], [], (code) => {
      this.#addresses(code, step, 1);
      for (const ahead of [0, 1]) code.i32(step.extent).get(1).i32(ahead).op("i32.add", "i32.mul").get(2).op("i32.div_u");
      code.call(step.index);
    });
    return { index, number };
  }

  #shared(code: Code, work: number, number: number): void {
    const pool = this.machine.pool as WorkerPool;
    code.get(1).i32(1).op("i32.gt_u");
    code.if(
      () => {
        pool.emitDispatch(code, this.moduleNumber, number, 0);
        code.get(0).i32(0).get(1).call(work);
        pool.emitJoin(code, this.#stalled);
      },
      () => code.get(0).i32(0).i32(1).call(work),
    );
  }
}

/** Rough number of vector operations below which waking another thread costs more than it saves. */
const WORTH_SHARING = 12_000;

/** Vector operations of a nest, roughly; elementary functions count for many. */
function costOf({ sizes, nodes, stores }: Nest): number {
  const each = nodes.reduce((sum, node) => sum + (node.kind === "apply" ? 1 : 0.5), stores.length);
  return (sizes.reduce((n, size) => n * size, 1) / 4) * each;
}

/** What compiled programs run on. */
export interface Machine {
  readonly heap: Heap;
  /** Other threads, if there are any. */
  readonly pool: WorkerPool | undefined;
  /** The cost of a step, in vector operations, from which on threads share it. */
  readonly worthSharing: number;
}

/** A machine with as many threads as wanted and possible. */
export function makeMachine(threads = threadCount(), worthSharing = WORTH_SHARING): Machine {
  const shared = threads > 1 && WorkerPool.possible;
  const heap = new Heap(shared);
  return { heap, pool: shared ? new WorkerPool(heap, threads) : undefined, worthSharing };
}

/** The program, checked if debug settings ask for it. */
const checkedLoops = (program: LoopProgram): LoopProgram => (debugSettings.checkJaxprs ? checkLoops(program) : program);

/** A compiler that runs programs on `machine`. */
export const wasmCompiler =
  (machine: Machine) =>
  (closed: ClosedJaxpr): Executable => {
    const lowered = lower(closed, target);
    const program = checkedLoops(fuse(checkedLoops(lowered.program)));
    const owner = {};
    const layout = layOut(machine, owner, lowered, program, planMemory(program));
    const moduleNumber = machine.pool?.newModule() ?? 0;
    const emitted = new Emission(machine, layout, moduleNumber).emit(program);
    const env = { memory: machine.heap.memory, stalled: machine.pool?.stalled ?? ((): number => 0) };
    const instance = optimized(() => new WebAssembly.Instance(new WebAssembly.Module(emitted.bytes), { env }));
    const functions = instance.exports as Record<string, (base: number, threads: number) => void>;
    return new CompiledProgram(machine, { owner, program, lowered, layout, emitted, moduleNumber, functions, outAvals: closed.outAvals });
  };

/** A program after compilation. */
interface Compiled {
  /** Holds the constants' places for as long as the program lives. */
  readonly owner: object;
  readonly program: LoopProgram;
  readonly lowered: Lowered;
  readonly layout: Layout;
  readonly emitted: EmittedModule;
  /** By which worker threads know the module. */
  readonly moduleNumber: number;
  readonly functions: Readonly<Record<string, (base: number, threads: number) => void>>;
  readonly outAvals: readonly Aval[];
}

class CompiledProgram implements Executable {
  readonly heap: Heap;
  #loaded = false;

  constructor(
    readonly machine: Machine,
    readonly compiled: Compiled,
  ) {
    this.heap = machine.heap;
  }

  /** How many threads run this call; the module is made known to them the first time. */
  #threads(): number {
    const { pool } = this.machine;
    const { emitted, moduleNumber } = this.compiled;
    if (pool === undefined || !emitted.parallel) return 1;
    const threads = pool.active;
    if (threads > 1 && !this.#loaded) {
      pool.load(moduleNumber, emitted.bytes, this.heap.transient(emitted.bytes.length));
      this.#loaded = true;
    }
    return threads;
  }

  run(args: readonly ConcreteArray[]): readonly ConcreteArray[] {
    const { heap, compiled } = this;
    const { lowered, functions, layout, emitted } = compiled;
    const threads = this.#threads();
    const base = heap.transient(layout.bytes);
    const pinned: Block[] = [];
    try {
      const slots = [...lowered.inputs.map((b, i) => this.#placeArgument(b, args[i], base, pinned)), ...lowered.outputs.map((b) => this.#placeResult(b, base, pinned))];
      new Int32Array(heap.memory.buffer, base, slots.length).set(slots.map((slot) => (slot instanceof Block ? slot.address : slot)));
      const addressOf = (b: BufferId): number => this.#address(b, base, slots);
      for (const part of emitted.parts) {
        if (part.kind === "module") functions[part.name](base, threads);
        else this.#runHost(part.step, addressOf);
      }
      if (threads > 1) this.machine.pool?.checkFailures();
      return this.#results(base, slots.slice(lowered.inputs.length));
    } finally {
      for (const block of pinned) block.pinned = false;
    }
  }

  #address(b: BufferId, base: number, slots: readonly (number | Block)[]): number {
    const place = this.compiled.layout.places.get(b) as Place;
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
    const offset = this.compiled.layout.staged.get(b);
    if (offset !== undefined) {
      this.heap.write(base + offset, x.data);
      return base + offset;
    }
    const { dtype, size } = this.compiled.program.buffers[b];
    const block = this.heap.allocate(dtype, size);
    block.pinned = true;
    pinned.push(block);
    this.heap.write(block.address, x.data);
    x.settle(block);
    this.heap.own(x, block);
    return block;
  }

  #placeResult(b: BufferId, base: number, pinned: Block[]): number | Block {
    const offset = this.compiled.layout.staged.get(b);
    if (offset !== undefined) return base + offset;
    const { dtype, size } = this.compiled.program.buffers[b];
    const block = this.heap.allocate(dtype, size);
    block.pinned = true;
    pinned.push(block);
    return block;
  }

  #results(base: number, slots: readonly (number | Block)[]): readonly ConcreteArray[] {
    const { start, end } = this.compiled.layout.results;
    const small = end > start ? this.heap.copy(base + start, end - start) : undefined;
    return this.compiled.lowered.outputs.map((b, i) => {
      const slot = slots[i];
      const aval = this.compiled.outAvals[i];
      if (slot instanceof Block) {
        const array = new ConcreteArray(aval, slot);
        this.heap.own(array, slot);
        return array;
      }
      const Type = arrayClass(aval.dtype);
      return new ConcreteArray(aval, new Type(small as ArrayBuffer, slot - base - start, this.compiled.program.buffers[b].size));
    });
  }

  #runHost({ equation, inputs, outputs }: HostStep, addressOf: (b: BufferId) => number): void {
    const view = (b: BufferId): TypedArray => {
      const { dtype, size } = this.compiled.program.buffers[b];
      const Type = arrayClass(dtype);
      return new Type(this.heap.memory.buffer, addressOf(b), size);
    };
    const args = equation.inputs.map(({ aval }, i) => ({ data: view(inputs[i]), shape: aval.shape, dtype: aval.dtype }));
    const avals = equation.outputs.map((v) => v.aval);
    equation.primitive.reference(args, equation.params, avals).forEach((out, i) => this.heap.write(addressOf(outputs[i]), out.data));
  }
}
