// Small products: tiles of sums read a and b where they are, without packing. b's columns must be adjacent in memory.
// Each element's sum runs over k in order, whatever tile it falls in, so that ranges of rows change no bit.

import type { Code, Local, ModuleBuilder } from "../module.js";
import { advance, countDown } from "./flow.js";
import { type Lanes, zeros } from "./lanes.js";
import { type Sums, clearSums, emitStep, newSums } from "./micro.js";
import { once } from "./once.js";

/** Shape and strides of a strip of a few rows. */
export interface DirectStrip {
  readonly lanes: Lanes;
  readonly fused: boolean;
  readonly rows: number;
  /** Vectors across the main tile. */
  readonly vectors: number;
  readonly aRowBytes: number;
  readonly aDepthBytes: number;
  readonly bDepthBytes: number;
  readonly cRowBytes: number;
  /** Number of columns, where it is known: tails that cannot occur are left out. */
  readonly columns?: number;
}

const A = 0;
const B = 1;
const C = 2;
const COUNT = 3;
const DEPTH = 4;
const ADD = 5;

interface Walk {
  readonly a: Local;
  readonly b: Local;
  readonly k: Local;
}

function emitTile(code: Code, strip: DirectStrip, sums: Sums, at: Walk): void {
  const { lanes, fused, aRowBytes, aDepthBytes, bDepthBytes, cRowBytes } = strip;
  code.get(ADD);
  code.if(
    () => {
      for (const [r, row] of sums.entries()) {
        for (const [v, sum] of row.entries())
          code
            .get(C)
            .memory("v128.load", r * cRowBytes + v * 16)
            .set(sum);
      }
    },
    () => clearSums(code, sums),
  );
  code.get(A).set(at.a).get(B).set(at.b).get(DEPTH).set(at.k);
  code.doWhile(
    () => {
      emitStep(code, lanes, fused, sums, { a: at.a, aRowBytes, splatted: false, b: at.b });
      advance(code, at.a, aDepthBytes);
      advance(code, at.b, bDepthBytes);
      advance(code, at.k, -1);
    },
    () => code.get(at.k),
  );
}

function storeAll(code: Code, sums: Sums, rowBytes: number): void {
  for (const [r, row] of sums.entries()) {
    for (const [v, sum] of row.entries())
      code
        .get(C)
        .get(sum)
        .memory("v128.store", r * rowBytes + v * 16);
  }
}

// The first COUNT lanes of each row's one vector.
function storeSome(code: Code, lanes: Lanes, sums: Sums, rowBytes: number): void {
  for (let lane = 0; lane < lanes.count - 1; lane++) {
    code.get(COUNT).i32(lane).op("i32.gt_u");
    code.if(() => {
      for (const [r, [sum]] of sums.entries()) {
        code
          .get(C)
          .get(sum)
          .lane(lanes.extract, lane)
          .memory(lanes.store, r * rowBytes + lane * lanes.bytes);
      }
    });
  }
}

/**
 * Emits `strip(a, b, c, count, depth, add)`: `count` columns of a few rows of c; a is the address of row 0 and b, c those of
 * the first column. The sums start from c if `add` is not zero; `depth` is at least 1.
 */
export const emitDirectStrip = (module: ModuleBuilder, strip: DirectStrip): number =>
  once(module, `direct ${JSON.stringify(strip)}`, () => newDirectStrip(module, strip));

function newDirectStrip(module: ModuleBuilder, strip: DirectStrip): number {
  const { lanes, rows, vectors, cRowBytes, columns } = strip;
  const wide = vectors * lanes.count;
  const may = (size: number): boolean => columns === undefined || size > 0;
  const rest = (columns ?? 0) % wide;
  return module.function(undefined, ["i32", "i32", "i32", "i32", "i32", "i32"], [], (code) => {
    const at: Walk = { a: code.local("i32"), b: code.local("i32"), k: code.local("i32") };
    const forward = (bytes: number): void => {
      advance(code, B, bytes);
      advance(code, C, bytes);
    };
    const tiles = (width: number): void => {
      const sums = newSums(code, rows, width);
      countDown(code, COUNT, width * lanes.count, () => {
        emitTile(code, strip, sums, at);
        storeAll(code, sums, cRowBytes);
        forward(width * 16);
      });
    };
    if (may((columns ?? 0) - rest)) tiles(vectors);
    if (vectors > 1 && may(rest - (rest % lanes.count))) tiles(1);
    if (!may(rest % lanes.count)) return;
    code.get(COUNT);
    code.if(() => {
      const sums = newSums(code, rows, 1);
      emitTile(code, strip, sums, at);
      storeSome(code, lanes, sums, cRowBytes);
    });
  });
}

/** Sizes and strides (in bytes) of vectors along which dot products run. */
export interface DotSpec {
  readonly lanes: Lanes;
  readonly fused: boolean;
  readonly aDepthBytes: number;
  readonly bDepthBytes: number;
}

const DOT_SUMS = 4;

/**
 * Emits `dot(a, b, depth) → sum` of two vectors: four vectors of sums where both are adjacent in memory, else one sum.
 * The order of the sums depends on `depth` alone.
 */
export const emitDot = (module: ModuleBuilder, spec: DotSpec): number =>
  once(module, `dot ${JSON.stringify(spec)}`, () => newDot(module, spec));

function newDot(module: ModuleBuilder, { lanes, fused, aDepthBytes, bDepthBytes }: DotSpec): number {
  const { bytes, count, scalar } = lanes;
  return module.function(undefined, ["i32", "i32", "i32"], [scalar], (code) => {
    const [a, b, depth] = [0, 1, 2];
    const total = code.local(scalar);
    if (aDepthBytes === bytes && bDepthBytes === bytes) {
      const sums = Array.from({ length: DOT_SUMS }, () => code.local("v128"));
      const vectors = (used: readonly Local[]): void =>
        countDown(code, depth, used.length * count, () => {
          for (const [v, sum] of used.entries()) {
            if (!fused) code.get(sum);
            code
              .get(a)
              .memory("v128.load", v * 16)
              .get(b)
              .memory("v128.load", v * 16);
            if (fused) code.get(sum).op(lanes.madd).set(sum);
            else code.op(lanes.mul, lanes.add).set(sum);
          }
          advance(code, a, used.length * 16);
          advance(code, b, used.length * 16);
        });
      vectors(sums);
      vectors(sums.slice(0, 1));
      code.get(sums[0]).get(sums[1]).op(lanes.add).get(sums[2]).get(sums[3]).op(lanes.add, lanes.add).set(sums[0]);
      for (let lane = 0; lane < count; lane++) {
        if (lane > 0) code.get(total);
        code.get(sums[0]).lane(lanes.extract, lane);
        if (lane > 0) code.op(lanes.scalarAdd);
        code.set(total);
      }
    }
    countDown(code, depth, 1, () => {
      code.get(total).get(a).memory(lanes.load).get(b).memory(lanes.load).op(lanes.scalarMul, lanes.scalarAdd).set(total);
      advance(code, a, aDepthBytes);
      advance(code, b, bDepthBytes);
    });
    code.get(total);
  });
}

/** Stores zeros in `count` adjacent elements from `at` on; both locals are used up. */
export function emitClear(code: Code, lanes: Lanes, at: Local, count: Local): void {
  countDown(code, count, lanes.count, () => {
    zeros(code.get(at)).memory("v128.store");
    advance(code, at, 16);
  });
  countDown(code, count, 1, () => {
    code.get(at);
    (lanes.scalar === "f32" ? code.f32(0) : code.f64(0)).memory(lanes.store);
    advance(code, at, lanes.bytes);
  });
}
