// Choice by a condition, or by the first of several that holds. What is not chosen has no influence, on derivatives neither.

import type { ArrayLike, NDArray } from "../core/array.js";
import { ShapeError } from "../core/errors.js";
import { select as selectOp } from "../ops/select.js";
import { truth } from "./comparison.js";
import { nonzero } from "./nonzero.js";
import { broadcastTogether, promote } from "./promote.js";

/**
 * `x` where the condition is true (not zero), `y` elsewhere, element by element; all three broadcast. With the condition
 * alone: the indices where it holds, as `nonzero`.
 *
 * @throws ShapeError when the shapes do not broadcast; ConcretizationError for the one-argument form inside a transform.
 * @example np.where(np.array([true, false]), np.array([1, 2]), 0) // [1, 0]
 */
export function where(condition: ArrayLike): NDArray[];
export function where(condition: ArrayLike, x: ArrayLike, y: ArrayLike): NDArray;
export function where(condition: ArrayLike, ...cases: readonly ArrayLike[]): NDArray | NDArray[] {
  if (cases.length === 0) return nonzero(condition);
  if (cases.length === 1) {
    throw new ShapeError({
      op: "where",
      expected: "a condition alone, or a condition and two cases",
      received: "one case",
      remedy: "say what stands where the condition does not hold: np.where(condition, x, y)",
    });
  }
  const [x, y] = promote("where", ...cases);
  const [which, onTrue, onFalse] = broadcastTogether("where", truth("where", condition), x, y);
  return selectOp(which, onTrue, onFalse);
}

/**
 * For each element the choice of the first condition that holds there; `otherwise` (0) where none does. All broadcast.
 *
 * @throws ShapeError when there are not as many choices as conditions, or the shapes do not broadcast.
 * @example np.select([np.array([true, false])], [np.array([1, 2])], 9) // [1, 9]
 */
export function select(conditions: readonly ArrayLike[], choices: readonly ArrayLike[], otherwise: ArrayLike = 0): NDArray {
  if (conditions.length !== choices.length || choices.length === 0) {
    throw new ShapeError({
      op: "select",
      expected: "as many choices as conditions, at least one",
      received: `${conditions.length} conditions, ${choices.length} choices`,
      remedy: "give a choice for each condition",
    });
  }
  const [last, ...cases] = promote("select", otherwise, ...choices);
  return cases.reduceRight<NDArray>((rest, choice, k) => {
    const [which, onTrue, onFalse] = broadcastTogether("select", truth("select", conditions[k]), choice, rest);
    return selectOp(which, onTrue, onFalse);
  }, last);
}
