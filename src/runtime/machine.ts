// What compiled programs run on: a heap, and the threads that share it.

import { hasRelaxedSimd, threadCount } from "./engine.js";
import { Heap } from "./heap.js";
import { WorkerPool } from "./pool.js";

/** Rough number of vector operations below which waking another thread costs more than it saves. */
const WORTH_SHARING = 60_000;

/** What compiled programs run on. */
export interface Machine {
  readonly heap: Heap;
  /** Other threads, if there are any. */
  readonly pool: WorkerPool | undefined;
  /** The cost of a step, in vector operations, from which on threads share it. */
  readonly worthSharing: number;
  /** Whether code may use relaxed SIMD's multiply-add. */
  readonly fma: boolean;
}

/** A machine with as many threads as wanted and possible. */
export function makeMachine(threads = threadCount(), worthSharing = WORTH_SHARING): Machine {
  const shared = threads > 1 && WorkerPool.possible;
  const heap = new Heap(shared);
  return { heap, pool: shared ? new WorkerPool(heap, threads) : undefined, worthSharing, fma: hasRelaxedSimd() };
}
