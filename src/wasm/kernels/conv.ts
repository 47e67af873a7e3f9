// Convolution as an implicit matrix product: results[output, place] = Σ kernel[output, tap] · image[tap, place], image by image.
// Patches of a block of places are packed as the product asks for them; the matrix of all patches never exists.

import type { Code, ModuleBuilder } from "../module.js";
import { emitBoxClear, emitBoxCopy } from "./box.js";
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
import { extraLocals, extraTypes } from "./epilogue.js";
import { address, advance, countUp } from "./flow.js";
import { TILE_ROWS } from "./micro.js";
import { type PackedSpec, emitPackAll, emitPacked, packedRowsBytes, packedScratchBytes } from "./packed.js";

/** The kernel is packed once for all images if its packed form is not larger than this. */
export const PREPACK_MAX = 1 << 22;

// Parts that the outputs of a group are split into; scattered results are copied out by whole groups.
const partsOfOutputs = (spec: ConvSpec): number => (placeStride(spec) === undefined ? 1 : partsOf(spec.batch * spec.groups, spec.outputs));

/** Number of independent parts of the forward convolution. */
export const convUnits = (spec: ConvSpec): number => spec.batch * spec.groups * partsOfOutputs(spec);

/** Whether the forward convolution takes an epilogue: not where places lie scattered in the result. */
export const convTakesEpilogue = (spec: ConvSpec): boolean => placeStride(spec) !== undefined;

interface Plan {
  readonly geometry: Geometry;
  readonly packed: PackedSpec;
  readonly at: { kernel: number; taps: number; places: number; image: number; a: number; result: number; product: number };
  readonly bytes: number;
}

function planOf(spec: ConvSpec): Plan {
  const geometry = geometryOf(spec);
  const { lanes, taps, places } = geometry;
  const rows = spec.groups * spec.outputs;
  const stride = placeStride(spec);
  const prepacked = packedRowsBytes(rows, taps) <= PREPACK_MAX && (spec.groups === 1 || spec.outputs % TILE_ROWS === 0);
  const packed: PackedSpec = {
    lanes,
    fused: spec.fused ?? false,
    rows,
    columns: places,
    depth: taps,
    a: { row: { stride: spec.rhs.outer * lanes.bytes }, depth: "table" },
    b: { depth: "table", column: "table" },
    // Scattered places are gathered in a dense copy first.
    c:
      stride === undefined
        ? { rowBytes: places * lanes.bytes, columnBytes: lanes.bytes }
        : { rowBytes: spec.out.feature * lanes.bytes, columnBytes: stride * lanes.bytes },
    prepacked,
    accumulate: false,
    epilogue: spec.epilogue,
  };
  const tables = tablesOf(geometry);
  const scratch = new Scratch();
  const at = {
    kernel: scratch.take(tables.kernel.bytes),
    taps: scratch.take(tables.taps.bytes),
    places: scratch.take(tables.places.bytes),
    image: scratch.take(geometry.copied ? geometry.padded * lanes.bytes : 0),
    a: scratch.take(prepacked ? packedRowsBytes(rows, taps) : 0),
    result: scratch.take(stride === undefined ? rows * places * lanes.bytes : 0),
    product: scratch.take(packedScratchBytes(packed)),
  };
  return { geometry, packed, at, bytes: scratch.bytes };
}

const hasWork = (spec: ConvSpec): boolean => convUnits(spec) * spec.outputs * product(spec.places) > 0;

/** Bytes of scratch for each thread. */
export const convScratchBytes = (spec: ConvSpec): number => (hasWork(spec) ? planOf(spec).bytes : 0);

const LHS = 0;
const RHS = 1;
const OUT = 2;
const OWN = END + 1;

/**
 * Emits the forward convolution as a function `(lhs, rhs, out, scratch, start, end, ...extras)` and returns its index: the units
 * `start` ≤ u < `end` of `convUnits`, each with the same bits in any split. Every size but the batch's and outputs' is at least 1.
 */
