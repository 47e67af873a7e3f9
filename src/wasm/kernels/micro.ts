// The inner kernels of matrix products: a tile of sums stays in registers while k runs, one step of k a turn.
// k is not unrolled: V8's scheduler lifts all loads of a block to its head, and the sums would be spilled.

import type { Code, Local, ModuleBuilder } from "../module.js";
import { advance } from "./flow.js";
import { type Lanes, multiplyAdd, zeros } from "./lanes.js";
import { once } from "./once.js";

/** Rows of a tile; ranges of rows for threads are best multiples of it. */
export const TILE_ROWS = 4;
/** Vectors across a tile. */
export const TILE_VECTORS = 2;

/** Columns of a tile: 8 in float32, 4 in float64. */
export const tileColumns = (lanes: Lanes): number => TILE_VECTORS * lanes.count;

/** A tile's sums, row by row, as locals. */
export type Sums = readonly (readonly Local[])[];

export const newSums = (code: Code, rows: number, vectors: number): Sums =>
  Array.from({ length: rows }, () => Array.from({ length: vectors }, () => code.local("v128")));

export function clearSums(code: Code, sums: Sums): void {
  for (const row of sums) for (const sum of row) zeros(code).set(sum);
}

/** Where one step of k finds its operands. */
export interface StepOperands {
  /** Address of a's element (row 0); row r is `aRowBytes · r` further. */
  readonly a: Local;
  readonly aRowBytes: number;
  /** Whether a's elements are stored as whole vectors of equal lanes. */
  readonly splatted: boolean;
  /** Address of b's row. */
  readonly b: Local;
}

/** Emits one step: `sums[r][v] += a[r] · b[v]`. */
export function emitStep(code: Code, lanes: Lanes, fused: boolean, sums: Sums, operands: StepOperands): void {
  const { a, aRowBytes, splatted, b } = operands;
  const bs = sums[0].map((_, v) => {
    const local = code.local("v128");
    code
      .get(b)
      .memory("v128.load", v * 16)
      .set(local);
    return local;
  });
  const splat = code.local("v128");
  for (const [r, row] of sums.entries()) {
    code
      .get(a)
      .memory(splatted ? "v128.load" : lanes.splatLoad, r * aRowBytes)
      .set(splat);
    for (const [v, sum] of row.entries()) multiplyAdd(code, lanes, fused, sum, splat, bs[v]);
  }
}

/**
 * Emits `strip(a, b, c, depth, tiles, add, rowBytes)`: TILE_ROWS rows of c, `tiles` tiles wide. a is a panel packed as vectors of
 * equal lanes, b consecutive packed panels of `depth` rows, `depth` at least 1; the sums go to c, whose rows are `rowBytes`
 * apart, added to what is there if `add` is not zero.
 */
export const emitStrip = (module: ModuleBuilder, lanes: Lanes, fused: boolean): number =>
  once(module, `strip ${lanes.scalar} ${fused}`, () =>
    module.function(
      undefined,
      Array.from({ length: 7 }, () => "i32" as const),
      [],
      (code) => {
        const [a, b, c, depth, tiles, add, rowBytes] = [0, 1, 2, 3, 4, 5, 6];
        const [at, end] = [code.local("i32"), code.local("i32")];
        const sums = newSums(code, TILE_ROWS, TILE_VECTORS);
        code
          .get(depth)
          .i32(TILE_ROWS * 16)
          .op("i32.mul")
          .get(a)
          .op("i32.add")
          .set(end);
        code.doWhile(
          () => {
            clearSums(code, sums);
            code.get(a).set(at);
            code.doWhile(
              () => {
                emitStep(code, lanes, fused, sums, { a: at, aRowBytes: 16, splatted: true, b });
                advance(code, at, TILE_ROWS * 16);
                advance(code, b, TILE_VECTORS * 16);
              },
              () => code.get(at).get(end).op("i32.ne"),
            );
            const store = (add: boolean): void => storeSums(code, lanes, sums, { c, row: at, rowBytes }, add);
            code.get(add).if(
              () => store(true),
              () => store(false),
            );
            advance(code, c, TILE_VECTORS * 16);
            advance(code, tiles, -1);
          },
          () => code.get(tiles),
        );
      },
    ),
  );

interface Target {
  readonly c: Local;
  /** Free for the address of a row. */
  readonly row: Local;
  readonly rowBytes: Local;
}

function storeSums(code: Code, lanes: Lanes, sums: Sums, { c, row, rowBytes }: Target, add: boolean): void {
  code.get(c).set(row);
  for (const [r, vectors] of sums.entries()) {
    if (r > 0) advance(code, row, { local: rowBytes });
    for (const [v, sum] of vectors.entries()) {
      code.get(row);
      if (add)
        code
          .get(row)
          .memory("v128.load", v * 16)
          .get(sum)
          .op(lanes.add);
      else code.get(sum);
      code.memory("v128.store", v * 16);
    }
  }
}
