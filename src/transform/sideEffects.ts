// Impure functions, found by tracing twice: a counter, a random number or an outer variable that changes gives another
// program the second time.

import { ConcreteArray, type NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import type { ClosedJaxpr } from "../core/closed.js";
import { ConcretizationError, SideEffectError } from "../core/errors.js";
import { equationTexts } from "../core/print.js";
import { withSource } from "../core/source.js";
import { stage } from "../core/staging.js";

interface Difference {
  readonly first: string;
  readonly second: string;
  /** The equation's number in the second program, where it has one. */
  readonly equation?: number;
}

/**
 * Traces a function twice on the types of its arguments, and compares. One that reads values has no program, and is let pass.
 *
 * @throws SideEffectError that shows the first difference.
 */
export function checkPure(op: string, f: (...xs: NDArray[]) => readonly NDArray[], xs: readonly NDArray[]): void {
  const avals = xs.map((x) => x.aval);
  try {
    checkSameProgram(op, stage(op, avals, f), stage(op, avals, f));
  } catch (error) {
    if (!(error instanceof ConcretizationError)) throw error;
  }
}

/**
 * Compares two traces of one function on the same types.
 *
 * @throws SideEffectError that shows the first difference.
 */
export function checkSameProgram(op: string, first: ClosedJaxpr, second: ClosedJaxpr): void {
  const difference =
    equationDifference(first, second) ?? constantDifference(first.consts, second.consts) ?? resultDifference(first, second);
  if (difference === undefined) return;
  const source = difference.equation === undefined ? undefined : second.jaxpr.equations.at(difference.equation)?.source;
  throw withSource(
    source,
    () =>
      new SideEffectError({
        op,
        expected: "the same program each time that the function is traced",
        received: `${difference.first} the first time, ${difference.second} the second`,
        remedy: "make the function pure: pass what changes (counters, random numbers, outer variables) as arguments",
      }),
  );
}

function equationDifference(first: ClosedJaxpr, second: ClosedJaxpr): Difference | undefined {
  const [left, right] = [equationTexts(first.jaxpr), equationTexts(second.jaxpr)];
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    if (left[i] === right[i]) continue;
    return { first: shown(left[i]), second: shown(right[i]), equation: Math.min(i, right.length - 1) };
  }
  return undefined;
}

const shown = (text: string | undefined): string => (text === undefined ? "no further equation" : `"${text}"`);

function constantDifference(left: readonly NDArray[], right: readonly NDArray[]): Difference | undefined {
  const place = left.findIndex((x, i) => !sameValue(x, right[i]));
  if (place < 0) return undefined;
  return { first: `a constant ${described(left[place])}`, second: described(right[place]) };
}

const described = (x: NDArray): string =>
  x instanceof ConcreteArray && x.size <= 8 ? `${showAval(x.aval)} ${String(x)}` : showAval(x.aval);

function sameValue(x: NDArray, y: NDArray): boolean {
  if (x === y) return true;
  if (!(x instanceof ConcreteArray && y instanceof ConcreteArray)) return false;
  const { data } = y;
  return x.data.every((value, i) => Object.is(value, data[i]));
}

function resultDifference(first: ClosedJaxpr, second: ClosedJaxpr): Difference | undefined {
  const [left, right] = [String(first), String(second)];
  return left === right ? undefined : { first: `results of\n${left}`, second: `of\n${right}` };
}
