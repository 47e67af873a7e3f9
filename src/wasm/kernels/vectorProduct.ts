// Matrix times vector: one column, or one row taken as the column of the transposed product, c[i] = Σ matrix[i, k] vector[k].
// Sums run along memory: over i side by side where the matrix is adjacent that way, as dot products otherwise.

import type { Code, ModuleBuilder } from "../module.js";
import { emitDirectStrip, emitDot } from "./direct.js";
import { ADD, LAST } from "./epilogue.js";
import { address, advance, countUp, setMin } from "./flow.js";
import { A, B, type Body, C, END, type GemmSpec, SCRATCH, START, callFinish, depthBlock, finishOf, lanesOf } from "./product.js";

/** The product with its one row or column turned into c[i]; strides in bytes. */
interface VectorProduct {
  readonly spec: GemmSpec;
  readonly single: boolean;
  readonly matrix: { readonly local: number; readonly along: number; readonly depth: number };
  readonly vector: { readonly local: number; readonly depth: number };
  /** Between neighbouring results. */
  readonly along: number;
}

function turned(spec: GemmSpec): VectorProduct {
  const { bytes } = lanesOf(spec.dtype);
  const { a, b, c } = spec;
  if (spec.rows === 1) {
    const matrix = { local: B, along: b.column * bytes, depth: b.row * bytes };
    return { spec, single: true, matrix, vector: { local: A, depth: a.column * bytes }, along: c.column * bytes };
  }
  const matrix = { local: A, along: a.row * bytes, depth: a.column * bytes };
  return { spec, single: false, matrix, vector: { local: B, depth: b.row * bytes }, along: c.row * bytes };
}

// Finishes `count` results from number START on: together if they are columns of one row, else there must be one.
function finishSome(
  code: Code,
  { spec, single }: VectorProduct,
  finish: number,
  from: number,
  to: number,
  count: () => void,
  mode: number,
): void {
  const index = (): Code => code.get(START);
  const zero = (): Code => code.i32(0);
  callFinish(code, spec, finish, { from, to, row: single ? zero : index, column: single ? index : zero, count, mode });
}

function besideBody(module: ModuleBuilder, product: VectorProduct): Body {
  const { spec, single, matrix, vector } = product;
  const lanes = lanesOf(spec.dtype);
  const strides = { aRowBytes: 0, aDepthBytes: vector.depth, bDepthBytes: matrix.depth, cRowBytes: 0 };
  const strip = emitDirectStrip(module, { ...strides, lanes, fused: spec.fused ?? false, rows: 1, vectors: 8 });
  const finish = spec.epilogue === undefined ? undefined : finishOf(module, spec);
  const block = depthBlock(spec, lanes.bytes);
  return (code) => {
    const [pc, kc, to] = Array.from({ length: 3 }, () => code.local("i32"));
    address(code, C, START, lanes.bytes).set(to);
    countUp(code, pc, spec.depth, block, () => {
      setMin(code, kc, () => code.i32(spec.depth).get(pc).op("i32.sub"), block);
      address(code, vector.local, pc, vector.depth);
      address(code, matrix.local, pc, matrix.depth).get(START).i32(lanes.bytes).op("i32.mul", "i32.add");
      code.get(to).get(END).get(START).op("i32.sub").get(kc);
      if (spec.accumulate === true) code.i32(1);
      else code.get(pc);
      code.call(strip);
    });
    if (finish === undefined) return;
    if (single) return finishSome(code, product, finish, to, to, () => code.get(END).get(START).op("i32.sub"), LAST);
    countUp(code, START, { local: END }, 1, () => {
      finishSome(code, product, finish, to, to, () => code.i32(1), LAST);
      advance(code, to, lanes.bytes);
    });
  };
}

function dotBody(module: ModuleBuilder, product: VectorProduct): Body {
  const { spec, matrix, vector, along } = product;
  const lanes = lanesOf(spec.dtype);
  const dot = emitDot(module, { lanes, fused: spec.fused ?? false, aDepthBytes: matrix.depth, bDepthBytes: vector.depth });
  const finish = finishOf(module, spec);
  const mode = LAST | (spec.accumulate === true ? ADD : 0);
  return (code) => {
    const to = code.local("i32");
    countUp(code, START, { local: END }, 1, () => {
      code.get(SCRATCH);
      address(code, matrix.local, START, matrix.along).get(vector.local).i32(spec.depth).call(dot).memory(lanes.store);
      address(code, C, START, along).set(to);
      finishSome(code, product, finish, SCRATCH, to, () => code.i32(1), mode);
    });
  };
}

/** Emits a product with one row or one column; the range is of its results. */
export function vectorBody(module: ModuleBuilder, spec: GemmSpec): Body {
  const product = turned(spec);
  const { bytes } = lanesOf(spec.dtype);
  const beside = product.matrix.along === bytes && product.along === bytes && product.matrix.depth !== bytes;
  return beside ? besideBody(module, product) : dotBody(module, product);
}
