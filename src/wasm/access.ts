// Vectors from and to memory, by element type: whole vectors, one element in all lanes, lanes that lie apart, and the
// first lanes only at the end of a row.

import { type DType, bytesOf } from "../core/dtype.js";
import type { VectorContext } from "./math/context.js";
import type { Code, Local } from "./module.js";
import type { LaneAccess } from "./opcodes.js";

/** Lanes in the vectors of a nest: 4, or 2 where float64 takes part. */
export type Lanes = 2 | 4;

const laneLoads: Readonly<Record<number, LaneAccess>> = { 1: "v128.load8_lane", 4: "v128.load32_lane", 8: "v128.load64_lane" };
const laneStores: Readonly<Record<number, LaneAccess>> = { 1: "v128.store8_lane", 4: "v128.store32_lane", 8: "v128.store64_lane" };

/** Bytes of the low lanes, as loaded, become 32-bit lanes; bool becomes a mask. */
function widenBytes(code: Code, dtype: DType): void {
  if (dtype === "int8") code.op("i16x8.extend_low_i8x16_s", "i32x4.extend_low_i16x8_s");
  else code.op("i16x8.extend_low_i8x16_u", "i32x4.extend_low_i16x8_u");
  if (dtype === "bool") code.op("i32x4.neg");
}

/** Elements in a row, from the address in `pointer` plus `offset` bytes. May read past the last of them. */
export function emitLoadRow(code: Code, dtype: DType, lanes: Lanes, pointer: Local, offset: number): void {
  code.get(pointer);
  const bytes = bytesOf(dtype);
  if (bytes === 1) {
    code.memory("v128.load32_zero", offset);
    widenBytes(code, dtype);
  } else code.memory(bytes * lanes === 16 ? "v128.load" : "v128.load64_zero", offset);
}

/** One element in all lanes. */
export function emitLoadSplat(code: Code, dtype: DType, pointer: Local): void {
  const bytes = bytesOf(dtype);
  code.get(pointer).memory(bytes === 1 ? "v128.load8_splat" : bytes === 4 ? "v128.load32_splat" : "v128.load64_splat");
  if (bytes === 1) widenBytes(code, dtype);
}

/** The bytes of every second word of two vectors. */
const EVERY_SECOND = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];

/** The first `count` lanes from elements `stride` apart. May read past the last of them, as far as a vector of neighbours would. */
export function emitLoadApart(code: Code, dtype: DType, count: number, pointer: Local, offset: number, stride: number): void {
  const bytes = bytesOf(dtype);
  if (stride === 2 && bytes === 4 && count === 4) {
    code
      .get(pointer)
      .memory("v128.load", offset)
      .get(pointer)
      .memory("v128.load", offset + 16)
      .shuffle(EVERY_SECOND);
    return;
  }
  const vector = code.local("v128");
  const address = code.local("i32");
  code.get(pointer).i32(offset).op("i32.add").set(address);
  for (let lane = 0; lane < count; lane++) {
    code.get(address).get(vector).memoryLane(laneLoads[bytes], lane).set(vector);
    if (lane < count - 1)
      code
        .get(address)
        .i32(stride * bytes)
        .op("i32.add")
        .set(address);
  }
  code.get(vector);
  if (bytes === 1) widenBytes(code, dtype);
}

/** The lanes of `x` as bytes in the low lanes; masks as 0 and 1. */
function narrowBytes(code: Code, constants: VectorContext, dtype: DType, x: Local): void {
  code
    .get(x)
    .get(constants.i32(dtype === "bool" ? 1 : 255))
    .op("v128.and");
  const narrowed = code.local("v128");
  code.tee(narrowed).get(narrowed).op("i16x8.narrow_i32x4_u").tee(narrowed).get(narrowed).op("i8x16.narrow_i16x8_u");
}

/** Stores the first `count` lanes of `x` as elements `stride` apart, in as few stores as their places allow. */
export function emitStore(
  code: Code,
  constants: VectorContext,
  dtype: DType,
  lanes: Lanes,
  x: Local,
  to: { readonly pointer: Local; readonly offset: number; readonly stride: number; readonly count: number },
): void {
  const bytes = bytesOf(dtype);
  const packed = bytes === 1 ? code.local("v128") : x;
  if (bytes === 1) {
    narrowBytes(code, constants, dtype, x);
    code.set(packed);
  }
  if (to.stride === 1 && to.count === lanes) {
    const size = bytes * lanes;
    code.get(to.pointer).get(packed);
    if (size === 16) code.memory("v128.store", to.offset);
    else code.memoryLane(size === 8 ? "v128.store64_lane" : size === 4 ? "v128.store32_lane" : "v128.store16_lane", 0, to.offset);
    return;
  }
  for (let lane = 0; lane < to.count; lane++) {
    const offset = to.offset + lane * to.stride * bytes;
    code.get(to.pointer);
    if (offset < 0) code.i32(offset).op("i32.add");
    code.get(packed).memoryLane(laneStores[bytes], lane, Math.max(0, offset));
  }
}
