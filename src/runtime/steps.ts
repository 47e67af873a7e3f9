// What the compiler asks of structured steps, by their kind: their buffers in the order of their function's parameters, how
// many turns threads may share, what these cost, and the function itself: `(…addresses, [scratch], begin, end)`.

import type { Branch, BufferId, HostStep, Loop, Nest, Step } from "../loop/ir.js";
import { emitGather, emitScatter, gatherCost, scatterCost } from "../wasm/kernels/indexed.js";
import { emitRunning, runningCost, runningExtent } from "../wasm/kernels/running.js";
import { emitSort, sortCost, sortExtent, sortScratchBytes } from "../wasm/kernels/sort.js";
import { emitSelectWindow, selectWindowCost, selectWindowExtent } from "../wasm/kernels/window.js";
import type { ModuleBuilder } from "../wasm/module.js";
import type { Constants } from "../wasm/math/context.js";
import { convKinds } from "./convStep.js";
import { dotCost, dotExtent, dotScratchBytes, emitDotStep } from "./dotStep.js";
import { emitFinished, finishedBuffers } from "./finishedStep.js";
import { emitRowsStep, rowsBuffers, rowsScratchBytes } from "./rowsStep.js";

/** Vector operations of a nest, roughly; elementary functions count for many. */
export function nestCost({ sizes, nodes, stores }: Nest): number {
  const each = nodes.reduce((sum, node) => sum + (node.kind === "apply" ? 1 : 0.5), stores.length);
  return (sizes.reduce((n, size) => n * size, 1) / 4) * each;
}

/** Steps with an emission of their own. */
export type StructuredStep = Exclude<Step, Nest | HostStep | Loop | Branch>;

const others: ReadonlySet<Step["kind"]> = new Set<Step["kind"]>(["nest", "host", "loop", "branch"]);

export const isStructured = (step: Step): step is StructuredStep => !others.has(step.kind);

export interface StepKind<S> {
  buffers(step: S): readonly BufferId[];
  /** Turns of the outermost loop. */
  extent(step: S): number;
  /** Rough number of vector operations. */
  cost(step: S): number;
  /** Bytes of memory that each thread needs; the function takes its address if this is given. */
  scratchBytes?(step: S): number;
  /** Whether turns depend on each other, or work in the same memory, so that one thread must do them all in order. */
  sequential?(step: S): boolean;
  /** `fma` says whether relaxed SIMD's multiply-add may be used; `heap` is for constants. */
  emit(module: ModuleBuilder, step: S, fma: boolean, heap: Constants): number;
}

type Kinds = { readonly [K in StructuredStep["kind"]]: StepKind<Extract<StructuredStep, { readonly kind: K }>> };

const kinds: Kinds = {
  finished: {
    buffers: finishedBuffers,
    extent: ({ product }) => kindOf(product).extent(product),
    cost: ({ product, finish }) => kindOf(product).cost(product) + nestCost(finish),
    scratchBytes: ({ product }) => kindOf(product).scratchBytes?.(product) ?? 0,
    emit: emitFinished,
  },
  rows: {
    buffers: rowsBuffers,
    extent: ({ rows, block }) => Math.ceil(rows / block),
    cost: ({ nests }) => nests.reduce((sum, nest) => sum + nestCost(nest), 0),
    scratchBytes: rowsScratchBytes,
    emit: emitRowsStep,
  },
  dot: {
    buffers: ({ a, b, c }) => [a.buffer, b.buffer, c.buffer],
    extent: dotExtent,
    cost: dotCost,
    scratchBytes: dotScratchBytes,
    emit: (module, step, fma) => emitDotStep(module, step, fma),
  },
  ...convKinds,
  select_window: {
    buffers: ({ operand, source, target }) => [operand.buffer, source.buffer, target],
    extent: selectWindowExtent,
    cost: selectWindowCost,
    emit: emitSelectWindow,
  },
  running: {
    buffers: ({ inputs, target }) => [...inputs.map((row) => row.buffer), target],
    extent: runningExtent,
    cost: runningCost,
    emit: emitRunning,
  },
  gather: {
    buffers: ({ operand, where, target }) => [operand.buffer, where.indices.buffer, target],
    extent: ({ where }) => where.windows,
    cost: gatherCost,
    emit: emitGather,
  },
  scatter: {
    buffers: ({ updates, where, target }) => [updates.buffer, where.indices.buffer, target],
    extent: ({ where }) => where.windows,
    cost: scatterCost,
    sequential: () => true,
    emit: emitScatter,
  },
  sort: {
    buffers: ({ keys, moved, positions, pairs }) => [
      ...[...keys, ...moved].map(({ row }) => row.buffer),
      ...moved.map(({ target }) => target),
      ...[positions, pairs].filter((b) => b !== undefined),
    ],
    extent: sortExtent,
    cost: sortCost,
    sequential: ({ pairs }) => pairs !== undefined,
    scratchBytes: sortScratchBytes,
    emit: emitSort,
  },
};

/** What is known of steps of this one's kind. */
export const kindOf = (step: StructuredStep): StepKind<StructuredStep> => kinds[step.kind];
