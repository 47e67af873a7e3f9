// Small matrix products: tiles over operands where they are (b is copied first if its columns are not adjacent), and the product
// of no terms. The results of a few rows are finished as soon as they stand.

import type { Code, Local, ModuleBuilder } from "../module.js";
import { emitClear, emitDirectStrip } from "./direct.js";
import { ADD, LAST } from "./epilogue.js";
import { address, advance, countUp, setMin } from "./flow.js";
import { TILE_ROWS, TILE_VECTORS } from "./micro.js";
import { emitPackColumns } from "./packColumns.js";
import { A, B, type Body, C, END, type GemmSpec, SCRATCH, START, callFinish, depthBlock, finishOf, lanesOf } from "./product.js";

/** Emits the product of no terms: zeros go through the epilogue, row by row. */
export function emptyBody(module: ModuleBuilder, spec: GemmSpec): Body {
  const lanes = lanesOf(spec.dtype);
  const finish = finishOf(module, spec);
  const single = spec.rows === 1;
  const mode = LAST | (spec.accumulate === true ? ADD : 0);
  return (code) => {
    const [at, to, zero] = Array.from({ length: 3 }, () => code.local("i32"));
    // The range is of columns if there is one row.
    const columns = (): Code => (single ? code.get(END).get(START).op("i32.sub") : code.i32(spec.columns));
    const turn = (): void => {
      const count = code.local("i32");
      code.get(SCRATCH).set(at);
      columns().set(count);
      emitClear(code, lanes, at, count);
      code.get(SCRATCH).set(at);
      address(code, C, START, (single ? spec.c.column : spec.c.row) * lanes.bytes).set(to);
      callFinish(code, spec, finish, {
        from: at,
        to,
        row: () => code.get(single ? zero : START),
        column: () => code.get(single ? START : zero),
        count: columns,
        mode,
      });
    };
    if (single) return turn();
    countUp(code, START, { local: END }, 1, turn);
  };
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

// b as rows of adjacent columns: where it is, or copied to scratch.
function adjacentColumns(module: ModuleBuilder, spec: GemmSpec): { readonly depthBytes: number; readonly prepare: Body } {
  const lanes = lanesOf(spec.dtype);
  if (spec.b.column === 1) return { depthBytes: spec.b.row * lanes.bytes, prepare: () => undefined };
  const depthBytes = roundUp(spec.columns, lanes.count) * lanes.bytes;
  const axes = { depth: { stride: spec.b.row * lanes.bytes }, column: { stride: spec.b.column * lanes.bytes } };
  const pack = emitPackColumns(module, lanes, axes, depthBytes);
  return {
    depthBytes,
    prepare: (code) => {
      code.get(B).i32(axes.depth.stride).i32(axes.column.stride).i32(0).i32(spec.columns).i32(spec.depth).get(SCRATCH).call(pack);
      code.get(SCRATCH).set(B);
    },
  };
}

// Tiles for a number of rows: more vectors across where there are fewer rows.
const directTile = (rows: number): { rows: number; vectors: number } =>
  rows >= 3 ? { rows: Math.min(rows, TILE_ROWS), vectors: TILE_VECTORS } : { rows, vectors: rows === 2 ? 4 : 8 };

/** Emits a product of tiles that read their operands in place. */
export function directBody(module: ModuleBuilder, spec: GemmSpec): Body {
  const lanes = lanesOf(spec.dtype);
  const { bytes } = lanes;
  const { depthBytes, prepare } = adjacentColumns(module, spec);
  const tile = directTile(spec.rows);
  const strides = {
    aRowBytes: spec.a.row * bytes,
    aDepthBytes: spec.a.column * bytes,
    bDepthBytes: depthBytes,
    cRowBytes: spec.c.row * bytes,
  };
  const strip = (rows: number): number =>
    emitDirectStrip(module, { ...strides, lanes, fused: spec.fused ?? false, rows, vectors: tile.vectors, columns: spec.columns });
  const whole = strip(tile.rows);
  const single = tile.rows === 1 ? whole : strip(1);
  const finish = spec.epilogue === undefined ? undefined : finishOf(module, spec);
  const block = depthBlock(spec, bytes);
  return (code) => {
    const [pc, kc, row, to, r] = Array.from({ length: 5 }, () => code.local("i32"));
    prepare(code);
    const rows = (count: number, kernel: number): void => {
      address(code, A, row, strides.aRowBytes);
      address(code, C, row, strides.cRowBytes).set(to);
      code.get(B).get(to).i32(spec.columns).get(kc);
      if (spec.accumulate === true) code.i32(1);
      else code.get(pc);
      code.call(kernel);
      if (finish === undefined) return;
      code.get(pc).get(kc).op("i32.add").i32(spec.depth).op("i32.eq");
      code.if(() => finishInPlace(code, spec, finish, { row, to, r, count, rowBytes: strides.cRowBytes }));
    };
    countUp(code, pc, spec.depth, block, () => {
      setMin(code, kc, () => code.i32(spec.depth).get(pc).op("i32.sub"), block);
      code.get(START).set(row);
      code.while(
        () => code.get(row).i32(tile.rows).op("i32.add").get(END).op("i32.le_u"),
        () => {
          rows(tile.rows, whole);
          advance(code, row, tile.rows);
        },
      );
      if (tile.rows > 1) countUp(code, row, { local: END }, 1, () => rows(1, single));
      advance(code, A, block * strides.aDepthBytes);
      advance(code, B, block * strides.bDepthBytes);
    });
  };
}

interface RowsInPlace {
  readonly row: Local;
  readonly to: Local;
  readonly r: Local;
  readonly count: number;
  readonly rowBytes: number;
}

function finishInPlace(code: Code, spec: GemmSpec, finish: number, { row, to, r, count, rowBytes }: RowsInPlace): void {
  code.i32(0).set(r);
  countUp(code, r, count, 1, () => {
    callFinish(code, spec, finish, {
      from: to,
      to,
      row: () => code.get(row).get(r).op("i32.add"),
      column: () => code.i32(0),
      count: () => code.i32(spec.columns),
      mode: LAST,
    });
    advance(code, to, rowBytes);
  });
}