export function emitConv(module: ModuleBuilder, spec: ConvSpec, exportAs?: string): number {
  const types = [...convParams, ...extraTypes(spec.epilogue)];
  if (!hasWork(spec)) return module.function(exportAs, types, [], () => undefined);
  const plan = planOf(spec);
  const { geometry, packed, at } = plan;
  const { bytes } = geometry.lanes;
  const prepare = emitPrepare(module, plan);
  const multiply = emitPacked(module, packed);
  const copyIn = geometry.copied ? emitBoxCopy(module, geometry.lanes, interiorOf(geometry).axes) : undefined;
  const scattered = placeStride(spec) === undefined;
  const parts = partsOfOutputs(spec);
  const copyOut = scattered ? emitBoxCopy(module, geometry.lanes, resultAxes(geometry)) : undefined;
  return module.function(exportAs, types, [], (code) => {
    const [image, group, part, row, lhs, out] = Array.from({ length: 6 }, () => code.local("i32"));
    prepare(code);
    countUp(code, START, { local: END }, 1, () => {
      setDigits(code, [
        [image, spec.batch],
        [group, spec.groups],
        [part, parts],
      ]);
      address(code, part, group, parts)
        .i32(spec.outputs / parts)
        .op("i32.mul")
        .set(row);
      setGroupAddress(code, lhs, { tensor: LHS, image, group, strides: spec.lhs, features: spec.features, bytes });
      address(code, OUT, image, spec.out.outer * bytes).set(out);
      if (copyIn !== undefined) emitCopyIn(code, geometry, copyIn, lhs, at.image);
      if (packed.prepacked === true) inScratch(code, at.a);
      else code.get(RHS);
      code.get(lhs);
      if (scattered) inScratch(code, at.result);
      else code.get(out);
      inScratch(code, at.product)
        .get(row)
        .get(row)
        .i32(spec.outputs / parts)
        .op("i32.add")
        .i32(0);
      for (const offset of [at.kernel, at.taps, at.places]) inScratch(code, offset);
      extraLocals(spec.epilogue, OWN).forEach((extra, i) => {
        const stride = spec.epilogueStrides?.[i] ?? 0;
        if (stride === 0) code.get(extra);
        else address(code, extra, image, stride);
      });
      code.call(multiply);
      if (copyOut === undefined) return;
      inScratch(code, at.result)
        .get(group)
        .i32(spec.outputs * geometry.places * bytes)
        .op("i32.mul", "i32.add");
      address(code, out, group, spec.outputs * spec.out.feature * bytes).call(copyOut);
    });
  });
}

// Copies an image's inside to the padded image at `offset` in scratch, and sets `image` to that.
export function emitCopyIn(code: Code, geometry: Geometry, copyIn: number, image: number, offset: number): void {
  const { from, to } = interiorOf(geometry);
  advance(code, image, from);
  code.get(image);
  inScratch(code, offset + to).call(copyIn);
  inScratch(code, offset).set(image);
}

// From the dense copy of a group's results to where they belong.
function resultAxes({ spec, lanes, places }: Geometry) {
  const { bytes } = lanes;
  const space = spec.places.map((size, d) => ({
    size,
    strides: [product(spec.places.slice(d + 1)) * bytes, spec.out.space[d] * bytes],
  }));
  return [{ size: spec.outputs, strides: [places * bytes, spec.out.feature * bytes] }, ...space];
}

// Emits what fills the tables, clears the padding and packs the kernel, once a call.
function emitPrepare(module: ModuleBuilder, { geometry, packed, at }: Plan): (code: Code) => void {
  const fill = tableFills(module, geometry, { kernel: at.kernel, taps: at.taps, places: at.places });
  const clear = geometry.copied
    ? emitBoxClear(module, geometry.lanes, [{ size: geometry.padded, strides: [geometry.lanes.bytes] }])
    : undefined;
  const pack = packed.prepacked === true ? emitPackAll(module, packed) : undefined;
  return (code) => {
    fill(code);
    if (clear !== undefined) inScratch(code, at.image).call(clear);
    if (pack === undefined) return;
    inScratch(code.get(RHS), at.a).i32(0);
    inScratch(code, at.kernel).call(pack);
  };
}
