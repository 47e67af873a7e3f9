// Cheap nests over the outer axes of others (what a row's sum is turned into, say) are computed again where they are read: once
// for each row, before the row's own loop. Their results are not stored, and no step is needed for them.

import { type Access, type BufferId, type LoopProgram, type Nest, type Step, readsOf, withLists, writesOf } from "../loop/ir.js";
import { operations } from "../loop/operations.js";
import { withOnly } from "./deadStores.js";
import { Growing } from "./merge.js";
import { type Uses, usesOf } from "./uses.js";

const MOST_NODES = 16;
const MOST_READERS = 3;
/** Elements that a reader has for each of the nest's; for fewer, reading is cheaper than computing again. */
const LEAST_INNER = 8;

/** Computes cheap nests where they are read. */
export function inlined(program: LoopProgram): LoopProgram {
  const uses = usesOf(program);
  return { ...program, steps: inList(program.steps, uses) };
}

function inList(list: readonly Step[], uses: Uses): readonly Step[] {
  const steps: (Step | undefined)[] = list.map((step) => withLists(step, (inner) => inList(inner, uses)));
  const readers = new Map<BufferId, number[]>();
  list.forEach((step, i) => {
    for (const b of new Set(readsOf(step))) readers.set(b, [...(readers.get(b) ?? []), i]);
  });
  list.forEach((_, i) => {
    const nest = steps[i];
    if (nest?.kind !== "nest" || !isCheap(nest) || !isLocal(nest, uses)) return;
    const at = [...new Set(writesOf(nest).flatMap((b) => readers.get(b) ?? []))];
    // Readers in other lists would miss it.
    if (at.length > MOST_READERS || writesOf(nest).some((b) => uses.readers.get(b) !== readers.get(b)?.length)) return;
    const grown = at.map((p) => withNest(steps[p], nest, uses));
    if (grown.includes(undefined)) return;
    at.forEach((p, k) => {
      steps[p] = grown[k];
      for (const b of readsOf(nest)) if (!readers.get(b)?.includes(p)) readers.get(b)?.push(p);
    });
    steps[i] = undefined;
  });
  return steps.filter((step) => step !== undefined);
}

/** Whether a nest is pointwise, and its nodes are a few instructions each. */
const isCheap = ({ nodes, stores }: Nest): boolean =>
  nodes.length <= MOST_NODES &&
  stores.every((s) => s.reduction === undefined) &&
  nodes.every((node) => node.kind !== "index" && (node.kind !== "apply" || operations[node.op].cheap));

/** Whether its results are temporaries, and what it reads stays as it is. */
const isLocal = (nest: Nest, { program, writers }: Uses): boolean =>
  writesOf(nest).every((b) => program.buffers[b].role === "temporary" && writers.get(b) === 1) &&
  readsOf(nest).every((b) => (writers.get(b) ?? 0) <= 1);

/** The reader with the nest's nodes in the place of its results. */
function withNest(reader: Step | undefined, nest: Nest, { writers }: Uses): Nest | undefined {
  if (reader?.kind !== "nest") return undefined;
  const inner = reader.sizes.slice(nest.sizes.length);
  const outer = nest.sizes.every((n, k) => reader.sizes[k] === n);
  // Where a reduction runs over the outer axes, these are its innermost loops.
  const kept = reader.stores.every((s) => s.reduction === undefined || nest.sizes.every((n, k) => n === 1 || s.access.strides[k] !== 0));
  if (!outer || !kept || inner.reduce((n, size) => n * size, 1) < LEAST_INNER) return undefined;
  const grown = new Growing(reader.sizes, writers).append(spread(nest, reader.sizes));
  const own = new Growing(reader.sizes, writers).append(reader);
  if (!grown.takes(own)) return undefined;
  const whole = grown.append(reader).nest;
  const dropped = new Set(writesOf(nest));
  return withOnly(
    whole,
    whole.stores.filter((s) => !dropped.has(s.access.buffer)),
  );
}

/** The nest at every index of further inner axes. */
function spread(nest: Nest, sizes: readonly number[]): Nest {
  const zeros = sizes.slice(nest.sizes.length).map(() => 0);
  const access = (a: Access): Access => ({ ...a, strides: [...a.strides, ...zeros] });
  return {
    kind: "nest",
    sizes,
    nodes: nest.nodes.map((node) => (node.kind === "load" ? { ...node, access: access(node.access) } : node)),
    stores: nest.stores.map((s) => ({ ...s, access: access(s.access) })),
  };
}
