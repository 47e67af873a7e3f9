// Parts of arrays, and arrays made of parts: slices of slices, of repetitions and of concatenations; padding and joining
// with one value; slices whose start is known, and reads at any place of what repeats.

import type { Atom } from "../core/jaxpr.js";
import { sameShape } from "../core/shape.js";
import { broadcastInDimP } from "../ops/broadcast.js";
import type { DynamicSliceParams } from "../ops/dynamic.js";
import type { GatherParams } from "../ops/indexing.js";
import { type ConcatenateParams, type PadParams, type SliceParams, sliceP } from "../ops/slice.js";
import { repeatedAxes } from "./layout.js";
import { filled, paramsOfBroadcast, scalarOf } from "./repetition.js";
import { LITERAL, type Rule, type Workspace, definedBy, typeOf } from "./rule.js";
import { sameAtom } from "./structural.js";

const stridesOf = ({ strides, startIndices }: SliceParams): readonly number[] => strides ?? startIndices.map(() => 1);

const slices: readonly Rule[] = [
  {
    name: "a slice of everything",
    on: ["slice"],
    rewrite: (application) => {
      const [x] = application.inputs;
      // Of as many elements as there are, each is taken once, in order.
      return sameShape(x.aval.shape, typeOf(application).shape) ? x : undefined;
    },
  },
  {
    name: "a slice of a slice",
    on: ["slice"],
    of: ["slice"],
    rewrite: (application, program) => {
      const inner = definedBy(program, application.inputs[0], "slice");
      if (inner === undefined) return undefined;
      const [outer, first] = [application.params, inner.params] as readonly SliceParams[];
      const [steps, firstSteps] = [stridesOf(outer), stridesOf(first)];
      const startIndices = first.startIndices.map((start, k) => start + outer.startIndices[k] * firstSteps[k]);
      const strides = firstSteps.map((step, k) => step * steps[k]);
      // One past the last element that is taken, so that the limit stays within the array.
      const taken = typeOf(application).shape;
      const limitIndices = taken.map((n, k) => (n === 0 ? startIndices[k] : startIndices[k] + (n - 1) * strides[k] + 1));
      if (startIndices.some((start, k) => start > inner.inputs[0].aval.shape[k])) return undefined;
      const plain = strides.every((n) => n === 1);
      return program.apply(sliceP, inner.inputs, { startIndices, limitIndices, strides: plain ? null : strides });
    },
  },
  {
    name: "a slice of a broadcast",
    on: ["slice"],
    of: ["broadcast_in_dim"],
    rewrite: (application, program) => {
      const inner = definedBy(program, application.inputs[0], "broadcast_in_dim");
      if (inner === undefined) return undefined;
      const [x] = inner.inputs;
      const { broadcastDimensions } = paramsOfBroadcast(inner);
      const { startIndices, limitIndices, strides } = application.params as SliceParams;
      const repeated = repeatedAxes(inner);
      const along = <T>(whole: readonly T[], part: readonly T[]): T[] =>
        broadcastDimensions.map((axis, k) => (repeated.includes(axis) ? whole[k] : part[axis]));
      const { shape } = typeOf(application);
      const zeros = x.aval.shape.map(() => 0);
      const ones = x.aval.shape.map(() => 1);
      const part = program.apply<SliceParams>(sliceP, [x], {
        startIndices: along(zeros, startIndices),
        limitIndices: along(x.aval.shape, limitIndices),
        strides: strides === null ? null : along(ones, strides),
      });
      return program.apply(broadcastInDimP, [part], { shape, broadcastDimensions });
    },
  },
  {
    name: "a slice of one part of a concatenation",
    on: ["slice"],
    of: ["concatenate"],
    rewrite: ({ inputs: [x], params }, program) => {
      const joined = definedBy(program, x, "concatenate");
      if (joined === undefined) return undefined;
      const { dimension } = joined.params as ConcatenateParams;
      const { startIndices, limitIndices, strides } = params as SliceParams;
      const [start, limit] = [startIndices[dimension], limitIndices[dimension]];
      let offset = 0;
      for (const part of joined.inputs) {
        const end = offset + part.aval.shape[dimension];
        if (start >= offset && limit <= end && start < end) {
          const moved = (list: readonly number[]): number[] => list.with(dimension, list[dimension] - offset);
          return program.apply(sliceP, [part], { startIndices: moved(startIndices), limitIndices: moved(limitIndices), strides });
        }
        if (end > start) return undefined;
        offset = end;
      }
      return undefined;
    },
  },
];

/** Whether every element of an atom equals `scalar`. */
function isFilledWith(atom: Atom, scalar: Atom, program: Workspace): boolean {
  const own = scalarOf(atom, program);
  return own !== undefined && sameAtom(own, scalar);
}

const surroundings: readonly Rule[] = [
  {
    name: "padding with nothing",
    on: ["pad"],
    rewrite: ({ inputs: [x], params }) => ((params as PadParams).paddingConfig.every((axis) => axis.every((n) => n === 0)) ? x : undefined),
  },
  {
    name: "padding with the value that is there",
    on: ["pad"],
    of: ["broadcast_in_dim"],
    rewrite: (application, program) => {
      const [x, value] = application.inputs;
      return isFilledWith(x, value, program) ? filled(value, application, program) : undefined;
    },
  },
  {
    name: "a concatenation of one value",
    on: ["concatenate"],
    of: ["broadcast_in_dim"],
    rewrite: (application, program) => {
      const { inputs } = application;
      const scalar = scalarOf(inputs[0], program);
      if (scalar === undefined || !inputs.every((atom) => isFilledWith(atom, scalar, program))) return undefined;
      return filled(scalar, application, program);
    },
  },
];

const positions: readonly Rule[] = [
  {
    name: "a read of one value, wherever",
    on: ["dynamic_slice", "gather"],
    of: ["broadcast_in_dim"],
    rewrite: (application, program) => {
      const scalar = scalarOf(application.inputs[0], program);
      // Other modes fill what lies outside.
      const reads = application.primitive.name === "dynamic_slice" || (application.params as GatherParams).mode === "clip";
      return scalar !== undefined && reads && application.inputs[0].aval.shape.length > 0
        ? filled(scalar, application, program)
        : undefined;
    },
  },
  {
    name: "a dynamic slice whose start is known",
    on: ["dynamic_slice"],
    of: [LITERAL],
    rewrite: ({ inputs: [x, ...starts], params }, program) => {
      const { sliceSizes } = params as DynamicSliceParams;
      const startIndices: number[] = [];
      for (const [k, start] of starts.entries()) {
        if (start.kind !== "literal") return undefined;
        // Moved so that the slice lies inside.
        startIndices.push(Math.min(Math.max(start.value, 0), x.aval.shape[k] - sliceSizes[k]));
      }
      const limitIndices = startIndices.map((start, k) => start + sliceSizes[k]);
      return program.apply<SliceParams>(sliceP, [x], { startIndices, limitIndices, strides: null });
    },
  },
];

export const parts: readonly Rule[] = [...slices, ...surroundings, ...positions];
