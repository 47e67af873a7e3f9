// Removes equations that no output depends on, and constants that no equation reads.

import { checked } from "../core/check.js";
import { ClosedJaxpr } from "../core/closed.js";
import type { Atom, Equation, Jaxpr } from "../core/jaxpr.js";

/** The equations that the outputs depend on, in order. Primitives have no effects, so the rest cannot be missed. */
export function liveEquations(jaxpr: Jaxpr): readonly Equation[] {
  const needed = new Set<Atom>(jaxpr.outvars);
  const live: Equation[] = [];
  for (let i = jaxpr.equations.length - 1; i >= 0; i--) {
    const equation = jaxpr.equations[i];
    if (!equation.outputs.some((v) => needed.has(v))) continue;
    for (const atom of equation.inputs) needed.add(atom);
    live.push(equation);
  }
  return live.toReversed();
}

/** The same program without what no output depends on; its inputs stay. */
export function withoutDeadCode({ jaxpr, consts }: ClosedJaxpr): ClosedJaxpr {
  const equations = liveEquations(jaxpr);
  const read = new Set<Atom>(jaxpr.outvars);
  for (const equation of equations) for (const atom of equation.inputs) read.add(atom);
  const kept = jaxpr.constvars.map((v) => read.has(v));
  return checked(
    new ClosedJaxpr(
      { ...jaxpr, equations, constvars: jaxpr.constvars.filter((_, i) => kept[i]) },
      consts.filter((_, i) => kept[i]),
    ),
  );
}
