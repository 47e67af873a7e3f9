// Steps on other buffers: the same step with each buffer that it touches replaced.

import type { BufferId, Nest, Row, Step } from "./ir.js";

type Renaming = (b: BufferId) => BufferId;

const rowIn =
  (to: Renaming) =>
  (row: Row): Row => ({ ...row, buffer: to(row.buffer) });

export const renamedNest = (nest: Nest, to: Renaming): Nest => ({
  ...nest,
  nodes: nest.nodes.map((node) => (node.kind === "load" ? { ...node, access: { ...node.access, buffer: to(node.access.buffer) } } : node)),
  stores: nest.stores.map((s) => ({ ...s, access: { ...s.access, buffer: to(s.access.buffer) } })),
});

/** The step on other buffers; `undefined` for kinds whose buffers depend on each other in more ways. */
export function renamed(step: Step, to: Renaming): Step | undefined {
  const row = rowIn(to);
  switch (step.kind) {
    case "nest":
      return renamedNest(step, to);
    case "dot":
      return {
        ...step,
        a: { ...step.a, buffer: to(step.a.buffer) },
        b: { ...step.b, buffer: to(step.b.buffer) },
        c: { ...step.c, buffer: to(step.c.buffer) },
      };
    case "gather":
      return { ...step, operand: row(step.operand), where: { ...step.where, indices: row(step.where.indices) }, target: to(step.target) };
    case "scatter":
      return { ...step, updates: row(step.updates), where: { ...step.where, indices: row(step.where.indices) }, target: to(step.target) };
    case "running":
      return { ...step, inputs: step.inputs.map(row), target: to(step.target) };
    case "select_window":
      return { ...step, operand: row(step.operand), source: row(step.source), target: to(step.target) };
    case "sort":
      return {
        ...step,
        keys: step.keys.map((key) => ({ ...key, row: row(key.row) })),
        moved: step.moved.map((one) => ({ ...one, row: row(one.row), target: to(one.target) })),
        ...(step.positions === undefined ? {} : { positions: to(step.positions) }),
        ...(step.pairs === undefined ? {} : { pairs: to(step.pairs) }),
      };
    default:
      return undefined;
  }
}
