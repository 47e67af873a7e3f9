// Running a jaxpr: every equation is bound under the trace in force, so the same program serves evaluation and every
// transform. Values are dropped after their last use.

import { type NDArray, literal, scalar } from "./array.js";
import type { ClosedJaxpr } from "./closed.js";
import type { Atom, Equation, Jaxpr, Var } from "./jaxpr.js";
import { withSource } from "./source.js";
import { bindAll } from "./trace.js";

/** The array of a literal atom. */
export const literalValue = (atom: Atom & { kind: "literal" }): NDArray =>
  atom.aval.weak === undefined ? scalar(atom.value, atom.aval.dtype) : literal(atom.value);

/** For each equation, the variables that nothing reads after it. */
export function lastUses(jaxpr: Jaxpr): readonly (readonly Var[])[] {
  const seen = new Set<Atom>(jaxpr.outvars);
  const dying: Var[][] = new Array<Var[]>(jaxpr.equations.length);
  for (let i = jaxpr.equations.length - 1; i >= 0; i--) {
    const { inputs, outputs } = jaxpr.equations[i];
    dying[i] = [];
    for (const atom of [...inputs, ...outputs]) {
      if (atom.kind !== "var" || seen.has(atom)) continue;
      seen.add(atom);
      dying[i].push(atom);
    }
  }
  return dying;
}

/** The outputs of a program for the given inputs. */
export function evaluateJaxpr({ jaxpr, consts }: ClosedJaxpr, args: readonly NDArray[]): readonly NDArray[] {
  const values = new Map<Var, NDArray>();
  jaxpr.constvars.forEach((v, i) => values.set(v, consts[i]));
  jaxpr.invars.forEach((v, i) => values.set(v, args[i]));
  const read = (atom: Atom): NDArray => (atom.kind === "literal" ? literalValue(atom) : (values.get(atom) as NDArray));
  const dying = lastUses(jaxpr);
  jaxpr.equations.forEach((equation: Equation, i) => {
    const outs = withSource(equation.source, () => bindAll(equation.primitive, equation.inputs.map(read), equation.params));
    equation.outputs.forEach((v, k) => values.set(v, outs[k]));
    for (const v of dying[i]) values.delete(v);
  });
  return jaxpr.outvars.map(read);
}
