// Products and convolutions with what follows them: where a nest reads a product's results element by element, its pointwise
// part becomes the product's epilogue, and the results never lie in memory half done. Reductions stay behind as a nest of
// their own, which reads what the epilogue stores.

import { bytesOf } from "../core/dtype.js";
import { sameAccess } from "../loop/access.js";
import { type TargetSpace, targetSpace } from "../loop/finished.js";
import {
  type Access,
  type Conv,
  type Dot,
  type Finished,
  type LoopProgram,
  type Nest,
  type Node,
  type Step,
  type Store,
  readsOf,
  targetOf,
  withLists,
} from "../loop/ir.js";
import { withOnly } from "./deadStores.js";
import { inProductAxes } from "./productAxes.js";
import { Settled, Timeline } from "./timeline.js";
import { type Uses, usesOf } from "./uses.js";

/** Rows shorter than this are left alone: an epilogue runs row by row. */
const LEAST_COLUMNS = 16;
/** An epilogue is code of its own for each shape; a long one must save something. */
const MOST_NODES = 64;
const SHORT = 16;
const LARGE = 1 << 16;
/** What the reductions that stay behind may read again. */
const MOST_REREADS = 2;

/** Gives products the nests that follow them. */
export function withEpilogues(program: LoopProgram): LoopProgram {
  const uses = usesOf(program);
  return { ...program, steps: finished(program.steps, uses) };
}

function finished(list: readonly Step[], uses: Uses): readonly Step[] {
  const timeline = new Timeline<Settled>();
  // Every second position is left free, for what stays behind.
  list.forEach((step, i) => timeline.put(2 * i, new Settled(withLists(step, (steps) => finished(steps, uses)))));
  list.forEach((_, i) => finishAt(timeline, 2 * i, uses));
  return timeline.entries.flatMap((entry) => (entry === undefined ? [] : [entry.step]));
}

/** Finishes the product at a position with the first nest that reads its results, if it can be done there or here. */
function finishAt(timeline: Timeline<Settled>, position: number, uses: Uses): void {
  const product = timeline.entries[position]?.step;
  if (product?.kind !== "dot" && product?.kind !== "conv") return;
  const space = targetSpace(product);
  if (space === undefined || !isWorth(space)) return;
  const later = timeline.readersOf(targetOf(product)).filter((p) => p > position);
  const at = Math.min(...later);
  const nest = timeline.entries[at]?.step;
  if (nest?.kind !== "nest") return;
  const parts = split(product, space, nest, uses);
  if (parts === undefined) return;
  const pointwise = new Settled(parts.pointwise);
  const operands = readsOf(product);
  const here = timeline.mayMove(pointwise, at, position) && operands.every((b) => !pointwise.writes.has(b));
  if (!here && !timeline.mayMove(new Settled(product), position, at)) return;
  timeline.take(position);
  timeline.take(at);
  timeline.put(here ? position : at, new Settled(parts.finished));
  if (parts.rest !== undefined) timeline.put(at + 1, new Settled(parts.rest));
}

const isWorth = ({ sizes: [, rows, columns], access }: TargetSpace): boolean =>
  rows > 1 && columns >= LEAST_COLUMNS && access.strides[2] === 1;

interface Parts {
  readonly finished: Finished;
  /** The part of the nest that becomes the epilogue, as it was. */
  readonly pointwise: Nest;
  /** The reductions that stay behind. */
  readonly rest: Nest | undefined;
}

function split(product: Dot | Conv, space: TargetSpace, nest: Nest, uses: Uses): Parts | undefined {
  const target = targetOf(product);
  const pointwise = withOnly(
    nest,
    nest.stores.filter((s) => s.reduction === undefined),
  );
  if (pointwise.stores.length === 0 || uses.writers.get(target) !== 1) return undefined;
  const reductions = nest.stores.filter((s) => s.reduction !== undefined);
  const rest = reductions.length === 0 ? undefined : withOnly(reading(nest), reductions);
  if (rest !== undefined && (readsOf(rest).includes(target) || readsOf(rest).length > MOST_REREADS)) return undefined;
  if (!fits(pointwise, space, product.dtype)) return undefined;
  const finish = inProductAxes(pointwise, space);
  if (finish === undefined || !isEven(finish, space.access)) return undefined;
  const kept = uses.readers.get(target) !== 1 || uses.program.buffers[target].role !== "temporary";
  const made = kept ? { kind: "finished" as const, product, finish } : intoStore(product, space.access, finish);
  return made && { finished: made, pointwise, rest };
}

/** Whether the code is short enough for what it saves, and its vectors are the product's. */
function fits({ nodes, stores }: Nest, { sizes: [batch, rows, columns], access }: TargetSpace, dtype: Dot["dtype"]): boolean {
  const large = batch * rows * columns * bytesOf(dtype) >= LARGE;
  const written = new Set(stores.map((s) => s.access.buffer));
  return (
    nodes.length <= (large ? MOST_NODES : SHORT) &&
    nodes.every((node) => dtype === "float64" || node.dtype !== "float64") &&
    nodes.every((node) => node.kind !== "load" || node.access.buffer === access.buffer || !written.has(node.access.buffer))
  );
}

/** Whether results are read at their own index alone, and vectors of columns are neighbours or one element. */
const isEven = ({ nodes, stores }: Nest, target: Access): boolean =>
  nodes.every((node) => {
    if (node.kind === "index") return node.axis > 0;
    if (node.kind !== "load") return true;
    return node.access.buffer === target.buffer
      ? sameAccess(node.access, target)
      : node.access.strides[2] === 0 || node.access.strides[2] === 1;
  }) && stores.every((s) => s.access.strides[2] === 1);

/** The nest with what it stores read back from there. */
function reading({ nodes, stores, ...nest }: Nest): Nest {
  const stored = new Map<number, Store>();
  for (const s of stores) if (s.reduction === undefined) stored.set(s.node, s);
  const node = (n: Node, i: number): Node => {
    const store = stored.get(i);
    return store === undefined ? n : { kind: "load", access: store.access, dtype: n.dtype };
  };
  return { ...nest, nodes: nodes.map(node), stores };
}

/** The product into one of the epilogue's results, where its own are not needed; not where these stand at several places of one buffer. */
function intoStore(product: Dot | Conv, target: Access, finish: Nest): Finished | undefined {
  const isAlone = ({ access }: Store): boolean => finish.stores.filter((s) => s.access.buffer === access.buffer).length === 1;
  const store = finish.stores.find((s) => finish.nodes[s.node].dtype === product.dtype && isAlone(s));
  if (store === undefined) return undefined;
  const { access } = store;
  const nodes = finish.nodes.map((node): Node =>
    node.kind === "load" && node.access.buffer === target.buffer ? { ...node, access } : node,
  );
  return { kind: "finished", product: into(product, access), finish: { ...finish, nodes } };
}

function into(product: Dot | Conv, { buffer, offset, strides: [outer, row, column] }: Access): Dot | Conv {
  if (product.kind === "dot") return { ...product, c: { buffer, offset, batch: outer, row, column } };
  const space = product.axes.map((_, k) => product.axes.slice(k + 1).reduce((stride, { places }) => stride * places, column));
  return { ...product, result: { buffer, offset, outer, feature: row, space } };
}
