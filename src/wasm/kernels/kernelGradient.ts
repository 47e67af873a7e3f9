// The kernel gradient of a convolution: dRhs[output, tap] = Σ dOut[output, place] · image[tap, place], as an implicit matrix
// product for each image. Sums of chunks of the batch are kept apart and added in order at the end.

import type { Code, ModuleBuilder } from "../module.js";
import { emitBoxClear, emitBoxCopy } from "./box.js";
import { emitCopyIn } from "./conv.js";
import {
  type ConvSpec,
  END,
  type Geometry,
  START,
  Scratch,
  geometryOf,
  inScratch,
  interiorOf,
  convParams,
  partsOf,
  setDigits,
  setGroupAddress,
  placeStride,
  product,
  tableFills,
  tablesOf,
} from "./convGeometry.js";
import { address, advance, countDown, countUp } from "./flow.js";
import { TILE_ROWS, tileColumns } from "./micro.js";
import type { Axis } from "./pack.js";
import { type PackedSpec, emitPacked, packedScratchBytes } from "./packed.js";

const CHUNKS_MAX = 8;
const PARTIALS_MAX = 1 << 24;

/** Chunks of the batch whose kernel gradients are summed apart: a number of the shape alone, so that threads change no bit. */
export const kernelGradientChunks = (batch: number, kernelBytes: number): number =>
  Math.max(1, Math.min(CHUNKS_MAX, batch, Math.floor(PARTIALS_MAX / Math.max(1, kernelBytes))));

interface KernelPlan {
  readonly geometry: Geometry;
  readonly packed: PackedSpec;
  readonly chunks: number;
  /** Parts that the outputs of a group are split into. */
  readonly parts: number;
  /** Taps are the rows of the product, and outputs its columns. */
  readonly turned: boolean;
  readonly at: { taps: number; places: number; results: number; image: number; product: number };
  readonly bytes: number;
}

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;

// Few taps make better rows than columns: the work is that of whole tiles, and packing a row costs as much as a tile's width.
function turns({ lanes, taps, spec }: Geometry): boolean {
  const cost = (rows: number, columns: number): number =>
    roundUp(rows, TILE_ROWS) * (roundUp(columns, tileColumns(lanes)) + tileColumns(lanes));
  return cost(taps, spec.outputs) < cost(spec.outputs, taps);
}

function productOf({ spec, lanes, taps, places }: Geometry, turned: boolean): PackedSpec {
  const { bytes } = lanes;
  const output: Axis = { stride: spec.out.feature * bytes };
  const stride = placeStride(spec);
  const place: Axis = stride === undefined ? "table" : { stride: stride * bytes };
  const shared = { lanes, fused: spec.fused ?? false, depth: places, accumulate: true };
  if (turned) {
    const c = { rowBytes: bytes, columnBytes: taps * bytes };
    return { ...shared, rows: taps, columns: spec.outputs, a: { row: "table", depth: "table" }, b: { depth: place, column: output }, c };
  }
  const c = { rowBytes: taps * bytes, columnBytes: bytes };
  return { ...shared, rows: spec.outputs, columns: taps, a: { row: output, depth: place }, b: { depth: "table", column: "table" }, c };
}

function kernelPlan(spec: ConvSpec): KernelPlan {
  const geometry = geometryOf(spec);
  const { lanes, taps } = geometry;
  const turned = turns(geometry);
  const packed = productOf(geometry, turned);
  const chunks = kernelGradientChunks(spec.batch, spec.groups * spec.outputs * taps * lanes.bytes);
  const tables = tablesOf(geometry);
  const scratch = new Scratch();
  const at = {
    taps: scratch.take(tables.taps.bytes),
    places: scratch.take(tables.places.bytes),
    results: scratch.take(tables.results.bytes),
    image: scratch.take(geometry.copied ? geometry.padded * lanes.bytes : 0),
    product: scratch.take(packedScratchBytes(packed)),
  };
  return { geometry, packed, chunks, parts: turned ? 1 : partsOf(chunks * spec.groups, spec.outputs), turned, at, bytes: scratch.bytes };
}

/** Number of independent parts of the first phase of the kernel gradient. */
export function kernelGradientUnits(spec: ConvSpec): number {
  const { chunks, parts } = kernelPlan(spec);
  return chunks * spec.groups * parts;
}

/** Bytes of scratch for each thread. */
export const kernelGradientScratchBytes = (spec: ConvSpec): number => kernelPlan(spec).bytes;

/** Bytes of the chunks' sums, which all threads share. */
export function kernelGradientPartialBytes(spec: ConvSpec): number {
  const { chunks, geometry } = kernelPlan(spec);
  return chunks * spec.groups * spec.outputs * geometry.taps * geometry.lanes.bytes;
}

// Pushes the operands of one image's product and calls it. `dOut` and `image` are the group's, `sums` the group's in its chunk.
function multiplyImage(
  code: Code,
  plan: KernelPlan,
  multiply: number,
  local: { dOut: number; image: number; sums: number; part: number },
): void {
  const { spec } = plan.geometry;
  const { taps, places, results, product: scratch } = plan.at;
  if (plan.turned) code.get(local.image).get(local.dOut);
  else code.get(local.dOut).get(local.image);
  inScratch(code.get(local.sums), scratch);
  if (plan.turned) {
    code.i32(0).i32(plan.geometry.taps);
    for (const table of [taps, places, results]) inScratch(code, table);
    code.i32(0).call(multiply);
    return;
  }
  const rows = spec.outputs / plan.parts;
  code.get(local.part).i32(rows).op("i32.mul");
  code.get(local.part).i32(1).op("i32.add").i32(rows).op("i32.mul").i32(0);
  for (const table of [results, places, taps]) inScratch(code, table);
  code.call(multiply);
}

