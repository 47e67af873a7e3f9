// What the rules of loops and branches do with the programs inside of them: put inputs and outputs into another order,
// find what some outputs need, run to a fixed point over the carry. Each new program is made once and kept.

import { ConcreteArray } from "../../core/array.js";
import { type Aval, aval, sameType, showAval } from "../../core/aval.js";
import { checked } from "../../core/check.js";
import { ClosedJaxpr } from "../../core/closed.js";
import { typedArray } from "../../core/dtype.js";
import { JaxprError } from "../../core/errors.js";
import { executableOf } from "../../core/executable.js";
import { type Atom, Var } from "../../core/jaxpr.js";
import { type AnyPrimitive, type HostArray, type Params, type Tangent, Zero } from "../../core/primitive.js";
import { Builder } from "../../core/staging.js";
import { liveEquations, withoutDeadCode } from "../deadcode.js";
import { bits, remembered } from "../programs.js";

export const isZero = (t: Tangent): t is Zero => t instanceof Zero;

/** The items marked in `mask`. */
export const kept = <T>(items: readonly T[], mask: readonly boolean[]): T[] => items.filter((_, i) => mask[i]);

/** The items of a list cut into parts of the given sizes, and the rest. */
export function parts<T>(items: readonly T[], ...sizes: readonly number[]): T[][] {
  let start = 0;
  const found = sizes.map((size) => items.slice(start, (start += size)));
  return [...found, items.slice(start)];
}

/** Two lists taken in turns: the next of `unknown` where the mask says so, else the next of `known`. */
export function merged<T>(isUnknown: readonly boolean[], known: readonly T[], unknown: readonly T[]): T[] {
  let [k, u] = [0, 0];
  return isUnknown.map((isU) => (isU ? unknown[u++] : known[k++]));
}

/** How many are marked. */
export const count = (mask: readonly boolean[]): number => mask.filter(Boolean).length;

export const opposite = (mask: readonly boolean[]): boolean[] => mask.map((on) => !on);

/** The least mask that holds `initial` and does not grow any more: what one turn of a loop adds is given by `turn`. */
export function fixpoint(initial: readonly boolean[], turn: (mask: readonly boolean[]) => readonly boolean[]): readonly boolean[] {
  const found = turn(initial);
  const next = initial.map((on, i) => on || found[i]);
  return next.every((on, i) => on === initial[i]) ? initial : fixpoint(next, turn);
}

/** The program with its inputs and outputs in another order, or some of them only; what the outputs need must stay. */
export const rearranged = remembered(
  (ins: readonly number[], outs: readonly number[]) => `${ins.join()}:${outs.join()}`,
  ({ jaxpr, consts }, ins: readonly number[], outs: readonly number[]) =>
    checked(new ClosedJaxpr({ ...jaxpr, invars: ins.map((i) => jaxpr.invars[i]), outvars: outs.map((i) => jaxpr.outvars[i]) }, consts)),
);

/** The program with further inputs that it does not read: `places` says for each input which of the old ones it is. */
export const widened = remembered(
  (avals: readonly Aval[], places: readonly (number | undefined)[]) => `${avals.map(showAval).join()}:${places.join()}`,
  ({ jaxpr, consts }, avals: readonly Aval[], places: readonly (number | undefined)[]) => {
    const invars = avals.map((a, i) => {
      const place = places[i];
      return place === undefined ? new Var(aval(a.shape, a.dtype)) : jaxpr.invars[place];
    });
    return checked(new ClosedJaxpr({ ...jaxpr, invars }, consts));
  },
);

/** The program with some of its outputs, and which inputs these need; the inputs stay. */
export const needed = remembered(bits, (program, used: readonly boolean[]) => {
  const { jaxpr, consts } = program;
  const outvars = kept(jaxpr.outvars, used);
  const read = new Set<Atom>(outvars);
  for (const equation of liveEquations({ ...jaxpr, outvars })) for (const atom of equation.inputs) read.add(atom);
  return {
    program: withoutDeadCode(new ClosedJaxpr({ ...jaxpr, outvars }, consts)),
    inputs: jaxpr.invars.map((v) => read.has(v)),
  };
});

const numbers = new WeakMap<ClosedJaxpr, number>();
let programs = 0;

/** A number of its own for each program, for keys. */
export function programNumber(program: ClosedJaxpr): number {
  let number = numbers.get(program);
  if (number === undefined) numbers.set(program, (number = programs++));
  return number;
}

/** A program of one equation, the application itself. */
export const application = remembered(
  (primitive: AnyPrimitive, _params: Params, _avals: readonly Aval[], key: string) => `${primitive.name}:${key}`,
  (_, primitive: AnyPrimitive, params: Params, avals: readonly Aval[], _key: string) => {
    const builder = new Builder();
    const invars = avals.map((a) => new Var(aval(a.shape, a.dtype)));
    return builder.build(invars, builder.add(primitive, invars, params));
  },
);

/** Runs an eager application as a compiled program of its own. `key` tells apart those that share the program inside. */
export function runApplication(
  inside: ClosedJaxpr,
  primitive: AnyPrimitive,
  params: Params,
  args: readonly ConcreteArray[],
  key: string,
): readonly ConcreteArray[] {
  const avals = args.map((x) => x.aval);
  // The program is found by its inside alone, so operands that do not fit must be refused here.
  primitive.type(avals, params);
  return executableOf(application(inside, primitive, params, avals, key)).run(args.map((x, i) => concrete(x, avals[i])));
}

/** An array of exactly that type that holds its elements; a literal's are rounded. */
export function concrete(x: HostArray, a: Aval): ConcreteArray {
  if (x instanceof ConcreteArray && x.aval.weak === undefined) return x;
  return new ConcreteArray(aval(a.shape, a.dtype), x instanceof ConcreteArray ? typedArray(a.dtype, x.data) : x.data);
}

/** Refuses operands that are not those of the program inside: the library made the application, so this is its fault. */
export function checkOperands(op: string, expected: readonly Aval[], received: readonly Aval[]): void {
  if (expected.length === received.length && expected.every((a, i) => sameType(a, received[i]))) return;
  throw new JaxprError({
    op,
    expected: expected.map(showAval).join(" "),
    received: received.map(showAval).join(" "),
    remedy: "this is a fault of the library: please report the program",
  });
}
