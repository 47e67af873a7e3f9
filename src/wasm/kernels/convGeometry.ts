// What a convolution looks like in memory: strides of its tensors, the image as windows see it, tables of offsets.
// The address of the element under tap k of the window at place p is base + taps[k] + places[p]: both tables are one image's.

import type { Code, Local, ModuleBuilder, ValueType } from "../module.js";
import { type BoxAxis, emitTable } from "./box.js";
import type { Epilogue } from "./epilogue.js";
import { address } from "./flow.js";
import { lanesOf } from "./product.js";
import type { Lanes } from "./lanes.js";
import { TILE_ROWS } from "./micro.js";

/** Distances in elements along a tensor's axes: the two named ones, then space. */
export interface TensorStrides {
  /** Batch of images and results; output features of kernels. */
  readonly outer: number;
  /** Features of images and results; input features of kernels. */
  readonly feature: number;
  readonly space: readonly number[];
}

/** A general convolution (correlation) of known shape: any strides, so any order of axes. */
export interface ConvSpec {
  readonly dtype: "float32" | "float64";
  readonly batch: number;
  readonly groups: number;
  /** Input features of a group. */
  readonly features: number;
  /** Output features of a group. */
  readonly outputs: number;
  readonly space: readonly number[];
  readonly window: readonly number[];
  readonly places: readonly number[];
  readonly windowStrides: readonly number[];
  readonly padding: readonly (readonly [low: number, high: number])[];
  readonly lhsDilation: readonly number[];
  readonly rhsDilation: readonly number[];
  readonly lhs: TensorStrides;
  readonly rhs: TensorStrides;
  readonly out: TensorStrides;
  /** Input gradient only: elements from group to group of the kernel, where its groups do not simply follow each other. */
  readonly rhsGroup?: number;
  /** Uses relaxed SIMD's multiply-add; the engine must have it. */
  readonly fused?: boolean;
  /** Forward only: the row is the output feature (over all groups), the column the place in the result. */
  readonly epilogue?: Epilogue | undefined;
  /** Bytes from image to image of what the epilogue's parameters point at; none where they are no addresses. */
  readonly epilogueStrides?: readonly number[];
}

export const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

/** Sizes and strides in bytes that all three kernels share. */
export interface Geometry {
  readonly spec: ConvSpec;
  readonly lanes: Lanes;
  /** Taps of all input features of a group. */
  readonly taps: number;
  readonly places: number;
  /** Extents of the padded and dilated image, of one feature. */
  readonly extents: readonly number[];
  /** Elements of the padded image of a group. */
  readonly padded: number;
  /** Byte strides of the image that windows walk over. */
  readonly feature: number;
  readonly space: readonly number[];
  /** Whether windows walk over the padded copy, or over the operand itself. */
  readonly copied: boolean;
}

const rowMajor = (sizes: readonly number[]): number[] => sizes.map((_, axis) => product(sizes.slice(axis + 1)));

// The operand serves as it is where no window leaves it and its last axis is adjacent.
function usable({ space, padding, lhsDilation, lhs }: ConvSpec, extents: readonly number[]): boolean {
  const inside = space.every((size, d) => padding[d][0] === 0 && lhsDilation[d] === 1 && extents[d] <= size);
  const ascending = lhs.space.every((stride, d) => stride > 0 && (d === 0 || lhs.space[d - 1] >= stride * extents[d]));
  return inside && ascending && (lhs.space.at(-1) ?? 1) === 1;
}

export function geometryOf(spec: ConvSpec, mustCopy = false): Geometry {
  const lanes = lanesOf(spec.dtype);
  const extents = spec.places.map((places, d) => (places - 1) * spec.windowStrides[d] + (spec.window[d] - 1) * spec.rhsDilation[d] + 1);
  const copied = mustCopy || !usable(spec, extents);
  const strides = copied ? rowMajor(extents) : spec.lhs.space;
  return {
    spec,
    lanes,
    taps: spec.features * product(spec.window),
    places: product(spec.places),
    extents,
    padded: spec.features * product(extents),
    feature: (copied ? product(extents) : spec.lhs.feature) * lanes.bytes,
    space: strides.map((stride) => stride * lanes.bytes),
    copied,
  };
}

/** How an operand's image lies in the padded one: the part of it inside, with the offsets (bytes) of that part's first element. */
export interface Interior {
  readonly axes: readonly BoxAxis[];
  readonly from: number;
  readonly to: number;
  /** Whether every element of the operand's image is inside. */
  readonly complete: boolean;
}

export function interiorOf({ spec, lanes, extents, feature, space }: Geometry): Interior {
  const { bytes } = lanes;
  const axes: BoxAxis[] = [{ size: spec.features, strides: [spec.lhs.feature * bytes, feature] }];
  let [from, to, complete] = [0, 0, true];
  for (const [d, size] of spec.space.entries()) {
    const [low] = spec.padding[d];
    const dilation = spec.lhsDilation[d];
    const first = Math.max(0, Math.ceil(-low / dilation));
    const last = Math.min(size - 1, Math.floor((extents[d] - 1 - low) / dilation));
    axes.push({ size: Math.max(0, last - first + 1), strides: [spec.lhs.space[d] * bytes, dilation * space[d]] });
    from += first * spec.lhs.space[d] * bytes;
    to += (first * dilation + low) * space[d];
    complete &&= first === 0 && last === size - 1;
  }
  return { axes, from, to, complete };
}

