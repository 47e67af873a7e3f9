// Products of large matrices, after Goto and van de Geijn (Anatomy of high-performance matrix multiplication, 2008).
// A block of b is packed to stay in the second-level cache; four rows of a at a time are packed to stay in the first, and the
// strip of c that they give is finished at once. The order of sums depends on the shape alone, never on the range of rows.

import type { Code, Local, ModuleBuilder } from "../module.js";
import { ADD, type Epilogue, LAST, emitFinish, extraLocals, extraTypes } from "./epilogue.js";
import { address, advance, countUp, setMin } from "./flow.js";
import type { Lanes } from "./lanes.js";
import { TILE_ROWS, emitStrip, tileColumns } from "./micro.js";
import { type Axis, emitPackRows, pushAxis, pushOffset } from "./pack.js";
import { emitPackColumns, packedColumnBytes } from "./packColumns.js";

/** A product as the packed kernel sees it. */
export interface PackedSpec {
  readonly lanes: Lanes;
  readonly fused: boolean;
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly a: { readonly row: Axis; readonly depth: Axis };
  readonly b: { readonly depth: Axis; readonly column: Axis };
  /** Whether a comes as `emitPackAll` leaves it; the range of rows must begin at a multiple of TILE_ROWS then. */
  readonly prepacked?: boolean;
  readonly c: { readonly rowBytes: number; readonly columnBytes: number };
  readonly accumulate: boolean;
  readonly epilogue?: Epilogue | undefined;
  /** A function that takes the rows of sums in the place of `emitFinish`'s (same parameters); it gets every partial sum. */
  readonly finish?: number;
}

const DEPTH_MAX = 320;
const COLUMN_BYTES_MAX = 2048;

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

// Equal blocks under a limit, so that no sliver is left over.
const blockOf = (size: number, limit: number, step: number): number =>
  roundUp(Math.max(1, Math.ceil(size / Math.max(1, Math.ceil(size / limit)))), step);

/** Sizes of the blocks of k and of columns. */
export const packedBlocks = ({ lanes, columns, depth }: Pick<PackedSpec, "lanes" | "columns" | "depth">) => ({
  depth: blockOf(depth, DEPTH_MAX * (4 / lanes.bytes), 1),
  columns: blockOf(columns, COLUMN_BYTES_MAX / lanes.bytes, tileColumns(lanes)),
});

/** Offsets in the scratch of a thread: the packed block of b, the packed panel of a, a strip of sums. */
function layout(spec: Pick<PackedSpec, "lanes" | "columns" | "depth">) {
  const blocks = packedBlocks(spec);
  const panel = roundUp(packedColumnBytes(spec.lanes, blocks.columns, blocks.depth), 64);
  const strip = panel + roundUp(blocks.depth * TILE_ROWS * 16, 64);
  const stripRow = blocks.columns * spec.lanes.bytes;
  return { panel, strip, stripRow, bytes: strip + stripRow * TILE_ROWS };
}

/** Bytes of scratch that each thread needs. */
export const packedScratchBytes = (spec: Pick<PackedSpec, "lanes" | "columns" | "depth">): number => layout(spec).bytes;

/** Bytes of all rows of a, packed by `emitPackAll`. */
export const packedRowsBytes = (rows: number, depth: number): number => Math.ceil(rows / TILE_ROWS) * depth * TILE_ROWS * 16;

/** Parameters of the packed kernel; the epilogue's follow. Tables that an axis does not have are not read. */
export const packedParams = {
  a: 0,
  b: 1,
  c: 2,
  scratch: 3,
  rowStart: 4,
  rowEnd: 5,
  aRowTable: 6,
  aDepthTable: 7,
  bDepthTable: 8,
  bColumnTable: 9,
} as const;

const OWN = 10;
const p = packedParams;
const ownTypes = Array.from({ length: OWN }, () => "i32" as const);

// The base and the parameter for an axis, from index k on: a stride moves the base, a table is entered further on.
function seek(code: Code, axis: Axis, base: Local, table: Local, k: Local): readonly [base: () => void, axis: () => void] {
  if (axis === "table") return [() => code.get(base), () => address(code, table, k, 4)];
  return [() => address(code, base, k, axis.stride), () => code.i32(axis.stride)];
}

// The addresses of four rows; a row beyond the range repeats the last.
function pushRows(code: Code, axis: Axis, row: Local, end: Local, base: () => void, table: Local): void {
  const [index, last] = [code.local("i32"), code.local("i32")];
  code.get(end).i32(1).op("i32.sub").set(last);
  for (let r = 0; r < TILE_ROWS; r++) {
    setMin(code, index, () => code.get(row).i32(r).op("i32.add"), { local: last });
    base();
    pushOffset(code, axis, index, table).op("i32.add");
  }
}

