// Fusion: nests over one index space become one nest, when the order of the program allows it and what one writes the
// other reads at the same place. What only travelled between them never touches memory again.

import { type Access, type BufferId, type LoopProgram, type Nest, type Node, type Step, type Store, readsOf, writesOf } from "../loop/ir.js";
import { sameShape } from "../core/shape.js";

/** A body larger than this is not worth growing: registers run out, and compiling slows down. */
const MOST_NODES = 160;
const MOST_TRIES = 12;

/** Axes of size 1 carry no loop: without them more nests have the same index space. */
function withoutUnitAxes(nest: Nest): Nest {
  const kept = nest.sizes.map((n) => n !== 1);
  if (kept.every(Boolean)) return nest;
  const access = (a: Access): Access => ({ ...a, strides: a.strides.filter((_, k) => kept[k]) });
  const position = nest.sizes.map((_, k) => kept.slice(0, k).filter(Boolean).length);
  const node = (n: Node): Node => {
    if (n.kind === "load") return { ...n, access: access(n.access) };
    if (n.kind !== "index") return n;
    return kept[n.axis] ? { ...n, axis: position[n.axis] } : { kind: "constant", value: 0, dtype: n.dtype };
  };
  return {
    kind: "nest",
    sizes: nest.sizes.filter((_, k) => kept[k]),
    nodes: nest.nodes.map(node),
    stores: nest.stores.map((s) => ({ ...s, access: access(s.access) })),
  };
}

const sameAccess = (a: Access, b: Access): boolean => a.buffer === b.buffer && a.offset === b.offset && sameShape(a.strides, b.strides);

/** The axes that reductions of a nest run over; a nest has one such set. */
function reducedAxes(nest: Nest): string | undefined {
  const store = nest.stores.find((s) => s.reduction !== undefined);
  return store?.access.strides.map((stride, k) => (stride === 0 && nest.sizes[k] > 1 ? k : "")).join();
}

/** Where the steps made so far touch each buffer. */
class Timeline {
  readonly steps: (Step | undefined)[] = [];
  readonly #reads = new Map<BufferId, number[]>();
  readonly #writes = new Map<BufferId, number[]>();

  constructor(readonly writers: ReadonlyMap<BufferId, number>) {}

  append(step: Step): void {
    this.steps.push(step);
    this.#note(step, this.steps.length - 1);
  }

  /** Puts a merged nest where one of its parts was. */
  replace(position: number, nest: Nest): void {
    this.steps[position] = nest;
    this.#note(nest, position);
  }

  remove(position: number): void {
    this.steps[position] = undefined;
  }

  #note(step: Step, position: number): void {
    const add = (map: Map<BufferId, number[]>, b: BufferId): void => {
      const list = map.get(b);
      if (list === undefined) map.set(b, [position]);
      else if (!list.includes(position)) list.push(position);
    };
    for (const b of readsOf(step)) add(this.#reads, b);
    for (const b of writesOf(step)) add(this.#writes, b);
  }

  #last(map: ReadonlyMap<BufferId, readonly number[]>, b: BufferId): number {
    return Math.max(-1, ...(map.get(b) ?? []).filter((position) => this.steps[position] !== undefined));
  }

  lastWrite(b: BufferId): number {
    return this.#last(this.#writes, b);
  }

  lastRead(b: BufferId): number {
    return this.#last(this.#reads, b);
  }

