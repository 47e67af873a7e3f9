// A product whose only use is a transpose that puts the other operand's axes first is that product with its operands
// swapped, and needs no transpose: gradients of weights are made in the order in which they are kept.

import { ClosedJaxpr } from "../core/closed.js";
import type { Atom, Equation } from "../core/jaxpr.js";
import { range, sameShape } from "../core/shape.js";
import type { DotParams } from "../ops/dot.js";
import type { TransposeParams } from "../ops/layout.js";
import { freeAxes } from "./products.js";

/** How many times each atom is read, by equations and as an output. */
function usesOf({ jaxpr }: ClosedJaxpr): ReadonlyMap<Atom, number> {
  const uses = new Map<Atom, number>();
  const note = (atom: Atom): unknown => uses.set(atom, (uses.get(atom) ?? 0) + 1);
  for (const equation of jaxpr.equations) equation.inputs.forEach(note);
  jaxpr.outvars.forEach(note);
  return uses;
}

/** The product that a transpose of `dot` is, if it only exchanges the free axes of the two operands. */
function swapped(dot: Equation, transpose: Equation): Equation | undefined {
  const params = dot.params as DotParams;
  const [[xContract, yContract], [xBatch, yBatch]] = params.dimensionNumbers;
  const [x, y] = dot.inputs;
  const batch = xBatch.length;
  const rows = freeAxes(x.aval.shape.length, xContract, xBatch).length;
  const columns = freeAxes(y.aval.shape.length, yContract, yBatch).length;
  const expected = [...range(0, batch), ...range(batch + rows, batch + rows + columns), ...range(batch, batch + rows)];
  if (!sameShape((transpose.params as TransposeParams).permutation, expected)) return undefined;
  const dimensionNumbers = [
    [yContract, xContract],
    [yBatch, xBatch],
  ];
  return { ...dot, inputs: [y, x], outputs: transpose.outputs, params: { ...params, dimensionNumbers } };
}

/** The program with such products made in the order in which they are wanted. */
export function swapProducts(program: ClosedJaxpr): ClosedJaxpr {
  const { jaxpr } = program;
  if (!jaxpr.equations.some(({ primitive }) => primitive.name === "transpose")) return program;
  const products = new Map<Atom, number>();
  let uses: ReadonlyMap<Atom, number> | undefined;
  const equations: (Equation | undefined)[] = [...jaxpr.equations];
  jaxpr.equations.forEach((equation, i) => {
    const { name } = equation.primitive;
    if (name === "dot_general") products.set(equation.outputs[0], i);
    const made = name === "transpose" ? products.get(equation.inputs[0]) : undefined;
    if (made === undefined) return;
    uses ??= usesOf(program);
    const product = uses.get(equation.inputs[0]) === 1 ? swapped(jaxpr.equations[made], equation) : undefined;
    if (product === undefined) return;
    equations[made] = product;
    equations[i] = undefined;
  });
  if (uses === undefined || !equations.includes(undefined)) return program;
  return new ClosedJaxpr({ ...jaxpr, equations: equations.filter((equation) => equation !== undefined) }, program.consts);
}
