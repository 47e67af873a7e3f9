// Reductions of what repeats, of nothing, and of what a transpose has moved.

import { isFloat } from "../core/dtype.js";
import type { Equation } from "../core/jaxpr.js";
import { sameShape, sizeOf, withoutAxes } from "../core/shape.js";
import { addP, mulP } from "../ops/arithmetic.js";
import { type AxesParams, broadcastInDimP, reduceSumP } from "../ops/broadcast.js";
import { type TransposeParams, reshapeP } from "../ops/layout.js";
import { repeatedAxes } from "./layout.js";
import { paramsOfBroadcast } from "./repetition.js";
import { type Rule, type Workspace, definedBy, typeOf } from "./rule.js";

const axesOf = ({ params }: { readonly params: object }): readonly number[] => (params as AxesParams).axes;

/** Reductions that give the one value back, however often it stands there. */
const idempotent = ["reduce_max", "reduce_min", "reduce_and", "reduce_or"];

/** A reduction of a broadcast, parted: the axes of the source that it still runs over, and how often each value repeats. */
function parted(broadcast: Equation, axes: readonly number[]): { readonly own: readonly number[]; readonly times: number } {
  const repeated = repeatedAxes(broadcast);
  const { shape, broadcastDimensions } = paramsOfBroadcast(broadcast);
  const own = broadcastDimensions.flatMap((axis, k) => (axes.includes(axis) && !repeated.includes(axis) ? [k] : []));
  return { own, times: sizeOf(axes.filter((axis) => repeated.includes(axis)).map((axis) => shape[axis])) };
}

/** What is left of a broadcast, reduced along `axes` of its result and by that along `own` axes of its source. */
function respread(
  program: Workspace,
  value: Equation["inputs"][number],
  broadcast: Equation,
  axes: readonly number[],
  own: readonly number[],
) {
  const { shape, broadcastDimensions } = paramsOfBroadcast(broadcast);
  const from = broadcast.inputs[0].aval.shape;
  const left = broadcastDimensions.filter((axis) => !axes.includes(axis));
  // Axes of size 1 that were stretched and then reduced go by a reshape.
  const kept = from.filter((_, k) => !axes.includes(broadcastDimensions[k]));
  const stripped = sameShape(withoutAxes(from, own), kept) ? value : program.apply(reshapeP, [value], { newSizes: kept, dimensions: null });
  const place = (axis: number): number => axis - axes.filter((other) => other < axis).length;
  return program.apply(broadcastInDimP, [stripped], { shape: withoutAxes(shape, axes), broadcastDimensions: left.map(place) });
}

const overNothing: readonly Rule[] = [
  {
    name: "a reduction along axes of size 1",
    on: ["reduce_prod", ...idempotent, "reduce_sum"],
    rewrite: (application, program) => {
      const [x] = application.inputs;
      // The sum of −0 alone is 0.
      if (application.primitive.name === "reduce_sum" && isFloat(x.aval.dtype)) return undefined;
      if (!axesOf(application).every((axis) => x.aval.shape[axis] === 1)) return undefined;
      return program.apply(reshapeP, [x], { newSizes: typeOf(application).shape, dimensions: null });
    },
  },
];

const ofRepetition: readonly Rule[] = [
  {
    name: "an extreme of what repeats",
    on: idempotent,
    of: ["broadcast_in_dim"],
    rewrite: (application, program) => {
      const axes = axesOf(application);
      const broadcast = definedBy(program, application.inputs[0], "broadcast_in_dim");
      if (broadcast === undefined) return undefined;
      const { own, times } = parted(broadcast, axes);
      if (own.length === axes.length || times === 0) return undefined;
      const [x] = broadcast.inputs;
      const reduced = own.length === 0 ? x : program.apply(application.primitive, [x], { axes: own });
      return respread(program, reduced, broadcast, axes, own);
    },
  },
  {
    name: "a sum of what repeats",
    on: ["reduce_sum"],
    rounding: "n·x is rounded once; a float64 sum of n equal terms rounds each, as does the sum along other axes",
    of: ["broadcast_in_dim"],
    rewrite: (application, program) => {
      const axes = axesOf(application);
      const broadcast = definedBy(program, application.inputs[0], "broadcast_in_dim");
      if (broadcast === undefined) return undefined;
      const { own, times } = parted(broadcast, axes);
      const [x] = broadcast.inputs;
      const { dtype } = x.aval;
      const count = program.literal(times, dtype);
      if (own.length === axes.length || times === 0 || (isFloat(dtype) && count.value !== times)) return undefined;
      const summed = own.length === 0 ? x : program.apply(reduceSumP, [x], { axes: own });
      const product = program.apply(mulP, [summed, count], {});
      // A sum begins with 0, so that one of negative zeros is 0.
      const value = isFloat(dtype) ? program.apply(addP, [product, program.literal(0, dtype)], {}) : product;
      return respread(program, value, broadcast, axes, own);
    },
  },
];

const ofTransposes: readonly Rule[] = [
  {
    name: "a reduction of a transpose",
    on: [...idempotent, "reduce_sum", "reduce_prod"],
    of: ["transpose"],
    rewrite: (application, program) => {
      const inner = definedBy(program, application.inputs[0], "transpose");
      const { primitive } = application;
      if (inner === undefined) return undefined;
      // Sums and products of floats in another order round otherwise.
      if (!idempotent.includes(primitive.name) && isFloat(typeOf(application).dtype)) return undefined;
      const { permutation } = inner.params as TransposeParams;
      const axes = axesOf(application);
      const left = permutation.filter((_, k) => !axes.includes(k));
      if (left.some((axis, k) => k > 0 && axis < left[k - 1])) return undefined;
      const moved = axes.map((axis) => permutation[axis]).sort((a, b) => a - b);
      return program.apply(primitive, inner.inputs, { ...application.params, axes: moved });
    },
  },
];

export const reductions: readonly Rule[] = [...overNothing, ...ofRepetition, ...ofTransposes];
