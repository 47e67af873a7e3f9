// What a loop computes anew in every turn though it depends on nothing that turns is computed once, before the loop: of a
// scan's or while's body, the equations of its constants alone. Their values become further constants. Changes of layout stay:
// they cost nothing inside, and outside they would have to be stored.

import { ClosedJaxpr } from "../core/closed.js";
import { hasEffect } from "../core/effects.js";
import type { Atom, Equation, Var } from "../core/jaxpr.js";
import type { Params } from "../core/primitive.js";
import { withoutDeadCode } from "../transform/deadcode.js";
import type { ScanParams, WhileParams } from "../transform/control/params.js";

/** A body cut in two. */
interface Hoisted {
  /** From the constants to what is computed of them. */
  readonly before: ClosedJaxpr;
  /** The body, with those values as inputs behind its constants. */
  readonly body: ClosedJaxpr;
  readonly count: number;
}

const layouts = new Set(["broadcast_in_dim", "iota", "reshape", "transpose", "squeeze", "rev", "slice", "name", "optimization_barrier"]);

/** Equations that depend on `known` alone, in order; `known` grows by what they give. */
const invariantEquations = (equations: readonly Equation[], known: Set<Atom>): readonly Equation[] =>
  equations.filter((equation) => {
    const { inputs, outputs, primitive } = equation;
    if (primitive.isBarrier === true || hasEffect(equation)) return false;
    if (!inputs.every((atom) => atom.kind === "literal" || known.has(atom))) return false;
    for (const v of outputs) known.add(v);
    return true;
  });

/** The invariant equations whose values the turning ones read, be it through changes of layout. */
function frontier(invariant: readonly Equation[], turning: readonly Equation[], outvars: readonly Atom[]): readonly Equation[] {
  const definitions = new Map<Atom, Equation>(invariant.flatMap((equation) => equation.outputs.map((v) => [v, equation] as const)));
  const found = new Set<Equation>();
  const seen = new Set<Equation>();
  const pending: Atom[] = [...turning.flatMap(({ inputs }) => inputs), ...outvars];
  for (let atom = pending.pop(); atom !== undefined; atom = pending.pop()) {
    const equation = definitions.get(atom);
    if (equation === undefined || seen.has(equation)) continue;
    seen.add(equation);
    if (layouts.has(equation.primitive.name)) pending.push(...equation.inputs);
    else found.add(equation);
  }
  return invariant.filter((equation) => found.has(equation));
}

function cut(program: ClosedJaxpr, constants: number): Hoisted | undefined {
  const { jaxpr, consts } = program;
  const own = jaxpr.invars.slice(0, constants);
  const known = new Set<Atom>([...jaxpr.constvars, ...own]);
  const invariant = invariantEquations(jaxpr.equations, known);
  if (invariant.length === 0) return undefined;
  const isInvariant = new Set(invariant);
  const turning = jaxpr.equations.filter((equation) => !isInvariant.has(equation));
  const hoisted = frontier(invariant, turning, jaxpr.outvars);
  if (hoisted.length === 0) return undefined;
  const values: readonly Var[] = hoisted.flatMap(({ outputs }) => outputs);
  const isHoisted = new Set(hoisted);
  const before = new ClosedJaxpr({ constvars: jaxpr.constvars, invars: own, equations: invariant, outvars: values }, consts);
  const invars = [...own, ...values, ...jaxpr.invars.slice(constants)];
  const equations = jaxpr.equations.filter((equation) => !isHoisted.has(equation));
  const body = new ClosedJaxpr({ ...jaxpr, invars, equations }, consts);
  return { before: withoutDeadCode(before), body: withoutDeadCode(body), count: values.length };
}

/** A loop with less in its body, and what is to be computed before it, from and to operands beginning at `first`. */
export interface HoistedLoop {
  readonly before: ClosedJaxpr;
  readonly params: Params;
  /** The body's constants among the operands: from `first` up to, not including, `last`. */
  readonly first: number;
  readonly last: number;
}

/** The loop of a scan or while with what its body need not repeat taken out; `undefined` where there is nothing. */
export function hoist(name: string, params: Params): HoistedLoop | undefined {
  if (name === "scan") {
    const scan = params as ScanParams;
    const found = cut(scan.jaxpr, scan.numConsts);
    if (found === undefined) return undefined;
    const next: ScanParams = { ...scan, jaxpr: found.body, numConsts: scan.numConsts + found.count };
    return { before: found.before, params: next, first: 0, last: scan.numConsts };
  }
  if (name !== "while") return undefined;
  const loop = params as WhileParams;
  const found = cut(loop.bodyJaxpr, loop.bodyConsts);
  if (found === undefined) return undefined;
  const next: WhileParams = { ...loop, bodyJaxpr: found.body, bodyConsts: loop.bodyConsts + found.count };
  return { before: found.before, params: next, first: loop.condConsts, last: loop.condConsts + loop.bodyConsts };
}
