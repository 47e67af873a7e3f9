// Nests over the same rows become one step, which takes them block by block: what one nest leaves of a row the next finds in
// the cache, and what nobody else reads is kept for a block alone. A softmax or a normalisation reads memory once.

import { bytesOf } from "../core/dtype.js";
import { type BufferId, type LoopProgram, type Nest, type Rows, type Step, readsOf, withLists, writesOf } from "../loop/ir.js";
import { accessesOf } from "../loop/access.js";
import { type Placed, placesIn, reachOf, rowStride } from "../loop/rows.js";
import { collapse } from "./collapse.js";
import { Settled, Timeline, type Touching } from "./timeline.js";
import { type Uses, usesOf } from "./uses.js";

/** Groups that touch less stay in the cache as they are. */
const LEAST_BYTES = 1 << 14;
/** What the nests touch of a block should stay in the nearest cache, and of a row in the next. */
const BLOCK_BYTES = 1 << 15;
const ROW_BYTES = 1 << 18;
/** Blocks that a group has at least, for threads to share. */
const LEAST_BLOCKS = 16;
const LEAST_ROW = 8;
const MOST_NESTS = 16;

/** How many rows a nest with reductions has: what is left of its axes before those that it reduces. */
function rowsBefore({ sizes, stores }: Nest): number | undefined {
  const reduced = sizes.map((n, k) => n > 1 && stores.some((s) => s.reduction !== undefined && s.access.strides[k] === 0));
  const first = reduced.indexOf(true);
  if (first < 1 || reduced.slice(first).some((is, k) => !is && sizes[first + k] > 1)) return undefined;
  return sizes.slice(0, first).reduce((n, size) => n * size, 1);
}

/** The nest with `rows` rows as its first axis. */
function overRows(nest: Nest, rows: number): Nest | undefined {
  let [leading, count] = [0, 1];
  while (count < rows && leading < nest.sizes.length) count *= nest.sizes[leading++];
  if (count !== rows || nest.nodes.some((node) => node.kind === "index" && node.axis < leading)) return undefined;
  const accesses = accessesOf(nest);
  for (let k = 1; k < leading; k++) if (accesses.some((a) => a.strides[k - 1] !== a.strides[k] * nest.sizes[k])) return undefined;
  if (nest.stores.some((s) => s.access.strides[leading - 1] === 0)) return undefined;
  const merged = <T>(list: readonly T[]): readonly T[] => list.slice(leading - 1);
  const whole: Nest = {
    kind: "nest",
    sizes: [rows, ...nest.sizes.slice(leading)],
    nodes: nest.nodes.map((node) => {
      if (node.kind === "load") return { ...node, access: { ...node.access, strides: merged(node.access.strides) } };
      return node.kind === "index" ? { ...node, axis: node.axis - leading + 1 } : node;
    }),
    stores: nest.stores.map((s) => ({ ...s, access: { ...s.access, strides: merged(s.access.strides) } })),
  };
  return collapse(whole, 1);
}

/** Nests on their way to a step: one that may have any rows, or several over the same. */
class Group implements Touching {
  readonly reads: ReadonlySet<BufferId>;
  readonly writes: ReadonlySet<BufferId>;

  constructor(
    readonly nests: readonly Nest[],
    readonly rows: number | undefined,
  ) {
    this.writes = new Set(nests.flatMap(writesOf));
    this.reads = new Set(nests.flatMap(readsOf).filter((b) => !this.writes.has(b)));
  }

  /** The two as one, if both are over the same rows and these are apart. */
  with(later: Group, uses: Uses): Group | undefined {
    const rows = this.rows ?? later.rows;
    if (rows === undefined || rows < 2 || (later.rows ?? rows) !== rows || this.nests.length + later.nests.length > MOST_NESTS)
      return undefined;
    const nests: Nest[] = [];
    for (const nest of [...this.nests, ...later.nests]) {
      const over = overRows(nest, rows);
      if (over === undefined) return undefined;
      nests.push(over);
    }
    for (const b of later.writes) if (this.reads.has(b) || this.writes.has(b)) return undefined;
    for (const b of this.writes) {
      if (uses.writers.get(b) !== 1 || (later.reads.has(b) && rowStride(placesIn(nests, b)) === undefined)) return undefined;
    }
    const group = new Group(nests, rows);
    return group.rowBytes(uses) <= ROW_BYTES && group.#isLong() ? group : undefined;
  }

