// Custom rules on flat lists of arrays: what the calls' primitives carry. Operands are all of a call's: first what its
// function closes over, then the arguments' leaves.

import type { NDArray } from "../../core/array.js";
import { type Tangent, Zero } from "../../core/primitive.js";

/** From primals and tangents to values and their tangents. */
export type FlatJvp = (primals: readonly NDArray[], tangents: readonly Tangent[]) => readonly [readonly NDArray[], readonly Tangent[]];

/** From residuals and the values' cotangents to a cotangent for each operand. */
export type FlatBackward = (residuals: readonly NDArray[], cts: readonly Tangent[]) => readonly Tangent[];

/** From operands to values and residuals, with the rule that goes back. */
export type FlatForward = (operands: readonly NDArray[]) => {
  readonly outs: readonly NDArray[];
  readonly residuals: readonly NDArray[];
  readonly backward: FlatBackward;
};

/** Those (co)tangents that are not zero. */
export const present = (ts: readonly Tangent[]): NDArray[] => ts.filter((t): t is NDArray => !(t instanceof Zero));

/** A list with the zeros of `pattern`, and `values` in the places between. */
export function refilled(pattern: readonly Tangent[], values: readonly NDArray[], zero: (z: Zero) => Zero = (z) => z): Tangent[] {
  let next = 0;
  return pattern.map((t) => (t instanceof Zero ? zero(t) : values[next++]));
}
