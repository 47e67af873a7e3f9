// A program's module: a function for each step, one more for what threads share of it, and drivers that call them in order.
// Steps that have no emission run between the drivers on the host.

import type { Branch, BufferId, HostStep, Loop, LoopProgram, Step } from "../loop/ir.js";
import { type Code, type Local, ModuleBuilder } from "../wasm/module.js";
import { Driver, type Scope, type Task, pushAddress } from "./driver.js";
import { Heap } from "./heap.js";
import type { Layout } from "./layout.js";
import type { Machine } from "./machine.js";
import { NestFunctions } from "./nestFunctions.js";
import type { WorkerPool } from "./pool.js";
import { IndependentRun } from "./sharing.js";
import { type StructuredStep, kindOf, nestCost } from "./steps.js";

/** A run of steps that the module does, or one that the host does. */
export type Part = { readonly kind: "module"; readonly name: string } | { readonly kind: "host"; readonly step: HostStep };

/** A step as a function of the addresses of its buffers and a range of its outermost loop. */
interface Emitted {
  readonly index: number;
  readonly buffers: readonly BufferId[];
  readonly extent: number;
  /** What a function that serves nests of several lengths takes last. */
  readonly length: number | undefined;
  /** Whether it takes scratch memory of its thread, behind the addresses. */
  readonly scratch: boolean;
  /** Whether threads can share it. */
  readonly shareable: boolean;
  /** Vector operations, roughly. */
  readonly cost: number;
}

export interface EmittedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly parts: readonly Part[];
  readonly parallel: boolean;
  /** The steps that functions do, by the index of the function: for reading. */
  readonly steps: ReadonlyMap<number, Step>;
}

/** Emits a program's module: a function for each step, and drivers for the runs between host steps. */
export class Emission {
  readonly module: ModuleBuilder;
  readonly #stalled: number;
  readonly #steps = new Map<number, Step>();
  #nests: NestFunctions;
  #works = 0;

  constructor(
    readonly machine: Machine,
    readonly layout: Layout,
    readonly moduleNumber: number,
  ) {
    const { shared } = machine.heap;
    this.module = new ModuleBuilder({ initial: 1, maximum: Heap.maximumPages, shared });
    this.#nests = new NestFunctions(this.module, machine, []);
    this.#stalled = this.module.importFunction("stalled", [], ["i32"]);
  }

  emit(program: LoopProgram): EmittedModule {
    this.#nests = new NestFunctions(this.module, this.machine, program.steps);
    const parts: Part[] = [];
    let run: Step[] = [];
    const flush = (): void => {
      if (run.length === 0) return;
      const name = `part${parts.length}`;
      this.#part(name, run, program);
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
    return { bytes: this.module.build(), parts, parallel: this.#works > 0, steps: this.#steps };
  }

  /** A driver: takes the address of the transient area and the number of threads, does the steps in order. */
  #part(name: string, steps: readonly Step[], program: LoopProgram): void {
    const tasks = this.#tasks(steps, new IndependentRun(this.layout, program));
    this.module.function(name, ["i32", "i32"], [], (code) => new Driver(code, program, this.layout).run(tasks));
  }

  /** What a driver does for a list of steps; `run` gathers neighbours that threads may share together. */
  #tasks(steps: readonly Step[], run?: IndependentRun): readonly Task[] {
    const tasks: Task[] = [];
    let together: Emitted[] = [];
    const flush = (): void => {
      if (this.#worthWaking(together)) tasks.push(this.#together(together));
      else for (const step of together) tasks.push(this.#call(step));
      together = [];
      run?.clear();
    };
    for (const step of steps) {
      if (step.kind === "loop") {
        flush();
        tasks.push({ kind: "loop", loop: step, condition: this.#tasks(step.condition?.steps ?? []), body: this.#tasks(step.body) });
      } else if (step.kind === "branch") {
        flush();
        tasks.push({ kind: "branch", branch: step, branches: step.branches.map((list) => this.#tasks(list)) });
      } else {
        const emitted = this.#step(step);
        this.#steps.set(emitted.index, step);
        if (!emitted.shareable || run?.takes(step) !== true) {
          flush();
          run?.takes(step);
        }
        together.push(emitted);
        if (!emitted.shareable || run === undefined) flush();
      }
    }
    flush();
    return tasks;
  }

  /** Steps that all threads go through, each its part of each. */
  #together(steps: readonly Emitted[]): Task {
    const { index, number } = this.#work(steps);
    return { kind: "call", shared: true, emit: (code) => this.#shared(code, index, number) };
  }

  #call(step: Emitted): Task {
    const emit = (code: Code, scope: Scope): void => {
      this.#addresses(code, step, scope);
      code.i32(0).i32(step.extent);
      if (step.length !== undefined) code.i32(step.length);
      code.call(step.index);
    };
    return { kind: "call", shared: false, emit };
  }

  #worthWaking(steps: readonly Emitted[]): boolean {
    return (
      steps.length > 0 &&
      steps.every((step) => step.shareable) &&
      steps.reduce((sum, step) => sum + step.cost, 0) >= this.machine.worthSharing
    );
  }

  /** Whether threads can share a step of so many turns at all. */
  #isShareable(extent: number): boolean {
    const { pool } = this.machine;
    return pool !== undefined && extent >= pool.threads;
  }

  #step(step: Exclude<Step, Loop | Branch>): Emitted {
    if (step.kind === "host") throw new TypeError("a step of the host has no emission");
    if (step.kind !== "nest") return this.#structured(step);
    const { index, buffers, extent, length, nest } = this.#nests.of(step);
    return { index, buffers, extent, length, scratch: false, shareable: this.#isShareable(extent), cost: nestCost(nest) };
  }

  #structured(step: StructuredStep): Emitted {
    const kind = kindOf(step);
    const extent = kind.extent(step);
    return {
      index: kind.emit(this.module, step, this.machine.fma, this.machine.heap),
      buffers: kind.buffers(step),
      extent,
      length: undefined,
      scratch: kind.scratchBytes !== undefined,
      shareable: kind.sequential?.(step) !== true && this.#isShareable(extent),
      cost: kind.cost(step),
    };
  }

  /** `scope` has the addresses of what moves, `thread` the thread's number; without it, it is the main one's. */
  #addresses(code: Code, { buffers, scratch }: Emitted, scope: Scope, thread?: Local): void {
    for (const b of buffers) pushAddress(code, this.layout, b, scope);
    if (!scratch) return;
    const { offset, bytes } = this.layout.scratch;
    code.get(0).i32(offset).op("i32.add");
    if (thread !== undefined) code.get(thread).i32(bytes).op("i32.mul", "i32.add");
  }

  /** What each thread calls: takes the transient area's address, the thread's number, and how many there are. */
  #work(steps: readonly Emitted[]): { readonly index: number; readonly number: number } {
    const number = this.#works++;
    const index = this.module.function(`work${number}`, ["i32", "i32", "i32"], [], (code) => {
      for (const step of steps) {
        this.#addresses(code, step, new Map(), 1);
        for (const ahead of [0, 1]) code.i32(step.extent).get(1).i32(ahead).op("i32.add", "i32.mul").get(2).op("i32.div_u");
        if (step.length !== undefined) code.i32(step.length);
        code.call(step.index);
      }
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
