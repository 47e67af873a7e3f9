// Matrix products c = a·b of known shape and strides: enters a spec, leaves a function of addresses and a range of rows.
// Which kernel runs depends on shape and strides alone, so a result has the same bits for every split of its rows.

import type { Code, Local, ModuleBuilder } from "../module.js";
import { emitClear, emitDirectStrip, emitDot } from "./direct.js";
import { ADD, type Epilogue, LAST, emitFinish, extraLocals, extraTypes } from "./epilogue.js";
import { address, advance, countUp, setMin } from "./flow.js";
import { type Lanes, f32Lanes, f64Lanes } from "./lanes.js";
import { TILE_ROWS, TILE_VECTORS } from "./micro.js";
import { emitPackColumns } from "./pack.js";
import { emitPacked, packedScratchBytes } from "./packed.js";

/** Distances between neighbouring rows and columns, in elements. */
export interface Strides {
  readonly row: number;
  readonly column: number;
}

/** A product c[rows, columns] = a[rows, depth] · b[depth, columns]. */
export interface GemmSpec {
  readonly dtype: "float32" | "float64";
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly a: Strides;
  readonly b: Strides;
  readonly c: Strides;
  /** Adds the product to what c holds. */
  readonly accumulate?: boolean;
  /** Uses relaxed SIMD's multiply-add; the engine must have it. */
  readonly fused?: boolean;
  readonly epilogue?: Epilogue | undefined;
}

/** Operands must be readable this many bytes past their last element: vectors are loaded whole. */
export const OVERREAD = 16;

/** Kernels' vectors for a dtype. */
export const lanesOf = (dtype: GemmSpec["dtype"]): Lanes => (dtype === "float32" ? f32Lanes : f64Lanes);

type Path = "nothing" | "empty" | "vector" | "direct" | "packed";

const FIRST_LEVEL = 1 << 15;
const SECOND_LEVEL = 1 << 19;

function pathOf({ dtype, rows, columns, depth, b, c }: GemmSpec): Path {
  if (rows * columns === 0) return "nothing";
  if (depth === 0) return "empty";
  if (rows === 1 || columns === 1) return "vector";
  if (c.column !== 1) return "packed";
  const bytes = depth * columns * lanesOf(dtype).bytes;
  const adjacent = b.column === 1;
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

const A = 0;
const B = 1;
const C = 2;
const SCRATCH = 3;
const START = 4;
const END = 5;
const OWN = 6;

/**
 * Emits the product as a function `(a, b, c, scratch, start, end, ...extras)` and returns its index. `a`, `b`, `c` are addresses
 * of the first elements, `scratch` of `gemmScratchBytes` (16-byte aligned) of this thread's own, and `start` ≤ i < `end` the
 * part of `gemmExtent` to compute; `extras` are the epilogue's parameters.
 */
export function emitGemm(module: ModuleBuilder, spec: GemmSpec, exportAs?: string): number {
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

type Body = (code: Code) => void;

const finishOf = (module: ModuleBuilder, spec: GemmSpec, columnStride = spec.c.column): number => {
  const lanes = lanesOf(spec.dtype);
  return emitFinish(module, { lanes, columnBytes: columnStride * lanes.bytes, epilogue: spec.epilogue });
};

// No terms: zeros go through the epilogue.
function emptyBody(module: ModuleBuilder, spec: GemmSpec): Body {
  const lanes = lanesOf(spec.dtype);
  const finish = finishOf(module, spec);
  return (code) => {
    const [at, count, column] = [code.local("i32"), code.local("i32"), code.local("i32")];
    const single = spec.rows === 1;
    const row = single ? column : START;
    const turn = (columns: () => Code, target: () => void): void => {
      code.get(SCRATCH).set(at);
      columns().set(count);
      emitClear(code, lanes, at, count);
      code.get(SCRATCH);
      target();
      code.get(row).get(single ? START : column);
      columns().i32(LAST | (spec.accumulate === true ? ADD : 0));
      for (const extra of extraLocals(spec.epilogue, OWN)) code.get(extra);
      code.call(finish);
    };
    if (single) turn(() => code.get(END).get(START).op("i32.sub"), () => address(code, C, START, spec.c.column * lanes.bytes));
    else countUp(code, START, { local: END }, 1, () => turn(() => code.i32(spec.columns), () => address(code, C, START, spec.c.row * lanes.bytes)));
  };
}

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
      code.get(B).i32(0).i32(0).i32(0).i32(spec.columns).i32(spec.depth).get(SCRATCH).call(pack);
      code.get(SCRATCH).set(B);
    },
  };
}

