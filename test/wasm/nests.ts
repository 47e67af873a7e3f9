// Runs single nests as WebAssembly, cut into ranges as threads would, in a memory whose gaps are watched: whatever is written
// outside of a buffer is a fault. The interpreter of the loop IR says what is expected.

import { type DType, type TypedArray, bytesOf, epsilon, isFloat, typedArray } from "../../src/core/dtype.js";
import { collapse } from "../../src/compile/collapse.js";
import { checkLoops } from "../../src/loop/check.js";
import type { Buffer, Nest, Node, PointwiseOp } from "../../src/loop/ir.js";
import { runLoops } from "../../src/loop/interpret.js";
import { primitives } from "../../src/primitives.js";
import { arrayClass } from "../../src/runtime/block.js";
import { FunctionContext } from "../../src/wasm/math/context.js";
import { ConstantPool } from "../../src/wasm/math/pool.js";
import { ModuleBuilder } from "../../src/wasm/module.js";
import { emitNest } from "../../src/wasm/nest.js";
import { extentOf, parametersOf } from "../../src/wasm/schedule.js";

const POOL = 1024;
const FIRST = 1 << 18;
const PADDING = 64;
const POISON = 0xa5;
const MOST_PAGES = 1024;

/** All nests run in one memory: each run begins by writing all that it reads. */
const memory = new WebAssembly.Memory({ initial: 16, maximum: MOST_PAGES });

export interface Case {
  readonly buffers: readonly Buffer[];
  readonly nest: Nest;
  /** The elements of the arguments, by buffer. */
  readonly data: ReadonlyMap<number, TypedArray>;
}

/** What the nest means, for each buffer. */
export const meaning = ({ buffers, nest, data }: Case): readonly TypedArray[] =>
  runLoops(checkLoops({ buffers, steps: [nest] }), data, primitives);

/** Runs the nest in `cuts` ranges; gives the elements of all buffers. */
export class Compiled {
  readonly #places: number[] = [];
  readonly #end: number;
  readonly #run: (...args: number[]) => void;
  readonly #pool = new ConstantPool(POOL);
  readonly nest: Nest;