/** Functions that fill the tables of offsets, each `(at)`; `bytes` is what a table takes. */
export interface Tables {
  /** Offsets in the image of every tap of every feature of a group. */
  readonly taps: Table;
  /** Offsets in the image of every place's first tap. */
  readonly places: Table;
  /** Offsets in the kernel of every tap of every feature. */
  readonly kernel: Table;
  /** Offsets in the result of every place. */
  readonly results: Table;
}

export interface Table {
  readonly bytes: number;
  /** Function index. */
  readonly fill: (module: ModuleBuilder) => number;
}

const align = (bytes: number): number => (bytes + 63) & ~63;

export function tablesOf({ spec, lanes, feature, space }: Geometry): Tables {
  const { bytes } = lanes;
  const table = (axes: readonly BoxAxis[]): Table => ({
    bytes: align(4 * product(axes.map(({ size }) => size))),
    fill: (module) => emitTable(module, axes),
  });
  const axis = (size: number, stride: number): BoxAxis => ({ size, strides: [stride] });
  return {
    taps: table([axis(spec.features, feature), ...spec.window.map((size, d) => axis(size, spec.rhsDilation[d] * space[d]))]),
    places: table(spec.places.map((size, d) => axis(size, spec.windowStrides[d] * space[d]))),
    kernel: table([axis(spec.features, spec.rhs.feature * bytes), ...spec.window.map((size, d) => axis(size, spec.rhs.space[d] * bytes))]),
    results: table(spec.places.map((size, d) => axis(size, spec.out.space[d] * bytes))),
  };
}

/** Elements between neighbouring places of the result, if one number says it for all. */
export function placeStride({ places, out }: ConvSpec): number | undefined {
  const stride = out.space.at(-1) ?? 1;
  const dense = rowMajor(places).every((step, d) => places[d] === 1 || out.space[d] === step * stride);
  return dense ? stride : undefined;
}

/** Places in a row of offsets: parts of a thread's scratch, one behind the other. */
export class Scratch {
  #top = 0;

  /** Offset of a new part, 64-byte aligned. */
  take(bytes: number): number {
    const at = this.#top;
    this.#top += align(bytes);
    return at;
  }

  get bytes(): number {
    return this.#top;
  }
}

/** Parameter of every kernel of convolutions: the address of the thread's scratch. */
export const SCRATCH = 3;
/** Parameters with the range of units. */
export const START = 4;
export const END = 5;

/** Puts the address of a part of the scratch on the stack. */
export const inScratch = (code: Code, offset: number): Code => code.get(SCRATCH).i32(offset).op("i32.add");

/** Emits the functions that fill tables, and returns what calls them for tables at offsets in scratch. */
export function tableFills(
  module: ModuleBuilder,
  geometry: Geometry,
  at: { readonly [name in keyof Tables]?: number },
): (code: Code) => void {
  const tables = tablesOf(geometry);
  const names = ["taps", "places", "kernel", "results"] as const;
  const fills = names.flatMap((name) => {
    const offset = at[name];
    return offset === undefined ? [] : [[tables[name].fill(module), offset] as const];
  });
  return (code) => {
    for (const [fill, offset] of fills) inScratch(code, offset).call(fill);
  };
}

const ENOUGH_UNITS = 8;
const PART_MIN = 8;

/**
 * Parts of equal size that the features of one image are split into, so that few images give threads enough to do: a divisor
 * of `size` that keeps whole tiles.
 */
export function partsOf(units: number, size: number): number {
  for (let parts = 1; size / parts >= PART_MIN; parts++) {
    if (size % parts === 0 && (parts === 1 || (size / parts) % TILE_ROWS === 0) && units * parts >= ENOUGH_UNITS) return parts;
  }
  return 1;
}

/** Types of the parameters of every kernel of convolutions. */
export const convParams: readonly ValueType[] = Array.from({ length: END + 1 }, () => "i32");

/** Sets the locals to the digits of the unit's number in the mixed radix of the sizes, of which the last runs fastest. */
export function setDigits(code: Code, digits: readonly (readonly [digit: Local, size: number])[]): void {
  let step = 1;
  for (const [digit, size] of digits.toReversed()) {
    code.get(START).i32(step).op("i32.div_u").i32(size).op("i32.rem_u").set(digit);
    step *= size;
  }
}

/** Where a group's features of one image begin. */
export interface GroupPlace {
  readonly tensor: Local;
  readonly image: Local;
  readonly group: Local;
  readonly strides: TensorStrides;
  /** Features of a group. */
  readonly features: number;
  readonly bytes: number;
}

/** Sets `target` to the address of a group's features of one image. */
export function setGroupAddress(code: Code, target: Local, { tensor, image, group, strides, features, bytes }: GroupPlace): void {
  address(code, tensor, image, strides.outer * bytes).set(target);
  address(code, target, group, features * strides.feature * bytes).set(target);
}
