// Nests over the same rows as a function of blocks: for each block it calls the nests' functions on its rows. Results that no
// other step reads stand in the thread's scratch, at the same place for every block.

import { allocatedBytes } from "../compile/plan.js";
import { bytesOf } from "../core/dtype.js";
import { numberText } from "../loop/numberText.js";
import { type BufferId, type Nest, type Rows, readsOf, writesOf } from "../loop/ir.js";
import { countUp, setMin } from "../wasm/kernels/flow.js";
import { once } from "../wasm/kernels/once.js";
import { type Constants, FunctionContext } from "../wasm/math/context.js";
import type { ModuleBuilder } from "../wasm/module.js";
import { emitRows } from "../wasm/nest.js";
import { parametersOf } from "../wasm/schedule.js";

/** A result in the scratch: where it begins there, and the bytes from row to row. */
interface Own {
  readonly buffer: BufferId;
  readonly offset: number;
  readonly rowBytes: number;
}

export const rowsBuffers = (step: Rows): readonly BufferId[] => [...new Set([...readsOf(step), ...writesOf(step)])];

function scratchOf({ nests, own, block }: Rows): { readonly places: readonly Own[]; readonly bytes: number } {
  let bytes = 0;
  const places = own.map(({ buffer, stride }): Own => {
    const rowBytes = stride * elementBytes(nests, buffer);
    const place = { buffer, offset: bytes, rowBytes };
    bytes += allocatedBytes(block * rowBytes);
    return place;
  });
  return { places, bytes };
}

function elementBytes(nests: readonly Nest[], buffer: BufferId): number {
  for (const { nodes, stores } of nests) {
    const store = stores.find((s) => s.access.buffer === buffer);
    if (store !== undefined) return bytesOf(nodes[store.node].dtype);
  }
  throw new TypeError("a result that no nest writes");
}

export const rowsScratchBytes = (step: Rows): number => scratchOf(step).bytes;

/** Emits `(…addresses, scratch, begin, end)`, a range of blocks. Steps that differ only in their buffers share one function. */
export function emitRowsStep(module: ModuleBuilder, step: Rows, fma: boolean, heap: Constants): number {
  const order = [...rowsBuffers(step), ...step.own.map(({ buffer }) => buffer)];
  const named = (name: string, value: unknown): unknown => {
    if (name === "buffer") return order.indexOf(value as BufferId);
    return typeof value === "number" ? numberText(value) : value;
  };
  return once(module, JSON.stringify(step, named), () => newRowsStep(module, step, fma, heap));
}

function newRowsStep(module: ModuleBuilder, step: Rows, fma: boolean, heap: Constants): number {
  const functions = step.nests.map((nest) => {
    const parameters = parametersOf(nest);
    const types = [...parameters, "begin", "end"].map(() => "i32" as const);
    const index = module.function(undefined, types, [], (code) =>
      emitRows({ code, constants: new FunctionContext(code, heap, fma) }, nest),
    );
    return { index, parameters };
  });
  const buffers = rowsBuffers(step);
  const { places } = scratchOf(step);
  const scratch = buffers.length;
  const [begin, end] = [scratch + 1, scratch + 2];
  return module.function(undefined, new Array<"i32">(end + 1).fill("i32"), [], (code) => {
    const [first, last] = [code.local("i32"), code.local("i32")];
    const push = (b: BufferId): void => {
      const own = places.find(({ buffer }) => buffer === b);
      if (own === undefined) return void code.get(buffers.indexOf(b));
      // Where row 0 would be, for the block's first row to be at the beginning.
      code.get(scratch).i32(own.offset).op("i32.add").get(first).i32(own.rowBytes).op("i32.mul", "i32.sub");
    };
    countUp(code, begin, { local: end }, 1, () => {
      code.get(begin).i32(step.block).op("i32.mul").set(first);
      setMin(code, last, () => code.get(first).i32(step.block).op("i32.add"), step.rows);
      for (const { index, parameters } of functions) {
        parameters.forEach(push);
        code.get(first).get(last).call(index);
      }
    });
  });
}