  constructor(readonly of: Case) {
    this.nest = collapse(of.nest);
    let next = FIRST;
    for (const { dtype, size } of of.buffers) {
      this.#places.push(next);
      next += Math.ceil((size * bytesOf(dtype)) / 64) * 64 + PADDING;
    }
    this.#end = next;
    const missing = Math.ceil((next - memory.buffer.byteLength) / 65536);
    if (missing > 0) memory.grow(missing);
    const builder = new ModuleBuilder({ initial: 1, maximum: MOST_PAGES, shared: false });
    const params = [...parametersOf(this.nest), "begin", "end"].map(() => "i32" as const);
    builder.function("run", params, [], (code) => emitNest({ code, constants: new FunctionContext(code, this.#pool, false) }, this.nest));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(builder.build()), { env: { memory } });
    this.#run = exports["run"] as (...args: number[]) => void;
  }

  get extent(): number {
    return extentOf(this.nest);
  }

  #view(b: number): TypedArray {
    const { dtype, size } = this.of.buffers[b];
    return new (arrayClass(dtype))(memory.buffer, this.#places[b], size);
  }

  run(cuts: number): readonly TypedArray[] {
    const bytes = new Uint8Array(memory.buffer);
    bytes.fill(POISON, FIRST, this.#end);
    bytes.set(this.#pool.data(), POOL);
    for (const [b, data] of this.of.data) this.#view(b).set(data);
    const addresses = parametersOf(this.nest).map((b) => this.#places[b]);
    for (let c = 0; c < cuts; c++)
      this.#run(...addresses, Math.floor((this.extent * c) / cuts), Math.floor((this.extent * (c + 1)) / cuts));
    this.#checkGaps(bytes);
    return this.of.buffers.map((_, b) => this.#view(b).slice());
  }

  #checkGaps(bytes: Uint8Array): void {
    this.of.buffers.forEach(({ dtype, size }, b) => {
      const start = this.#places[b] + size * bytesOf(dtype);
      const end = this.#places[b + 1] ?? this.#end;
      for (let at = start; at < end; at++)
        if (bytes[at] !== POISON) throw new Error(`a byte was written ${at - start} bytes past the end of %${b}`);
    });
  }
}

/** Whether arrays hold the same bits. */
export const sameBits = (xs: readonly TypedArray[], ys: readonly TypedArray[]): boolean =>
  xs.every((x, b) => Buffer.compare(bytesIn(x), bytesIn(ys[b])) === 0);

const bytesIn = (x: TypedArray): Uint8Array => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);

/** Distance in units in the last place of `y`; 0 for the same number, Infinity for another kind or sign of zero. */
export function ulps(x: number, y: number, dtype: DType): number {
  if (Object.is(x, y)) return 0;
  if (!isFloat(dtype) || !Number.isFinite(x) || !Number.isFinite(y)) return Infinity;
  if (x === 0 && y === 0) return Infinity;
  const least = dtype === "float32" ? 2 ** -126 : 2 ** -1022;
  return Math.abs(x - y) / (epsilon(dtype) * 2 ** Math.floor(Math.log2(Math.max(least, Math.abs(y)))));
}

const limits: Readonly<Record<"int32" | "uint32" | "int8" | "uint8", readonly number[]>> = {
  int32: [0, 1, -1, 2, 7, -7, 31, 32, 127, 128, 255, 256, 65535, -65536, 2 ** 31 - 1, -(2 ** 31), 123456789],
  uint32: [0, 1, 2, 7, 31, 32, 127, 128, 255, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 3123456789],
  int8: [0, 1, -1, 2, 7, -7, 8, 15, 64, 127, -128, -127, 100],
  uint8: [0, 1, 2, 7, 8, 15, 64, 127, 128, 200, 255],
};

/** Numbers at which operations go wrong, by dtype. */
export function specials(dtype: DType): readonly number[] {
  if (dtype === "bool") return [0, 1];
  if (!isFloat(dtype)) return limits[dtype];
  const [least, most, one] =
    dtype === "float32" ? [2 ** -149, (2 - 2 ** -23) * 2 ** 127, 1 + 2 ** -23] : [2 ** -1074, Number.MAX_VALUE, 1 + 2 ** -52];
  const positive = [
    0,
    least,
    1e-30,
    1e-5,
    0.25,
    0.5,
    0.75,
    1,
    one,
    1.5,
    2.5,
    3.7,
    10,
    88,
    127.5,
    255.9,
    256,
    1e5,
    2 ** 24,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32,
    1e20,
    most,
    Infinity,
  ];
  return [NaN, ...positive, ...positive.map((x) => -x)];
}

/** A nest that applies an operation to `columns` of operands; a float64 that is only copied makes vectors two lanes wide. */
export function pointwiseCase(
  op: PointwiseOp,
  from: readonly DType[],
  to: DType,
  columns: readonly (readonly number[])[],
  wide = false,
): Case {
  const size = columns[0].length;
  const buffers: Buffer[] = [...from.map((dtype): Buffer => ({ dtype, size, role: "argument" })), { dtype: to, size, role: "output" }];
  const load = (buffer: number, dtype: DType): Node => ({ kind: "load", access: { buffer, offset: 0, strides: [1] }, dtype });
  const nodes: Node[] = [...from.map((dtype, b) => load(b, dtype)), { kind: "apply", op, args: from.map((_, b) => b), dtype: to }];
  const data = new Map(columns.map((values, b) => [b, typedArray(from[b], values)]));
  const stores = [{ node: from.length, access: { buffer: from.length, offset: 0, strides: [1] } }];
  if (wide) {
    const [source, target] = [buffers.length, buffers.length + 1];
    buffers.push({ dtype: "float64", size, role: "argument" }, { dtype: "float64", size, role: "output" });
    data.set(
      source,
      Float64Array.from({ length: size }, (_, i) => i + 0.5),
    );
    nodes.push(load(source, "float64"));
    stores.push({ node: nodes.length - 1, access: { buffer: target, offset: 0, strides: [1] } });
  }
  return { buffers, nest: { kind: "nest", sizes: [size], nodes, stores }, data };
}
