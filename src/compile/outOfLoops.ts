// What a loop would repeat in every turn moves in front of it: copies of what does not turn. For that, products whose second
// matrix does not turn and has its rows along the depth (h · Wᵀ) are given a straight copy of it, which they would make for
// themselves at each turn.

import {
  type Buffer,
  type BufferId,
  type Dot,
  type Loop,
  type LoopProgram,
  type Nest,
  type Step,
  listsOf,
  readsOf,
  withLists,
  writesOf,
} from "../loop/ir.js";
import { type Uses, usesOf } from "./uses.js";

/** Steps, and those that may go in front of the loop that they are in. */
interface Split {
  readonly ahead: readonly Nest[];
  readonly steps: readonly Step[];
}

class Mover {
  readonly buffers: Buffer[];
  readonly #uses: Uses;
  /** Buffers that only straight copies write. */
  readonly #straight = new Set<BufferId>();

  constructor(program: LoopProgram) {
    this.buffers = [...program.buffers];
    this.#uses = usesOf(program);
  }

  /** The steps of a program or branch, with copies in front of the loops that need them. */
  steps(list: readonly Step[]): readonly Step[] {
    return list.flatMap((step) => {
      if (step.kind !== "loop") return [withLists(step, (steps) => this.steps(steps))];
      const { ahead, loop } = this.#loop(step);
      return [...ahead, loop];
    });
  }

  #loop(loop: Loop): { readonly ahead: readonly Nest[]; readonly loop: Step } {
    const turning = turningIn(loop);
    const ahead: Nest[] = [];
    const taken = (steps: readonly Step[]): readonly Step[] => {
      const split = this.#split(this.steps(this.#straightened(steps, turning)), turning);
      ahead.push(...split.ahead);
      return split.steps;
    };
    return { loop: withLists(loop, taken), ahead };
  }

  /** Nests that read what does not turn, and nothing else, and are the only ones to write what they write. */
  #split(list: readonly Step[], turning: Set<BufferId>): Split {
    const ahead: Nest[] = [];
    const steps = list.filter((step) => {
      const isFixed =
        step.kind === "nest" &&
        readsOf(step).length > 0 &&
        readsOf(step).every((b) => !turning.has(b)) &&
        writesOf(step).every((b) => this.buffers[b].role === "temporary" && this.#isOnlyWriter(b));
      if (!isFixed) return true;
      ahead.push(step);
      for (const b of writesOf(step)) turning.delete(b);
      return false;
    });
    return { ahead, steps };
  }

  #isOnlyWriter(b: BufferId): boolean {
    return this.#straight.has(b) || this.#uses.writers.get(b) === 1;
  }

  /** The steps with a straight copy in front of each product that wants one; equal matrices share theirs. */
  #straightened(list: readonly Step[], turning: ReadonlySet<BufferId>): readonly Step[] {
    const copies = new Map<string, BufferId>();
    return list.flatMap((step) => {
      if (step.kind !== "dot" || !isCrossed(step) || turning.has(step.b.buffer)) return [step];
      const { n, k, b, dtype } = step;
      const batch = b.batch === 0 ? 1 : step.batch;
      const key = [b.buffer, b.offset, b.batch, b.row, b.column, batch, k, n].join();
      const known = copies.get(key);
      const buffer = known ?? this.buffers.push({ dtype, size: batch * k * n, role: "temporary" }) - 1;
      copies.set(key, buffer);
      this.#straight.add(buffer);
      const straight: Dot = { ...step, b: { buffer, offset: 0, batch: batch === 1 ? 0 : k * n, row: n, column: 1 } };
      return known === undefined ? [copyOf(step, buffer, batch), straight] : [straight];
    });
  }
}

/** Whether kernels would copy the second matrix before they can use it. */
const isCrossed = ({ m, n, b }: Dot): boolean => m > 1 && n > 1 && b.column !== 1;

function copyOf({ n, k, b, dtype }: Dot, buffer: BufferId, batch: number): Nest {
  const strides = [b.batch, b.row, b.column];
  return {
    kind: "nest",
    sizes: [batch, k, n],
    nodes: [{ kind: "load", access: { buffer: b.buffer, offset: b.offset, strides }, dtype }],
    stores: [{ node: 0, access: { buffer, offset: 0, strides: [k * n, n, 1] } }],
  };
}

/** What is not the same in every turn: what the loop writes, and what moves with it. */
function turningIn(loop: Loop): Set<BufferId> {
  const turning = new Set([
    ...writesOf(loop),
    ...loop.carries.flatMap(({ entry, exit }) => [entry, exit]),
    ...loop.slices.map(({ row }) => row),
  ]);
  const inner = (steps: readonly Step[]): void => {
    for (const step of steps) {
      if (step.kind === "loop") for (const b of turningIn(step)) turning.add(b);
      else listsOf(step).forEach(inner);
    }
  };
  listsOf(loop).forEach(inner);
  return turning;
}

/** Moves copies of what does not turn out of loops. */
export function outOfLoops(program: LoopProgram): LoopProgram {
  if (!program.steps.some((step) => listsOf(step).length > 0)) return program;
  const mover = new Mover(program);
  const steps = mover.steps(program.steps);
  return { ...program, buffers: mover.buffers, steps };
}
