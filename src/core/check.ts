// The grammar of jaxprs as a program: every variable is bound once, before it is read, and every equation has the types
// that its primitive gives. Runs after every transform in tests and in debug mode.

import { type Aval, sameType, showAval } from "./aval.js";
import type { ClosedJaxpr } from "./closed.js";
import { debugSettings } from "./debug.js";
import { CotangentError, JaxprError } from "./errors.js";
import type { Atom, Equation, Jaxpr, Var } from "./jaxpr.js";
import type { AnyPrimitive, Params } from "./primitive.js";

/** The program, checked if debug settings ask for it: every program that a transform or pass builds goes through here. */
export function checked(program: ClosedJaxpr): ClosedJaxpr {
  if (!debugSettings.checkJaxprs) return program;
  const { jaxpr, consts } = program;
  checkJaxpr(jaxpr);
  const fits = consts.length === jaxpr.constvars.length && consts.every((x, i) => sameType(x.aval, jaxpr.constvars[i].aval));
  if (fits) return program;
  throw fault("constvars", jaxpr.constvars.map((v) => showAval(v.aval)).join(" "), consts.map((x) => showAval(x.aval)).join(" "));
}

/**
 * Checks a program and the programs inside of it.
 *
 * @throws JaxprError for a variable read before it is bound, bound twice, or of another type than its equation gives.
 */
export function checkJaxpr(jaxpr: Jaxpr): void {
  const bound = new Set<Var>();
  const bindVar = (v: Var, where: string): void => {
    if (bound.has(v)) throw fault(where, "each variable bound once", "one bound again");
    bound.add(v);
  };
  const read = (atom: Atom, where: string): void => {
    if (atom.kind === "var" && !bound.has(atom)) throw fault(where, "variables bound before they are read", "an unbound one");
    if (atom.kind === "literal" && atom.aval.shape.length > 0) throw fault(where, "scalar literals", showAval(atom.aval));
  };
  for (const v of jaxpr.constvars) bindVar(v, "constvars");
  for (const v of jaxpr.invars) bindVar(v, "invars");
  for (const equation of jaxpr.equations) {
    const { name } = equation.primitive;
    for (const atom of equation.inputs) read(atom, name);
    checkTypes(equation);
    for (const inner of innerPrograms(equation.params)) checkJaxpr(inner);
    for (const v of equation.outputs) bindVar(v, name);
  }
  for (const atom of jaxpr.outvars) read(atom, "outvars");
}

function checkTypes({ primitive, inputs, outputs, params }: Equation): void {
  const expected = typesOf(primitive, inputs, params);
  const fits = expected.length === outputs.length && expected.every((a, i) => sameType(a, outputs[i].aval));
  if (!fits) throw fault(primitive.name, expected.map(showAval).join(" "), outputs.map((v) => showAval(v.aval)).join(" "));
}

function typesOf(primitive: AnyPrimitive, inputs: readonly Atom[], params: Params): readonly Aval[] {
  const avals = inputs.map((atom) => atom.aval);
  try {
    return primitive.type(avals, params);
  } catch (error) {
    if (!(error instanceof CotangentError)) throw error;
    throw fault(primitive.name, error.expected, error.received);
  }
}

/** The programs that stand in an equation's parameters. */
export function innerPrograms(params: Params): Jaxpr[] {
  return Object.values(params)
    .flat()
    .flatMap((value: unknown) => {
      if (typeof value !== "object" || value === null) return [];
      if ("jaxpr" in value && "consts" in value) return [(value as { jaxpr: Jaxpr }).jaxpr];
      return "equations" in value ? [value as Jaxpr] : [];
    });
}

const fault = (op: string, expected: string, received: string): JaxprError =>
  new JaxprError({ op: `jaxpr check of ${op}`, expected, received, remedy: "this is a fault of the library: please report the program" });
