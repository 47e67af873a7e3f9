// The input gradient of a convolution: for each image, the products kernel[output, tap] · dOut[output, place] are scattered onto
// the padded image a few taps at a time, as they come; then the image's inside is copied out. Strides cost nothing extra.

import type { ModuleBuilder } from "../module.js";
import { type BoxAxis, emitBoxClear, emitBoxCopy } from "./box.js";
import { PREPACK_MAX } from "./conv.js";
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
  product,
  tableFills,
  tablesOf,
} from "./convGeometry.js";
import { address, countUp } from "./flow.js";
import { type PackedSpec, emitPackAll, emitPacked, packedRowsBytes, packedScratchBytes } from "./packed.js";
import { SCATTER_OVERRUN, emitScatter } from "./scatter.js";

interface InputPlan {
  readonly geometry: Geometry;
  readonly packed: PackedSpec;
  /** Parts that the features of a group are split into. */
  readonly parts: number;
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
    image: scratch.take(geometry.padded * lanes.bytes + SCATTER_OVERRUN),
  };
  return { geometry, packed, parts: partsOf(spec.batch * spec.groups, spec.features), at, bytes: scratch.bytes };
}

/** Number of independent parts of the input gradient. */
export const inputGradientUnits = (spec: ConvSpec): number => spec.batch * spec.groups * partsOf(spec.batch * spec.groups, spec.features);

/** Bytes of scratch for each thread. */
export const inputGradientScratchBytes = (spec: ConvSpec): number => inputPlan(spec).bytes;

interface Copies {
  readonly clear: number;
  /** Copies a part's features from the padded image to the gradient. */
  readonly copyOut: number;
  /** Clears a part's features in the gradient, where the copy does not reach all of them. */
  readonly clearOut: number | undefined;
}

function emitCopies(module: ModuleBuilder, { geometry, parts }: InputPlan): Copies {
  const { spec, lanes } = geometry;
  const features = spec.features / parts;
  const interior = interiorOf(geometry);
  const ofPart = ([feature, ...space]: readonly BoxAxis[]): BoxAxis[] => [{ ...feature, size: features }, ...space];
  const swapped = interior.axes.map(({ size, strides: [outside, inside] }): BoxAxis => ({ size, strides: [inside, outside] }));
  const outside = [spec.lhs.feature, ...spec.lhs.space].map((stride, d) => ({
    size: [features, ...spec.space][d],
    strides: [stride * lanes.bytes],
  }));
  return {
    clear: emitBoxClear(module, lanes, [{ size: geometry.padded, strides: [lanes.bytes] }]),
    copyOut: emitBoxCopy(module, lanes, ofPart(swapped)),
    clearOut: interior.complete ? undefined : emitBoxClear(module, lanes, outside),
  };
}

/**
 * Emits the input gradient as a function `(dOut, rhs, dLhs, scratch, start, end)`: the units `start` ≤ u < `end` of
 * `inputGradientUnits`, each with the same bits in any split.
 */
export function emitInputGradient(module: ModuleBuilder, spec: ConvSpec, exportAs?: string): number {
  const plan = inputPlan(spec);
  const { geometry, packed, parts, at } = plan;
  const { bytes } = geometry.lanes;
  const [OUT, RHS, LHS] = [0, 1, 2];
  const fill = tableFills(module, geometry, { kernel: at.kernel, taps: at.taps, places: at.places, results: at.results });
  const copies = emitCopies(module, plan);
  const packAll = packed.prepacked === true ? emitPackAll(module, packed) : undefined;
  const multiply = emitPacked(module, {
    ...packed,
    finish: emitScatter(module, geometry, { taps: at.image - at.taps, places: at.image - at.places }),
  });
  const [features, interior] = [spec.features / parts, interiorOf(geometry)];
  const rows = features * product(spec.window);
  return module.function(exportAs, convParams, [], (code) => {
    const [group, image, part, packedGroup, rhs, out, lhs] = Array.from({ length: 7 }, () => code.local("i32"));
    const here = { image, group, bytes };
    fill(code);
    code.i32(-1).set(packedGroup);
    countUp(code, START, { local: END }, 1, () => {
      // Images inside a group, so that each group's kernel is packed once.
      setDigits(code, [
        [group, spec.groups],
        [image, spec.batch],
        [part, parts],
      ]);
      address(code, RHS, group, (spec.rhsGroup ?? spec.outputs * spec.rhs.outer) * bytes).set(rhs);
      if (packAll !== undefined) {
        code.get(group).get(packedGroup).op("i32.ne");
        code.if(() => {
          inScratch(code.get(rhs), at.a);
          inScratch(code, at.kernel).i32(0).call(packAll);
          code.get(group).set(packedGroup);
        });
        inScratch(code, at.a).set(rhs);
      }
      setGroupAddress(code, out, { ...here, tensor: OUT, strides: spec.out, features: spec.outputs });
      inScratch(code, at.image).call(copies.clear);
      inScratch(code.get(rhs).get(out), at.image);
      inScratch(code, at.product).get(part).i32(rows).op("i32.mul");
      code.get(part).i32(1).op("i32.add").i32(rows).op("i32.mul");
      inScratch(code, at.kernel).i32(0).i32(0);
      inScratch(code, at.results).call(multiply);
      setGroupAddress(code, lhs, { ...here, tensor: LHS, strides: spec.lhs, features: spec.features });
      address(code, lhs, part, features * spec.lhs.feature * bytes).set(lhs);
      if (copies.clearOut !== undefined) code.get(lhs).call(copies.clearOut);
      inScratch(code, at.image + interior.to).set(out);
      address(code, out, part, features * geometry.feature);
      code.get(lhs).i32(interior.from).op("i32.add").call(copies.copyOut);
    });
  });
}
