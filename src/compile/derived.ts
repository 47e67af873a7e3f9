// Primitives that are made of others' nests: positions of extremes, random bits.

import { type Shape, sizeOf } from "../core/shape.js";
import type { DType } from "../core/dtype.js";
import type { PointwiseOp } from "../loop/ir.js";
import type { AxesParams } from "../ops/broadcast.js";
import { NestBody } from "./body.js";
import { type Lowering, type Rule, loadNode } from "./lowering.js";
import { type Value, broadcastView, wholeView } from "./views.js";

/** The least index at which the extreme stands, or a NaN, for then the extreme is NaN too. */
const argExtreme =
  (kind: "max" | "min"): Rule =>
  (lowering, equation, [x]) => {
    const { axes } = equation.params as AxesParams;
    const { shape, dtype } = equation.outputs[0].aval;
    if (x.dtype === "bool" || !lowering.target.supports("eq", x.dtype)) return undefined;
    if (sizeOf(x.shape) === 0) return [{ kind: "splat", value: 0, shape, dtype }];
    const extreme = lowering.nest(x.shape, [loadNode(x, x.shape)], x.dtype, { kind, axes });
    const kept = x.shape.map((_, k) => k).filter((k) => !axes.includes(k));
    const body = new NestBody(x.shape);
    const own = body.value(x);
    const best = body.value(broadcastView(extreme, x.shape, kept));
    const here = body.apply("or", "bool", body.apply("eq", "bool", own, best), body.apply("ne", "bool", own, own));
    body.apply("select", dtype, here, body.constant(x.shape[axes[0]], dtype), body.index(axes[0], dtype));
    return [lowering.nest(x.shape, body.nodes, dtype, { kind: "min", axes })];
  };

const PARITY = 0x1bd11bda;
const rotations = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
];

/**
 * Twenty rounds of Threefry-2x32 on vectors of words; after every fourth round the next two of three key words go in, the
 * second with the number of the injection (Salmon, Moraes, Dror, Shaw, SC 2011).
 */
const threefry: Rule = (lowering, equation, inputs) => {
  const { shape, dtype } = equation.outputs[0].aval;
  if (!lowering.target.supports("rotate_left", dtype)) return undefined;
  if (sizeOf(shape) === 0) return equation.outputs.map(() => ({ kind: "splat", value: 0, shape, dtype }));
  const body = new NestBody(shape);
  const apply = (op: PointwiseOp, ...args: readonly number[]): number => body.apply(op, dtype, ...args);
  const word = (value: number): number => body.constant(value, dtype);
  const [key0, key1, count0, count1] = inputs.map((x) => body.value(x));
  const keys = [key0, key1, apply("xor", apply("xor", key0, key1), word(PARITY))];
  let [x, y] = [apply("add", count0, keys[0]), apply("add", count1, keys[1])];
  for (let block = 1; block <= 5; block++) {
    for (const turn of rotations[(block - 1) % 2]) {
      x = apply("add", x, y);
      y = apply("xor", apply("rotate_left", y, word(turn)), x);
    }
    x = apply("add", x, keys[block % 3]);
    y = apply("add", y, apply("add", keys[(block + 1) % 3], word(block)));
  }
  return storeAll(lowering, shape, dtype, body, [x, y]);
};

/** A nest that writes several of its nodes. */
function storeAll(lowering: Lowering, shape: Shape, dtype: DType, { nodes }: NestBody, results: readonly number[]): readonly Value[] {
  const views = results.map(() => wholeView(lowering.buffer(dtype, sizeOf(shape)), shape, dtype));
  const stores = results.map((node, i) => ({ node, access: { buffer: views[i].buffer, offset: 0, strides: views[i].strides } }));
  lowering.steps.push({ kind: "nest", sizes: shape, nodes, stores });
  return views;
}

export const derivedRules: readonly (readonly [string, Rule])[] = [
  ["argmax", argExtreme("max")],
  ["argmin", argExtreme("min")],
  ["threefry2x32", threefry],
];
