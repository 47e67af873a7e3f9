// Random nests: any sizes and orders of axes, loads through any strides, and stores pointwise or of reductions.

import * as fc from "fast-check";
import { type DType, isFloat, typedArray } from "../../src/core/dtype.js";
import type { Buffer, Node, PointwiseOp, Reduction, Store } from "../../src/loop/ir.js";
import type { Arb } from "../property/arbitraries.js";
import type { Case } from "./nests.js";

/** How an access lies: its axes in some order, some of them of stride 0, walked backwards, or with gaps. */
export interface Lie {
  readonly order: readonly number[];
  readonly kinds: readonly ("plain" | "fixed" | "backwards" | "gaps")[];
}

export const lies = (rank: number, kinds: readonly Lie["kinds"][number][] = ["plain", "plain", "fixed", "backwards", "gaps"]): Arb<Lie> => {
  const axes = Array.from({ length: rank }, (_, k) => k);
  return fc.record({
    order: fc.oneof(fc.constant(axes), fc.shuffledSubarray(axes, { minLength: rank })),
    kinds: fc.array(fc.constantFrom(...kinds), { minLength: rank, maxLength: rank }),
  });
};

/** Offset, strides and the number of elements of a buffer that holds such an access, some elements before and behind. */
export function layOut({ order, kinds }: Lie, sizes: readonly number[], before = 0): { offset: number; strides: number[]; size: number } {
  const strides = new Array<number>(sizes.length).fill(0);
  let [step, offset] = [1, before];
  for (const k of order.toReversed()) {
    if (kinds[k] === "fixed") continue;
    const gap = kinds[k] === "gaps" ? 3 : 1;
    strides[k] = kinds[k] === "backwards" ? -step : step * gap;
    if (kinds[k] === "backwards") offset += (sizes[k] - 1) * step;
    step *= Math.max(1, sizes[k] * gap);
  }
  return { offset: Math.max(0, offset), strides, size: before + step };
}

/** Sizes of one to three axes; one of them may be long. */
export const sizesOf: Arb<number[]> = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 0, maxLength: 3 }), fc.integer({ min: 0, max: 70 }), fc.nat(3))
  .map(([short, long, at]) => short.toSpliced(Math.min(at, short.length), 0, long));

interface Plan {
  readonly sizes: readonly number[];
  readonly dtype: DType;
  readonly loads: readonly Lie[];
  /** One for each store; reductions run over `reduced`. */
  readonly stores: readonly { readonly lie: Lie; readonly reduction: Reduction | undefined }[];
  readonly reduced: readonly boolean[];
  readonly withIndex: boolean;
  readonly mixed: boolean;
  readonly seed: number;
}

const reductionsOf = (dtype: DType): readonly Reduction[] => {
  if (dtype === "bool") return ["and", "or", "max", "min"];
  return isFloat(dtype) ? ["sum", "prod", "max", "min"] : ["sum", "prod", "max", "min", "and", "or"];
};

const binaryOf = (dtype: DType): readonly PointwiseOp[] => (dtype === "bool" ? ["and", "or", "xor"] : ["add", "sub", "mul", "max"]);

const plans = (dtypes: readonly DType[]): Arb<Plan> =>
  fc.tuple(sizesOf, fc.constantFrom(...dtypes)).chain(([sizes, dtype]) =>
    fc.record({
      sizes: fc.constant(sizes),
      dtype: fc.constant(dtype),
      loads: fc.array(lies(sizes.length), { minLength: 1, maxLength: 3 }),
      stores: fc.array(
        fc.record({
          lie: lies(sizes.length, ["plain", "plain", "backwards", "gaps"]),
          reduction: fc.option(fc.constantFrom(...reductionsOf(dtype)), { nil: undefined }),
        }),
        { minLength: 1, maxLength: 3 },
      ),
      reduced: fc.array(fc.boolean(), { minLength: sizes.length, maxLength: sizes.length }),
      withIndex: fc.boolean(),
      mixed: fc.boolean(),
      seed: fc.nat(1000),
    }),
  );

/** Numbers of the dtype that products and sums of many keep moderate; integers include those whose sums wrap. */
function numbersOf(dtype: DType, size: number, seed: number): number[] {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  return Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    if (dtype === "bool") return state < 0 ? 1 : 0;
    return isFloat(dtype) ? (state / 2 ** 31) * 1.25 : state;
  });
}

function build({ sizes, dtype, loads, stores, reduced, withIndex, mixed, seed }: Plan): Case {
  const buffers: Buffer[] = [];
  const data = new Map<number, ReturnType<typeof typedArray>>();
  const nodes: Node[] = [];
  const addLoad = (lie: Lie, of: DType, i: number): number => {
    const { offset, strides, size } = layOut(lie, sizes, i);
    const buffer = buffers.push({ dtype: of, size, role: "argument" }) - 1;
    data.set(buffer, typedArray(of, numbersOf(of, size, seed + i)));
    return nodes.push({ kind: "load", access: { buffer, offset, strides }, dtype: of }) - 1;
  };
  let value = addLoad(loads[0], dtype, 0);
  const apply = (op: PointwiseOp, ...args: number[]): number => nodes.push({ kind: "apply", op, args, dtype }) - 1;
  loads.slice(1).forEach((lie, i) => {
    const ops = binaryOf(dtype);
    value = apply(ops[(seed + i) % ops.length], value, addLoad(lie, dtype, i + 1));
  });
  if (withIndex && dtype !== "bool" && sizes.length > 0)
    value = apply("max", value, nodes.push({ kind: "index", axis: seed % sizes.length, dtype }) - 1);
  // Another dtype in the nest changes how many lanes a vector has.
  if (mixed) {
    const other: DType = dtype === "float64" ? "float32" : "float64";
    const narrow = addLoad(loads[0], other, 5);
    value = apply(dtype === "bool" ? "xor" : "max", value, nodes.push({ kind: "apply", op: "convert", args: [narrow], dtype }) - 1);
  }
  const outs = stores.map(({ lie, reduction }): Store => {
    const kinds = lie.kinds.map((kind, k) => (reduction !== undefined && reduced[k] ? "fixed" : kind));
    const { offset, strides, size } = layOut({ ...lie, kinds }, sizes, 2);
    const buffer = buffers.push({ dtype, size, role: "output" }) - 1;
    return { node: value, access: { buffer, offset, strides }, ...(reduction === undefined ? {} : { reduction }) };
  });
  return { buffers, data, nest: { kind: "nest", sizes, nodes, stores: outs } };
}

export class DrawnNest {
  readonly of: Case;
  constructor(readonly plan: Plan) {
    this.of = build(plan);
  }

  [fc.toStringMethod](): string {
    return JSON.stringify(this.plan);
  }
}

/** Random nests of values of the dtypes. */
export const nests = (dtypes: readonly DType[]): Arb<DrawnNest> => plans(dtypes).map((plan) => new DrawnNest(plan));