/** Emits `packAll(a, to, aRowTable, aDepthTable)`: every row of a, packed as [block of k][four rows][k][row]. */
export function emitPackAll(module: ModuleBuilder, spec: PackedSpec): number {
  const pack = emitPackRows(module, spec.lanes, spec.a.depth);
  const block = packedBlocks(spec).depth;
  return module.function(undefined, ["i32", "i32", "i32", "i32"], [], (code) => {
    const [a, to, rowTable, depthTable] = [0, 1, 2, 3];
    const [pc, kc, row, end] = [code.local("i32"), code.local("i32"), code.local("i32"), code.local("i32")];
    code.i32(spec.rows).set(end);
    countUp(code, pc, spec.depth, block, () => {
      setMin(code, kc, () => code.i32(spec.depth).get(pc).op("i32.sub"), block);
      const [base, table] = seek(code, spec.a.depth, a, depthTable, pc);
      code.i32(0).set(row);
      countUp(code, row, spec.rows, TILE_ROWS, () => {
        pushRows(code, spec.a.row, row, end, base, rowTable);
        table();
        code.get(kc).get(to).call(pack);
        address(code, to, kc, TILE_ROWS * 16).set(to);
      });
    });
  });
}

interface Block {
  readonly code: Code;
  readonly spec: PackedSpec;
  /** First column, columns, first k, depth of the block. */
  readonly jc: Local;
  readonly nc: Local;
  readonly pc: Local;
  readonly kc: Local;
  readonly mode: Local;
}

// Puts the address of the packed panel of the rows at `row` on the stack, after packing it if need be.
function pushPanel({ code, spec, pc, kc }: Block, row: Local, pack: number | undefined): void {
  if (pack === undefined) {
    // [block of k][four rows]: all rows of the blocks before, then the panels before.
    address(code, p.a, pc, Math.ceil(spec.rows / TILE_ROWS) * TILE_ROWS * 16);
    code
      .get(row)
      .i32(2)
      .op("i32.shr_u")
      .get(kc)
      .op("i32.mul")
      .i32(TILE_ROWS * 16)
      .op("i32.mul", "i32.add");
    return;
  }
  const { panel } = layout(spec);
  const [base, table] = seek(code, spec.a.depth, p.a, p.aDepthTable, pc);
  pushRows(code, spec.a.row, row, p.rowEnd, base, p.aRowTable);
  table();
  code.get(kc).get(p.scratch).i32(panel).op("i32.add").call(pack);
  code.get(p.scratch).i32(panel).op("i32.add");
}

// Emits the finish of `rows` rows of sums at `from`, `fromRow` bytes apart, whose columns begin at `column`.
function finishRows(
  { code, spec }: Block,
  finish: number,
  row: Local,
  rows: Local,
  part: { from: Local; fromRow: number; column: Local; count: Local; mode: () => void },
): void {
  const [r, from, to, at] = [code.local("i32"), code.local("i32"), code.local("i32"), code.local("i32")];
  address(code, p.c, row, spec.c.rowBytes).set(to);
  address(code, to, part.column, spec.c.columnBytes).set(to);
  code.get(part.from).set(from).get(row).set(at).get(rows).set(r);
  code.doWhile(
    () => {
      code.get(from).get(to).get(at).get(part.column).get(part.count);
      part.mode();
      for (const extra of extraLocals(spec.epilogue, OWN)) code.get(extra);
      code.call(finish);
      advance(code, from, part.fromRow);
      advance(code, to, spec.c.rowBytes);
      advance(code, at, 1);
      advance(code, r, -1);
    },
    () => code.get(r),
  );
}

interface Kernels {
  readonly finish: number;
  readonly strip: number;
  /** Whether sums may go straight into the result. */
  readonly direct: boolean;
  readonly packRows: number | undefined;
  readonly packColumns: number;
}

function emitKernels(module: ModuleBuilder, spec: PackedSpec): Kernels {
  const { lanes, fused } = spec;
  const direct = spec.finish === undefined && spec.c.columnBytes === lanes.bytes;
  return {
    finish:
      spec.finish ??
      emitFinish(module, { lanes, columnBytes: spec.c.columnBytes, whole: spec.columns % lanes.count === 0, epilogue: spec.epilogue }),
    strip: emitStrip(module, lanes, fused),
    direct,
    packRows: spec.prepacked === true ? undefined : emitPackRows(module, lanes, spec.a.depth),
    packColumns: emitPackColumns(module, lanes, spec.b),
  };
}

