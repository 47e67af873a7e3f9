// Functions that have a derivative in one mode alone (a customVjp without a JVP, a loop without a bound): the refusal of the
// other mode comes in, and leaves with the option that checks what there is.

import { NotDifferentiableError } from "../core/errors.js";
import { withSource } from "../core/source.js";
import { type Problem, elementsOf } from "./flat.js";
import { type Mode, type Vectors, modes as allModes, pulled, pushed } from "./modes.js";

/** Whether a function has a derivative in a mode. */
function has({ f, xs }: Problem, mode: Mode): boolean {
  const ones = (list: readonly { readonly size: number }[]): Vectors => list.map(({ size }) => new Float64Array(size).fill(1));
  try {
    const derivative = mode === "forward" ? pushed(f, ones(xs)) : pulled(f, ones(f(...xs)));
    derivative(...xs).forEach(elementsOf);
    return true;
  } catch (error) {
    if (error instanceof NotDifferentiableError) return false;
    throw error;
  }
}

/**
 * Runs the checks of `problem` in the given modes.
 *
 * @throws NotDifferentiableError of the check, whose remedy names the only mode that there is, if there is one.
 */
export function namingTheOnlyMode(problem: Problem, modes: readonly Mode[], check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof NotDifferentiableError)) throw error;
    const [only, ...others] = allModes.filter((mode) => has(problem, mode));
    if (only === undefined || others.length > 0 || !modes.some((mode) => mode !== only)) throw error;
    const { op, expected, received, remedy, at } = error;
    const parts = { op, expected, received, remedy: `${remedy}; or check ${only} mode alone, with modes: ["${only}"]` };
    throw withSource({ line: at }, () => new NotDifferentiableError(parts));
  }
}
