// Two nests over one index space become one: the bodies one after the other, equal nodes once, and what the first stores
// the second takes from the node instead of from memory.

import { sameAccess } from "../loop/access.js";
import { operations } from "../loop/operations.js";
import type { Access, BufferId, Nest, Node, Store } from "../loop/ir.js";
import { sameShape } from "../core/shape.js";

/** A body larger than this is not worth growing: registers run out, and compiling slows down. */
const MOST_NODES = 160;
/** Approximated functions are dozens of instructions each. */
const MOST_FUNCTIONS = 24;

/** Axes of size 1 carry no loop: without them more nests have the same index space. */
export function withoutUnitAxes(nest: Nest): Nest {
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

/** A text that two nodes share exactly when they compute the same. */
function keyOf(node: Node): string {
  switch (node.kind) {
    case "constant":
      return `${node.dtype} ${Object.is(node.value, -0) ? "-0" : node.value}`;
    case "index":
      return `${node.dtype} index ${node.axis}`;
    case "load":
      return `${node.access.buffer}+${node.access.offset}:${node.access.strides.join()}`;
    case "apply":
      return `${node.dtype} ${node.op} ${node.args.join()}`;
    default:
      return node satisfies never;
  }
}

/** A nest that is still growing. */
export class Growing {
  readonly nodes: Node[] = [];
  readonly stores: Store[] = [];
  readonly #known = new Map<string, number>();
  readonly #stored = new Map<BufferId, Store>();
  readonly #read = new Set<BufferId>();
  /** What it reads at different places for different indices. */
  readonly walks = new Set<BufferId>();
  /** The axes that its reductions run over; all have the same. */
  #reduced: string | undefined;
  #functions = 0;

  constructor(
    readonly sizes: readonly number[],
    /** How many steps of the program write each buffer. */
    readonly writers: ReadonlyMap<BufferId, number>,
  ) {}

  get nest(): Nest {
    return { kind: "nest", sizes: this.sizes, nodes: this.nodes, stores: this.stores };
  }

  get reads(): Iterable<BufferId> {
    return this.#read;
  }

  get writes(): Iterable<BufferId> {
    return this.#stored.keys();
  }

  #reducedAxes(store: Store): string {
    return store.access.strides.map((stride, k) => (stride === 0 && this.sizes[k] > 1 ? k : "")).join();
  }

  /**
   * Whether `second` may be appended: one index space, one set of reduced axes, room, and what it reads of what this
   * stores is the same element at the same index, complete, and written by nobody else.
   */
  takes(second: Growing): boolean {
    if (!sameShape(this.sizes, second.sizes)) return false;
    if (this.#reduced !== undefined && second.#reduced !== undefined && this.#reduced !== second.#reduced) return false;
    if (this.nodes.length + second.nodes.length > MOST_NODES || this.#functions + second.#functions > MOST_FUNCTIONS) return false;
    for (const node of second.nodes) {
      if (node.kind !== "load") continue;
      const store = this.#stored.get(node.access.buffer);
      if (store === undefined) continue;
      if (store.reduction !== undefined || this.writers.get(node.access.buffer) !== 1 || !sameAccess(store.access, node.access))
        return false;
    }
    return second.stores.every((s) => !this.#read.has(s.access.buffer));
  }

  /** Appends a nest's body; `takes` must have said yes. */
  append({ nodes, stores }: Pick<Nest, "nodes" | "stores">): this {
    const place: number[] = [];
    for (const node of nodes) place.push(this.#add(node.kind === "apply" ? { ...node, args: node.args.map((i) => place[i]) } : node));
    for (const s of stores) {
      const store = { ...s, node: place[s.node] };
      this.stores.push(store);
      this.#stored.set(store.access.buffer, store);
      if (store.reduction !== undefined) this.#reduced = this.#reducedAxes(store);
    }
    return this;
  }

  #add(node: Node): number {
    if (node.kind === "load") {
      const store = this.#stored.get(node.access.buffer);
      if (store !== undefined) return store.node;
      this.#read.add(node.access.buffer);
      if (this.sizes.length === 0 || node.access.strides.some((stride) => stride !== 0)) this.walks.add(node.access.buffer);
    }
    const key = keyOf(node);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.nodes.length);
    if (node.kind === "apply" && !operations[node.op].cheap) this.#functions++;
    return this.nodes.push(node) - 1;
  }
}
