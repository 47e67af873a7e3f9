// The loop IR: a program over flat buffers. Nests compute pointwise expressions and reductions over a rectangular index
// space; structured steps (dot, convolution, …) are left to kernels of their own; what has no lowering runs on the host.
// Plain data: built by compile/, read by wasm/, checked, printed and interpreted here.

import type { DType } from "../core/dtype.js";
import type { Equation } from "../core/jaxpr.js";
import type { Nest } from "./nests.js";
import type { BufferId, Conv, ConvStep, Dot, Gather, Row, Running, Scatter, SelectWindow, Sort } from "./structures.js";

export type * from "./nests.js";
export type { PointwiseOp } from "./operations.js";
export type * from "./structures.js";

/**
 * What a buffer is for: temporaries live in the arena, moving ones lie where their loop says at each turn, the others belong to
 * the caller.
 */
export type BufferRole = "argument" | "constant" | "temporary" | "output" | "moving";

export interface Buffer {
  readonly dtype: DType;
  /** Number of elements. */
  readonly size: number;
  readonly role: BufferRole;
}

/** An equation that runs on the host, on whole contiguous buffers. */
export interface HostStep {
  readonly kind: "host";
  readonly equation: Equation;
  readonly inputs: readonly BufferId[];
  readonly outputs: readonly BufferId[];
}

/**
 * A value that goes from turn to turn: the body reads it in `entry` and writes the next one to `exit`, two moving buffers. Where
 * they are the same, turns update the value in its final place, which is the spare one too.
 */
export interface Carry {
  readonly initial: Row;
  readonly entry: BufferId;
  readonly exit: BufferId;
  /** Receives the last value; the values between stand here and in `spare`, by turns. */
  readonly final: BufferId;
  readonly spare: BufferId;
}

/** A part of a buffer that a turn reads or writes: at turn i the moving buffer `row` begins at element `first + i · stride`. */
export interface Sliding {
  readonly row: BufferId;
  readonly of: BufferId;
  readonly first: number;
  readonly stride: number;
}

/** Steps done turn after turn. They work on the program's buffers; what moves has a buffer of its own (role "moving"). */
export interface Loop {
  readonly kind: "loop";
  /** The number of turns, at least 1; with a condition the most there can be, which may be Infinity. */
  readonly turns: number;
  /** Steps before each turn, and the bool that they leave: the turn is done if it holds. */
  readonly condition?: { readonly steps: readonly Step[]; readonly holds: Row };
  readonly carries: readonly Carry[];
  /** What turns read, each its own part. */
  readonly slices: readonly Sliding[];
  /** What turns write, each its own part. */
  readonly stacks: readonly Sliding[];
  readonly body: readonly Step[];
}

/** One of several lists of steps, by an int32; below the first it is the first, beyond the last the last. */
export interface Branch {
  readonly kind: "branch";
  readonly index: Row;
  readonly branches: readonly (readonly Step[])[];
}

/**
 * A product or convolution with what is done to its results: the nest runs over `[batch, rows, columns]` of the product (of a
 * convolution: images, features, places in a row). What it reads of the product's target stands at the same index, and what it
 * writes there takes its place, so that each element can pass through the nest as soon as its sum is complete.
 */
export interface Finished {
  readonly kind: "finished";
  readonly product: Dot | Conv;
  readonly finish: Nest;
}

/**
 * Nests over the same rows, block by block: for each block all nests in order, on its rows alone. Every nest's first axis are
 * the rows; what one reads of another's results is of the same row. `own` are results that no other step reads: they need no
 * more room than a block's.
 */
export interface Rows {
  readonly kind: "rows";
  readonly rows: number;
  /** Rows of a block; the last may have fewer. */
  readonly block: number;
  readonly nests: readonly Nest[];
  /** With the elements from row to row. */
  readonly own: readonly { readonly buffer: BufferId; readonly stride: number }[];
}

export type Step = Nest | Finished | Rows | Dot | ConvStep | SelectWindow | Running | Gather | Scatter | Sort | HostStep | Loop | Branch;

/** A program over buffers, in the order of execution. */
export interface LoopProgram {
  readonly buffers: readonly Buffer[];
  readonly steps: readonly Step[];
}

