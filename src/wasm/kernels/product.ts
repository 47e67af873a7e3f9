// What a matrix product is, for all of its kernels: the spec, the parameters of the functions, and how results are finished.

import type { Code, Local, ModuleBuilder } from "../module.js";
import { type Epilogue, emitFinish, extraLocals } from "./epilogue.js";
import { type Lanes, f32Lanes, f64Lanes } from "./lanes.js";

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

/** Kernels' vectors for a dtype. */
export const lanesOf = (dtype: GemmSpec["dtype"]): Lanes => (dtype === "float32" ? f32Lanes : f64Lanes);

/** Parameters of every product; the epilogue's follow. */
export const A = 0;
export const B = 1;
export const C = 2;
export const SCRATCH = 3;
export const START = 4;
export const END = 5;
export const OWN = 6;

/** Emits the body of a product. */
export type Body = (code: Code) => void;

/** Emits the function that finishes rows of results. */
export const finishOf = (module: ModuleBuilder, spec: GemmSpec): number => {
  const lanes = lanesOf(spec.dtype);
  // Rows of whole vectors are finished whole, or in ranges of them.
  const whole = spec.rows > 1 && spec.columns > 1 && spec.columns % lanes.count === 0;
  return emitFinish(module, { lanes, columnBytes: spec.c.column * lanes.bytes, whole, epilogue: spec.epilogue });
};

/** What `finish` is called with, apart from the epilogue's own parameters. */
export interface FinishCall {
  readonly from: Local;
  readonly to: Local;
  readonly row: () => void;
  readonly column: () => void;
  readonly count: () => void;
  readonly mode: number;
}

/** Emits a call of `finish` in the body of a product. */
export function callFinish(code: Code, spec: GemmSpec, finish: number, { from, to, row, column, count, mode }: FinishCall): void {
  code.get(from).get(to);
  row();
  column();
  count();
  code.i32(mode);
  for (const extra of extraLocals(spec.epilogue, OWN)) code.get(extra);
  code.call(finish);
}

// Rows of b at a time, so that the next columns find their cache lines and pages again.
const DEPTH_BLOCK = 64;
const LARGE = 1 << 17;

/** Steps of k that unpacked kernels take before they go on to the next columns. */
export const depthBlock = ({ columns, rows, depth }: GemmSpec, bytes: number): number =>
  Math.max(columns, rows) * depth * bytes > LARGE ? DEPTH_BLOCK : depth;
