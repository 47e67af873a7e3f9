// Matrix products c = a·b of known shape and strides: enters a spec, leaves a function of addresses and a range of rows.
// Which kernel runs depends on shape and strides alone, so a result has the same bits for every split of its rows.

import type { ModuleBuilder } from "../module.js";
import { extraLocals, extraTypes } from "./epilogue.js";
import { TILE_ROWS } from "./micro.js";
import { once } from "./once.js";
import { emitPacked, packedScratchBytes } from "./packed.js";
import { A, B, type Body, C, END, type GemmSpec, OWN, SCRATCH, START, lanesOf } from "./product.js";
import { directBody, emptyBody } from "./smallProduct.js";
import { vectorBody } from "./vectorProduct.js";

export type { GemmSpec, Strides } from "./product.js";

/** Operands must be readable this many bytes past their last element: vectors are loaded whole. */
export const OVERREAD = 16;

type Path = "nothing" | "empty" | "vector" | "direct" | "packed";

const FIRST_LEVEL = 1 << 15;
const SECOND_LEVEL = 1 << 19;

function pathOf({ dtype, rows, columns, depth, a, b, c }: GemmSpec): Path {
  if (rows * columns === 0) return "nothing";
  if (depth === 0) return "empty";
  if (rows === 1 || columns === 1) return "vector";
  if (c.column !== 1) return "packed";
  const bytes = depth * columns * lanesOf(dtype).bytes;
  const adjacent = b.column === 1;
  // Immediate offsets of loads are unsigned.
  if (a.row < 0) return "packed";
  if (rows < 2 * TILE_ROWS && adjacent) return "direct";
  if (bytes <= FIRST_LEVEL) return "direct";
  return bytes <= SECOND_LEVEL && (columns < 2 * TILE_ROWS || depth < TILE_ROWS) ? "direct" : "packed";
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

/** Bytes of scratch for each thread. */
export function gemmScratchBytes(spec: GemmSpec): number {
  const lanes = lanesOf(spec.dtype);
  switch (pathOf(spec)) {
    case "packed":
      return packedScratchBytes({ ...spec, lanes });
    case "direct":
      return spec.b.column === 1 ? 0 : spec.depth * roundUp(spec.columns, lanes.count) * lanes.bytes;
    case "empty":
      return spec.columns * lanes.bytes;
    case "vector":
      return lanes.bytes;
    case "nothing":
      return 0;
  }
}

/** The extent that threads may split: rows, or the columns of a single row. Ranges are best multiples of 4 (of 32 for one row). */
export const gemmExtent = ({ rows, columns }: GemmSpec): number => (rows === 1 ? columns : rows);

/**
 * Emits the product as a function `(a, b, c, scratch, start, end, ...extras)` and returns its index. `a`, `b`, `c` are addresses
 * of the first elements, `scratch` of `gemmScratchBytes` (16-byte aligned) of this thread's own, and `start` ≤ i < `end` the
 * part of `gemmExtent` to compute; `extras` are the epilogue's parameters.
 */
export const emitGemm = (module: ModuleBuilder, spec: GemmSpec, exportAs?: string): number =>
  exportAs === undefined
    ? once(module, `gemm ${JSON.stringify(spec)}`, () => newGemm(module, spec, undefined))
    : newGemm(module, spec, exportAs);

function newGemm(module: ModuleBuilder, spec: GemmSpec, exportAs: string | undefined): number {
  const types = [...Array.from({ length: OWN }, () => "i32" as const), ...extraTypes(spec.epilogue)];
  const path = pathOf(spec);
  if (path === "packed") {
    const packed = emitPackedProduct(module, spec);
    return module.function(exportAs, types, [], (code) => {
      for (const param of [A, B, C, SCRATCH, START, END]) code.get(param);
      code.i32(0).i32(0).i32(0).i32(0);
      for (const extra of extraLocals(spec.epilogue, OWN)) code.get(extra);
      code.call(packed);
    });
  }
  return module.function(exportAs, types, [], bodies[path](module, spec));
}

const bodies: Readonly<Record<Exclude<Path, "packed">, (module: ModuleBuilder, spec: GemmSpec) => Body>> = {
  nothing: () => () => undefined,
  empty: emptyBody,
  vector: vectorBody,
  direct: directBody,
};

function emitPackedProduct(module: ModuleBuilder, spec: GemmSpec): number {
  const lanes = lanesOf(spec.dtype);
  const axis = (stride: number) => ({ stride: stride * lanes.bytes });
  return emitPacked(module, {
    lanes,
    fused: spec.fused ?? false,
    rows: spec.rows,
    columns: spec.columns,
    depth: spec.depth,
    a: { row: axis(spec.a.row), depth: axis(spec.a.column) },
    b: { depth: axis(spec.b.row), column: axis(spec.b.column) },
    c: { rowBytes: spec.c.row * lanes.bytes, columnBytes: spec.c.column * lanes.bytes },
    accumulate: spec.accumulate ?? false,
    epilogue: spec.epilogue,
  });
}
