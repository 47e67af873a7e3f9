// Transposition: a program linear in some inputs, run backwards, takes cotangents of its outputs to cotangents of those
// inputs. Equations that depend on no linear input are evaluated forward first (recomputed residuals).

import type { NDArray } from "../core/array.js";
import type { ClosedJaxpr } from "../core/closed.js";
import { type Atom, type Equation, Var } from "../core/jaxpr.js";
import { Linear, type Tangent, type TransposeOperand, Zero } from "../core/primitive.js";
import { range, sameShape } from "../core/shape.js";
import { inBackwardPass, withSource } from "../core/source.js";
import { literalValue } from "../core/evaluate.js";
import { bindAll } from "../core/trace.js";
import { add } from "../ops/arithmetic.js";
import { reduceSum } from "../ops/reduce.js";
import { NotDifferentiableError } from "../core/errors.js";
import { unknownPart } from "./partial.js";

/**
 * The cotangents of the linear operands, `null` for known ones.
 *
 * @throws NotDifferentiableError when an equation on the way is not linear.
 */
export function transposeProgram(
  { jaxpr, consts }: ClosedJaxpr,
  operands: readonly TransposeOperand[],
  cts: readonly Tangent[],
): readonly (Tangent | null)[] {
  const values = new Map<Var, TransposeOperand>();
  jaxpr.constvars.forEach((v, i) => values.set(v, consts[i]));
  jaxpr.invars.forEach((v, i) => values.set(v, operands[i]));
  const read = (atom: Atom): TransposeOperand => (atom.kind === "literal" ? literalValue(atom) : (values.get(atom) as TransposeOperand));
  const linear = forward(jaxpr.equations, values, read);
  const cotangents = new Cotangents();
  jaxpr.outvars.forEach((atom, i) => cotangents.add(atom, cts[i]));
  for (let i = linear.length - 1; i >= 0; i--) {
    const equation = linear[i];
    const outCts = equation.outputs.map((v) => cotangents.take(v));
    if (outCts.every((ct) => ct instanceof Zero)) continue;
    withSource(inBackwardPass(equation.source), () => {
      const inputs = equation.inputs.map(read);
      const inCts = transposeEquation(equation, outCts, inputs);
      equation.inputs.forEach((atom, k) => {
        const ct = inCts[k];
        if (inputs[k] instanceof Linear && ct !== null && ct !== undefined) cotangents.add(atom, ct);
      });
    });
  }
  return jaxpr.invars.map((v, i) => (operands[i] instanceof Linear ? cotangents.take(v) : null));
}

/**
 * The same for a program in which calls may mix what is linear with what is known (a checkpoint's, or a user's own): their
 * known part is computed first, so that what is left is linear throughout.
 */
export function transposeMixed(
  program: ClosedJaxpr,
  operands: readonly TransposeOperand[],
  cts: readonly Tangent[],
): readonly (Tangent | null)[] {
  const part = unknownPart(
    program,
    operands.map((x) => (x instanceof Linear ? undefined : x)),
  );
  const unknown = operands.filter((x) => x instanceof Linear);
  const found = transposeProgram(
    part.program,
    unknown,
    cts.filter((_, i) => part.isOutUnknown[i]),
  );
  let next = 0;
  return operands.map((x) => (x instanceof Linear ? found[next++] : null));
}

/** Evaluates what is known; gives the linear equations in order. */
function forward(
  equations: readonly Equation[],
  values: Map<Var, TransposeOperand>,
  read: (atom: Atom) => TransposeOperand,
): readonly Equation[] {
  return equations.filter((equation) => {
    const inputs = equation.inputs.map(read);
    const known = inputs.filter((x): x is NDArray => !(x instanceof Linear));
    const isLinear = known.length < inputs.length;
    const outs = isLinear
      ? equation.outputs.map((v) => new Linear(v.aval))
      : withSource(equation.source, () => bindAll(equation.primitive, known, equation.params));
    equation.outputs.forEach((v, i) => values.set(v, outs[i]));
    return isLinear;
  });
}

/** Cotangents by variable, summed where several uses meet. */
class Cotangents {
  readonly #sums = new Map<Var, NDArray>();

  add(atom: Atom, ct: Tangent): void {
    if (ct instanceof Zero || !(atom instanceof Var)) return;
    const sum = this.#sums.get(atom);
    this.#sums.set(atom, sum === undefined ? ct : add(sum, ct));
  }

  take(v: Var): Tangent {
    const ct = this.#sums.get(v);
    this.#sums.delete(v);
    return ct ?? new Zero(v.aval);
  }
}

function transposeEquation(
  { primitive, params, inputs }: Equation,
  cts: readonly Tangent[],
  operands: readonly TransposeOperand[],
): readonly (Tangent | null)[] {
  const { derivative } = primitive;
  if (derivative.tag === "custom" && derivative.transpose !== undefined) return derivative.transpose(cts, operands, params);
  const [ct] = cts;
  if (ct instanceof Zero) return operands.map(() => null);
  if (derivative.tag === "jointlyLinear") {
    const linearIn = derivative.linearIn?.(operands.length, params) ?? operands.map(() => true);
    if (operands.some((x, i) => x instanceof Linear && !linearIn[i])) throw notLinear(primitive.name);
    return derivative.transpose(ct, operands, params).map((c, i) => (c === null ? null : unbroadcast(c, inputs[i])));
  }
  if (derivative.tag !== "operands") throw notLinear(primitive.name);
  const rules = derivative.rules(params, operands.length);
  return operands.map((operand, i) => {
    if (!(operand instanceof Linear)) return null;
    const rule = rules[i];
    if (rule.tag !== "linear") throw notLinear(primitive.name);
    return unbroadcast(rule.transpose(ct, operands, params), inputs[i]);
  });
}

/** A scalar operand met every element, so its cotangent is their sum. */
const unbroadcast = (ct: NDArray, atom: Atom): NDArray => (sameShape(ct.shape, atom.aval.shape) ? ct : reduceSum(ct, range(0, ct.ndim)));

const notLinear = (op: string): NotDifferentiableError =>
  new NotDifferentiableError({
    op: "linearTranspose",
    expected: "a function linear in its inputs",
    received: `one that applies ${op}, which is not linear there`,
    remedy: "differentiate it with vjp instead",
  });
