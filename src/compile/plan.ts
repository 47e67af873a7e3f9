// Memory: a place in the arena for each temporary, such that buffers alive at one time never overlap.

import { bytesOf } from "../core/dtype.js";
import { type LoopProgram, readsOf, writesOf } from "../loop/ir.js";

/** Vectors may read up to 16 bytes past the end of a buffer, so each is padded by as much; places are cache lines. */
const PADDING = 16;
const LINE = 64;

export const allocatedBytes = (bytes: number): number => Math.ceil((bytes + PADDING) / LINE) * LINE;

/** Byte offsets of the temporaries, and the size of the arena. */
export interface Plan {
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
}

interface Gap {
  start: number;
  end: number;
}

/** First fit over the steps in order; a place is free again after the last step that touches its buffer. */
export function planMemory({ buffers, steps }: LoopProgram): Plan {
  const lastUse = new Map<number, number>();
  steps.forEach((step, i) => {
    for (const b of [...readsOf(step), ...writesOf(step)]) lastUse.set(b, i);
  });
  const offsets = new Map<number, number>();
  const gaps: Gap[] = [{ start: 0, end: Infinity }];
  let bytes = 0;
  steps.forEach((step, i) => {
    // What is read without ever being written has no elements, but a place all the same.
    for (const b of [...readsOf(step), ...writesOf(step)]) {
      if (buffers[b].role !== "temporary" || offsets.has(b)) continue;
      const start = take(gaps, allocatedBytes(buffers[b].size * bytesOf(buffers[b].dtype)));
      offsets.set(b, start);
      bytes = Math.max(bytes, start + allocatedBytes(buffers[b].size * bytesOf(buffers[b].dtype)));
    }
    for (const b of new Set([...readsOf(step), ...writesOf(step)])) {
      const offset = offsets.get(b);
      if (offset !== undefined && lastUse.get(b) === i)
        give(gaps, offset, offset + allocatedBytes(buffers[b].size * bytesOf(buffers[b].dtype)));
    }
  });
  return { offsets, bytes };
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
