// Fusion: nests over one index space become one nest, when the order of the program allows it. What only travelled between
// them never touches memory again.

import { type BufferId, type LoopProgram, type Step, withLists, writesOf } from "../loop/ir.js";
import { withoutDeadStores } from "./deadStores.js";
import { Growing, withoutUnitAxes } from "./merge.js";
import { Settled, Timeline } from "./timeline.js";

/** How many earlier nests are tried for each. */
const MOST_TRIES = 12;

type Entry = Growing | Settled;

/**
 * Growing nests before `position` that write what `nest` reads, or read it too, the latest first. Numbers that both read at
 * every index (a learning rate) are no reason to merge: a nest of many arrays that have nothing else in common is slower.
 */
function candidates(timeline: Timeline<Entry>, nest: Growing, position: number): readonly number[] {
  const found = new Set<number>();
  for (const b of nest.reads) {
    for (const p of timeline.writersOf(b)) found.add(p);
    if (nest.walks.has(b)) for (const p of timeline.readersOf(b).slice(-6)) found.add(p);
  }
  return [...found]
    .filter((p) => p < position && timeline.entries[p] instanceof Growing)
    .sort((a, b) => b - a)
    .slice(0, MOST_TRIES);
}

/** Puts a nest at the end, or into earlier ones: each merge may make another possible. */
function place(timeline: Timeline<Entry>, nest: Growing): void {
  let [current, position] = [nest, timeline.entries.length];
  timeline.put(position, current);
  for (;;) {
    const into = candidates(timeline, current, position).find((p) => {
      const earlier = timeline.entries[p] as Growing;
      return earlier.takes(current) && (timeline.mayMove(current, position, p) || timeline.mayMove(earlier, p, position));
    });
    if (into === undefined) return;
    const earlier = timeline.entries[into] as Growing;
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
  const timeline = new Timeline<Entry>();
  for (const step of list) {
    if (step.kind !== "nest") timeline.put(timeline.entries.length, new Settled(withLists(step, fused)));
    else if (!step.sizes.includes(0)) {
      const nest = withoutUnitAxes(step);
      place(timeline, new Growing(nest.sizes, writers).append(nest));
    }
  }
  return timeline.entries.flatMap((entry) => (entry === undefined ? [] : [entry instanceof Growing ? entry.nest : entry.step]));
}
