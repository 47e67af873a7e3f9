// A program after compilation, and its calls: places arguments and results, runs the module's drivers and the host's steps.

import { ConcreteArray } from "../core/array.js";
import type { Aval } from "../core/aval.js";
import { type DType, type TypedArray, bytesOf } from "../core/dtype.js";
import type { Executable, Stages } from "../core/executable.js";
import type { Lowered } from "../compile/lowering.js";
import type { BufferId, HostStep, LoopProgram } from "../loop/ir.js";
import type { EmittedModule } from "./emission.js";
import { Block, arrayClass } from "./block.js";
import type { Copied, Heap } from "./heap.js";
import type { Layout, Place } from "./layout.js";
import type { Machine } from "./machine.js";
import { SlabPart } from "./slab.js";

export interface Compiled {
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
  /** What was made of the program on the way. */
  readonly stages: () => Stages;
}

/** An argument or result as calls see it; `staged` is its offset in the transient area, or below zero for a large one. */
interface Port {
  readonly staged: number;
  readonly dtype: DType;
  readonly size: number;
  readonly bytes: number;
}

export class CompiledProgram implements Executable {
  readonly heap: Heap;
  readonly #inputs: readonly Port[];
  readonly #outputs: readonly Port[];
  #loaded = false;

  constructor(
    readonly machine: Machine,
    readonly compiled: Compiled,
  ) {
    this.heap = machine.heap;
    const { lowered, layout, program } = compiled;
    const port = (b: BufferId): Port => {
      const { dtype, size } = program.buffers[b];
      return { staged: layout.staged.get(b) ?? -1, dtype, size, bytes: size * bytesOf(dtype) };
    };
    this.#inputs = lowered.inputs.map(port);
    this.#outputs = lowered.outputs.map(port);
  }

  /** How many threads run this call; the module is made known to them the first time. */
  #threads(): number {
    const { pool } = this.machine;
    const { emitted, moduleNumber } = this.compiled;
    if (pool === undefined || !emitted.parallel) return 1;
    const threads = pool.active;
    if (threads > 1 && !this.#loaded) {
      pool.load(this.compiled.owner, moduleNumber, emitted.bytes, this.heap.transient(emitted.bytes.length));
      this.#loaded = true;
    }
    return threads;
  }

  stages(): Stages {
    return this.compiled.stages();
  }

  run(args: readonly ConcreteArray[]): readonly ConcreteArray[] {
    const { heap, compiled } = this;
    const { functions, layout, emitted } = compiled;
    const threads = this.#threads();
    const base = heap.transient(layout.bytes);
    const pinned: Block[] = [];
    const results: (Block | undefined)[] = [];
    try {
      const frame = this.#placeArguments(args, base, pinned);
      for (const { staged, dtype, size } of this.#outputs) {
        const block = staged < 0 ? heap.allocate(dtype, size) : undefined;
        if (block !== undefined) pin(block, pinned);
        results.push(block);
        frame.push(block?.address ?? base + staged);
      }
      heap.writeWords(base, frame);
      for (const part of emitted.parts) {
        if (part.kind === "module") functions[part.name](base, threads);
        else this.#runHost(part.step, base, frame);
      }
      if (threads > 1) this.machine.pool?.checkFailures();
    } catch (error) {
      for (const block of results) block?.release();
      throw error;
    } finally {
      for (const block of pinned) block.pinned = false;
    }
    return this.#results(base, results);
  }

  /** The addresses of the arguments, each copied into the heap unless it is there. */
  #placeArguments(args: readonly ConcreteArray[], base: number, pinned: Block[]): number[] {
    const frame: number[] = [];
    for (let i = 0; i < args.length;) {
      const { storage } = args[i];
      const port = this.#inputs[i];
      if (storage instanceof Block && storage.heap === this.heap && storage.resident) {
        pin(storage, pinned);
        frame.push(storage.address);
        i++;
      } else if (port.staged < 0) {
        frame.push(this.#upload(args[i], port, pinned).address);
        i++;
      } else i = this.#stage(args, i, base, frame);
    }
    return frame;
  }

  /** A large argument gets a place of its own, where it stays for the next call. */
  #upload(x: ConcreteArray, { dtype, size }: Port, pinned: Block[]): Block {
    const block = this.heap.allocate(dtype, size);
    pin(block, pinned);
    this.heap.write(block.address, x.data);
    x.settle(block);
    this.heap.own(x, block);
    return block;
  }

  /**
   * Copies small arguments into the transient area, from number `first` on: as many at once as lie in one slab as they will
   * lie here. Gives the number of the next argument.
   */
  #stage(args: readonly ConcreteArray[], first: number, base: number, frame: number[]): number {
    const { storage } = args[first];
    const { staged } = this.#inputs[first];
    frame.push(base + staged);
    if (!(storage instanceof SlabPart)) {
      this.heap.write(base + staged, args[first].data);
      return first + 1;
    }
    const shift = staged - storage.offset;
    let last = first;
    for (let i = first + 1; i < args.length; i++) {
      const next = args[i].storage;
      const port = this.#inputs[i];
      if (!(next instanceof SlabPart) || next.slab !== storage.slab || port.staged < 0 || port.staged - next.offset !== shift) break;
      frame.push(base + port.staged);
      last = i;
    }
    const end = this.#inputs[last].staged + this.#inputs[last].bytes;
    this.heap.bytes.set(new Uint8Array(storage.slab, storage.offset, end - staged), base + staged);
    return last + 1;
  }

  #results(base: number, blocks: readonly (Block | undefined)[]): readonly ConcreteArray[] {
    const { heap } = this;
    const { start, end } = this.compiled.layout.results;
    const copied = end > start ? heap.copy(base + start, end - start) : undefined;
    return blocks.map((block, i) => {
      const aval = this.compiled.outAvals[i];
      if (block !== undefined) {
        const array = new ConcreteArray(aval, block);
        heap.own(array, block);
        return array;
      }
      const { staged, dtype, size } = this.#outputs[i];
      const { slab, start: first } = copied as Copied;
      const part = new SlabPart(slab, first + staged - start, dtype, size);
      // A number that somebody keeps (a loss) must not keep the whole slab alive.
      return new ConcreteArray(aval, size === 1 ? part.elements().slice() : part);
    });
  }

  #address(b: BufferId, base: number, frame: readonly number[]): number {
    const place = this.compiled.layout.places.get(b) as Place;
    if (place.kind === "fixed") return place.address;
    return place.kind === "transient" ? base + place.offset : frame[place.slot];
  }

  #runHost({ equation, inputs, outputs }: HostStep, base: number, frame: readonly number[]): void {
    // Copies: the step may run programs of its own, which move the memory when it grows.
    const copied = (b: BufferId): TypedArray => {
      const { dtype, size } = this.compiled.program.buffers[b];
      const Type = arrayClass(dtype);
      return new Type(this.heap.memory.buffer, this.#address(b, base, frame), size).slice();
    };
    const args = equation.inputs.map(({ aval }, i) => ({ data: copied(inputs[i]), shape: aval.shape, dtype: aval.dtype }));
    const avals = equation.outputs.map((v) => v.aval);
    const outs = this.heap.within(() => equation.primitive.reference(args, equation.params, avals));
    outs.forEach((out, i) => this.heap.write(this.#address(outputs[i], base, frame), out.data));
  }
}

function pin(block: Block, pinned: Block[]): void {
  if (!block.pinned) pinned.push(block);
  block.pinned = true;
}
