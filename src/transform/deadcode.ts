// Removes equations that no output depends on, and constants that no equation reads.

import { checked } from "../core/check.js";
import { ClosedJaxpr } from "../core/closed.js";
import { hasEffect } from "../core/effects.js";
import type { Atom, Equation, Jaxpr } from "../core/jaxpr.js";

/** The equations that the outputs depend on, and those with an effect, in order. */
export function liveEquations(jaxpr: Jaxpr): readonly Equation[] {
  const needed = new Set<Atom>(jaxpr.outvars);
  const live: Equation[] = [];
  for (let i = jaxpr.equations.length - 1; i >= 0; i--) {
    const equation = jaxpr.equations[i];
    const used = equation.outputs.map((v) => needed.has(v));
    if (!used.includes(true) && !hasEffect(equation)) continue;
    const kept = pruned(equation, used);
    for (const atom of kept.inputs) needed.add(atom);
    live.push(kept);
  }
  return live.toReversed();
}

/** The equation without what only its unread outputs need, where its primitive knows how. */
function pruned(equation: Equation, used: readonly boolean[]): Equation {
  const { primitive, params, inputs, outputs } = equation;
  const found = used.includes(false) ? primitive.prune?.(params, used) : undefined;
  if (found === undefined) return equation;
  return {
    ...equation,
    params: found.params,
    inputs: inputs.filter((_, i) => found.inputs[i]),
    outputs: outputs.filter((_, i) => found.outputs[i]),
  };
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
