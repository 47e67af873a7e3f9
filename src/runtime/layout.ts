// Where the buffers of a program lie while it runs: constants at fixed addresses, arguments and results where the call's
// frame says, temporaries in the transient area.

import { bytesOf } from "../core/dtype.js";
import type { Lowered } from "../compile/lowering.js";
import { type Plan, allocatedBytes } from "../compile/plan.js";
import { type BufferId, type LoopProgram, allSteps } from "../loop/ir.js";
import type { Machine } from "./machine.js";
import { isStructured, kindOf } from "./steps.js";

/** Results up to this size are copied out: a typed array is cheaper then than a place in the heap with its bookkeeping. */
const SMALL_BYTES = 4096;

/** Where a buffer lies: at a fixed address, at an offset in the transient area, or where a word of the frame says. */
export type Place =
  | { readonly kind: "fixed"; readonly address: number }
  | { readonly kind: "transient"; readonly offset: number }
  | { readonly kind: "frame"; readonly slot: number };

/** The transient area: the frame of addresses (of arguments, results, and what moves in loops), then staged small arguments, then small results, then temporaries. */
export interface Layout {
  readonly places: ReadonlyMap<BufferId, Place>;
  /** Offsets in the transient area for small arguments and results, by buffer. */
  readonly staged: ReadonlyMap<BufferId, number>;
  readonly results: { readonly start: number; readonly end: number };
  /** Where the first thread's scratch is, and how many bytes each has. */
  readonly scratch: { readonly offset: number; readonly bytes: number };
  readonly bytes: number;
}

const bufferBytes = (program: LoopProgram, b: BufferId): number => program.buffers[b].size * bytesOf(program.buffers[b].dtype);

export function layOut(
  { heap, pool }: Machine,
  owner: object,
  { inputs, constants, outputs }: Lowered,
  program: LoopProgram,
  plan: Plan,
): Layout {
  const places = new Map<BufferId, Place>();
  const staged = new Map<BufferId, number>();
  const addresses = heap.keep(
    owner,
    constants.map(({ value }) => value.data),
  );
  constants.forEach(({ buffer }, i) => places.set(buffer, { kind: "fixed", address: addresses[i] }));
  const moving = program.buffers.flatMap(({ role }, b) => (role === "moving" ? [b] : []));
  const framed = [...inputs, ...outputs, ...moving];
  framed.forEach((b, slot) => places.set(b, { kind: "frame", slot }));
  let next = Math.ceil((framed.length * 4) / 64) * 64;
  const stage = (b: BufferId): void => {
    if (staged.has(b) || bufferBytes(program, b) > SMALL_BYTES) return;
    staged.set(b, next);
    next += allocatedBytes(bufferBytes(program, b));
  };
  inputs.forEach(stage);
  const start = next;
  outputs.forEach(stage);
  const end = next;
  for (const [b, offset] of plan.offsets) places.set(b, { kind: "transient", offset: next + offset });
  const each = Math.max(
    0,
    ...allSteps(program.steps).map((step) => (isStructured(step) ? allocatedBytes(kindOf(step).scratchBytes?.(step) ?? 0) : 0)),
  );
  const scratch = { offset: next + plan.bytes, bytes: each };
  return { places, staged, results: { start, end }, scratch, bytes: scratch.offset + each * (pool?.threads ?? 1) };
}
