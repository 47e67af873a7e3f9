// A carry that each turn updates at some places (x.at(i).set(v)) is changed where it lies: the body copies it, updates the copy
// and hands that on; where nothing reads the old value after the first update, neither copy is needed, and a turn costs what
// it changes. Runs last, because other passes may take it that a buffer keeps its elements once they are read.

import type { Buffer, BufferId, Carry, Loop, LoopProgram, Nest, Scatter, Step, Store } from "../loop/ir.js";
import { readsOf, withLists, writesOf } from "../loop/ir.js";
import { sameAccess } from "../loop/access.js";
import { stridesOf } from "../core/shape.js";
import { renamed } from "../loop/rename.js";
import { withOnly } from "./deadStores.js";

/** A store that copies a whole buffer. */
interface Copy {
  readonly position: number;
  readonly from: BufferId;
  readonly into: BufferId;
}

/** A buffer and what it is copied to, in turn, from a carry's entry to its exit, with the updates between. */
interface Chain {
  readonly copies: readonly Copy[];
  readonly updates: readonly number[];
  /** The buffers that become one. */
  readonly buffers: ReadonlySet<BufferId>;
}

const isWhole = ({ sizes, nodes }: Nest, { node, access, reduction }: Store, buffers: readonly Buffer[]): BufferId | undefined => {
  const loaded = nodes[node];
  if (loaded.kind !== "load" || reduction !== undefined) return undefined;
  const { buffer: from } = loaded.access;
  const size = sizes.reduce((n, length) => n * length, 1);
  const strides = stridesOf(sizes);
  const inOrder = access.offset === 0 && access.strides.every((stride, k) => sizes[k] === 1 || stride === strides[k]);
  const whole = buffers[from].size === size && buffers[access.buffer].size === size && buffers[from].dtype === buffers[access.buffer].dtype;
  return whole && inOrder && sameAccess({ ...loaded.access, buffer: access.buffer }, access) ? from : undefined;
};

class Body {
  constructor(
    readonly steps: readonly Step[],
    readonly buffers: readonly Buffer[],
  ) {}

  #positions(of: (step: Step) => readonly BufferId[], b: BufferId): number[] {
    return this.steps.flatMap((step, i) => (of(step).includes(b) ? [i] : []));
  }

  #copyInto(b: BufferId): Copy | undefined {
    const writers = this.#positions(writesOf, b);
    const [position] = writers;
    const step = this.steps[position];
    if (step?.kind !== "nest" || writers.slice(1).some((p) => this.steps[p].kind !== "scatter")) return undefined;
    const stores = step.stores.filter((s) => s.access.buffer === b);
    const from = stores.length === 1 ? isWhole(step, stores[0], this.buffers) : undefined;
    return from === undefined ? undefined : { position, from, into: b };
  }

  /** The chain from a carry's exit back to its entry, if there is one with an update in it. */
  chain({ entry, exit }: Carry): Chain | undefined {
    const copies: Copy[] = [];
    const updates: number[] = [];
    for (let b = exit; b !== entry;) {
      const copy = this.#copyInto(b);
      if (copy === undefined || copies.some(({ into }) => into === b) || (b !== exit && this.buffers[b].role !== "temporary"))
        return undefined;
      copies.unshift(copy);
      updates.unshift(...this.#positions(writesOf, b).filter((p) => p !== copy.position));
      b = copy.from;
    }
    const buffers = new Set(copies.flatMap(({ from, into }) => [from, into]));
    return updates.length > 0 && this.#isSafe(copies, entry) ? { copies, updates, buffers } : undefined;
  }

  /** Whether what each copy was made from is read no more once the copy, or one made from it, is changed. */
  #isSafe(copies: readonly Copy[], entry: BufferId): boolean {
    const changes = copies.map(({ into, position }) => this.#positions(writesOf, into).filter((p) => p !== position));
    return copies.every(({ from, position }, k) => {
      const first = Math.min(...changes.slice(k).flat());
      const before = from === entry ? -1 : Math.max(copies[k - 1].position, ...changes[k - 1]);
      return position > before && position < first && this.#positions(readsOf, from).every((p) => p < first || this.#updates(p, from));
    });
  }

  /** An update of a buffer reads it, at its own place. */
  #updates(p: number, b: BufferId): boolean {
    const step = this.steps[p];
    return step.kind === "scatter" && step.target === b && !this.#othersOf(step).includes(b);
  }

  #othersOf({ updates, where }: Scatter): readonly BufferId[] {
    return [updates.buffer, where.indices.buffer];
  }
}

/** Steps with the chain's copies left out, and its buffers as one; `undefined` where a step cannot be on another buffer. */
function without({ copies, buffers }: Chain, entry: BufferId, steps: readonly Step[]): readonly Step[] | undefined {
  const made = new Set(copies.map(({ into, position }) => `${position} ${into}`));
  const changed: Step[] = [];
  for (const [i, step] of steps.entries()) {
    let next: Step | undefined = step;
    if (step.kind === "nest") {
      const stores = step.stores.filter((s) => !made.has(`${i} ${s.access.buffer}`));
      if (stores.length < step.stores.length) next = stores.length === 0 ? undefined : withOnly(step, stores);
    }
    if (next === undefined) continue;
    if ([...readsOf(next), ...writesOf(next)].some((b) => buffers.has(b))) {
      next = renamed(next, (b) => (buffers.has(b) ? entry : b));
      if (next === undefined) return undefined;
    }
    changed.push(next);
  }
  return changed;
}

function inLoop(loop: Loop, buffers: readonly Buffer[]): Loop {
  let { body } = loop;
  const carries = loop.carries.map((carry): Carry => {
    const { entry, exit, final } = carry;
    const chain = new Body(body, buffers).chain(carry);
    const changed = chain === undefined ? undefined : without(chain, entry, body);
    if (changed === undefined || entry === exit) return carry;
    body = changed;
    return { ...carry, exit: entry, spare: final };
  });
  return { ...loop, carries, body };
}

const inList = (steps: readonly Step[], buffers: readonly Buffer[]): readonly Step[] =>
  steps.map((step) => {
    const inner = withLists(step, (list) => inList(list, buffers));
    return inner.kind === "loop" ? inLoop(inner, buffers) : inner;
  });

/** Updates carries where they lie. */
export const inPlace = (program: LoopProgram): LoopProgram => ({ ...program, steps: inList(program.steps, program.buffers) });
