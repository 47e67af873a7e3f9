// Changes of layout: two in a row become one, those that change nothing go, and repetition passes through them.

import type { Atom, Equation } from "../core/jaxpr.js";
import { type Shape, range, sameShape, sizeOf } from "../core/shape.js";
import { type BroadcastParams, broadcastInDimP } from "../ops/broadcast.js";
import { type DimensionsParams, type ReshapeParams, type TransposeParams, reshapeP, revP, transposeP } from "../ops/layout.js";
import { filled, paramsOfBroadcast, scalarOf } from "./repetition.js";
import { type Rule, type Workspace, definedBy, typeOf } from "./rule.js";

/** Primitives that may only change what the axes are called: elements and their row-major order stay. */
const relabelling = ["reshape", "squeeze", "broadcast_in_dim"];

const keepsOrder = (x: Shape, y: Shape): boolean => sizeOf(x) === sizeOf(y) && sizeOf(x) > 0;

/** The definition of an atom if it only renames axes. */
function relabelled(program: Workspace, atom: Atom): Equation | undefined {
  const equation = program.definition(atom);
  if (equation === undefined || !relabelling.includes(equation.primitive.name)) return undefined;
  return keepsOrder(equation.inputs[0].aval.shape, atom.aval.shape) ? equation : undefined;
}

const reshaped = (program: Workspace, x: Atom, newSizes: Shape): Atom =>
  sameShape(x.aval.shape, newSizes) ? x : program.apply<ReshapeParams>(reshapeP, [x], { newSizes, dimensions: null });

const relabels: readonly Rule[] = [
  {
    name: "a layout of a repeated scalar",
    on: ["reshape", "squeeze", "transpose", "rev", "slice", "broadcast_in_dim"],
    of: ["broadcast_in_dim"],
    rewrite: (application, program) => {
      const [x] = application.inputs;
      const scalar = x.aval.shape.length === 0 ? undefined : scalarOf(x, program);
      return scalar === undefined ? undefined : filled(scalar, application, program);
    },
  },
  {
    name: "a change of axes' names that changes none",
    on: ["reshape", "broadcast_in_dim"],
    rewrite: (application) => {
      const [x] = application.inputs;
      return sameShape(x.aval.shape, typeOf(application).shape) ? x : undefined;
    },
  },
  {
    name: "axes renamed twice",
    on: relabelling,
    of: relabelling,
    rewrite: (application, program) => {
      const [x] = application.inputs;
      const { shape } = typeOf(application);
      const inner = keepsOrder(x.aval.shape, shape) ? relabelled(program, x) : undefined;
      return inner === undefined ? undefined : reshaped(program, inner.inputs[0], shape);
    },
  },
  {
    name: "a broadcast of a broadcast",
    on: ["broadcast_in_dim"],
    of: ["broadcast_in_dim"],
    rewrite: ({ inputs: [x], params }, program) => {
      const inner = definedBy(program, x, "broadcast_in_dim");
      if (inner === undefined) return undefined;
      const { shape, broadcastDimensions } = params as BroadcastParams;
      const through = paramsOfBroadcast(inner).broadcastDimensions.map((axis) => broadcastDimensions[axis]);
      return program.apply(broadcastInDimP, inner.inputs, { shape, broadcastDimensions: through });
    },
  },
];

const permutationOf = (equation: Pick<Equation, "params">): readonly number[] => (equation.params as TransposeParams).permutation;
const isIncreasing = (axes: readonly number[]): boolean => axes.every((axis, k) => k === 0 || axis > axes[k - 1]);

const transposes: readonly Rule[] = [
  {
    name: "a transpose that moves nothing",
    on: ["transpose"],
    rewrite: ({ inputs: [x], params }) => (isIncreasing(permutationOf({ params })) ? x : undefined),
  },
  {
    name: "a transpose of a transpose",
    on: ["transpose"],
    of: ["transpose"],
    rewrite: ({ inputs: [x], params }, program) => {
      const inner = definedBy(program, x, "transpose");
      if (inner === undefined) return undefined;
      const through = permutationOf(inner);
      return program.apply(transposeP, inner.inputs, { permutation: permutationOf({ params }).map((axis) => through[axis]) });
    },
  },
  {
    name: "a transpose that moves axes of size 1",
    on: ["transpose"],
    rewrite: (application, program) => {
      const [x] = application.inputs;
      const moved = permutationOf(application).filter((axis) => x.aval.shape[axis] !== 1);
      return isIncreasing(moved) ? reshaped(program, x, typeOf(application).shape) : undefined;
    },
  },
  {
    name: "a transpose of a broadcast",
    on: ["transpose"],
    of: ["broadcast_in_dim"],
    rewrite: (application, program) => {
      const inner = definedBy(program, application.inputs[0], "broadcast_in_dim");
      if (inner === undefined) return undefined;
      const permutation = permutationOf(application);
      const broadcastDimensions = paramsOfBroadcast(inner).broadcastDimensions.map((axis) => permutation.indexOf(axis));
      if (!isIncreasing(broadcastDimensions)) return undefined;
      return program.apply(broadcastInDimP, inner.inputs, { shape: typeOf(application).shape, broadcastDimensions });
    },
  },
];

/** Axes of a broadcast's result along which its elements repeat. */
export function repeatedAxes(broadcast: Equation): readonly number[] {
  const { shape, broadcastDimensions } = paramsOfBroadcast(broadcast);
  const from = broadcast.inputs[0].aval.shape;
  return range(0, shape.length).filter((axis) => {
    const k = broadcastDimensions.indexOf(axis);
    return k < 0 || from[k] !== shape[axis];
  });
}

const dimensionsOf = ({ params }: Pick<Equation, "params">): readonly number[] => (params as DimensionsParams).dimensions;

const reversals: readonly Rule[] = [
  {
    name: "a reversal of a reversal",
    on: ["rev"],
    of: ["rev"],
    rewrite: ({ inputs: [x], params }, program) => {
      const inner = definedBy(program, x, "rev");
      return inner !== undefined && sameShape(dimensionsOf(inner), dimensionsOf({ params })) ? inner.inputs[0] : undefined;
    },
  },
  {
    name: "a reversal of what repeats",
    on: ["rev"],
    of: ["broadcast_in_dim"],
    rewrite: ({ inputs: [x], params }, program) => {
      const broadcast = definedBy(program, x, "broadcast_in_dim");
      const repeated = broadcast === undefined ? [] : repeatedAxes(broadcast);
      const dimensions = dimensionsOf({ params });
      const left = dimensions.filter((axis) => x.aval.shape[axis] > 1 && !repeated.includes(axis));
      if (left.length === dimensions.length) return undefined;
      return left.length === 0 ? x : program.apply(revP, [x], { dimensions: left });
    },
  },
];

export const layout: readonly Rule[] = [...relabels, ...transposes, ...reversals];
