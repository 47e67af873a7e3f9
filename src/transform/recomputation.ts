// A checkpoint's program cut for the backward pass: what is known now gives the values and the residuals that the policy
// keeps; the rest of the residuals is computed again from these and the arguments, behind a barrier, so that no pass takes
// them from the forward pass after all.

import type { NDArray } from "../core/array.js";
import { ClosedJaxpr } from "../core/closed.js";
import { withoutEffects } from "../core/effects.js";
import { evaluateJaxpr, literalValue } from "../core/evaluate.js";
import type { Atom, Equation, Jaxpr, Var } from "../core/jaxpr.js";
import { withSource } from "../core/source.js";
import { stage } from "../core/staging.js";
import { bindAll } from "../core/trace.js";
import { optimizationBarrierP } from "../ops/barrier.js";
import { withoutDeadCode } from "./deadcode.js";
import { type Split, splitProgram } from "./partial.js";
import { type CheckpointPolicy, mayKeep } from "./policies.js";

/** A program cut by which inputs are unknown, and by what may be kept. */
export interface Cut {
  /** From the known inputs to the known outputs, then the values that are kept. */
  readonly known: ClosedJaxpr;
  /** From the known inputs, the kept values and the unknown inputs to the unknown outputs. */
  readonly unknown: ClosedJaxpr;
  readonly isOutUnknown: readonly boolean[];
}

/** What is kept, and the equations that compute the residuals from it, in order. */
interface Plan {
  readonly kept: readonly Var[];
  readonly equations: readonly Equation[];
}

/** Back from the residuals: an equation whose results may be kept ends the way, any other is computed again. */
function plan({ equations }: Jaxpr, residuals: readonly Atom[], policy: CheckpointPolicy): Plan {
  const needed = new Set<Atom>(residuals);
  const kept: Var[] = [];
  const again: Equation[] = [];
  for (const equation of equations.toReversed()) {
    const read = equation.outputs.filter((v) => needed.has(v));
    if (read.length === 0) continue;
    const { primitive, params, source } = equation;
    if (withSource(source, () => mayKeep(policy, { name: primitive.name, params }))) kept.push(...read);
    else {
      again.push(equation);
      for (const atom of equation.inputs) needed.add(atom);
    }
  }
  return { kept: kept.toReversed(), equations: again.toReversed() };
}

/** The program with jitted functions opened, so that a policy sees what is inside of them. */
function opened(closed: ClosedJaxpr): ClosedJaxpr {
  const isJit = ({ primitive }: Equation): boolean => primitive.name === "jit";
  if (!closed.jaxpr.equations.some(isJit)) return closed;
  const run = ({ jaxpr, consts }: ClosedJaxpr, args: readonly NDArray[]): readonly NDArray[] => {
    const values = new Map<Var, NDArray>();
    jaxpr.constvars.forEach((v, i) => values.set(v, consts[i]));
    jaxpr.invars.forEach((v, i) => values.set(v, args[i]));
    const read = (atom: Atom): NDArray => (atom.kind === "literal" ? literalValue(atom) : (values.get(atom) as NDArray));
    for (const equation of jaxpr.equations) {
      const inputs = equation.inputs.map(read);
      const outs = isJit(equation)
        ? run((equation.params as { readonly jaxpr: ClosedJaxpr }).jaxpr, inputs)
        : withSource(equation.source, () => bindAll(equation.primitive, inputs, equation.params));
      equation.outputs.forEach((v, i) => values.set(v, outs[i]));
    }
    return jaxpr.outvars.map(read);
  };
  return stage("known part of a checkpoint", closed.inAvals, (...xs) => run(closed, xs));
}

/** Cuts the program of a checkpoint. */
export function cutForRecomputation(
  program: ClosedJaxpr,
  isUnknown: readonly boolean[],
  policy: CheckpointPolicy,
  preventCse: boolean,
): Cut {
  const split = splitProgram(program, isUnknown);
  const forward = opened(split.known);
  const { jaxpr, consts } = forward;
  const valueCount = split.isOutUnknown.filter((u) => !u).length;
  const { kept, equations } = plan(jaxpr, jaxpr.outvars.slice(valueCount), policy);
  const known = withoutDeadCode(new ClosedJaxpr({ ...jaxpr, outvars: [...jaxpr.outvars.slice(0, valueCount), ...kept] }, consts));
  const again = withoutDeadCode(
    withoutEffects(
      new ClosedJaxpr({ ...jaxpr, invars: [...jaxpr.invars, ...kept], equations, outvars: jaxpr.outvars.slice(valueCount) }, consts),
    ),
  );
  return { known, unknown: backward(program, isUnknown, split, again, preventCse), isOutUnknown: split.isOutUnknown };
}

function backward(
  program: ClosedJaxpr,
  isUnknown: readonly boolean[],
  { residuals, unknown }: Split,
  again: ClosedJaxpr,
  preventCse: boolean,
): ClosedJaxpr {
  const unknownAvals = program.inAvals.filter((_, i) => isUnknown[i]);
  const knownPlaces = isUnknown.flatMap((is, i) => (is ? [] : [i]));
  return stage("recomputation of a checkpoint", [...again.inAvals, ...unknownAvals], (...xs) => {
    const given = xs.slice(0, again.inAvals.length);
    const computed = evaluateJaxpr(again, preventCse ? behindBarrier(again.jaxpr, given) : given);
    let next = 0;
    const values = residuals.map((from) => (from === "computed" ? computed[next++] : xs[knownPlaces.indexOf(from)]));
    return evaluateJaxpr(unknown, [...values, ...xs.slice(given.length)]);
  });
}

/** The inputs that equations read, behind a barrier. */
function behindBarrier({ invars, equations }: Jaxpr, xs: readonly NDArray[]): readonly NDArray[] {
  const read = new Set<Atom>(equations.flatMap((equation) => equation.inputs));
  const isRead = invars.map((v) => read.has(v));
  if (!isRead.includes(true)) return xs;
  const held = bindAll(
    optimizationBarrierP,
    xs.filter((_, i) => isRead[i]),
    {},
  );
  let next = 0;
  return xs.map((x, i) => (isRead[i] ? held[next++] : x));
}
