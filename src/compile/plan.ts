// Memory: a place in the arena for each temporary, such that buffers alive at one time never overlap. What only the steps of one
// loop or branch touch lives there from its first touch to its last; what a loop shares with its surroundings, through all turns.

import { bytesOf } from "../core/dtype.js";
import { type BufferId, type Loop, type LoopProgram, type Step, allSteps, listsOf, readsOf, writesOf } from "../loop/ir.js";

/** Vectors may read up to 16 bytes past the end of a buffer, so each is padded by as much; places are cache lines. */
const PADDING = 16;
const LINE = 64;

export const allocatedBytes = (bytes: number): number => Math.ceil((bytes + PADDING) / LINE) * LINE;

/** Byte offsets of the temporaries, and the size of the arena. */
export interface Plan {
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
}

/** From the first to the last moment at which a buffer must keep its place. */
interface Life {
  first: number;
  last: number;
  /** How many steps touch it. */
  touches: number;
}

/** Moments count the steps in the order of the text, with the beginning and the end of each loop. */
class Lives {
  readonly all = new Map<BufferId, Life>();
  readonly #turned: { readonly step: Loop; readonly begin: number; readonly end: number }[] = [];
  now = 0;

  walk(steps: readonly Step[]): void {
    for (const step of steps) {
      const begin = this.now++;
      for (const b of ownBuffers(step)) this.#touch(b, begin);
      for (const list of listsOf(step)) this.walk(list);
      if (step.kind === "loop") this.#turned.push({ step, begin, end: this.now++ });
    }
  }

  #touch(b: BufferId, moment: number): void {
    const life = this.all.get(b);
    if (life === undefined) this.all.set(b, { first: moment, last: moment, touches: 1 });
    else {
      life.first = Math.min(life.first, moment);
      life.last = Math.max(life.last, moment);
      life.touches++;
    }
  }

  /** What steps outside of a loop touch too, or the loop itself, keeps its place through all turns. */
  extend(): void {
    for (const { step, begin, end } of this.#turned) {
      const inside = new Map<BufferId, number>();
      for (const inner of listsOf(step).flatMap(allSteps)) {
        for (const b of ownBuffers(inner)) inside.set(b, (inside.get(b) ?? 0) + 1);
      }
      for (const b of ownBuffers(step)) inside.set(b, 0);
      for (const [b, touches] of inside) {
        const life = this.all.get(b) as Life;
        if (touches === life.touches) continue;
        life.first = Math.min(life.first, begin);
        life.last = Math.max(life.last, end);
      }
    }
  }
}

/** What a step touches itself, without the steps inside of it. */
function ownBuffers(step: Step): readonly BufferId[] {
  if (step.kind === "branch") return [step.index.buffer];
  if (step.kind !== "loop") return [...new Set([...readsOf(step), ...writesOf(step)])];
  const bare: Loop = { ...step, body: [], ...(step.condition === undefined ? {} : { condition: { ...step.condition, steps: [] } }) };
  return [...new Set([...readsOf(bare), ...writesOf(bare)])];
}

interface Gap {
  start: number;
  end: number;
}

/** First fit over the moments in order; a place is free again after the last at which its buffer lives. */
export function planMemory({ buffers, steps }: LoopProgram): Plan {
  const lives = new Lives();
  lives.walk(steps);
  lives.extend();
  const temporaries = [...lives.all].filter(([b]) => buffers[b].role === "temporary");
  const beginning = byMoment(temporaries, ({ first }) => first);
  const ending = byMoment(temporaries, ({ last }) => last);
  const sizeOf = (b: BufferId): number => allocatedBytes(buffers[b].size * bytesOf(buffers[b].dtype));
  const offsets = new Map<number, number>();
  const gaps: Gap[] = [{ start: 0, end: Infinity }];
  let bytes = 0;
  for (let moment = 0; moment < lives.now; moment++) {
    for (const b of beginning.get(moment) ?? []) {
      const start = take(gaps, sizeOf(b));
      offsets.set(b, start);
      bytes = Math.max(bytes, start + sizeOf(b));
    }
    for (const b of ending.get(moment) ?? []) give(gaps, offsets.get(b) as number, (offsets.get(b) as number) + sizeOf(b));
  }
  return { offsets, bytes };
}

function byMoment(lives: readonly (readonly [BufferId, Life])[], moment: (life: Life) => number): ReadonlyMap<number, readonly BufferId[]> {
  const found = new Map<number, BufferId[]>();
  for (const [b, life] of lives) {
    const list = found.get(moment(life));
    if (list === undefined) found.set(moment(life), [b]);
    else list.push(b);
  }
  return found;
}

function take(gaps: Gap[], size: number): number {
  const gap = gaps.find(({ start, end }) => end - start >= size) as Gap;
  const { start } = gap;
  gap.start += size;
  if (gap.start === gap.end) gaps.splice(gaps.indexOf(gap), 1);
  return start;
}

function give(gaps: Gap[], start: number, end: number): void {
  let i = gaps.findIndex((gap) => gap.start >= end);
  if (i < 0) i = gaps.length;
  gaps.splice(i, 0, { start, end });
  for (let k = Math.max(0, i - 1); k < gaps.length - 1 && k <= i;) {
    if (gaps[k].end === gaps[k + 1].start) {
      gaps[k].end = gaps[k + 1].end;
      gaps.splice(k + 1, 1);
    } else k++;
  }
}