// Four rows (or the last few) of one block: packed, multiplied, finished.
function emitStripOfBlock(block: Block, kernels: Kernels, row: Local): void {
  const { code, spec, jc, nc, kc, mode } = block;
  const { lanes } = spec;
  const wide = tileColumns(lanes);
  const [panel, rows, whole, buffer, first, rest, b, c] = Array.from({ length: 8 }, () => code.local("i32"));
  const local = { panel, rows, whole, buffer, first, rest, b, c };
  pushPanel(block, row, kernels.packRows);
  code.set(local.panel);
  setMin(code, local.rows, () => code.get(p.rowEnd).get(row).op("i32.sub"), TILE_ROWS);
  code.get(p.scratch).i32(layout(spec).strip).op("i32.add").set(local.buffer);
  code.i32(0).set(local.whole);
  if (kernels.direct) {
    code.get(local.rows).i32(TILE_ROWS).op("i32.eq");
    code.if(() => code.get(nc).i32(-wide).op("i32.and").set(local.whole));
    code.get(local.whole);
    code.if(() => {
      address(code, p.c, row, spec.c.rowBytes).set(local.c);
      address(code, local.c, jc, lanes.bytes).set(local.c);
      code.get(local.panel).get(p.scratch).get(local.c).get(kc).get(local.whole).i32(wide).op("i32.div_u");
      code.get(mode).i32(ADD).op("i32.and").i32(spec.c.rowBytes).call(kernels.strip);
      if (spec.epilogue === undefined) return;
      code.get(mode).i32(LAST).op("i32.and");
      const part = { from: local.c, fromRow: spec.c.rowBytes, column: jc, count: local.whole, mode: () => code.i32(LAST) };
      code.if(() => finishRows(block, kernels.finish, row, local.rows, part));
    });
  }
  code.get(nc).get(local.whole).op("i32.sub").tee(local.rest);
  code.if(() => {
    code.get(local.whole).get(kc).op("i32.mul").i32(lanes.bytes).op("i32.mul").get(p.scratch).op("i32.add").set(local.b);
    code.get(local.panel).get(local.b).get(local.buffer).get(kc);
    code
      .get(local.rest)
      .i32(wide - 1)
      .op("i32.add")
      .i32(wide)
      .op("i32.div_u")
      .i32(0)
      .i32(layout(spec).stripRow)
      .call(kernels.strip);
    code.get(jc).get(local.whole).op("i32.add").set(local.first);
    const part = { from: local.buffer, fromRow: layout(spec).stripRow, column: local.first, count: local.rest, mode: () => code.get(mode) };
    finishRows(block, kernels.finish, row, local.rows, part);
  });
}

/**
 * Emits the packed product of rows `rowStart` ≤ i < `rowEnd`: a function of `packedParams` and the epilogue's parameters.
 * `spec.depth` must not be 0.
 */
export function emitPacked(module: ModuleBuilder, spec: PackedSpec): number {
  const kernels = emitKernels(module, spec);
  const blocks = packedBlocks(spec);
  return module.function(undefined, [...ownTypes, ...extraTypes(spec.epilogue)], [], (code) => {
    const [jc, nc, pc, kc, mode, row] = Array.from({ length: 6 }, () => code.local("i32"));
    const block: Block = { code, spec, jc, nc, pc, kc, mode };
    countUp(code, jc, spec.columns, blocks.columns, () => {
      setMin(code, nc, () => code.i32(spec.columns).get(jc).op("i32.sub"), blocks.columns);
      code.i32(0).set(pc);
      countUp(code, pc, spec.depth, blocks.depth, () => {
        setMin(code, kc, () => code.i32(spec.depth).get(pc).op("i32.sub"), blocks.depth);
        const [base, table] = seek(code, spec.b.depth, p.b, p.bDepthTable, pc);
        base();
        table();
        pushAxis(code, spec.b.column, p.bColumnTable)
          .get(jc)
          .get(jc)
          .get(nc)
          .op("i32.add")
          .get(kc)
          .get(p.scratch)
          .call(kernels.packColumns);
        // mode = ADD unless these are the first sums, and LAST with the last k.
        if (spec.accumulate) code.i32(ADD);
        else code.get(pc).i32(0).op("i32.ne");
        code.get(pc).get(kc).op("i32.add").i32(spec.depth).op("i32.eq").i32(1).op("i32.shl", "i32.or").set(mode);
        code.get(p.rowStart).set(row);
        countUp(code, row, { local: p.rowEnd }, TILE_ROWS, () => emitStripOfBlock(block, kernels, row));
      });
    });
  });
}
