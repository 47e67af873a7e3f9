// How the loops of a nest run: which axis is cut into vectors, in which order the loops stand, how much is unrolled.
// Decided from sizes and strides alone, before anything is emitted.

import { accessesOf } from "../loop/access.js";
import type { Access, BufferId, Nest } from "../loop/ir.js";
import type { Lanes } from "./access.js";

/** What a nest's loops look like: decided before anything is emitted. */
export interface Schedule {
  readonly lanes: Lanes;
  /** Axes from the outermost loop to the innermost. */
  readonly order: readonly number[];
  readonly vectorAxis: number;
  readonly reduced: ReadonlySet<number>;
  /** Vectors a turn of the vector loop. */
  readonly unroll: number;
}

/** Buffers in the order of the function's parameters. */
export const parametersOf = (nest: Nest): readonly BufferId[] => [...new Set(accessesOf(nest).map((a) => a.buffer))];

/** A nest without axes gets one of size 1, so that there is always a loop. */
export function withAxis(nest: Nest): Nest {
  if (nest.sizes.length > 0) return nest;
  const access = (a: Access): Access => ({ ...a, strides: [0] });
  return {
    ...nest,
    sizes: [1],
    nodes: nest.nodes.map((node) => (node.kind === "load" ? { ...node, access: access(node.access) } : node)),
    stores: nest.stores.map((s) => ({ ...s, access: access(s.access) })),
  };
}

/** A nest over rows alone gets an axis of size 1 within them, so that there is a loop for vectors. */
export function withinRows(nest: Nest): Nest {
  if (nest.sizes.length > 1) return nest;
  const access = (a: Access): Access => ({ ...a, strides: [...a.strides, 0] });
  return {
    ...nest,
    sizes: [...nest.sizes, 1],
    nodes: nest.nodes.map((node) => (node.kind === "load" ? { ...node, access: access(node.access) } : node)),
    stores: nest.stores.map((s) => ({ ...s, access: access(s.access) })),
  };
}

/** `rows` says that the first axis is to be the outermost loop, as it is: its turns are what a call does. */
export function scheduleOf(nest: Nest, rows = false): Schedule {
  const wide = nest.nodes.some((node) => node.dtype === "float64");
  const lanes: Lanes = wide ? 2 : 4;
  const reduced = new Set<number>();
  for (const { access, reduction } of nest.stores) {
    if (reduction !== undefined) access.strides.forEach((s, k) => s === 0 && nest.sizes[k] > 1 && reduced.add(k));
  }
  const score = (k: number): number => {
    let sum = 0;
    for (const node of nest.nodes) if (node.kind === "load") sum += node.access.strides[k] === 1 ? 4 : node.access.strides[k] === 0 ? 3 : 0;
    for (const s of nest.stores) sum += s.reduction !== undefined && reduced.has(k) ? 5 : s.access.strides[k] === 1 ? 6 : 0;
    return nest.sizes[k] >= lanes ? sum : sum / 4;
  };
  let vectorAxis = nest.sizes.length - 1;
  const first = rows ? 1 : 0;
  for (let k = vectorAxis - 1; k >= first; k--) if (score(k) > score(vectorAxis)) vectorAxis = k;
  const isLast = (k: number): number => (k < first ? -1 : (reduced.has(k) ? 2 : 0) + (k === vectorAxis ? 1 : 0));
  const order = nest.sizes.map((_, k) => k).sort((a, b) => isLast(a) - isLast(b) || a - b);
  const work = nest.nodes.filter((node) => node.kind === "apply").length;
  return { lanes, order, vectorAxis, reduced, unroll: work <= 6 ? 4 : work <= 24 ? 2 : 1 };
}

/**
 * How many turns the outermost loop has: what threads may share. 1 where that loop carries a reduction, or is short.
 */
export function extentOf(whole: Nest): number {
  const nest = withAxis(whole);
  const { order, vectorAxis, reduced, lanes, unroll } = scheduleOf(nest);
  const axis = order[0];
  if (reduced.has(axis)) return 1;
  return axis === vectorAxis ? Math.max(1, Math.floor(nest.sizes[axis] / (lanes * unroll))) : nest.sizes[axis];
}
