// Both gradients of a convolution, as implicit matrix products of the same image.
// Kernel: dRhs[output, tap] = Σ dOut[output, place] · image[tap, place], over chunks of the batch that are summed in order at the
// end. Input: the products kernel[output, tap] · dOut[output, place] are scattered onto the padded image as they come.

import type { Code, ModuleBuilder } from "../module.js";
import { type BoxAxis, emitBoxClear, emitBoxCopy } from "./box.js";
import { PREPACK_MAX, emitCopyIn } from "./conv.js";
import { type ConvSpec, type Geometry, Scratch, geometryOf, interiorOf, product, tablesOf } from "./convGeometry.js";
import { address, advance, countDown, countUp } from "./flow.js";
import { type PackedSpec, emitPackAll, emitPacked, packedRowsBytes, packedScratchBytes } from "./packed.js";

const SCRATCH = 3;
const START = 4;
const END = 5;
const six = Array.from({ length: 6 }, () => "i32" as const);

const inScratch = (code: Code, offset: number): Code => code.get(SCRATCH).i32(offset).op("i32.add");

const CHUNKS_MAX = 8;
const PARTIALS_MAX = 1 << 24;

/** Chunks of the batch whose kernel gradients are summed apart: a number of the shape alone, so that threads change no bit. */
function chunksOf({ groups, batch, outputs }: ConvSpec, taps: number, bytes: number): number {
  const one = groups * outputs * taps * bytes;
  return Math.max(1, Math.min(CHUNKS_MAX, batch, Math.floor(PARTIALS_MAX / Math.max(1, one))));
}

interface KernelPlan {
  readonly geometry: Geometry;
  readonly packed: PackedSpec;
  readonly chunks: number;
  readonly at: { taps: number; places: number; results: number; image: number; product: number };
  readonly bytes: number;
}

function kernelPlan(spec: ConvSpec): KernelPlan {
  const geometry = geometryOf(spec);
  const { lanes, taps, places } = geometry;
  const packed: PackedSpec = {
    lanes,
    fused: spec.fused ?? false,
    rows: spec.groups * spec.outputs,
    columns: taps,
    depth: places,
    a: { row: { stride: spec.out.feature * lanes.bytes }, depth: "table" },
    b: { depth: "table", column: "table" },
    c: { rowBytes: taps * lanes.bytes, columnBytes: lanes.bytes },
    accumulate: true,
  };
  const tables = tablesOf(geometry);
  const scratch = new Scratch();
  const at = {
    taps: scratch.take(tables.taps.bytes),
    places: scratch.take(tables.places.bytes),
    results: scratch.take(tables.results.bytes),
    image: scratch.take(geometry.copied ? geometry.padded * lanes.bytes : 0),
    product: scratch.take(packedScratchBytes(packed)),
  };
  return { geometry, packed, chunks: chunksOf(spec, taps, lanes.bytes), at, bytes: scratch.bytes };
}

/** Number of independent parts of the first phase of the kernel gradient: a chunk's group each. */
export const kernelGradientUnits = (spec: ConvSpec): number => kernelPlan(spec).chunks * spec.groups;

/** Bytes of scratch for each thread. */
export const kernelGradientScratchBytes = (spec: ConvSpec): number => kernelPlan(spec).bytes;

/** Bytes of the chunks' sums, which all threads share. */
export function kernelGradientPartialBytes(spec: ConvSpec): number {
  const { chunks, geometry } = kernelPlan(spec);
  return chunks * spec.groups * spec.outputs * geometry.taps * geometry.lanes.bytes;
}

const tableFills = (module: ModuleBuilder, geometry: Geometry, at: Readonly<Record<string, number>>, names: readonly (keyof ReturnType<typeof tablesOf>)[]) => {
  const fills = names.map((name) => [tablesOf(geometry)[name].fill(module), at[name]] as const);
  return (code: Code): void => {
    for (const [fill, offset] of fills) inScratch(code, offset).call(fill);
  };
};

/**
 * Emits the first phase of the kernel gradient as a function `(lhs, dOut, partials, scratch, start, end)`: the units
 * `start` ≤ u < `end` of `kernelGradientUnits`. `emitKernelGradientSum` must follow when all units are done.
 */
