// A dot step as a function of a range: rows of one product, or whole products of a batch.

import { bytesOf } from "../core/dtype.js";
import type { Dot } from "../loop/ir.js";
import { type GemmSpec, emitGemm, gemmExtent, gemmScratchBytes } from "../wasm/kernels/gemm.js";
import type { ModuleBuilder } from "../wasm/module.js";

/** Rows that threads share out at a time: whole tiles. */
const ROWS = 8;

const specOf = ({ dtype, m, n, k, a, b, c }: Dot): GemmSpec => ({
  dtype: dtype === "float64" ? "float64" : "float32",
  rows: m,
  columns: n,
  depth: k,
  a: { row: a.row, column: a.column },
  b: { row: b.row, column: b.column },
  c: { row: c.row, column: c.column },
});

/** Bytes of scratch that each thread needs. */
export const dotScratchBytes = (dot: Dot): number => gemmScratchBytes(specOf(dot));

/** How many turns threads may share: products of a batch, or groups of rows. */
export const dotExtent = (dot: Dot): number => (dot.batch > 1 ? dot.batch : Math.ceil(gemmExtent(specOf(dot)) / ROWS));

/** Rough number of vector operations. */
export const dotCost = ({ batch, m, n, k }: Dot): number => (batch * m * n * k) / 4;

const A = 0;
const SCRATCH = 3;
const BEGIN = 4;
const END = 5;

/** Emits `(a, b, c, scratch, begin, end)`: addresses of the buffers, then a range of `dotExtent`. */
export function emitDotStep(module: ModuleBuilder, dot: Dot, fma: boolean): number {
  const spec = specOf(dot);
  const gemm = emitGemm(module, { ...spec, fused: fma });
  const whole = gemmExtent(spec);
  const size = bytesOf(dot.dtype);
  const operands = [dot.a, dot.b, dot.c];
  return module.function(undefined, ["i32", "i32", "i32", "i32", "i32", "i32"], [], (code) => {
    if (dot.batch === 1) {
      operands.forEach((x, i) =>
        code
          .get(A + i)
          .i32(x.offset * size)
          .op("i32.add"),
      );
      code.get(SCRATCH).get(BEGIN).i32(ROWS).op("i32.mul");
      const last = code.local("i32");
      code.get(END).i32(ROWS).op("i32.mul").tee(last).i32(whole).get(last).i32(whole).op("i32.lt_s", "select");
      code.call(gemm);
      return;
    }
    const item = code.local("i32");
    code.get(BEGIN).set(item);
    code.while(
      () => code.get(item).get(END).op("i32.lt_s"),
      () => {
        operands.forEach((x, i) => {
          code
            .get(A + i)
            .i32(x.offset * size)
            .op("i32.add");
          if (x.batch !== 0)
            code
              .get(item)
              .i32(x.batch * size)
              .op("i32.mul", "i32.add");
        });
        code.get(SCRATCH).i32(0).i32(whole).call(gemm);
        code.get(item).i32(1).op("i32.add").set(item);
      },
    );
  });
}
