// Constant folding: an application whose operands are all known and few is computed once, by the primitive's own reference
// kernel, so that the bits are those of the evaluator. Large results stay to be computed: a program never grows by them.

import { ConcreteArray } from "../core/array.js";
import { literalValue } from "../core/evaluate.js";
import type { Atom } from "../core/jaxpr.js";
import { sizeOf } from "../core/shape.js";
import type { HostArray } from "../core/primitive.js";
import type { Application } from "./rule.js";

/** Most elements that a constant may have to be folded. */
export const FEW = 64;

/** Repetition says more than its elements: rules see through it, and it costs nothing in a loop. */
const kept = new Set(["broadcast_in_dim", "iota"]);

/** The elements of a literal, or of a constant that is small. */
export function elementsOf(atom: Atom, constant: ConcreteArray | undefined): ConcreteArray | undefined {
  if (atom.kind === "var") return constant;
  const value = literalValue(atom);
  return value instanceof ConcreteArray ? value : undefined;
}

/** The outputs of an application to known operands; `undefined` where they are not all known, or the results too large. */
export function fold(
  { primitive, inputs, params, outAvals }: Application,
  known: (atom: Atom) => ConcreteArray | undefined,
): readonly HostArray[] | undefined {
  if (inputs.length === 0 || kept.has(primitive.name) || primitive.isCall === true || primitive.derivative.tag === "custom")
    return undefined;
  if (outAvals.some((a) => sizeOf(a.shape) > FEW)) return undefined;
  // Of most applications an operand is computed, which is seen without making an array of a literal.
  if (!inputs.every((atom) => atom.kind === "literal" || known(atom) !== undefined)) return undefined;
  const operands = inputs.map(known);
  return operands.every((x) => x !== undefined) ? primitive.reference(operands, params, outAvals) : undefined;
}
