// How products of the input gradient reach the image: a row of sums (one tap, at consecutive places) is added where the tap
// stands over the image at each place. Runs of places that lie side by side in the image are added as vectors.

import type { Code, Local, ModuleBuilder } from "../module.js";
import type { Geometry } from "./convGeometry.js";
import { address, advance, countDown } from "./flow.js";
import type { Lanes } from "./lanes.js";

/** Bytes behind the image that are read and written back unchanged. */
export const SCATTER_OVERRUN = 16;

/** How far before the image the tables of taps and of places are, in bytes. */
export interface TablesBefore {
  readonly taps: number;
  readonly places: number;
}

// Parameters, as those of `emitFinish`; then locals.
const FROM = 0;
const IMAGE = 1;
const ROW = 2;
const COLUMN = 3;
const COUNT = 4;

interface Row {
  readonly code: Code;
  readonly lanes: Lanes;
  /** Address of the tap at place offset 0. */
  readonly base: Local;
  /** Address of the present place's offset. */
  readonly table: Local;
  /** Free for an address. */
  readonly to: Local;
}

function forward({ code, lanes, table }: Row, places: number): void {
  advance(code, table, 4 * places);
  advance(code, FROM, lanes.bytes * places);
  advance(code, COLUMN, places);
  advance(code, COUNT, -places);
}

function addOne(row: Row): void {
  const { code, lanes, base, table, to } = row;
  code.get(base).get(table).memory("i32.load").op("i32.add").tee(to);
  code.get(to).memory(lanes.load).get(FROM).memory(lanes.load).op(lanes.scalarAdd).memory(lanes.store);
  forward(row, 1);
}

// A mask of the first `lanes` elements of a vector.
const firstLanes = (lanes: Lanes, elements: number): Uint8Array => new Uint8Array(16).fill(0xff, 0, elements * lanes.bytes);

const UNROLLED_MAX = 8;

// The next `size` places, side by side in the image: vectors, then a last one that adds zeros beyond the run.
function addRun(row: Row, size: number): void {
  const { code, lanes, base, table, to } = row;
  const [vectors, tail] = [Math.floor(size / lanes.count), size % lanes.count];
  const add = (offset: number, elements: number): void => {
    code.get(to).get(to).memory("v128.load", offset).get(FROM).memory("v128.load", offset);
    if (elements < lanes.count) code.v128(firstLanes(lanes, elements)).op("v128.and");
    code.op(lanes.add).memory("v128.store", offset);
  };
  code.get(base).get(table).memory("i32.load").op("i32.add").set(to);
  if (vectors <= UNROLLED_MAX) {
    for (let v = 0; v < vectors; v++) add(v * 16, lanes.count);
    if (tail > 0) add(vectors * 16, tail);
    return forward(row, size);
  }
  const left = code.local("i32");
  code.i32(vectors).set(left);
  countDown(code, left, 1, () => {
    add(0, lanes.count);
    advance(code, to, 16);
    advance(code, FROM, 16);
  });
  if (tail > 0) add(0, tail);
  advance(code, FROM, -16 * vectors);
  forward(row, size);
}

/**
 * Emits `scatter(from, image, tap, place, count, mode)`, which takes rows of sums in the place of `emitFinish`'s function:
 * adds `count` sums of one tap, at the places from `place` on, to the padded image. Every partial sum is added as it comes.
 */
export function emitScatter(module: ModuleBuilder, { spec, lanes }: Geometry, before: TablesBefore): number {
  const run = spec.places.at(-1) ?? 1;
  const adjacent = spec.windowStrides.at(-1) === 1 && run > 1;
  return module.function(
    undefined,
    Array.from({ length: 6 }, () => "i32" as const),
    [],
    (code) => {
      const [base, table, to] = [code.local("i32"), code.local("i32"), code.local("i32")];
      const row: Row = { code, lanes, base, table, to };
      code.get(IMAGE).i32(before.taps).op("i32.sub").set(table);
      address(code, table, ROW, 4).memory("i32.load").get(IMAGE).op("i32.add").set(base);
      code.get(IMAGE).i32(before.places).op("i32.sub").set(table);
      address(code, table, COLUMN, 4).set(table);
      code.while(
        () => code.get(COUNT),
        () => {
          if (!adjacent) return addOne(row);
          code.get(COLUMN).i32(run).op("i32.rem_u", "i32.eqz").get(COUNT).i32(run).op("i32.ge_u", "i32.and");
          code.if(
            () => addRun(row, run),
            () => addOne(row),
          );
        },
      );
    },
  );
}
