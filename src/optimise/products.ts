// Matrix products: transposes of their operands go into the dimension numbers, and a factor of ones is a sum.

import type { Atom } from "../core/jaxpr.js";
import { range } from "../core/shape.js";
import { broadcastInDimP, reduceSumP } from "../ops/broadcast.js";
import { type DotDimensionNumbers, type DotParams, dotGeneralP } from "../ops/dot.js";
import type { TransposeParams } from "../ops/layout.js";
import { scalarOf } from "./repetition.js";
import { type Application, type Rule, type Workspace, definedBy, typeOf } from "./rule.js";

type Axes = readonly number[];

/** The axes of an operand that are neither contracted nor batch, in order. */
export const freeAxes = (ndim: number, ...taken: readonly Axes[]): number[] =>
  range(0, ndim).filter((axis) => !taken.some((axes) => axes.includes(axis)));

const sides = [0, 1] as const;

/** The operand before its transpose with its contracted and batch axes, if its free axes keep their order. */
function untransposed(
  program: Workspace,
  x: Atom,
  contracting: Axes,
  batch: Axes,
): { atom: Atom; contracting: Axes; batch: Axes } | undefined {
  const inner = definedBy(program, x, "transpose");
  if (inner === undefined) return undefined;
  const { permutation } = inner.params as TransposeParams;
  const free = freeAxes(permutation.length, contracting, batch).map((axis) => permutation[axis]);
  if (free.some((axis, k) => k > 0 && axis < free[k - 1])) return undefined;
  const through = (axes: Axes): number[] => axes.map((axis) => permutation[axis]);
  return { atom: inner.inputs[0], contracting: through(contracting), batch: through(batch) };
}

const ofTransposes: Rule = {
  name: "a product of transposes",
  on: ["dot_general"],
  of: ["transpose"],
  rewrite: ({ inputs, params }, program) => {
    const { dimensionNumbers, preferredElementType } = params as DotParams;
    const [contracting, batch] = dimensionNumbers;
    const found = sides.map((side) => untransposed(program, inputs[side], contracting[side], batch[side]));
    if (found.every((side) => side === undefined)) return undefined;
    const numbers: DotDimensionNumbers = [
      [found[0]?.contracting ?? contracting[0], found[1]?.contracting ?? contracting[1]],
      [found[0]?.batch ?? batch[0], found[1]?.batch ?? batch[1]],
    ];
    const operands = sides.map((side) => found[side]?.atom ?? inputs[side]);
    return program.apply(dotGeneralP, operands, { dimensionNumbers: numbers, preferredElementType });
  },
};

/** The sum of one operand over its contracted axes, spread over the free axes of the other, which is all ones. */
function summed(application: Application, side: 0 | 1, program: Workspace): Atom {
  const [contracting] = (application.params as DotParams).dimensionNumbers;
  const x = application.inputs[side];
  const { shape } = typeOf(application);
  const sum = contracting[side].length === 0 ? x : program.apply(reduceSumP, [x], { axes: contracting[side].toSorted((a, b) => a - b) });
  const count = sum.aval.shape.length;
  const first = side === 0 ? 0 : shape.length - count;
  return program.apply(broadcastInDimP, [sum], { shape, broadcastDimensions: range(first, first + count) });
}

const byOnes: Rule = {
  name: "a product with ones",
  on: ["dot_general"],
  rounding: "the terms are those of the product, summed in another order",
  of: ["broadcast_in_dim"],
  rewrite: (application, program) => {
    const { dimensionNumbers, preferredElementType } = application.params as DotParams;
    const { inputs } = application;
    if (dimensionNumbers[1][0].length > 0 || preferredElementType !== inputs[0].aval.dtype) return undefined;
    for (const side of sides) {
      const one = scalarOf(inputs[1 - side], program);
      if (one?.kind === "literal" && one.value === 1) return summed(application, side, program);
    }
    return undefined;
  },
};

export const products: readonly Rule[] = [ofTransposes, byOnes];