// Tiles for a number of rows: more vectors across where there are fewer rows.
const directTile = (rows: number): { rows: number; vectors: number } =>
  rows >= 3 ? { rows: Math.min(rows, TILE_ROWS), vectors: TILE_VECTORS } : { rows, vectors: rows === 2 ? 4 : 8 };

// Rows of b at a time, so that the next columns find their cache lines and pages again.
const depthBlock = (spec: GemmSpec, bytes: number): number => (spec.columns * spec.depth * bytes > SECOND_LEVEL / 4 ? 64 : spec.depth);

function directBody(module: ModuleBuilder, spec: GemmSpec): Body {
  const lanes = lanesOf(spec.dtype);
  const { bytes } = lanes;
  const { depthBytes, prepare } = adjacentColumns(module, spec);
  const tile = directTile(spec.rows);
  const strides = { aRowBytes: spec.a.row * bytes, aDepthBytes: spec.a.column * bytes, bDepthBytes: depthBytes, cRowBytes: spec.c.row * bytes };
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
    code.get(to).get(to).get(row).get(r).op("i32.add").i32(0).i32(spec.columns).i32(LAST);
    for (const extra of extraLocals(spec.epilogue, OWN)) code.get(extra);
    code.call(finish);
    advance(code, to, rowBytes);
  });
}

// One column, or one row taken as the column of the transposed product: c[i] = Σ matrix[i, k] vector[k].
function vectorBody(module: ModuleBuilder, spec: GemmSpec): Body {
  const { bytes } = lanesOf(spec.dtype);
  const single = spec.rows === 1;
  const matrix = single ? { local: B, along: spec.b.column, depth: spec.b.row } : { local: A, along: spec.a.row, depth: spec.a.column };
  const vector = single ? { local: A, depth: spec.a.column } : { local: B, depth: spec.b.row };
  const along = single ? spec.c.column : spec.c.row;
  const lanes = lanesOf(spec.dtype);
  const fused = spec.fused ?? false;
  const finish = finishOf(module, spec);
  // The results are finished one by one, unless they are adjacent columns of one row.
  const finishCall = (code: Code, from: Local, to: Local, index: Local, count: () => Code, mode: number): void => {
    code.get(from).get(to);
    if (single) code.i32(0).get(index);
    else code.get(index).i32(0);
    count().i32(mode);
    for (const extra of extraLocals(spec.epilogue, OWN)) code.get(extra);
    code.call(finish);
  };
  if (matrix.along === 1 && along === 1 && matrix.depth !== 1) {
    const strides = { aRowBytes: 0, aDepthBytes: vector.depth * bytes, bDepthBytes: matrix.depth * bytes, cRowBytes: 0 };
    const strip = emitDirectStrip(module, { ...strides, lanes, fused, rows: 1, vectors: 8 });
    const block = depthBlock(spec, bytes);
    return (code) => {
      const [pc, to] = [code.local("i32"), code.local("i32")];
      countUp(code, pc, spec.depth, block, () => {
        address(code, vector.local, pc, vector.depth * bytes);
        address(code, matrix.local, pc, matrix.depth * bytes).get(START).i32(bytes).op("i32.mul", "i32.add");
        address(code, C, START, bytes).tee(to).get(END).get(START).op("i32.sub");
        setMin(code, to, () => code.i32(spec.depth).get(pc).op("i32.sub"), block);
        code.get(to);
        if (spec.accumulate === true) code.i32(1);
        else code.get(pc);
        code.call(strip);
      });
      if (spec.epilogue === undefined) return;
      address(code, C, START, bytes).set(to);
      if (single) finishCall(code, to, to, START, () => code.get(END).get(START).op("i32.sub"), LAST);
      else
        countUp(code, START, { local: END }, 1, () => {
          finishCall(code, to, to, START, () => code.i32(1), LAST);
          advance(code, to, bytes);
        });
    };
  }
  const dot = emitDot(module, { lanes, fused, aDepthBytes: matrix.depth * bytes, bDepthBytes: vector.depth * bytes });
  return (code) => {
    const to = code.local("i32");
    countUp(code, START, { local: END }, 1, () => {
      code.get(SCRATCH);
      address(code, matrix.local, START, matrix.along * bytes).get(vector.local).i32(spec.depth).call(dot).memory(lanes.store);
      address(code, C, START, along * bytes).set(to);
      finishCall(code, SCRATCH, to, START, () => code.i32(1), LAST | (spec.accumulate === true ? ADD : 0));
    });
  };
}
