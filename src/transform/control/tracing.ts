// The user's functions under loops and branches, traced to closed programs. A function is traced once for each combination
// of argument types; what it closes over of outer traces becomes leading operands, and then serves one call only.

import { AbstractArray, type NDArray } from "../../core/array.js";
import { type Aval, aval, avalKey, strong } from "../../core/aval.js";
import { checked } from "../../core/check.js";
import { ClosedJaxpr } from "../../core/closed.js";
import { type Atom, Var } from "../../core/jaxpr.js";
import { isFloat } from "../../core/dtype.js";
import { type TreeStructure, treeUnflatten } from "../../tree/index.js";
import { literalTo } from "../../ops/operands.js";
import type { AnyFunction } from "../functions.js";
import { closeOver } from "../jit.js";
import { stageFunction } from "../makeJaxpr.js";

export interface Traced {
  /** From the captured values, then the arguments, to the leaves of the result. */
  readonly program: ClosedJaxpr;
  readonly captured: readonly NDArray[];
  readonly outStructure: TreeStructure;
}

/** Programs kept for one function; the oldest goes first. */
const CAPACITY = 64;
const cache = new WeakMap<AnyFunction, Map<string, Traced>>();

/** The program of `f` on the leaves of a list of arguments. `op` is the user's name of what runs it. */
export function traceFunction(op: string, f: AnyFunction, structure: TreeStructure, avals: readonly Aval[]): Traced {
  const key = `${op}|${structure.key}|${avals.map(avalKey).join()}`;
  let entries = cache.get(f);
  const found = entries?.get(key);
  if (found !== undefined) return found;
  const leaves = avals.map((a) => new AbstractArray(a));
  const staged = stageFunction(op, f, leaves, (xs) => treeUnflatten(structure, xs) as readonly unknown[]);
  const closed = closeOver(staged.program);
  const traced = { ...exactlyCaptured(closed.program, closed.captured), outStructure: staged.outStructure };
  // Values of an outer transform serve this call only.
  if (traced.captured.length > 0) return traced;
  if (entries === undefined) cache.set(f, (entries = new Map<string, Traced>()));
  entries.set(key, traced);
  if (entries.size > CAPACITY) entries.delete(entries.keys().next().value as string);
  return traced;
}

/** A traced number that a body closes over enters in float64, so that no digit is lost before it meets its dtype. */
function exactlyCaptured(program: ClosedJaxpr, captured: readonly NDArray[]): Pick<Traced, "program" | "captured"> {
  const isWeak = captured.map((x) => x.aval.weak !== undefined);
  if (!isWeak.includes(true)) return { program, captured };
  const wide = retyped(
    program,
    isWeak.map((weak) => (weak ? aval([], "float64") : undefined)),
  );
  const dtype = wide === undefined ? "float32" : "float64";
  return { program: wide ?? program, captured: captured.map((x, i) => (isWeak[i] ? literalTo(x, dtype, "capture") : x)) };
}

/**
 * The program with other types of some inputs; `undefined` unless each is only read by conversions, so that what they are
 * converted from makes no difference but to the digits kept. `within` allows conversions to the new type alone.
 */
export function retyped(
  { jaxpr, consts }: ClosedJaxpr,
  avals: readonly (Aval | undefined)[],
  within: "any" | "same" = "any",
): ClosedJaxpr | undefined {
  const replaced = new Map<Atom, Var>();
  jaxpr.invars.forEach((v, i) => {
    const a = avals[i];
    if (a !== undefined) replaced.set(v, new Var(a));
  });
  if (jaxpr.outvars.some((atom) => replaced.has(atom))) return undefined;
  for (const { primitive, inputs, outputs } of jaxpr.equations) {
    const converted = inputs.map((atom) => replaced.get(atom)).find((v) => v !== undefined);
    if (converted === undefined) continue;
    if (primitive.name !== "convert_element_type") return undefined;
    if (within === "same" && outputs[0].aval.dtype !== converted.aval.dtype) return undefined;
  }
  const inputOf = (atom: Atom): Atom => replaced.get(atom) ?? atom;
  return checked(
    new ClosedJaxpr(
      {
        ...jaxpr,
        invars: jaxpr.invars.map((v) => replaced.get(v) ?? v),
        equations: jaxpr.equations.map((e) => ({ ...e, inputs: e.inputs.map(inputOf) })),
      },
      consts,
    ),
  );
}

/** A loop's body with the types of its carry. */
export interface TracedBody extends Traced {
  readonly carryAvals: readonly Aval[];
}

/**
 * The body of a loop, whose first `carried` arguments come back among its results, at `returned`. A number among them takes
 * the dtype that comes back for it, as JAX's weak types do.
 */
export function traceBody(op: string, f: AnyFunction, structure: TreeStructure, avals: readonly Aval[], carried: number): TracedBody {
  const traced = traceFunction(op, f, structure, avals);
  const isWeak = avals.map((a, i) => i < carried && a.weak !== undefined);
  const { outAvals } = traced.program;
  const carryAvals = avals.slice(0, carried).map((a, i) => (isWeak[i] ? promoted(a, outAvals[i]) : a));
  if (!isWeak.includes(true) || outAvals.length < carried) return { ...traced, carryAvals: carryAvals.map(strong) };
  const inputs = [...traced.captured.map(() => undefined), ...avals.map((_, i) => (isWeak[i] ? carryAvals[i] : undefined))];
  const program = retyped(traced.program, inputs, "same");
  if (program !== undefined) return { ...traced, program, carryAvals };
  // A number that comes back as float32 may only have met other numbers: it waits for those that are settled now.
  const isSettled = carryAvals.map((a, i) => isWeak[i] && a.dtype !== "float32");
  const all = !isSettled.includes(true);
  const next = avals.map((a, i) => (i < carried && (all || isSettled[i]) ? carryAvals[i] : a));
  return traceBody(op, f, structure, next, carried);
}

/** The type of a number that comes back as `out`: integers fit everywhere, fractions into floats only. */
function promoted(a: Aval, out: Aval | undefined): Aval {
  const fits = out !== undefined && out.shape.length === 0 && out.dtype !== "bool" && (a.weak === "integer" || isFloat(out.dtype));
  return fits ? strong(out) : strong(a);
}

/** Values in the types that a program wants: numbers become arrays. */
export const inTypes = (op: string, xs: readonly NDArray[], avals: readonly Aval[]): NDArray[] =>
  xs.map((x, i) => (x.aval.weak === undefined ? x : literalTo(x, avals[i].dtype, op)));
