// How many steps of a program read and write each buffer, steps inside of others included.

import { type BufferId, type LoopProgram, type Step, allSteps, readsOf, withLists, writesOf } from "../loop/ir.js";

export interface Uses {
  readonly program: LoopProgram;
  readonly readers: ReadonlyMap<BufferId, number>;
  readonly writers: ReadonlyMap<BufferId, number>;
}

/** A step without the steps inside of it. */
const bare = (step: Step): Step => withLists(step, () => []);

export function usesOf(program: LoopProgram): Uses {
  const [readers, writers] = [new Map<BufferId, number>(), new Map<BufferId, number>()];
  const count = (counts: Map<BufferId, number>, list: readonly BufferId[]): void => {
    for (const b of new Set(list)) counts.set(b, (counts.get(b) ?? 0) + 1);
  };
  for (const step of allSteps(program.steps)) {
    count(readers, readsOf(bare(step)));
    count(writers, writesOf(bare(step)));
  }
  return { program, readers, writers };
}
