// Programs in the place of equations: what stands for an equation comes as a closed program of its inputs, whose equations
// are put where it stood.

import { ClosedJaxpr } from "../core/closed.js";
import type { Atom, Equation, Var } from "../core/jaxpr.js";
import type { NDArray } from "../core/array.js";

/** The program with every equation for which `replace` gives a program done by that program instead. */
export function splice(program: ClosedJaxpr, replace: (equation: Equation) => ClosedJaxpr | undefined): ClosedJaxpr {
  const { jaxpr } = program;
  const stands = new Map<Var, Atom>();
  const read = (atom: Atom): Atom => (atom.kind === "var" ? (stands.get(atom) ?? atom) : atom);
  const constvars: Var[] = [...jaxpr.constvars];
  const consts: NDArray[] = [...program.consts];
  const equations: Equation[] = [];
  const append = (equation: Equation): unknown => equations.push({ ...equation, inputs: equation.inputs.map(read) });
  let changed = false;
  for (const equation of jaxpr.equations) {
    const instead = replace(equation);
    if (instead === undefined) {
      append(equation);
      continue;
    }
    changed = true;
    constvars.push(...instead.jaxpr.constvars);
    consts.push(...instead.consts);
    instead.jaxpr.invars.forEach((v, i) => stands.set(v, read(equation.inputs[i])));
    instead.jaxpr.equations.forEach(append);
    equation.outputs.forEach((v, i) => stands.set(v, read(instead.jaxpr.outvars[i])));
  }
  if (!changed) return program;
  return new ClosedJaxpr({ constvars, invars: jaxpr.invars, equations, outvars: jaxpr.outvars.map(read) }, consts);
}