  #isLong(): boolean {
    return this.nests.some((nest) => nest.sizes.slice(1).reduce((n, size) => n * size, 1) >= LEAST_ROW);
  }

  /** What the nests touch of one row. */
  rowBytes({ program }: Uses): number {
    let bytes = 0;
    for (const b of new Set([...this.reads, ...this.writes])) {
      const places = placesIn(this.nests, b).filter(({ access }) => access.strides[0] !== 0);
      bytes += widthOf(places) * bytesOf(program.buffers[b].dtype);
    }
    return bytes;
  }

  step(uses: Uses): readonly Step[] {
    const { rows, nests } = this;
    const rowBytes = this.rowBytes(uses);
    if (rows === undefined || nests.length < 2 || rowBytes * rows < LEAST_BYTES) return nests;
    const most = Math.max(1, Math.floor(rows / LEAST_BLOCKS));
    const block = Math.max(1, Math.min(most, Math.floor(BLOCK_BYTES / rowBytes)));
    return [{ kind: "rows", rows, block, nests, own: this.#own(uses) }];
  }

  /** Results that no other step reads. */
  #own({ program, readers }: Uses): Rows["own"] {
    return [...this.writes].flatMap((buffer) => {
      const read = this.nests.filter((nest) => readsOf(nest).includes(buffer)).length;
      const stride = rowStride(placesIn(this.nests, buffer));
      const alone = program.buffers[buffer].role === "temporary" && (readers.get(buffer) ?? 0) === read && stride !== undefined;
      return alone ? [{ buffer, stride }] : [];
    });
  }
}

/** Elements from the first to the last of a row. */
function widthOf(places: readonly Placed[]): number {
  if (places.length === 0) return 0;
  const reaches = places.map(({ access, sizes }) => reachOf(access, sizes));
  return Math.max(...reaches.map((reach) => reach[1])) - Math.min(...reaches.map((reach) => reach[0])) + 1;
}

type Entry = Group | Settled;

/** Puts a nest at the end, or to earlier ones whose results it reads. */
function place(timeline: Timeline<Entry>, nest: Group, uses: Uses): void {
  let [current, position] = [nest, timeline.entries.length];
  timeline.put(position, current);
  for (;;) {
    const found = joined(timeline, current, position, uses);
    if (found === undefined) return;
    timeline.take(found.earlier);
    timeline.take(position);
    timeline.put(found.target, found.group);
    [current, position] = [found.group, found.target];
  }
}

interface Joined {
  readonly earlier: number;
  readonly target: number;
  readonly group: Group;
}

function joined(timeline: Timeline<Entry>, current: Group, position: number, uses: Uses): Joined | undefined {
  const writers = new Set([...current.reads].flatMap((b) => timeline.writersOf(b)));
  for (const earlier of [...writers].filter((p) => p < position).sort((a, b) => b - a)) {
    const entry = timeline.entries[earlier];
    if (!(entry instanceof Group)) continue;
    const up = timeline.mayMove(current, position, earlier);
    if (!up && !timeline.mayMove(entry, earlier, position)) continue;
    const group = entry.with(current, uses);
    if (group !== undefined) return { earlier, target: up ? earlier : position, group };
  }
  return undefined;
}

function grouped(list: readonly Step[], uses: Uses): readonly Step[] {
  const timeline = new Timeline<Entry>();
  for (const step of list) {
    if (step.kind === "nest" && !step.sizes.includes(0)) place(timeline, new Group([step], rowsBefore(step)), uses);
    else timeline.put(timeline.entries.length, new Settled(withLists(step, (steps) => grouped(steps, uses))));
  }
  return timeline.entries.flatMap((entry) => (entry === undefined ? [] : entry instanceof Group ? entry.step(uses) : [entry.step]));
}

/** Makes one step of nests over the same rows. */
export function withRowGroups(program: LoopProgram): LoopProgram {
  const uses = usesOf(program);
  return { ...program, steps: grouped(program.steps, uses) };
}