/**
 * Emits the first phase of the kernel gradient as a function `(lhs, dOut, partials, scratch, start, end)`: the units
 * `start` ≤ u < `end` of `kernelGradientUnits`. `emitKernelGradientSum` must follow when all units are done.
 */
export function emitKernelGradient(module: ModuleBuilder, spec: ConvSpec, exportAs?: string): number {
  const plan = kernelPlan(spec);
  const { geometry, chunks, parts, at } = plan;
  const { lanes, taps } = geometry;
  const [LHS, OUT, PARTIALS] = [0, 1, 2];
  const fill = tableFills(module, geometry, { taps: at.taps, places: at.places, results: at.results });
  const clear = geometry.copied ? emitBoxClear(module, lanes, [{ size: geometry.padded, strides: [lanes.bytes] }]) : undefined;
  const partBytes = (spec.outputs / parts) * taps * lanes.bytes;
  const clearSums = emitBoxClear(module, lanes, [{ size: partBytes / lanes.bytes, strides: [lanes.bytes] }]);
  const copyIn = geometry.copied ? emitBoxCopy(module, lanes, interiorOf(geometry).axes) : undefined;
  const multiply = emitPacked(module, plan.packed);
  return module.function(exportAs, convParams, [], (code) => {
    const [chunk, group, part, index, last, sums, image, dOut] = Array.from({ length: 8 }, () => code.local("i32"));
    fill(code);
    if (clear !== undefined) inScratch(code, at.image).call(clear);
    countUp(code, START, { local: END }, 1, () => {
      setDigits(code, [
        [chunk, chunks],
        [group, spec.groups],
        [part, parts],
      ]);
      address(code, PARTIALS, chunk, spec.groups * spec.outputs * taps * lanes.bytes).set(sums);
      address(code, sums, group, spec.outputs * taps * lanes.bytes).set(sums);
      address(code, sums, part, partBytes).call(clearSums);
      const border = (): Code => code.i32(spec.batch).op("i32.mul").i32(chunks).op("i32.div_u");
      code.get(chunk);
      border().set(index);
      code.get(chunk).i32(1).op("i32.add");
      border().set(last);
      countUp(code, index, { local: last }, 1, () => {
        const here = { image: index, group, bytes: lanes.bytes };
        setGroupAddress(code, image, { ...here, tensor: LHS, strides: spec.lhs, features: spec.features });
        if (copyIn !== undefined) emitCopyIn(code, geometry, copyIn, image, at.image);
        setGroupAddress(code, dOut, { ...here, tensor: OUT, strides: spec.out, features: spec.outputs });
        multiplyImage(code, plan, multiply, { dOut, image, sums, part });
      });
    });
  });
}

/**
 * Emits the second phase as a function `(partials, dRhs, start, end)`: the chunks' sums added in order, for the output features
 * `start` ≤ o < `end` (over all groups), which no other thread may be at. The sums of the first chunk are overwritten.
 */
export function emitKernelGradientSum(module: ModuleBuilder, spec: ConvSpec, exportAs?: string): number {
  const { geometry, chunks } = kernelPlan(spec);
  const { lanes, taps } = geometry;
  const [PARTIALS, OUT, FROM, TO] = [0, 1, 2, 3];
  const sizes = [spec.features, ...spec.window];
  const strides = [spec.rhs.feature, ...spec.rhs.space];
  const axes = sizes.map((size, d) => ({ size, strides: [product(sizes.slice(d + 1)) * lanes.bytes, strides[d] * lanes.bytes] }));
  const copy = emitBoxCopy(module, lanes, axes);
  return module.function(exportAs, ["i32", "i32", "i32", "i32"], [], (code) => {
    const [row, at, other, count] = Array.from({ length: 4 }, () => code.local("i32"));
    countUp(code, FROM, { local: TO }, 1, () => {
      address(code, PARTIALS, FROM, taps * lanes.bytes).set(row);
      for (let chunk = 1; chunk < chunks; chunk++) {
        code.get(row).set(at).i32(taps).set(count);
        code
          .get(row)
          .i32(chunk * spec.groups * spec.outputs * taps * lanes.bytes)
          .op("i32.add")
          .set(other);
        const step = (width: number, add: () => void): void =>
          countDown(code, count, width, () => {
            code.get(at).get(at);
            add();
            advance(code, at, width * lanes.bytes);
            advance(code, other, width * lanes.bytes);
          });
        step(lanes.count, () => code.memory("v128.load").get(other).memory("v128.load").op(lanes.add).memory("v128.store"));
        step(1, () => code.memory(lanes.load).get(other).memory(lanes.load).op(lanes.scalarAdd).memory(lanes.store));
      }
      code.get(row);
      address(code, OUT, FROM, spec.rhs.outer * lanes.bytes).call(copy);
    });
  });
}
