// Packing columns: panels as wide as a tile, [panel, k, column]. Four columns go together, by loads that suit how they lie.

import type { Code, Local, ModuleBuilder } from "../module.js";
import { address, advance, countDown, countUp, setMin } from "./flow.js";
import type { Lanes } from "./lanes.js";
import { TILE_VECTORS, tileColumns } from "./micro.js";
import { once } from "./once.js";
import { type Axis, type AxisKind, type Walk, kindOf, walk } from "./pack.js";

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
function transposeBlocks(
  code: Code,
  lanes: Lanes,
  columns: readonly Local[],
  [depth, to]: readonly [Local, Local],
  k: Walk,
  step: number,
): void {
  const vectors = columns.map(() => code.local("v128"));
  const halves = vectors.map(() => code.local("v128"));
  countDown(code, depth, lanes.count, () => {
    for (const [c, column] of columns.entries()) k.push().get(column).op("i32.add").memory("v128.load").set(vectors[c]);
    const put = (row: number, a: Local, b: Local, words: readonly number[]): void => {
      code
        .get(to)
        .get(a)
        .get(b)
        .shuffle(bytesOf(words))
        .memory("v128.store", row * step);
    };
    if (lanes.count === 2) {
      put(0, vectors[0], vectors[1], [0, 1, 4, 5]);
      put(1, vectors[0], vectors[1], [2, 3, 6, 7]);
    } else {
      for (const [h, pair] of [0, 0, 2, 2].entries()) {
        code
          .get(vectors[pair])
          .get(vectors[pair + 1])
          .shuffle(bytesOf(h % 2 === 0 ? [0, 4, 1, 5] : [2, 6, 3, 7]))
          .set(halves[h]);
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
  const split =
    (cut: number): Kind["load"] =>
    (code, columns, k) =>
      loadSplit(code, columns, k, cut);
  return [together, { test: [1, 2], load: split(1) }, { test: [0, 2], load: split(2) }, { test: [0, 1], load: split(3) }];
}

function testKind(code: Code, { bytes }: Lanes, columns: readonly Local[], { test }: Kind): void {
  for (const [index, column] of test.entries()) {
    code
      .get(columns[column + 1])
      .get(columns[column])
      .op("i32.sub")
      .i32(bytes)
      .op("i32.eq");
    if (index > 0) code.op("i32.and");
  }
}

/**
 * Emits `packGroup(c0 …, k, depth, to)`: one vector of columns, at the addresses c0 …, for `depth` steps of k: to[k], rows
 * `step` bytes apart. Where two columns are adjacent, the addresses must rise by at least an element from column to column, or
 * repeat.
 */
function emitPackGroup(module: ModuleBuilder, lanes: Lanes, kind: AxisKind, step: number): number {
  const { count } = lanes;
  return module.function(
    undefined,
    Array.from({ length: count + 3 }, () => "i32" as const),
    [],
    (code) => {
      const columns = range(count);
      const [axis, depth, to] = [count, count + 1, count + 2];
      const k = walk(code, kind, axis);
      const run = (load: Kind["load"]): void => eachDepth(code, [depth, to], k, step, () => load(code, columns, k));
      for (const kind of kinds(lanes)) {
        testKind(code, lanes, columns, kind);
        code.if(() => {
          run(kind.load);
          code.op("return");
        });
      }
      if (kind === "stride") {
        code.get(axis).i32(lanes.bytes).op("i32.eq");
        code.if(() => transposeBlocks(code, lanes, columns, [depth, to], k, step));
      }
      run((code, columns, k) => gather(code, lanes, columns, k));
    },
  );
}

// packPair(base, k, depth, to): two whole panels at once of adjacent columns, so that each cache line is read once.
function emitPackPair(module: ModuleBuilder, kind: AxisKind): number {
  return module.function(undefined, ["i32", "i32", "i32", "i32"], [], (code) => {
    const [base, axis, depth, to] = [0, 1, 2, 3];
    const [at, second] = [code.local("i32"), code.local("i32")];
    const k = walk(code, kind, axis);
    address(code, to, depth, PANEL_ROW).set(second);
    countDown(code, depth, 1, () => {
      k.push().get(base).op("i32.add").set(at);
      for (const [panel, local] of [to, second].entries()) {
        for (let v = 0; v < TILE_VECTORS; v++) {
          code
            .get(local)
            .get(at)
            .memory("v128.load", panel * PANEL_ROW + v * 16)
            .memory("v128.store", v * 16);
        }
        advance(code, local, PANEL_ROW);
      }
      k.next();
    });
  });
}

/** The axes of a matrix whose columns are packed. */
export interface ColumnAxes {
  readonly depth: Axis;
  readonly column: Axis;
}

/**
 * Emits `packColumns(base, k, columns, from, to, depth, out)`: columns `from` ≤ j < `to` in panels of a tile's columns, as
 * out[panel, k, column]. What the last panel has beyond the last column is of no meaning. `k` and `columns` are the parameters
 * for the axes, the table of k taken from the first row on. With `rowStep` there is one panel, with rows so many bytes apart.
 */
export function emitPackColumns(module: ModuleBuilder, lanes: Lanes, axes: ColumnAxes, rowStep?: number): number {
  const [depthKind, columnKind] = [kindOf(axes.depth), kindOf(axes.column)];
  return once(module, `packColumns ${lanes.scalar} ${depthKind} ${columnKind} ${rowStep ?? "panels"}`, () => {
    const group = emitPackGroup(module, lanes, depthKind, rowStep ?? PANEL_ROW);
    const pair = rowStep === undefined && columnKind === "stride" ? emitPackPair(module, depthKind) : undefined;
    return module.function(
      undefined,
      Array.from({ length: 7 }, () => "i32" as const),
      [],
      (code) => {
        const [base, k, axis, from, to, depth, out] = [0, 1, 2, 3, 4, 5, 6];
        const [last, index, at, lane] = [code.local("i32"), code.local("i32"), code.local("i32"), code.local("i32")];
        code.get(to).i32(1).op("i32.sub").set(last);
        if (pair !== undefined) emitPairs(code, lanes, pair, [base, k, axis, from, to, depth, out]);
        code.get(out).set(at);
        countUp(code, from, { local: to }, lanes.count, () => {
          for (let c = 0; c < lanes.count; c++) {
            setMin(code, index, () => code.get(from).i32(c).op("i32.add"), { local: last });
            code.get(base);
            if (columnKind === "table") address(code, axis, index, 4).memory("i32.load");
            else code.get(index).get(axis).op("i32.mul");
            code.op("i32.add");
          }
          code.get(k).get(depth).get(at).call(group);
          advance(code, at, 16);
          if (rowStep !== undefined) return;
          // The next panel starts `depth` rows behind this one's start.
          code.get(lane).i32(1).op("i32.add").i32(TILE_VECTORS).op("i32.rem_u").tee(lane).op("i32.eqz");
          code.if(() => {
            code.get(depth).i32(PANEL_ROW).op("i32.mul").get(out).op("i32.add").tee(out).set(at);
          });
        });
      },
    );
  });
}

// Packs pairs of panels while there are columns enough, if columns are adjacent; moves `from` and `out` on.
function emitPairs(code: Code, lanes: Lanes, pair: number, [base, k, axis, from, to, depth, out]: readonly Local[]): void {
  const columns = 2 * tileColumns(lanes);
  code.get(axis).i32(lanes.bytes).op("i32.eq");
  code.if(() =>
    code.while(
      () => code.get(from).i32(columns).op("i32.add").get(to).op("i32.le_u"),
      () => {
        address(code, base, from, lanes.bytes).get(k).get(depth).get(out).call(pair);
        address(code, out, depth, 2 * PANEL_ROW).set(out);
        advance(code, from, columns);
      },
    ),
  );
}

/** Bytes of packed columns. */
export const packedColumnBytes = (lanes: Lanes, columns: number, depth: number): number =>
  Math.ceil(columns / tileColumns(lanes)) * depth * PANEL_ROW;
