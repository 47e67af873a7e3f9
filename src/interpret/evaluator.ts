// The reference evaluator: a program becomes a list of steps over numbered slots, each step one primitive's reference
// implementation. Slow and obviously right; the oracle of the tests, and what runs where nothing faster is installed.

import { ConcreteArray, type NDArray, concretizationError } from "../core/array.js";
import { strong } from "../core/aval.js";
import type { ClosedJaxpr } from "../core/closed.js";
import { debugSettings } from "../core/debug.js";
import { lastUses, literalValue } from "../core/evaluate.js";
import { JaxprError } from "../core/errors.js";
import type { Executable } from "../core/executable.js";
import type { Atom, Equation, Var } from "../core/jaxpr.js";
import { withSource } from "../core/source.js";
import { checkNans } from "../core/trace.js";

interface Step {
  readonly equation: Equation;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Slots that nothing reads after this step: emptied, so that memory is given back early. */
  readonly dying: readonly number[];
}

/** Makes a closed program of concrete constants ready to run. */
export function interpret({ jaxpr, consts }: ClosedJaxpr): Executable {
  const slots = new Map<Atom, number>();
  const slotOf = (atom: Atom): number => {
    let slot = slots.get(atom);
    if (slot === undefined) slots.set(atom, (slot = slots.size));
    return slot;
  };
  const initial: (readonly [number, ConcreteArray])[] = [];
  const constantSlot = (atom: Atom): number => {
    if (atom.kind === "literal" && !slots.has(atom)) initial.push([slotOf(atom), literalValue(atom) as ConcreteArray]);
    return slotOf(atom);
  };
  jaxpr.constvars.forEach((v, i) => initial.push([slotOf(v), concreteConstant(consts[i])]));
  const invars = jaxpr.invars.map(slotOf);
  const dying = lastUses(jaxpr);
  const steps = jaxpr.equations.map((equation, i): Step => ({
    equation,
    inputs: equation.inputs.map(constantSlot),
    outputs: equation.outputs.map(slotOf),
    dying: dying[i].map((v: Var) => slotOf(v)),
  }));
  const outputs = jaxpr.outvars.map(constantSlot);
  return {
    run: (args) => {
      const values = new Array<ConcreteArray | undefined>(slots.size);
      for (const [slot, value] of initial) values[slot] = value;
      invars.forEach((slot, i) => (values[slot] = args[i]));
      for (const step of steps) runStep(step, values);
      return outputs.map((slot) => fresh(filled(values, slot)));
    },
  };
}

function runStep({ equation, inputs, outputs, dying }: Step, values: (ConcreteArray | undefined)[]): void {
  const { primitive, params, source } = equation;
  const args = inputs.map((slot) => filled(values, slot));
  const avals = equation.outputs.map((v) => v.aval);
  const outs = withSource(source, () => {
    const found = primitive.reference(args, params, avals);
    if (debugSettings.debugNans) checkNans(primitive, found, "a compiled function", equationText(equation));
    return found;
  });
  outs.forEach((out, i) => (values[outputs[i]] = new ConcreteArray(avals[i], out.data)));
  for (const slot of dying) values[slot] = undefined;
}

function equationText({ primitive, inputs, outputs }: Equation): string {
  const typeOf = (atom: Atom): string => `${atom.aval.dtype}[${atom.aval.shape.join(",")}]`;
  return `${outputs.map(typeOf).join(" ")} = ${primitive.name} ${inputs.map(typeOf).join(" ")}`;
}

function filled(values: readonly (ConcreteArray | undefined)[], slot: number): ConcreteArray {
  const value = values[slot];
  if (value !== undefined) return value;
  throw new JaxprError({
    op: "evaluation",
    expected: "a value in every slot that is read",
    received: "an empty one",
    remedy: "please report the program",
  });
}

/** Outputs are arrays of their own, so that donating an argument does not take its value from a result. */
const fresh = (x: ConcreteArray): ConcreteArray => (x.aval.weak === undefined ? new ConcreteArray(strong(x.aval), x.data) : x);

/** A function may close over an array without elements (from `shapeDtype`): its program can be read, but not run. */
function concreteConstant(x: NDArray): ConcreteArray {
  if (x instanceof ConcreteArray) return x;
  throw concretizationError("jit", x.toString());
}
