// Fusion: nests over one index space become one nest, when the order of the program allows it. What only travelled between
// them never touches memory again.

import { type BufferId, type LoopProgram, type Step, readsOf, withLists, writesOf } from "../loop/ir.js";
import { withoutDeadStores } from "./deadStores.js";
import { Growing, withoutUnitAxes } from "./merge.js";

/** How many earlier nests are tried for each. */
const MOST_TRIES = 12;

/** Positions at which steps touch a buffer, in order. */
type Touches = Map<BufferId, number[]>;

const between = (touches: Touches, b: BufferId, low: number, high: number): boolean =>
  touches.get(b)?.some((position) => position > low && position < high) ?? false;

/** The steps made so far, nests still growing, and where each buffer is touched. */
class Timeline {
  readonly steps: (Growing | Step | undefined)[] = [];
  readonly #reads: Touches = new Map();
  readonly #writes: Touches = new Map();

  put(position: number, step: Growing | Step): void {
    this.steps[position] = step;
    this.#note(position, step, (list) => list.includes(position) || list.push(position));
  }

  take(position: number): void {
    const step = this.steps[position];
    if (step === undefined) return;
    this.steps[position] = undefined;
    this.#note(position, step, (list) => list.includes(position) && list.splice(list.indexOf(position), 1));
  }

  #note(position: number, step: Growing | Step, change: (list: number[]) => unknown): void {
    const each = (touches: Touches, b: BufferId): void => {
      const list = touches.get(b);
      if (list === undefined) touches.set(b, [position]);
      else change(list);
    };
    const [reads, writes] = step instanceof Growing ? [step.reads, step.writes] : [readsOf(step), writesOf(step)];
    for (const b of reads) each(this.#reads, b);
    for (const b of writes) each(this.#writes, b);
  }

  /** Growing nests before `position` that share a buffer with `nest`, the latest first. */
  candidates(nest: Growing, position: number): readonly number[] {
    const found = new Set<number>();
    for (const b of nest.reads) {
      for (const p of this.#writes.get(b) ?? []) found.add(p);
      for (const p of (this.#reads.get(b) ?? []).slice(-6)) found.add(p);
    }
    return [...found]
      .filter((p) => p < position && this.steps[p] instanceof Growing)
      .sort((a, b) => b - a)
      .slice(0, MOST_TRIES);
  }

  /** Whether nothing between two positions minds if `nest` moves from one to the other. */
  mayMove(nest: Growing, from: number, to: number): boolean {
    const [low, high] = from < to ? [from, to] : [to, from];
    for (const b of nest.reads) if (between(this.#writes, b, low, high)) return false;
    for (const b of nest.writes) if (between(this.#writes, b, low, high) || between(this.#reads, b, low, high)) return false;
    return true;
  }
}

/** Puts a nest at the end, or into earlier ones: each merge may make another possible. */
function place(timeline: Timeline, nest: Growing): void {
  let [current, position] = [nest, timeline.steps.length];
  timeline.put(position, current);
  for (;;) {
    const into = timeline.candidates(current, position).find((p) => {
      const earlier = timeline.steps[p] as Growing;
      return earlier.takes(current) && (timeline.mayMove(current, position, p) || timeline.mayMove(earlier, p, position));
    });
    if (into === undefined) return;
    const earlier = timeline.steps[into] as Growing;
    const target = timeline.mayMove(current, position, into) ? into : position;
    timeline.take(into);
    timeline.take(position);
    earlier.append(current);
    timeline.put(target, earlier);
    [current, position] = [earlier, target];
  }
}

/** Merges nests, in one pass over the steps. */
export const fuse = (program: LoopProgram): LoopProgram => withoutDeadStores({ ...program, steps: fused(program.steps) });

function fused(list: readonly Step[]): readonly Step[] {
  const writers = new Map<BufferId, number>();
  for (const step of list) for (const b of new Set(writesOf(step))) writers.set(b, (writers.get(b) ?? 0) + 1);
  const timeline = new Timeline();
  for (const step of list) {
    if (step.kind !== "nest") timeline.put(timeline.steps.length, withLists(step, fused));
    else if (!step.sizes.includes(0)) {
      const nest = withoutUnitAxes(step);
      place(timeline, new Growing(nest.sizes, writers).append(nest));
    }
  }
  return timeline.steps.flatMap((step) => (step === undefined ? [] : [step instanceof Growing ? step.nest : step]));
}
