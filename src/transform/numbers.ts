// JavaScript numbers as arguments of a compiled program: a traced number that becomes an integer must be one of its dtype,
// which only the call knows. Enters a program, leaves what the dtypes demand of its inputs; checked before each run, so
// that compiled code never meets a number that its dtype would change.

import { LiteralArray, type NDArray } from "../core/array.js";
import { ClosedJaxpr } from "../core/closed.js";
import { type DType, holds, isInteger } from "../core/dtype.js";
import { DTypeError } from "../core/errors.js";
import type { Atom } from "../core/jaxpr.js";
import { type TreeStructure, showPath } from "../tree/index.js";

/** The integer dtypes that each input becomes: by its number, where there are any. */
export type WholeNumbers = ReadonlyMap<number, ReadonlySet<DType>>;

/** What the dtypes that numbers become demand of a program's inputs, counted from the `first`; `undefined` where it is nothing. */
export function wholeNumbersOf({ jaxpr }: ClosedJaxpr, first = 0): WholeNumbers | undefined {
  const found = new Map<number, Set<DType>>();
  const numberOf = new Map<Atom, number>();
  jaxpr.invars.forEach((v, i) => {
    if (v.aval.weak === "integer" && i >= first) numberOf.set(v, i - first);
  });
  if (numberOf.size === 0) return undefined;
  const note = (atom: Atom, dtypes: Iterable<DType>): void => {
    const i = numberOf.get(atom);
    if (i === undefined) return;
    const known = found.get(i) ?? new Set();
    for (const dtype of dtypes) found.set(i, known.add(dtype));
  };
  for (const { primitive, inputs, outputs, params } of jaxpr.equations) {
    if (primitive.name === "convert_element_type" && isInteger(outputs[0].aval.dtype)) note(inputs[0], [outputs[0].aval.dtype]);
    if (primitive.isCall !== true || !("jaxpr" in params) || !(params.jaxpr instanceof ClosedJaxpr)) continue;
    wholeNumbersOf(params.jaxpr)?.forEach((dtypes, k) => note(inputs[k], dtypes));
  }
  return found.size === 0 ? undefined : found;
}

/**
 * Refuses numbers that a dtype which they become does not hold.
 *
 * @throws DTypeError that names the argument.
 */
export function checkWholeNumbers(numbers: WholeNumbers, leaves: readonly NDArray[], structure: TreeStructure): void {
  for (const [i, dtypes] of numbers) {
    const leaf = leaves[i];
    if (!(leaf instanceof LiteralArray)) continue;
    for (const dtype of dtypes) {
      if (holds(dtype, leaf.value)) continue;
      const [argument, ...path] = structure.paths()[i];
      throw new DTypeError({
        op: "jit",
        expected: `a number that ${dtype} holds at ${showPath(path, `argument ${argument}`)}, because it becomes one there`,
        received: String(leaf.value),
        remedy: "pass a number within the dtype, or an array of a wider dtype",
      });
    }
  }
}
