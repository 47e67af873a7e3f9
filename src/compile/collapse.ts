// Fewer and longer loops: neighbouring axes that every access walks in one stride become one axis.

import { accessesOf } from "../loop/access.js";
import type { Access, Nest } from "../loop/ir.js";

/** The nest with its axes from `first` on merged where that changes nothing. An axis whose index is read stays. */
export function collapse(nest: Nest, first = 0): Nest {
  const indexed = new Set(nest.nodes.flatMap((node) => (node.kind === "index" ? [node.axis] : [])));
  const accesses = accessesOf(nest);
  /** groups[g]: the old axes that make new axis g. */
  const groups: number[][] = [];
  nest.sizes.forEach((_, k) => {
    const last = groups.at(-1);
    const joins =
      last !== undefined &&
      k > first &&
      !indexed.has(k) &&
      !indexed.has(k - 1) &&
      accesses.every((a) => a.strides[k - 1] === a.strides[k] * nest.sizes[k]);
    if (joins) last.push(k);
    else groups.push([k]);
  });
  if (groups.length === nest.sizes.length) return nest;
  const access = (a: Access): Access => ({ ...a, strides: groups.map((group) => a.strides[group[group.length - 1]]) });
  return {
    kind: "nest",
    sizes: groups.map((group) => group.reduce((n, k) => n * nest.sizes[k], 1)),
    nodes: nest.nodes.map((node) => {
      if (node.kind === "load") return { ...node, access: access(node.access) };
      return node.kind === "index" ? { ...node, axis: groups.findIndex((group) => group.includes(node.axis)) } : node;
    }),
    stores: nest.stores.map((s) => ({ ...s, access: access(s.access) })),
  };
}
