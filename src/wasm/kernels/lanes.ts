// What differs between float32 and float64 vectors: widths and instruction names. The kernels are written once over this.

import type { Code, Local, ValueType } from "../module.js";
import type { Access, LaneOp, Op } from "../opcodes.js";

/** The vector form of one float type. */
export interface Lanes {
  readonly scalar: Extract<ValueType, "f32" | "f64">;
  /** Bytes of an element. */
  readonly bytes: number;
  /** Elements in a vector of 16 bytes. */
  readonly count: number;
  readonly splatLoad: Access;
  readonly load: Access;
  readonly store: Access;
  readonly splat: Op;
  readonly add: Op;
  readonly mul: Op;
  readonly madd: Op;
  readonly scalarAdd: Op;
  readonly scalarMul: Op;
  readonly extract: LaneOp;
  readonly replace: LaneOp;
}

export const f32Lanes: Lanes = {
  scalar: "f32",
  bytes: 4,
  count: 4,
  splatLoad: "v128.load32_splat",
  load: "f32.load",
  store: "f32.store",
  splat: "f32x4.splat",
  add: "f32x4.add",
  mul: "f32x4.mul",
  madd: "f32x4.relaxed_madd",
  scalarAdd: "f32.add",
  scalarMul: "f32.mul",
  extract: "f32x4.extract_lane",
  replace: "f32x4.replace_lane",
};

export const f64Lanes: Lanes = {
  scalar: "f64",
  bytes: 8,
  count: 2,
  splatLoad: "v128.load64_splat",
  load: "f64.load",
  store: "f64.store",
  splat: "f64x2.splat",
  add: "f64x2.add",
  mul: "f64x2.mul",
  madd: "f64x2.relaxed_madd",
  scalarAdd: "f64.add",
  scalarMul: "f64.mul",
  extract: "f64x2.extract_lane",
  replace: "f64x2.replace_lane",
};

const ZERO = new Uint8Array(16);

/** Puts a vector of zeros on the stack. */
export const zeros = (code: Code): Code => code.v128(ZERO);

/** `sum += a · b` on vectors; one rounding where `fused`, which asks for relaxed SIMD. */
export function multiplyAdd(code: Code, lanes: Lanes, fused: boolean, sum: Local, a: Local, b: Local): void {
  if (fused) code.get(a).get(b).get(sum).op(lanes.madd).set(sum);
  else code.get(sum).get(a).get(b).op(lanes.mul, lanes.add).set(sum);
}
