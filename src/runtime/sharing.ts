// Which steps threads may run one after the other without waiting for each other: those that touch no memory that another of
// them writes. Buffers of the arena may lie where others lay before, so places are compared, not only buffers.

import { bytesOf } from "../core/dtype.js";
import { type BufferId, type LoopProgram, type Step, readsOf, writesOf } from "../loop/ir.js";
import type { Layout } from "./layout.js";

/** Bytes of the transient area, or a number of its own for a buffer elsewhere. */
interface Extent {
  readonly from: number;
  readonly to: number;
}

interface Touched {
  readonly reads: readonly Extent[];
  readonly writes: readonly Extent[];
}

const overlap = (a: readonly Extent[], b: readonly Extent[]): boolean => a.some((x) => b.some((y) => x.from < y.to && y.from < x.to));

/** A run of steps that do not depend on each other. */
export class IndependentRun {
  #touched: Touched[] = [];

  constructor(
    readonly layout: Layout,
    readonly program: LoopProgram,
  ) {}

  #extent(b: BufferId): Extent {
    const place = this.layout.places.get(b);
    if (place?.kind !== "transient") return { from: -2 * b - 2, to: -2 * b - 1 };
    const { size, dtype } = this.program.buffers[b];
    return { from: place.offset, to: place.offset + Math.max(1, size * bytesOf(dtype)) };
  }

  /** Takes the step up, unless it depends on one that is in already. */
  takes(step: Step): boolean {
    const next: Touched = {
      reads: readsOf(step).map((b) => this.#extent(b)),
      writes: writesOf(step).map((b) => this.#extent(b)),
    };
    const free = this.#touched.every(
      ({ reads, writes }) => !overlap(writes, next.reads) && !overlap(writes, next.writes) && !overlap(reads, next.writes),
    );
    if (free) this.#touched.push(next);
    return free;
  }

  clear(): void {
    this.#touched = [];
  }
}
