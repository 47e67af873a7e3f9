// The steps of a list while passes merge and move them: where each buffer is touched, and what may pass what.

import { type BufferId, type Step, readsOf, writesOf } from "../loop/ir.js";

/** Something that stands at a position of the list. */
export interface Touching {
  readonly reads: Iterable<BufferId>;
  readonly writes: Iterable<BufferId>;
}

/** A step that stays what it is. */
export class Settled implements Touching {
  readonly reads: ReadonlySet<BufferId>;
  readonly writes: ReadonlySet<BufferId>;

  constructor(readonly step: Step) {
    this.reads = new Set(readsOf(step));
    this.writes = new Set(writesOf(step));
  }
}

/** Positions at which steps touch a buffer, in order. */
type Touches = Map<BufferId, number[]>;

const between = (touches: Touches, b: BufferId, low: number, high: number): boolean =>
  touches.get(b)?.some((position) => position > low && position < high) ?? false;

/** What stands at each position, and where each buffer is touched. */
export class Timeline<T extends Touching> {
  readonly entries: (T | undefined)[] = [];
  readonly #reads: Touches = new Map();
  readonly #writes: Touches = new Map();

  put(position: number, entry: T): void {
    this.entries[position] = entry;
    this.#note(position, entry, (list) => list.includes(position) || list.push(position));
  }

  take(position: number): void {
    const entry = this.entries[position];
    if (entry === undefined) return;
    this.entries[position] = undefined;
    this.#note(position, entry, (list) => list.includes(position) && list.splice(list.indexOf(position), 1));
  }

  #note(position: number, { reads, writes }: T, change: (list: number[]) => unknown): void {
    const each = (touches: Touches, b: BufferId): void => {
      const list = touches.get(b);
      if (list === undefined) touches.set(b, [position]);
      else change(list);
    };
    for (const b of reads) each(this.#reads, b);
    for (const b of writes) each(this.#writes, b);
  }

  readersOf(b: BufferId): readonly number[] {
    return this.#reads.get(b) ?? [];
  }

  writersOf(b: BufferId): readonly number[] {
    return this.#writes.get(b) ?? [];
  }

  /** Whether nothing between two positions minds if `entry` moves from one to the other. */
  mayMove(entry: Touching, from: number, to: number): boolean {
    const [low, high] = from < to ? [from, to] : [to, from];
    for (const b of entry.reads) if (between(this.#writes, b, low, high)) return false;
    for (const b of entry.writes) if (between(this.#writes, b, low, high) || between(this.#reads, b, low, high)) return false;
    return true;
  }
}
