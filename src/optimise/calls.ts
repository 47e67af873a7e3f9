// Programs inside of equations. A call (jit, checkpoint) is opened: its equations take its place, so that rules see through
// it. Programs of control flow stay where they are and are optimised on their own.

import { ClosedJaxpr } from "../core/closed.js";
import type { Atom, Equation } from "../core/jaxpr.js";
import type { Params } from "../core/primitive.js";

/** A program that takes the place of an equation, and its arguments. */
export interface Opened {
  readonly program: ClosedJaxpr;
  readonly args: readonly Atom[];
}

/** What an equation runs, whatever comes: a call's program, or the branch that a known index chooses. */
export function openedBy({ primitive, params }: Pick<Equation, "primitive" | "params">, inputs: readonly Atom[]): Opened | undefined {
  if (primitive.isCall === true && "jaxpr" in params && params.jaxpr instanceof ClosedJaxpr) return { program: params.jaxpr, args: inputs };
  if (primitive.name !== "cond" || !("branches" in params)) return undefined;
  const branches = params.branches as readonly ClosedJaxpr[];
  const [index, ...args] = inputs;
  if (index.kind !== "literal") return undefined;
  return { program: branches[Math.min(Math.max(index.value, 0), branches.length - 1)], args };
}

/**
 * Whether a call's equations keep apart from those around it. The backward pass of a checkpoint computes again what the
 * forward pass computed: merging the two would keep the values alive that checkpoint is there to drop.
 */
export const isBarrier = ({ primitive }: Pick<Equation, "primitive">): boolean => primitive.name === "checkpoint";

/** Parameters with each closed program in them replaced. */
export function withPrograms(params: Params, change: (program: ClosedJaxpr) => ClosedJaxpr): Params {
  let changed = false;
  const each = (value: unknown): unknown => {
    if (!(value instanceof ClosedJaxpr)) return value;
    const next = change(value);
    if (next !== value) changed = true;
    return next;
  };
  const next = Object.fromEntries(
    Object.entries(params).map(([key, value]: [string, unknown]) => [key, Array.isArray(value) ? value.map(each) : each(value)]),
  );
  return changed ? next : params;
}
