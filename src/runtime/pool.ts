// Worker threads on the shared heap. The main thread writes a command, wakes the workers, does its own share, and waits
// for theirs by spinning; a worker spins for a while after its last command and then parks, so that an idle process uses
// no time and may exit. Workers start when they are first wanted and take part from the moment they are ready.

import { WorkerError } from "../core/errors.js";
import type { Code } from "../wasm/module.js";
import { builtin } from "./engine.js";
import type { Heap } from "./heap.js";
import {
  BASE,
  COMMAND,
  DONE,
  EPOCH,
  FAILED,
  FORGET,
  FORGET_COUNT,
  LOAD,
  MODULE,
  NEVER,
  PARKED,
  READY,
  RUN,
  STEP,
  WORDS_PER_WORKER,
  WORKERS,
  workerStart,
} from "./worker.js";

/** Turns of waiting, a power of two, before the core is given away: some 0.05 ms. */
const SPINS = 0x4000;
const YIELD_MS = 0.02;

/** Longer than any honest step: after it, a silent worker counts as dead. */
const PATIENCE_MS = 60_000;

export class WorkerPool {
  readonly control: number;
  #started = false;
  #dead: string | undefined;
  #nextModule = 1;
  /** Since when, and for the end of which command, the main thread has been waiting. */
  #stalledSince = 0;
  readonly #mayWait = builtin("node:os") !== undefined;
  #stalledEpoch = 0;
  /** Modules whose programs were collected; workers are told of them with the next module. */
  readonly #forgotten: number[] = [];
  readonly #collected = new FinalizationRegistry<number>((module) => this.#forgotten.push(module));

  constructor(
    readonly heap: Heap,
    /** Threads in all, the main one included. */
    readonly threads: number,
    readonly spinMs = 0.1,
    /** How long a call waits for a worker before it gives it up for dead. */
    readonly patienceMs = PATIENCE_MS,
  ) {
    this.control = heap.reserve((WORKERS + WORDS_PER_WORKER * threads) * 4);
  }

  get #words(): Int32Array {
    return new Int32Array(this.heap.memory.buffer, this.control, WORKERS + WORDS_PER_WORKER * this.threads);
  }

  /** Whether this environment can have a pool. */
  static get possible(): boolean {
    return workerStart() !== undefined;
  }

  #start(): void {
    this.#started = true;
    const start = workerStart();
    for (let index = 0; index < this.threads - 1; index++) {
      start?.({ memory: this.heap.memory, control: this.control, index, threads: this.threads, spin: this.spinMs }, (why) => {
        this.#dead ??= why;
      });
    }
  }

  /** How many threads take part in the next call: 1 until all workers are ready, and after one has died. */
  get active(): number {
    if (!this.#started) this.#start();
    if (this.#dead !== undefined) return 1;
    const words = this.#words;
    for (let i = 0; i < this.threads - 1; i++) if (Atomics.load(words, WORKERS + i * WORDS_PER_WORKER + READY) === 0) return 1;
    return this.threads;
  }

  /** A number for a module, by which workers know it. */
  newModule(): number {
    return this.#nextModule++;
  }

  /** Makes a module known to all workers until `owner` is collected, and waits until they have compiled it. */
  load(owner: object, module: number, bytes: Uint8Array, at: number): void {
    this.heap.bytes.set(bytes, at);
    this.#collected.register(owner, module);
    const words = this.#words;
    words.set([LOAD, module, 0, at, bytes.length], COMMAND);
    for (let i = 0; i < FORGET_COUNT; i++) words[FORGET + i] = this.#forgotten.pop() ?? 0;
    const epoch = Atomics.add(words, EPOCH, 1) + 1;
    Atomics.notify(words, EPOCH);
    for (let i = 0; i < this.threads - 1; i++)
      while (Atomics.load(words, WORKERS + i * WORDS_PER_WORKER + DONE) !== epoch) if (this.stalled()) break;
    this.checkFailures();
  }

  /**
   * Called now and then by a main thread that waits: gives the core away for a moment, and says whether to give up, because a
   * worker has been silent for too long. What counts is the time since the command that is waited for: a call may have a loop
   * of many.
   */
  readonly stalled = (): number => {
    if (this.#dead !== undefined) return 1;
    const now = performance.now();
    const epoch = Atomics.load(this.#words, EPOCH);
    if (this.#stalledSince === 0 || epoch !== this.#stalledEpoch) {
      this.#stalledSince = now;
      this.#stalledEpoch = epoch;
    }
    if (now - this.#stalledSince < this.patienceMs) {
      // A page's main thread may not wait; elsewhere the worker may need this very core.
      if (this.#mayWait) Atomics.wait(this.#words, NEVER, 0, YIELD_MS);
      return 0;
    }
    this.#dead = `no answer for ${this.patienceMs / 1000} s`;
    return 1;
  };

  /**
   * After a parallel call: throws if a worker failed.
   *
   * @throws WorkerError; later calls run on one thread.
   */
  checkFailures(): void {
    this.#stalledSince = 0;
    const words = this.#words;
    for (let i = 0; i < this.threads - 1; i++)
      if (Atomics.load(words, WORKERS + i * WORDS_PER_WORKER + FAILED) !== 0) this.#dead ??= "a step failed in it";
    if (this.#dead === undefined) return;
    throw new WorkerError({
      op: "jit",
      expected: "every worker thread to finish its share",
      received: `a worker that did not: ${this.#dead}`,
      remedy: "call again: from now on calls run on one thread",
    });
  }

  /** Emits the call of step `step` on all workers; `base` is the local of the transient area's address. */
  emitDispatch(code: Code, module: number, step: number, base: number): void {
    const word = (w: number): number => this.control + w * 4;
    const store = (w: number, value: () => void): void => {
      code.i32(0);
      value();
      code.memory("i32.store", word(w));
    };
    store(COMMAND, () => code.i32(RUN));
    store(MODULE, () => code.i32(module));
    store(STEP, () => code.i32(step));
    store(BASE, () => code.get(base));
    code.i32(0).i32(1).atomic("i32.atomic.rmw.add", word(EPOCH)).op("drop");
    code
      .i32(0)
      .atomic("i32.atomic.load", word(PARKED))
      .if(() => code.i32(0).i32(this.threads).atomic("memory.atomic.notify", word(EPOCH)).op("drop"));
  }

  /** Emits the wait for all workers; `stalled` is the imported function that says whether to give up. */
  emitJoin(code: Code, stalled: number): void {
    const word = (w: number): number => this.control + w * 4;
    const turns = code.local("i32");
    for (let i = 0; i < this.threads - 1; i++) {
      code.i32(0).set(turns);
      const waiting = (): Code =>
        code
          .i32(0)
          .atomic("i32.atomic.load", word(WORKERS + i * WORDS_PER_WORKER + DONE))
          .i32(0)
          .atomic("i32.atomic.load", word(EPOCH))
          .op("i32.ne");
      code.block(() =>
        code.loop(() => {
          waiting().op("i32.eqz").branchIf(1);
          code
            .get(turns)
            .i32(1)
            .op("i32.add")
            .tee(turns)
            .i32(SPINS - 1)
            .op("i32.and", "i32.eqz");
          code.if(() => code.call(stalled).branchIf(2));
          code.branch(0);
        }),
      );
    }
  }
}