/** The lists of steps inside of a step, in the order of execution. */
export function listsOf(step: Step): readonly (readonly Step[])[] {
  if (step.kind === "branch") return step.branches;
  if (step.kind !== "loop") return [];
  return step.condition === undefined ? [step.body] : [step.condition.steps, step.body];
}

/** The step with each list inside of it changed, in the order of `listsOf`. */
export function withLists(step: Step, change: (steps: readonly Step[]) => readonly Step[]): Step {
  if (step.kind === "branch") return { ...step, branches: step.branches.map(change) };
  if (step.kind !== "loop") return step;
  const condition = step.condition === undefined ? {} : { condition: { ...step.condition, steps: change(step.condition.steps) } };
  return { ...step, ...condition, body: change(step.body) };
}

/** All steps, those inside of others after the one that they are in. */
export const allSteps = (steps: readonly Step[]): readonly Step[] => steps.flatMap((step) => [step, ...listsOf(step).flatMap(allSteps)]);

/** The buffer that a product or convolution writes. */
export const targetOf = (product: Dot | Conv): BufferId => (product.kind === "dot" ? product.c.buffer : product.result.buffer);

/** The buffers that a step reads, with what the steps inside of it read. */
export function readsOf(step: Step): readonly BufferId[] {
  switch (step.kind) {
    case "nest":
      return step.nodes.flatMap((node) => (node.kind === "load" ? [node.access.buffer] : []));
    case "finished": {
      const target = targetOf(step.product);
      return [...readsOf(step.product), ...readsOf(step.finish).filter((b) => b !== target)];
    }
    case "rows": {
      const written = new Set(step.nests.flatMap(writesOf));
      return step.nests.flatMap(readsOf).filter((b) => !written.has(b));
    }
    case "dot":
      return [step.a.buffer, step.b.buffer];
    case "conv":
      return [step.image.buffer, step.kernel.buffer];
    case "conv_input_gradient":
      return [step.result.buffer, step.kernel.buffer];
    case "conv_kernel_gradient":
      return [step.image.buffer, step.result.buffer];
    case "select_window":
      return [step.operand.buffer, step.source.buffer];
    case "running":
      return step.inputs.map((row) => row.buffer);
    case "gather":
      return [step.operand.buffer, step.where.indices.buffer];
    case "scatter":
      return [step.updates.buffer, step.where.indices.buffer, step.target];
    case "sort":
      return [...step.keys, ...step.moved].map(({ row }) => row.buffer);
    case "host":
      return step.inputs;
    case "loop":
      return [
        ...step.carries.map(({ initial }) => initial.buffer),
        ...step.slices.map(({ of }) => of),
        ...(step.condition === undefined ? [] : [step.condition.holds.buffer]),
        ...listsOf(step).flat().flatMap(readsOf),
      ];
    case "branch":
      return [step.index.buffer, ...step.branches.flat().flatMap(readsOf)];
    default:
      return step satisfies never;
  }
}

/** The buffers that a step writes, with what the steps inside of it write. */
export function writesOf(step: Step): readonly BufferId[] {
  switch (step.kind) {
    case "nest":
      return step.stores.map((store) => store.access.buffer);
    case "finished":
      return [...new Set([targetOf(step.product), ...writesOf(step.finish)])];
    case "rows":
      return step.nests.flatMap(writesOf).filter((b) => step.own.every(({ buffer }) => buffer !== b));
    case "dot":
      return [step.c.buffer];
    case "conv":
      return [step.result.buffer];
    case "conv_input_gradient":
      return [step.image.buffer];
    case "conv_kernel_gradient":
      return [step.partials];
    case "select_window":
    case "running":
    case "gather":
    case "scatter":
      return [step.target];
    case "sort":
      return [...step.moved.map(({ target }) => target), ...[step.positions, step.pairs].filter((b) => b !== undefined)];
    case "host":
      return step.outputs;
    case "loop":
      return [
        ...step.carries.flatMap(({ final, spare }) => [final, spare]),
        ...step.stacks.map(({ of }) => of),
        ...listsOf(step).flat().flatMap(writesOf),
      ];
    case "branch":
      return step.branches.flat().flatMap(writesOf);
    default:
      return step satisfies never;
  }
}
