// What a block of rows is of a nest, and when the rows of a buffer are apart: each row's elements within a window of its own.

import { accessesOf } from "./access.js";
import type { Access, BufferId, Nest, Node } from "./ir.js";

/** The nest on some of the rows of its first axis. */
export function rowsOf(nest: Nest, from: number, count: number): Nest {
  const access = (a: Access): Access => ({ ...a, offset: a.offset + from * a.strides[0] });
  return {
    kind: "nest",
    sizes: [count, ...nest.sizes.slice(1)],
    nodes: nest.nodes.map((node): Node => (node.kind === "load" ? { ...node, access: access(node.access) } : node)),
    stores: nest.stores.map((s) => ({ ...s, access: access(s.access) })),
  };
}

/** The first and the last element that row 0 touches. */
export function reachOf({ offset, strides }: Access, sizes: readonly number[]): readonly [low: number, high: number] {
  let [low, high] = [offset, offset];
  strides.forEach((stride, k) => {
    if (k === 0) return;
    if (stride < 0) low += (sizes[k] - 1) * stride;
    else high += (sizes[k] - 1) * stride;
  });
  return [low, high];
}

/** A place in a nest of these sizes. */
export interface Placed {
  readonly access: Access;
  readonly sizes: readonly number[];
}

/** Where nests touch a buffer. */
export const placesIn = (nests: readonly Nest[], buffer: BufferId): readonly Placed[] =>
  nests.flatMap((nest) =>
    accessesOf(nest)
      .filter((access) => access.buffer === buffer)
      .map((access) => ({ access, sizes: nest.sizes })),
  );

/** The elements from row to row of a buffer that nests touch in these places, if its rows are apart in all of them together. */
export function rowStride(places: readonly Placed[]): number | undefined {
  const stride = places[0].access.strides[0];
  if (places.some(({ access }) => access.strides[0] !== stride)) return undefined;
  const reaches = places.map(({ access, sizes }) => reachOf(access, sizes));
  const low = Math.min(...reaches.map((reach) => reach[0]));
  const high = Math.max(...reaches.map((reach) => reach[1]));
  return low >= 0 && high < stride ? stride : undefined;
}
