// Removes what nobody reads: stores into temporaries, then nodes, then whole steps.

import { type BufferId, type LoopProgram, type Nest, type Node, type Step, type Store, readsOf, writesOf } from "../loop/ir.js";

/** Drops what nobody reads: stores into temporaries, then nodes, then whole steps. */
export function withoutDeadStores(program: LoopProgram): LoopProgram {
  const needed = new Set<BufferId>();
  const steps: Step[] = [];
  for (const step of program.steps.toReversed()) {
    const isNeeded = (b: BufferId): boolean => program.buffers[b].role === "output" || needed.has(b);
    if (!writesOf(step).some(isNeeded)) continue;
    const kept =
      step.kind === "nest"
        ? withOnly(
            step,
            step.stores.filter((s) => isNeeded(s.access.buffer)),
          )
        : step;
    for (const b of readsOf(kept)) needed.add(b);
    steps.push(kept);
  }
  return { ...program, steps: steps.toReversed() };
}

function withOnly(nest: Nest, stores: readonly Store[]): Nest {
  const used = new Set(stores.map((s) => s.node));
  for (let i = nest.nodes.length - 1; i >= 0; i--) {
    const node = nest.nodes[i];
    if (used.has(i) && node.kind === "apply") for (const arg of node.args) used.add(arg);
  }
  const place = new Map<number, number>();
  const nodes: Node[] = [];
  nest.nodes.forEach((node, i) => {
    if (!used.has(i)) return;
    place.set(i, nodes.length);
    nodes.push(node.kind === "apply" ? { ...node, args: node.args.map((a) => place.get(a) as number) } : node);
  });
  return { ...nest, nodes, stores: stores.map((s) => ({ ...s, node: place.get(s.node) as number })) };
}
