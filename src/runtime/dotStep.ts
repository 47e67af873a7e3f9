// A dot step as a function of a range: rows of one product, or whole products of a batch.

import { bytesOf } from "../core/dtype.js";
import type { Dot } from "../loop/ir.js";
import { countUp } from "../wasm/kernels/flow.js";
import { type GemmSpec, emitGemm, gemmExtent, gemmScratchBytes } from "../wasm/kernels/gemm.js";
import type { NestEpilogue } from "../wasm/kernels/nestEpilogue.js";
import type { Code, ModuleBuilder } from "../wasm/module.js";

/** Rows that threads share out at a time: whole tiles. */
const ROWS = 8;

const specOf = ({ dtype, m, n, k, a, b, c }: Dot, finish?: NestEpilogue): GemmSpec => ({
  dtype: dtype === "float64" ? "float64" : "float32",
  rows: m,
  columns: n,
  depth: k,
  a: { row: a.row, column: a.column },
  b: { row: b.row, column: b.column },
  c: { row: c.row, column: c.column },
  epilogue: finish?.epilogue,
});

/** Bytes of scratch that each thread needs. */
export const dotScratchBytes = (dot: Dot): number => gemmScratchBytes(specOf(dot));

/** How many turns threads may share: products of a batch, or groups of rows. */
export const dotExtent = (dot: Dot): number => (dot.batch > 1 ? dot.batch : Math.ceil(gemmExtent(specOf(dot)) / ROWS));

/** Rough number of vector operations. */
export const dotCost = ({ batch, m, n, k }: Dot): number => (batch * m * n * k) / 4;

/** An operand of the step's function, or what its epilogue reads and writes. */
interface Operand {
  readonly offset: number;
  readonly batch: number;
  readonly bytes: number;
}

/** Emits `(a, b, c, …others, scratch, begin, end)`: addresses of buffers, those of the epilogue too, then a range of `dotExtent`. */
export function emitDotStep(module: ModuleBuilder, dot: Dot, fma: boolean, finish?: NestEpilogue): number {
  const spec = specOf(dot, finish);
  const gemm = emitGemm(module, { ...spec, fused: fma });
  const whole = gemmExtent(spec);
  const size = bytesOf(dot.dtype);
  const operands = [dot.a, dot.b, dot.c].map(({ offset, batch }): Operand => ({ offset, batch, bytes: size }));
  const others = (finish?.accesses ?? []).map(({ offset, strides, bytes }): Operand => ({ offset, batch: strides[0], bytes }));
  const scratch = operands.length + others.length;
  const [begin, end] = [scratch + 1, scratch + 2];
  return module.function(undefined, new Array<"i32">(end + 1).fill("i32"), [], (code) => {
    const call = (item: number | undefined, range: () => void): void => {
      operands.forEach((x, i) => pushOperand(code, i, x, item));
      code.get(scratch);
      range();
      others.forEach((x, i) => pushOperand(code, operands.length + i, x, item));
      code.call(gemm);
    };
    if (dot.batch === 1) {
      const last = code.local("i32");
      return call(undefined, () => {
        code.get(begin).i32(ROWS).op("i32.mul");
        code.get(end).i32(ROWS).op("i32.mul").tee(last).i32(whole).get(last).i32(whole).op("i32.lt_s", "select");
      });
    }
    const item = code.local("i32");
    code.get(begin).set(item);
    countUp(code, item, { local: end }, 1, () => call(item, () => code.i32(0).i32(whole)));
  });
}

function pushOperand(code: Code, address: number, { offset, batch, bytes }: Operand, item: number | undefined): void {
  code
    .get(address)
    .i32(offset * bytes)
    .op("i32.add");
  if (item === undefined || batch === 0) return;
  code
    .get(item)
    .i32(batch * bytes)
    .op("i32.mul", "i32.add");
}
