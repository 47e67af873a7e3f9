// Packing: parts of a matrix are copied into panels in the order in which the inner kernel reads them.
// A matrix is given by an axis of rows and one of columns; the address of an element is the sum of a base and both offsets.

import type { Code, Local, ModuleBuilder } from "../module.js";
import { address, advance, countDown } from "./flow.js";
import type { Lanes } from "./lanes.js";
import { TILE_ROWS } from "./micro.js";
import { once } from "./once.js";

/**
 * The byte offset of each index along an axis: a stride in bytes, or a table of i32 offsets in memory (its address comes as a
 * parameter of the kernel that reads it).
 */
export type Axis = { readonly stride: number } | "table";

/** Of what kind an axis is. The functions below take a parameter for it: the stride, or the address of the table. */
export type AxisKind = "stride" | "table";

export const kindOf = (axis: Axis): AxisKind => (axis === "table" ? "table" : "stride");

/** Puts the parameter for an axis on the stack; `table` is the address of its table, where it has one. */
export const pushAxis = (code: Code, axis: Axis, table: Local): Code => (axis === "table" ? code.get(table) : code.i32(axis.stride));

/** Puts the offset of index `index` on the stack; `table` is the address of the axis's table, where it has one. */
export function pushOffset(code: Code, axis: Axis, index: Local, table: Local): Code {
  if (axis === "table") return address(code, table, index, 4).memory("i32.load");
  return code.get(index).i32(axis.stride).op("i32.mul");
}

/** Walks along k: `push` gives the offset at the present k, `next` goes on. */
export interface Walk {
  readonly next: () => void;
  readonly push: () => Code;
}

/** Begins a walk along an axis; `axis` is its parameter. */
export function walk(code: Code, kind: AxisKind, axis: Local): Walk {
  const position = code.local("i32");
  if (kind === "table") {
    code.get(axis).set(position);
    return { next: () => advance(code, position, 4), push: () => code.get(position).memory("i32.load") };
  }
  code.i32(0).set(position);
  return { next: () => advance(code, position, { local: axis }), push: () => code.get(position) };
}

/**
 * Emits `packRows(r0, r1, r2, r3, k, depth, to)`: the panel of the four rows at the addresses r0 … r3, each element a vector of
 * equal lanes: to[k, r]. `k` is the parameter for the axis of k, its table taken from the first step on.
 */
export const emitPackRows = (module: ModuleBuilder, lanes: Lanes, depthAxis: Axis): number =>
  once(module, `packRows ${lanes.scalar} ${kindOf(depthAxis)}`, () =>
    module.function(
      undefined,
      Array.from({ length: TILE_ROWS + 3 }, () => "i32" as const),
      [],
      (code) => {
        const [axis, depth, to] = [TILE_ROWS, TILE_ROWS + 1, TILE_ROWS + 2];
        const k = walk(code, kindOf(depthAxis), axis);
        const offset = code.local("i32");
        countDown(code, depth, 1, () => {
          k.push().set(offset);
          for (let r = 0; r < TILE_ROWS; r++) {
            code
              .get(to)
              .get(r)
              .get(offset)
              .op("i32.add")
              .memory(lanes.splatLoad)
              .memory("v128.store", r * 16);
          }
          k.next();
          advance(code, to, TILE_ROWS * 16);
        });
      },
    ),
  );