export function emitKernelGradient(module: ModuleBuilder, spec: ConvSpec, exportAs?: string): number {
  const plan = kernelPlan(spec);
  const { geometry, packed, chunks, at } = plan;
  const { lanes, taps } = geometry;
  const [LHS, OUT, PARTIALS] = [0, 1, 2];
  const fill = tableFills(module, geometry, at, ["taps", "places", "results"]);
  const clear = geometry.copied ? emitBoxClear(module, lanes, [{ size: geometry.padded, strides: [lanes.bytes] }]) : undefined;
  const clearSums = emitBoxClear(module, lanes, [{ size: spec.outputs * taps, strides: [lanes.bytes] }]);
  const copyIn = geometry.copied ? emitBoxCopy(module, lanes, interiorOf(geometry).axes) : undefined;
  const multiply = emitPacked(module, packed);
  return module.function(exportAs, six, [], (code) => {
    const [chunk, group, image, last, sums, lhs] = Array.from({ length: 6 }, () => code.local("i32"));
    fill(code);
    if (clear !== undefined) inScratch(code, at.image).call(clear);
    countUp(code, START, { local: END }, 1, () => {
      code.get(START).i32(spec.groups).op("i32.div_u").set(chunk);
      code.get(START).i32(spec.groups).op("i32.rem_u").set(group);
      address(code, PARTIALS, chunk, packed.rows * taps * lanes.bytes).set(sums);
      address(code, sums, group, spec.outputs * taps * lanes.bytes).call(clearSums);
      const border = (): Code => code.i32(spec.batch).op("i32.mul").i32(chunks).op("i32.div_u");
      code.get(chunk);
      border().set(image);
      code.get(chunk).i32(1).op("i32.add");
      border().set(last);
      countUp(code, image, { local: last }, 1, () => {
        address(code, LHS, image, spec.lhs.outer * lanes.bytes).set(lhs);
        address(code, lhs, group, spec.features * spec.lhs.feature * lanes.bytes).set(lhs);
        if (copyIn !== undefined) emitCopyIn(code, geometry, copyIn, lhs, at.image);
        address(code, OUT, image, spec.out.outer * lanes.bytes).get(lhs).get(sums);
        inScratch(code, at.product).get(group).i32(spec.outputs).op("i32.mul");
        code.get(group).i32(1).op("i32.add").i32(spec.outputs).op("i32.mul").i32(0);
        for (const offset of [at.results, at.places, at.taps]) inScratch(code, offset);
        code.call(multiply);
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
        code.get(row).i32(chunk * spec.groups * spec.outputs * taps * lanes.bytes).op("i32.add").set(other);
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

interface InputPlan {
  readonly geometry: Geometry;
  readonly packed: PackedSpec;
  readonly at: { kernel: number; taps: number; places: number; results: number; a: number; product: number; image: number };
  readonly bytes: number;
}

function inputPlan(spec: ConvSpec): InputPlan {
  const geometry = geometryOf(spec, true);
  const { lanes, taps, places } = geometry;
  const prepacked = packedRowsBytes(taps, spec.outputs) <= PREPACK_MAX;
  const packed: PackedSpec = {
    lanes,
    fused: spec.fused ?? false,
    rows: taps,
    columns: places,
    depth: spec.outputs,
    a: { row: "table", depth: { stride: spec.rhs.outer * lanes.bytes } },
    b: { depth: { stride: spec.out.feature * lanes.bytes }, column: "table" },
    c: { rowBytes: 0, columnBytes: 0 },
    prepacked,
    accumulate: false,
  };
  const tables = tablesOf(geometry);
  const scratch = new Scratch();
  const at = {
    kernel: scratch.take(tables.kernel.bytes),
    results: scratch.take(tables.results.bytes),
    a: scratch.take(prepacked ? packedRowsBytes(taps, spec.outputs) : 0),
    product: scratch.take(packedScratchBytes(packed)),
    taps: scratch.take(tables.taps.bytes),
    places: scratch.take(tables.places.bytes),
    image: scratch.take(geometry.padded * lanes.bytes),
  };
  return { geometry, packed, at, bytes: scratch.bytes };
}

/** Number of independent parts of the input gradient: an image's group each. */
export const inputGradientUnits = ({ batch, groups }: ConvSpec): number => batch * groups;

/** Bytes of scratch for each thread. */
export const inputGradientScratchBytes = (spec: ConvSpec): number => inputPlan(spec).bytes;

// Takes a row of sums (a tap's, at the places from `column` on) in the way of `emitFinish`, and adds them to the padded image.
function emitScatter(module: ModuleBuilder, { geometry, at }: InputPlan): number {
  const { lanes } = geometry;
  return module.function(undefined, six, [], (code) => {
    const [FROM, IMAGE, ROW, COLUMN, COUNT] = [0, 1, 2, 3, 4];
    const [base, table, to] = [code.local("i32"), code.local("i32"), code.local("i32")];
    code.get(IMAGE).i32(at.image - at.taps).op("i32.sub").set(table);
    code.get(IMAGE);
    address(code, table, ROW, 4).memory("i32.load").op("i32.add").set(base);
    code.get(IMAGE).i32(at.image - at.places).op("i32.sub").set(table);
    address(code, table, COLUMN, 4).set(table);
    const forward = (width: number): void => {
      advance(code, table, 4 * width);
      advance(code, FROM, lanes.bytes * width);
    };
    const target = (lane: number): Code => code.get(base).get(table).memory("i32.load", lane * 4).op("i32.add").tee(to);
    const single = (lane: number): void => {
      target(lane).get(to).memory(lanes.load).get(FROM).memory(lanes.load, lane * lanes.bytes).op(lanes.scalarAdd).memory(lanes.store);
    };
    countDown(code, COUNT, lanes.count, () => {
      code.get(table).memory("i32.load", 4 * (lanes.count - 1)).get(table).memory("i32.load").op("i32.sub");
      code.i32((lanes.count - 1) * lanes.bytes).op("i32.eq");
      code.if(
        () => target(0).get(to).memory("v128.load").get(FROM).memory("v128.load").op(lanes.add).memory("v128.store"),
        () => {
          for (let lane = 0; lane < lanes.count; lane++) single(lane);
        },
      );
      forward(lanes.count);
    });
    countDown(code, COUNT, 1, () => {
      single(0);
      forward(1);
    });
  });
}

/**
 * Emits the input gradient as a function `(dOut, rhs, dLhs, scratch, start, end)`: the units `start` ≤ u < `end` of
 * `inputGradientUnits`, each with the same bits in any split.
 */
export function emitInputGradient(module: ModuleBuilder, spec: ConvSpec, exportAs?: string): number {
  const plan = inputPlan(spec);
  const { geometry, packed, at } = plan;
  const { lanes } = geometry;
  const { bytes } = lanes;
  const [OUT, RHS, LHS] = [0, 1, 2];
  const fill = tableFills(module, geometry, at, ["kernel", "taps", "places", "results"]);
  const clear = emitBoxClear(module, lanes, [{ size: geometry.padded, strides: [bytes] }]);
  const interior = interiorOf(geometry);
  const swapped = interior.axes.map(({ size, strides: [outside, inside] }): BoxAxis => ({ size, strides: [inside, outside] }));
  const copyOut = emitBoxCopy(module, lanes, swapped);
  const whole = [{ size: spec.features, strides: [spec.lhs.feature * bytes] }, ...spec.space.map((size, d) => ({ size, strides: [spec.lhs.space[d] * bytes] }))];
  const clearOut = interior.complete ? undefined : emitBoxClear(module, lanes, whole);
  const packAll = packed.prepacked === true ? emitPackAll(module, packed) : undefined;
  const multiply = emitPacked(module, { ...packed, finish: emitScatter(module, plan) });
  return module.function(exportAs, six, [], (code) => {
    const [group, image, packedGroup, rhs, out, lhs] = Array.from({ length: 6 }, () => code.local("i32"));
    fill(code);
    code.i32(-1).set(packedGroup);
    countUp(code, START, { local: END }, 1, () => {
      // Images inside a group, so that each group's kernel is packed once.
      code.get(START).i32(spec.batch).op("i32.div_u").set(group);
      code.get(START).i32(spec.batch).op("i32.rem_u").set(image);
      address(code, RHS, group, spec.outputs * spec.rhs.outer * bytes).set(rhs);
      if (packAll !== undefined) {
        code.get(group).get(packedGroup).op("i32.ne");
        code.if(() => {
          code.get(rhs);
          inScratch(code, at.a);
          inScratch(code, at.kernel).i32(0).call(packAll);
          code.get(group).set(packedGroup);
        });
        inScratch(code, at.a).set(rhs);
      }
      address(code, OUT, image, spec.out.outer * bytes).set(out);
      address(code, out, group, spec.outputs * spec.out.feature * bytes).set(out);
      inScratch(code, at.image).call(clear);
      code.get(rhs).get(out);
      inScratch(code, at.image);
      inScratch(code, at.product).i32(0).i32(geometry.taps);
      inScratch(code, at.kernel).i32(0).i32(0);
      inScratch(code, at.results).call(multiply);
      address(code, LHS, image, spec.lhs.outer * bytes).set(lhs);
      address(code, lhs, group, spec.features * spec.lhs.feature * bytes).set(lhs);
      if (clearOut !== undefined) code.get(lhs).call(clearOut);
      inScratch(code, at.image + interior.to).get(lhs).i32(interior.from).op("i32.add").call(copyOut);
    });
  });
}
