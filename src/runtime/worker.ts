// What the pool and its workers agree on, and the start of a worker: the words of the control block, the script that a
// worker runs, and the two kinds of threads that can run it, Node's and a page's.

import { builtin } from "./engine.js";

/** Words of the control block, by index. Words that different threads write stand in different cache lines. */
export const EPOCH = 0;
export const COMMAND = 16;
export const MODULE = 17;
export const STEP = 18;
export const BASE = 19;
export const LENGTH = 20;
/** Numbers of modules to forget, 0 for none. */
export const FORGET = 21;
export const FORGET_COUNT = 10;
export const PARKED = 32;
/** A word that stays 0 and is never notified. */
export const NEVER = 40;
export const WORKERS = 48;
export const WORDS_PER_WORKER = 16;
export const READY = 0;
export const DONE = 1;
export const FAILED = 2;

export const LOAD = 1;
export const RUN = 2;

/** What each worker runs, as the text of a script, so that no file needs to be found. */
const script = `
const start = ({ memory, control, index, threads, spin }) => {
  const words = new Int32Array(memory.buffer);
  const at = (word) => control / 4 + word;
  const mine = at(${WORKERS} + index * ${WORDS_PER_WORKER});
  const modules = new Map();
  let seen = Atomics.load(words, at(${EPOCH}));
  Atomics.store(words, mine + ${READY}, 1);
  for (;;) {
    let epoch = Atomics.load(words, at(${EPOCH}));
    if (epoch === seen) {
      const began = performance.now();
      spinning: do {
        for (let i = 0; i < 64; i++) {
          epoch = Atomics.load(words, at(${EPOCH}));
          if (epoch !== seen) break spinning;
        }
      } while (performance.now() - began < spin);
      while (epoch === seen) {
        Atomics.add(words, at(${PARKED}), 1);
        Atomics.wait(words, at(${EPOCH}), seen);
        Atomics.sub(words, at(${PARKED}), 1);
        epoch = Atomics.load(words, at(${EPOCH}));
      }
    }
    seen = epoch;
    const [command, id, step, base, length] = [${COMMAND}, ${MODULE}, ${STEP}, ${BASE}, ${LENGTH}].map((word) => words[at(word)]);
    try {
      if (command === ${LOAD}) {
        for (let i = 0; i < ${FORGET_COUNT}; i++) modules.delete(words[at(${FORGET} + i)]);
        const bytes = new Uint8Array(memory.buffer, base >>> 0, length).slice();
        const env = { memory, stalled: () => 0 };
        modules.set(id, new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }).exports);
      } else modules.get(id)["work" + step](base, index + 1, threads);
    } catch {
      Atomics.store(words, mine + ${FAILED}, 1);
    }
    Atomics.store(words, mine + ${DONE}, seen);
  }
};`;

/** What a worker is told when it starts. */
export interface WorkerData {
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly index: number;
  readonly threads: number;
  readonly spin: number;
}

/** As much of Node's worker_threads as the pool needs. */
interface NodeWorkers {
  readonly Worker: new (
    source: string,
    options: { eval: true; workerData: WorkerData },
  ) => { unref(): void; on(event: string, f: (e: unknown) => void): void };
}

/** As much of a page's workers as the pool needs. */
interface Page {
  readonly Worker?: new (url: string) => {
    addEventListener(event: "error", f: (event: { readonly message?: string }) => void): void;
    postMessage(data: WorkerData): void;
  };
}

/** Starts a worker; `died` is told why it is no more. */
type Start = (data: WorkerData, died: (why: string) => void) => void;

function nodeStart(): Start | undefined {
  const workers = builtin<NodeWorkers>("node:worker_threads");
  if (workers === undefined) return undefined;
  return (workerData, died) => {
    const worker = new workers.Worker(`${script}\nstart(require("node:worker_threads").workerData);`, { eval: true, workerData });
    worker.unref();
    worker.on("error", (error) => died(String(error)));
    worker.on("exit", () => died("it exited"));
  };
}

function pageStart(): Start | undefined {
  const { Worker } = globalThis as Page;
  if (Worker === undefined) return undefined;
  let url: string | undefined;
  return (data, died) => {
    url ??= URL.createObjectURL(new Blob([`${script}\nonmessage = ({ data }) => start(data);`], { type: "text/javascript" }));
    const worker = new Worker(url);
    worker.addEventListener("error", ({ message }) => died(message ?? "it failed to start"));
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no origin to name; windows have
    worker.postMessage(data);
  };
}

/** How workers are started here; `undefined` where there can be none. */
export const workerStart = (): Start | undefined => (typeof SharedArrayBuffer === "function" ? (nodeStart() ?? pageStart()) : undefined);
