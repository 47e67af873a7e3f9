// Packing: parts of a matrix are copied into panels in the order in which the inner kernel reads them.
// A matrix is given by an axis of rows and one of columns; the address of an element is the sum of a base and both offsets.

import type { Code, Local, ModuleBuilder } from "../module.js";
import { address, advance, countDown, setMin } from "./flow.js";
import type { Lanes } from "./lanes.js";
import { TILE_ROWS, TILE_VECTORS, tileColumns } from "./micro.js";

/**
 * The byte offset of each index along an axis: a stride in bytes, or a table of i32 offsets in memory (its address comes as a
 * parameter of the kernel that reads it).
 */
export type Axis = { readonly stride: number } | "table";

/** Puts the offset of index `index` on the stack; `table` is the address of the axis's table, where it has one. */
export function pushOffset(code: Code, axis: Axis, index: Local, table: Local): Code {
  if (axis === "table") return address(code, table, index, 4).memory("i32.load");
  return code.get(index).i32(axis.stride).op("i32.mul");
}

// Walks an axis of k: `start` is set up once, `here` gives the offset at the present k, `next` goes on.
interface Walk {
  readonly position: Local;
  readonly next: () => void;
  readonly push: () => Code;
}

function walk(code: Code, axis: Axis, first: Local): Walk {
  const position = code.local("i32");
  if (axis === "table") {
    code.get(first).set(position);
    return { position, next: () => advance(code, position, 4), push: () => code.get(position).memory("i32.load") };
  }
  code.i32(0).set(position);
  return { position, next: () => advance(code, position, axis.stride), push: () => code.get(position) };
}

/**
 * Emits `packRows(r0, r1, r2, r3, k, depth, to)`: the panel of the four rows at the addresses r0 … r3, each element a vector of
 * equal lanes: to[k, r]. `k` is the address of the table of k at the first column (unused for a stride).
 */
export function emitPackRows(module: ModuleBuilder, lanes: Lanes, depthAxis: Axis): number {
  return module.function(undefined, Array.from({ length: TILE_ROWS + 3 }, () => "i32" as const), [], (code) => {
    const [table, depth, to] = [TILE_ROWS, TILE_ROWS + 1, TILE_ROWS + 2];
    const k = walk(code, depthAxis, table);
    const offset = code.local("i32");
    countDown(code, depth, 1, () => {
      k.push().set(offset);
      for (let r = 0; r < TILE_ROWS; r++) {
        code.get(to).get(r).get(offset).op("i32.add").memory(lanes.splatLoad).memory("v128.store", r * 16);
      }
      k.next();
      advance(code, to, TILE_ROWS * 16);
    });
  });
}

/** Bytes of one row of a packed panel of columns. */
const PANEL_ROW = TILE_VECTORS * 16;

type Load = () => void;

// Stores to[k] = what `load` leaves on the stack, for each k, `step` bytes apart.
function eachDepth(code: Code, [depth, to]: readonly [Local, Local], k: Walk, step: number, load: Load): void {
  countDown(code, depth, 1, () => {
    code.get(to);
    load();
    code.memory("v128.store");
    k.next();
    advance(code, to, step);
  });
}

const bytesOf = (words: readonly number[]): number[] => words.flatMap((word) => [0, 1, 2, 3].map((byte) => word * 4 + byte));

// Four float32 columns of which the first `cut` stand in one run of memory and the others in another: two loads, the second so
// placed that its last lanes are the ones wanted, which keeps it inside the runs.
function loadSplit(code: Code, columns: readonly Local[], k: Walk, cut: number): void {
  k.push().get(columns[0]).op("i32.add").memory("v128.load");
  k.push().get(columns[3]).op("i32.add").i32(12).op("i32.sub").memory("v128.load");
  code.shuffle(bytesOf([0, 1, 2, 3].map((lane) => (lane < cut ? lane : lane + 4))));
}

function gather(code: Code, lanes: Lanes, columns: readonly Local[], k: Walk): void {
  for (const [lane, column] of columns.entries()) {
    k.push().get(column).op("i32.add");
    if (lane === 0) code.memory(lanes.splatLoad);
    else code.memory(lanes.load).lane(lanes.replace, lane);
  }
}

// A square block with k adjacent in memory: vectors along k, transposed.
function transposeBlocks(code: Code, lanes: Lanes, columns: readonly Local[], [depth, to]: readonly [Local, Local], k: Walk, step: number): void {
  const vectors = columns.map(() => code.local("v128"));
  const halves = vectors.map(() => code.local("v128"));
  countDown(code, depth, lanes.count, () => {
    for (const [c, column] of columns.entries()) k.push().get(column).op("i32.add").memory("v128.load").set(vectors[c]);
    const put = (row: number, a: Local, b: Local, words: readonly number[]): void => {
      code.get(to).get(a).get(b).shuffle(bytesOf(words)).memory("v128.store", row * step);
    };
    if (lanes.count === 2) {
      put(0, vectors[0], vectors[1], [0, 1, 4, 5]);
      put(1, vectors[0], vectors[1], [2, 3, 6, 7]);
    } else {
      for (const [h, pair] of [0, 0, 2, 2].entries()) {
        code.get(vectors[pair]).get(vectors[pair + 1]).shuffle(bytesOf(h % 2 === 0 ? [0, 4, 1, 5] : [2, 6, 3, 7])).set(halves[h]);
      }
      for (let row = 0; row < 4; row++) put(row, halves[row >> 1], halves[2 + (row >> 1)], row % 2 === 0 ? [0, 1, 4, 5] : [2, 3, 6, 7]);
    }
    for (let i = 0; i < lanes.count; i++) k.next();
    advance(code, to, step * lanes.count);
  });
}

