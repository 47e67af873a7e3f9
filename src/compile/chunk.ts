// Full reductions in pieces: a nest that reduces all of a long index space is cut into a fixed number of chunks whose partial
// results a second nest combines. Threads may share the chunks, and since their number depends on the size alone, results
// have the same bits for every number of threads.

import {
  type Access,
  type Buffer,
  type BufferId,
  type LoopProgram,
  type Nest,
  type Node,
  type Step,
  type Store,
  withLists,
} from "../loop/ir.js";
import { collapse } from "./collapse.js";

/** Elements of a chunk where one long axis is cut. */
const CHUNK = 8192;
/** Fewer elements than this stay one reduction. */
const LEAST = 4 * CHUNK;

const reducesAll = (nest: Nest): boolean =>
  nest.stores.some((s) => s.reduction !== undefined) &&
  nest.stores.every((s) => s.reduction === undefined || s.access.strides.every((stride, k) => stride === 0 || nest.sizes[k] === 1));

/** The nest with its single axis as two: chunks, and the elements of a chunk; `from` is the first element. */
function cut(nest: Nest, from: number, sizes: readonly number[]): Nest {
  const access = (a: Access): Access => {
    const [stride] = a.strides;
    return { ...a, offset: a.offset + from * stride, strides: sizes.length === 1 ? [stride] : [stride * sizes[1], stride] };
  };
  return {
    kind: "nest",
    sizes,
    nodes: nest.nodes.map((node): Node => (node.kind === "load" ? { ...node, access: access(node.access) } : node)),
    stores: nest.stores.map((s) => ({ ...s, access: access(s.access) })),
  };
}

/** The nest with its reductions kept apart for each index of the first axis, and written from place `first` on. */
function partial(nest: Nest, partials: ReadonlyMap<Store, BufferId>, originals: readonly Store[], first: number): Nest {
  const stores = nest.stores.map((s, i): Store => {
    const buffer = partials.get(originals[i]);
    if (buffer === undefined) return s;
    const whole = nest.sizes.length === 1;
    return { ...s, access: { buffer, offset: first, strides: whole ? [0] : nest.sizes.map((_, k) => (k === 0 ? 1 : 0)) } };
  });
  return { ...nest, stores };
}

/** Cuts long full reductions. */
export function chunkReductions(program: LoopProgram): LoopProgram {
  const buffers: Buffer[] = [...program.buffers];
  return { ...program, buffers, steps: chunked(program.steps, buffers) };
}

/** The steps with long full reductions cut; partial results get new buffers. */
const chunked = (list: readonly Step[], buffers: Buffer[]): readonly Step[] =>
  list.flatMap((step): readonly Step[] => {
    if (step.kind !== "nest") return [withLists(step, (steps) => chunked(steps, buffers))];
    if (step.sizes.reduce((n, size) => n * size, 1) < LEAST || !reducesAll(step)) return [step];
    const nest = collapse(step);
    // An index that a node reads would count from the start of the chunk.
    if (nest.sizes.length === 1 && nest.nodes.some((node) => node.kind === "index")) return [step];
    return inChunks(nest, buffers);
  });

function inChunks(nest: Nest, buffers: Buffer[]): readonly Step[] {
  const single = nest.sizes.length === 1;
  const chunks = single ? Math.floor(nest.sizes[0] / CHUNK) : nest.sizes[0];
  const rest = single ? nest.sizes[0] % CHUNK : 0;
  const count = chunks + (rest > 0 ? 1 : 0);
  const partials = new Map<Store, BufferId>();
  for (const store of nest.stores) {
    if (store.reduction === undefined) continue;
    partials.set(store, buffers.push({ dtype: nest.nodes[store.node].dtype, size: count, role: "temporary" }) - 1);
  }
  const main = single ? cut(nest, 0, [chunks, CHUNK]) : nest;
  const steps: Step[] = [partial(main, partials, nest.stores, 0)];
  if (rest > 0) steps.push(partial(cut(nest, chunks * CHUNK, [rest]), partials, nest.stores, chunks));
  const all = [...partials];
  steps.push({
    kind: "nest",
    sizes: [count],
    nodes: all.map(([store, buffer]): Node => ({
      kind: "load",
      access: { buffer, offset: 0, strides: [1] },
      dtype: nest.nodes[store.node].dtype,
    })),
    stores: all.map(([store], i): Store => ({ ...store, node: i, access: { ...store.access, strides: [0] } })),
  });
  return steps;
}
