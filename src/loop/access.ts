// The accesses of a nest: all of them, and when two are the same.

import { sameShape } from "../core/shape.js";
import type { Access, Nest } from "./ir.js";

/** Where a nest reads, then where it writes. */
export const accessesOf = (nest: Nest): readonly Access[] => [
  ...nest.nodes.flatMap((node) => (node.kind === "load" ? [node.access] : [])),
  ...nest.stores.map((s) => s.access),
];

export const sameAccess = (a: Access, b: Access): boolean =>
  a.buffer === b.buffer && a.offset === b.offset && sameShape(a.strides, b.strides);
