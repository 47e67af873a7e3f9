// The line that a search goes along: parameters, a direction, and the loss on it. Steps, values and slopes are float64 scalars,
// whatever the parameters are.

import { type NDArray, asArray } from "../../core/array.js";
import { toDType } from "../../numpy/promote.js";
import { add, mul } from "../../ops/arithmetic.js";
import { convertElementType } from "../../ops/convert.js";
import { stopGradient } from "../../ops/stop.js";
import { valueAndGrad } from "../../transform/grad.js";
import { innerProduct } from "../norms.js";
import { requireExtra, requireParams } from "../requirements.js";
import { type Extras, mapLeaves } from "../transformation.js";

export interface Line<Params> {
  readonly params: Params;
  readonly direction: Params;
  /** At the parameters: the loss, its gradient, and its slope along the direction. */
  readonly value: NDArray;
  readonly grad: Params;
  readonly slope: NDArray;
  /** The parameters after a step. */
  at(step: NDArray): Params;
  /** The loss after a step. */
  valueAt(step: NDArray): NDArray;
  /** The loss, its gradient and its slope after a step. */
  slopeAt(step: NDArray): { readonly value: NDArray; readonly grad: Params; readonly slope: NDArray };
}

/** A scalar in float64. */
export const scalar64 = (op: string, x: number | NDArray | boolean): NDArray => toDType(op, asArray(x, op), "float64");

/** A tree whose leaves count as constants for derivatives. */
const constant = <T>(tree: T): T => mapLeaves((leaf) => stopGradient(leaf), tree);

/**
 * The line from the parameters along the updates. Value and gradient are computed where the extras do not hold them.
 *
 * @throws TypeMismatchError without parameters or without the extra `valueFn`.
 */
export function lineOf<Params>(op: string, updates: Params, given: Params | undefined, extras: Extras<Params>): Line<Params> {
  const params = constant(requireParams(op, given));
  const valueFn = requireExtra(op, "valueFn", extras.valueFn);
  const direction = constant(updates);
  const evaluate = valueAndGrad((place: Params) => valueFn(place)) as (place: Params) => readonly [NDArray, Params];
  const known = extras.value === undefined || extras.grad === undefined ? evaluate(params) : ([extras.value, extras.grad] as const);
  const grad = constant(known[1]);
  const at = (step: NDArray): Params => mapLeaves((p, u) => add(p, mul(u, convertElementType(step, p.dtype))), params, direction);
  return {
    params,
    direction,
    value: stopGradient(scalar64(op, known[0])),
    grad,
    slope: innerProduct(op, grad, direction),
    at,
    valueAt: (step) => scalar64(op, valueFn(at(step))),
    slopeAt: (step) => {
      const [value, gradient] = evaluate(at(step));
      return { value: scalar64(op, value), grad: gradient, slope: innerProduct(op, gradient, direction) };
    },
  };
}