/** How the columns of a group lie, tried in order: the columns whose successor must be adjacent, and the loads that fit. */
interface Kind {
  readonly test: readonly number[];
  readonly load: (code: Code, columns: readonly Local[], k: Walk) => void;
}

const range = (size: number): number[] => Array.from({ length: size }, (_, index) => index);

function kinds(lanes: Lanes): readonly Kind[] {
  const together: Kind = {
    test: range(lanes.count - 1),
    load: (_, columns, k) => k.push().get(columns[0]).op("i32.add").memory("v128.load"),
  };
  if (lanes.count === 2) return [together];
  const split = (cut: number): Kind["load"] => (code, columns, k) => loadSplit(code, columns, k, cut);
  return [
    together,
    { test: [1, 2], load: split(1) },
    { test: [0, 2], load: split(2) },
    { test: [0, 1], load: split(3) },
  ];
}

function testKind(code: Code, { bytes }: Lanes, columns: readonly Local[], { test }: Kind): void {
  for (const [index, column] of test.entries()) {
    code.get(columns[column + 1]).get(columns[column]).op("i32.sub").i32(bytes).op("i32.eq");
    if (index > 0) code.op("i32.and");
  }
}

/**
 * Emits `packGroup(c0 …, k, depth, to)`: one vector of columns, at the addresses c0 …, for `depth` steps of k: to[k], rows
 * `step` bytes apart. Where two columns are adjacent,
 * the addresses must rise by at least an element from column to column, or repeat.
 */
function emitPackGroup(module: ModuleBuilder, lanes: Lanes, depthAxis: Axis, step: number): number {
  const { count } = lanes;
  return module.function(undefined, Array.from({ length: count + 3 }, () => "i32" as const), [], (code) => {
    const columns = range(count);
    const [table, depth, to] = [count, count + 1, count + 2];
    const k = walk(code, depthAxis, table);
    const run = (load: Kind["load"]): void => eachDepth(code, [depth, to], k, step, () => load(code, columns, k));
    for (const kind of kinds(lanes)) {
      testKind(code, lanes, columns, kind);
      code.if(() => {
        run(kind.load);
        code.op("return");
      });
    }
    if (depthAxis !== "table" && depthAxis.stride === lanes.bytes) transposeBlocks(code, lanes, columns, [depth, to], k, step);
    run((code, columns, k) => gather(code, lanes, columns, k));
  });
}

/** The axes of a matrix whose columns are packed. */
export interface ColumnAxes {
  readonly depth: Axis;
  readonly column: Axis;
}

/**
 * Emits `packColumns(base, k, columnTable, from, to, depth, out)`: columns `from` ≤ j < `to` in panels of a tile's columns, as
 * out[panel, k, column]. What the last panel has beyond the last column is of no meaning. `k` is the address of the table of k at
 * the first row, `columnTable` that of the columns (each unused for a stride).
 */
export function emitPackColumns(module: ModuleBuilder, lanes: Lanes, axes: ColumnAxes, rowStep?: number): number {
  const group = emitPackGroup(module, lanes, axes.depth, rowStep ?? PANEL_ROW);
  return module.function(undefined, ["i32", "i32", "i32", "i32", "i32", "i32", "i32"], [], (code) => {
    const [base, k, table, from, to, depth, out] = [0, 1, 2, 3, 4, 5, 6];
    const [last, index, at, lane] = [code.local("i32"), code.local("i32"), code.local("i32"), code.local("i32")];
    code.get(to).i32(1).op("i32.sub").set(last);
    code.get(out).set(at);
    code.while(
      () => code.get(from).get(to).op("i32.lt_u"),
      () => {
        for (let c = 0; c < lanes.count; c++) {
          setMin(code, index, () => code.get(from).i32(c).op("i32.add"), { local: last });
          pushOffset(code.get(base), axes.column, index, table).op("i32.add");
        }
        code.get(k).get(depth).get(at).call(group);
        advance(code, from, lanes.count);
        advance(code, at, 16);
        if (rowStep !== undefined) return;
        // The next panel starts `depth` rows behind this one's start.
        code.get(lane).i32(1).op("i32.add").i32(TILE_VECTORS).op("i32.rem_u").tee(lane).op("i32.eqz");
        code.if(() => {
          code.get(depth).i32(PANEL_ROW).op("i32.mul").get(out).op("i32.add").tee(out).set(at);
        });
      },
    );
  });
}

export const packedColumnBytes = (lanes: Lanes, columns: number, depth: number): number =>
  Math.ceil(columns / tileColumns(lanes)) * depth * PANEL_ROW;
