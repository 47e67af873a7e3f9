// Calling a function that has a rule of its own: directly where nothing is transformed, else as a primitive that carries the
// function's program and the rule.

import type { NDArray } from "../../core/array.js";
import { type TreeStructure, treeUnflatten } from "../../tree/index.js";
import { type AnyFunction, type Argnums, describe } from "../functions.js";
import { type CallShape, type CustomCall, callDirectly, isUntraced, onlyEvaluates, ownProgram, takeApart } from "./arguments.js";
import type { CustomCallParams } from "./jvpCall.js";
import type { OutTypes } from "./results.js";

/** What a call's rules know of it. */
export interface Context {
  /** "customVjp of f". */
  readonly op: string;
  readonly shape: CallShape;
  /** What the function closes over; its values are the leading operands. */
  readonly captured: readonly NDArray[];
  /** The types of the function's result, unless it reads values and only a rule can tell. */
  readonly own: OutTypes | undefined;
  /** Learns the structure of the value, where the function itself has not told it. */
  noteStructure(structure: TreeStructure): void;
}

/** Binds the primitive of a call: operands, and what all kinds of calls carry. */
export type BindCall = (context: Context, operands: readonly NDArray[], base: CustomCallParams) => readonly NDArray[];

/** The name of a function for programs. */
export const nameOf = (f: AnyFunction): string => (f.name === "" ? "anonymous" : f.name);

function bindCustom(transform: string, f: AnyFunction, given: CustomCall, bindCall: BindCall): unknown {
  const own = ownProgram(transform, f, given);
  const op = describe(transform, f);
  const operands = [...own.captured, ...given.leaves];
  const base = { name: nameOf(f), captured: own.captured.length };
  const context = { op, shape: given.shape, captured: own.captured };
  if (own.jaxpr !== undefined) {
    const { jaxpr, structure } = own;
    const outs = bindCall({ ...context, own: { avals: jaxpr.outAvals, structure }, noteStructure: () => undefined }, operands, {
      ...base,
      jaxpr,
    });
    return treeUnflatten(structure, outs);
  }
  if (isUntraced(given)) return callDirectly(op, f, given);
  let structure: TreeStructure | undefined;
  const noteStructure = (found: TreeStructure): void => void (structure = found);
  const outs = bindCall({ ...context, own: undefined, noteStructure }, operands, { ...base, jaxpr: undefined, refusal: own.refusal });
  return treeUnflatten(structure as unknown as TreeStructure, outs);
}

/** The function with a rule, whose calls are bound by `bindCall`. */
export function withRule(transform: string, f: AnyFunction, nondiffArgnums: Argnums | undefined, bindCall: BindCall): AnyFunction {
  const op = describe(transform, f);
  const custom = (...args: readonly unknown[]): unknown => {
    const given = takeApart(op, args, nondiffArgnums);
    return onlyEvaluates(given) ? callDirectly(op, f, given) : bindCustom(transform, f, given, bindCall);
  };
  return Object.defineProperty(custom, "name", { value: nameOf(f) });
}