  /** Earlier nests that share a buffer with `nest`, the latest first. */
  candidates(nest: Nest): readonly number[] {
    const found = new Set<number>();
    for (const b of readsOf(nest)) {
      for (const position of this.#writes.get(b) ?? []) found.add(position);
      for (const position of (this.#reads.get(b) ?? []).slice(-4)) found.add(position);
    }
    return [...found].filter((position) => this.steps[position]?.kind === "nest").sort((a, b) => b - a).slice(0, MOST_TRIES);
  }

  /** Whether `nest`, next in line, may run already at `position`. */
  mayMoveUp(nest: Nest, position: number): boolean {
    return (
      readsOf(nest).every((b) => this.lastWrite(b) <= position) &&
      writesOf(nest).every((b) => this.lastWrite(b) <= position && this.lastRead(b) <= position)
    );
  }

  /** Whether the nest at `position` may wait until after all steps made so far. */
  mayMoveDown(position: number): boolean {
    const step = this.steps[position] as Nest;
    return (
      readsOf(step).every((b) => this.lastWrite(b) <= position) &&
      writesOf(step).every((b) => this.lastRead(b) <= position && this.lastWrite(b) <= position)
    );
  }
}

/** What `second` reads of what `first` writes must be the same element at the same index, and complete. */
function linesUp(first: Nest, second: Nest, writers: ReadonlyMap<BufferId, number>): boolean {
  const written = new Map(first.stores.map((s) => [s.access.buffer, s]));
  for (const node of second.nodes) {
    if (node.kind !== "load") continue;
    const store = written.get(node.access.buffer);
    if (store === undefined) continue;
    if (store.reduction !== undefined || writers.get(node.access.buffer) !== 1 || !sameAccess(store.access, node.access)) return false;
  }
  const read = new Set(readsOf(first));
  return second.stores.every((s) => !read.has(s.access.buffer));
}

function merged(first: Nest, second: Nest, writers: ReadonlyMap<BufferId, number>): Nest | undefined {
  if (!sameShape(first.sizes, second.sizes) || !linesUp(first, second, writers)) return undefined;
  const [r1, r2] = [reducedAxes(first), reducedAxes(second)];
  if (r1 !== undefined && r2 !== undefined && r1 !== r2) return undefined;
  const body = new Body(first);
  body.append(second);
  return body.nodes.length > MOST_NODES ? undefined : { kind: "nest", sizes: first.sizes, nodes: body.nodes, stores: body.stores };
}

/** A text that two nodes share exactly when they compute the same. (JSON has no infinities, NaN or negative zero.) */
const keyOf = (node: Node): string =>
  node.kind === "constant" ? `${node.dtype} ${Object.is(node.value, -0) ? "-0" : node.value}` : JSON.stringify(node);

/** A body that grows by another nest's, equal nodes once. */
class Body {
  readonly nodes: Node[];
  readonly stores: Store[];
  readonly #known = new Map<string, number>();

  constructor(nest: Nest) {
    this.nodes = [...nest.nodes];
    this.stores = [...nest.stores];
    this.nodes.forEach((node, i) => this.#known.set(keyOf(node), i));
  }

  append(nest: Nest): void {
    const forwarded = new Map(this.stores.map((s) => [s.access.buffer, s]));
    const place: number[] = [];
    for (const node of nest.nodes) {
      const store = node.kind === "load" ? forwarded.get(node.access.buffer) : undefined;
      place.push(store === undefined ? this.#add(node.kind === "apply" ? { ...node, args: node.args.map((i) => place[i]) } : node) : store.node);
    }
    for (const s of nest.stores) this.stores.push({ ...s, node: place[s.node] });
  }

  #add(node: Node): number {
    const key = keyOf(node);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.nodes.length);
    return this.nodes.push(node) - 1;
  }
}

/** Merges nests, in one pass over the steps. */
export function fuse(program: LoopProgram): LoopProgram {
  const writers = new Map<BufferId, number>();
  for (const step of program.steps) for (const b of writesOf(step)) writers.set(b, (writers.get(b) ?? 0) + 1);
  const timeline = new Timeline(writers);
  for (const step of program.steps) {
    const nest = step.kind === "nest" ? withoutUnitAxes(step) : undefined;
    if (nest === undefined || !place(timeline, nest)) timeline.append(nest ?? step);
  }
  return withoutDeadStores({ ...program, steps: timeline.steps.filter((step) => step !== undefined) });
}

function place(timeline: Timeline, nest: Nest): boolean {
  if (nest.sizes.includes(0)) return true;
  for (const position of timeline.candidates(nest)) {
    const earlier = timeline.steps[position] as Nest;
    const up = timeline.mayMoveUp(nest, position);
    if (!up && !timeline.mayMoveDown(position)) continue;
    const both = merged(earlier, nest, timeline.writers);
    if (both === undefined) continue;
    if (up) timeline.replace(position, both);
    else {
      timeline.remove(position);
      timeline.append(both);
    }
    return true;
  }
  return false;
}

/** Drops what nobody reads: stores into temporaries, then nodes, then whole steps. */
export function withoutDeadStores(program: LoopProgram): LoopProgram {
  const needed = new Set<BufferId>();
  const steps: Step[] = [];
  for (const step of program.steps.toReversed()) {
    const isNeeded = (b: BufferId): boolean => program.buffers[b].role === "output" || needed.has(b);
    if (!writesOf(step).some(isNeeded)) continue;
    const kept = step.kind === "nest" ? withOnly(step, step.stores.filter((s) => isNeeded(s.access.buffer))) : step;
    for (const b of readsOf(kept)) needed.add(b);
    steps.push(kept);
  }
  return { ...program, steps: steps.toReversed() };
}

function withOnly(nest: Nest, stores: readonly Store[]): Nest {
  const used = new Set(stores.map((s) => s.node));
  for (let i = nest.nodes.length - 1; i >= 0; i--) {
    const node = nest.nodes[i];
    if (used.has(i) && node.kind === "apply") for (const arg of node.args) used.add(arg);
  }
  const place = new Map<number, number>();
  const nodes: Node[] = [];
  nest.nodes.forEach((node, i) => {
    if (!used.has(i)) return;
    place.set(i, nodes.length);
    nodes.push(node.kind === "apply" ? { ...node, args: node.args.map((a) => place.get(a) as number) } : node);
  });
  return { ...nest, nodes, stores: stores.map((s) => ({ ...s, node: place.get(s.node) as number })) };
}
