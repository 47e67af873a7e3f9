// Removes what nobody reads: stores into temporaries, then nodes, then whole steps, inside of loops and branches too. Of a loop,
// carries and stacked results go that are not read, neither after it nor by what is kept of its turns.

import { hasEffect } from "../core/effects.js";
import {
  type Branch,
  type BufferId,
  type Loop,
  type LoopProgram,
  type Nest,
  type Node,
  type Step,
  type Store,
  allSteps,
  readsOf,
  writesOf,
} from "../loop/ir.js";

type Needed = (b: BufferId) => boolean;

/** Drops what nobody reads: stores into temporaries, then nodes, then whole steps. */
export const withoutDeadStores = (program: LoopProgram): LoopProgram => ({
  ...program,
  steps: live(program.steps, (b) => program.buffers[b].role === "output"),
});

/** The steps that `after` (what is read later) needs. */
function live(list: readonly Step[], after: Needed): readonly Step[] {
  const needed = new Set<BufferId>();
  const isNeeded: Needed = (b) => after(b) || needed.has(b);
  const steps: Step[] = [];
  for (const step of list.toReversed()) {
    const kept = liveStep(step, isNeeded);
    if (kept === undefined) continue;
    for (const b of readsOf(kept)) needed.add(b);
    steps.push(kept);
  }
  return steps.toReversed();
}

/** Whether a step, or one inside of it, runs for what it does: a print, say. */
const actsOutside = (step: Step): boolean => allSteps([step]).some((one) => one.kind === "host" && hasEffect(one.equation));

function liveStep(step: Step, isNeeded: Needed): Step | undefined {
  if (step.kind === "loop") return liveLoop(step, isNeeded);
  if (!writesOf(step).some(isNeeded) && !actsOutside(step)) return undefined;
  if (step.kind === "branch") return liveBranch(step, isNeeded);
  if (step.kind !== "nest") return step;
  return withOnly(
    step,
    step.stores.filter((s) => isNeeded(s.access.buffer)),
  );
}

const liveBranch = (branch: Branch, isNeeded: Needed): Branch => ({
  ...branch,
  branches: branch.branches.map((steps) => live(steps, isNeeded)),
});

/** A carry that a turn reads is needed, and may need others: grows until nothing is missing. */
function liveLoop(loop: Loop, isNeeded: Needed): Loop | undefined {
  const stacks = loop.stacks.filter(({ of }) => isNeeded(of));
  const condition = loop.condition && { ...loop.condition, steps: live(loop.condition.steps, (b) => b === loop.condition?.holds.buffer) };
  let carries = loop.carries.filter(({ final }) => isNeeded(final));
  if (carries.length + stacks.length === 0 && !actsOutside(loop)) return undefined;
  for (;;) {
    const results = new Set([...carries.map(({ exit }) => exit), ...stacks.map(({ row }) => row)]);
    const body = live(loop.body, (b) => results.has(b));
    const read = new Set([...body, ...(condition?.steps ?? [])].flatMap(readsOf));
    if (condition !== undefined) read.add(condition.holds.buffer);
    const grown = loop.carries.filter((carry) => carries.includes(carry) || read.has(carry.entry));
    if (grown.length > carries.length) carries = grown;
    else return { ...loop, ...(condition && { condition }), carries, stacks, slices: loop.slices.filter(({ row }) => read.has(row)), body };
  }
}

/** The nest with some of its stores, and the nodes that these need. */
export function withOnly(nest: Nest, stores: readonly Store[]): Nest {
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
