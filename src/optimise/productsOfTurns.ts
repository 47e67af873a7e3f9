// Products of a scan's slices with what does not turn (x_t · W) need no carry: they are done for all turns at once, before the
// loop, as one product with many rows, which threads share. The loop reads the rows of the result. Small products one turn at
// a time spend their time on the way.

import { ClosedJaxpr } from "../core/closed.js";
import { hasEffect, withoutEffects } from "../core/effects.js";
import { bytesOf } from "../core/dtype.js";
import { evaluateJaxpr } from "../core/evaluate.js";
import { type Atom, type Equation, type Jaxpr, Var } from "../core/jaxpr.js";
import { sizeOf } from "../core/shape.js";
import { stage } from "../core/staging.js";
import { bindAll } from "../core/trace.js";
import { batchFlat, materializeBatch } from "../transform/batch.js";
import type { ScanParams } from "../transform/control/params.js";
import { withoutDeadCode } from "../transform/deadcode.js";
import { splice } from "./splice.js";

/** No more bytes than this are stored for one value of all turns. */
export const MOST_BYTES = 2 ** 24;

const products = new Set(["dot_general", "conv_general_dilated"]);

/** Whether the values of an atom at all turns may be stored. */
export const isStorable = ({ aval: { shape, dtype } }: Atom, length: number): boolean =>
  length * sizeOf(shape) * bytesOf(dtype) <= MOST_BYTES;

/** Whether the body is one whose values are computed again on purpose. */
export const hasBarrier = ({ equations }: Jaxpr): boolean => equations.some(({ primitive }) => primitive.isBarrier === true);

/** What of a body depends on no carry: the atoms that turn all the same, and the equations that make them, in order. */
function carryFree(
  { jaxpr }: ClosedJaxpr,
  { numConsts, numCarry, length }: ScanParams,
): { turning: Set<Atom>; equations: readonly Equation[] } {
  const turning = new Set<Atom>(jaxpr.invars.slice(numConsts + numCarry));
  const bound = new Set<Atom>(jaxpr.invars.slice(numConsts, numConsts + numCarry));
  const equations: Equation[] = [];
  for (const equation of jaxpr.equations) {
    const { inputs, outputs } = equation;
    if (inputs.some((atom) => bound.has(atom)) || hasEffect(equation) || !outputs.every((v) => isStorable(v, length))) {
      for (const v of outputs) bound.add(v);
      continue;
    }
    equations.push(equation);
    if (inputs.some((atom) => turning.has(atom))) for (const v of outputs) turning.add(v);
  }
  return { turning, equations };
}

/** The products among them of something that turns and something that does not. */
function productsOf(body: ClosedJaxpr, params: ScanParams): readonly Var[] {
  const { turning, equations } = carryFree(body, params);
  return equations.flatMap(({ primitive, inputs, outputs }) => {
    const sides = inputs.filter((atom) => turning.has(atom)).length;
    return products.has(primitive.name) && sides === 1 ? outputs : [];
  });
}

/** The body that reads the values of `made` as further slices. */
function reading({ jaxpr, consts }: ClosedJaxpr, made: readonly Var[]): ClosedJaxpr {
  const slices = new Map<Atom, Atom>(made.map((v) => [v, new Var(v.aval)]));
  const read = (atom: Atom): Atom => slices.get(atom) ?? atom;
  const equations = jaxpr.equations
    .filter(({ outputs }) => !slices.has(outputs[0]))
    .map((equation) => ({ ...equation, inputs: equation.inputs.map(read) }));
  const invars = [...jaxpr.invars, ...(slices.values() as Iterable<Var>)];
  return withoutDeadCode(new ClosedJaxpr({ ...jaxpr, invars, equations, outvars: jaxpr.outvars.map(read) }, consts));
}

/** The scan with such products in front of it; `undefined` where there are none. */
function withProductsFirst({ primitive, inputs, params }: Equation): ClosedJaxpr | undefined {
  if (primitive.name !== "scan") return undefined;
  const scan = params as ScanParams;
  const { jaxpr: body, length, numConsts, numCarry } = scan;
  if (length < 2 || hasBarrier(body.jaxpr)) return undefined;
  const made = productsOf(body, scan);
  if (made.length === 0) return undefined;
  // Effects stay in the loop.
  const ahead = withoutDeadCode(withoutEffects(new ClosedJaxpr({ ...body.jaxpr, outvars: made }, body.consts)));
  const rest = reading(body, made);
  const first = numConsts + numCarry;
  return stage(
    "scan",
    inputs.map((atom) => atom.aval),
    (...operands) => {
      // Nothing of what is done ahead reads a carry, so any value does there.
      const dims = operands.map((_, i) => (i < first ? null : 0));
      const [values, found] = batchFlat("scan", length, (...xs) => evaluateJaxpr(ahead, xs), operands, dims);
      const rows = values.map((x, i) => materializeBatch(length, x, found[i], 0));
      return bindAll(primitive, [...operands, ...rows], { ...scan, jaxpr: rest });
    },
  );
}

/** The program with the products of all turns of its scans ahead of them. */
export const productsFirst = (program: ClosedJaxpr): ClosedJaxpr => splice(program, withProductsFirst);
