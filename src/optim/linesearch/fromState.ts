// The loss and gradient that a line search has computed at its result, which is where the next step begins.

import { NDArray } from "../../core/array.js";
import { TypeMismatchError } from "../../core/errors.js";
import { cond } from "../../lax/cond.js";
import { isFinite } from "../../ops/compare.js";
import { isList, isRecord } from "../../tree/static.js";
import { valueAndGrad } from "../../transform/grad.js";
import { scalar64 } from "./line.js";

interface Stored<Params> {
  readonly value: NDArray;
  readonly grad: Params;
}

/** What a line search that stores gradients has left in the state: the first such record. */
function storedIn(state: unknown): Stored<unknown> | undefined {
  if (isRecord(state)) {
    const { value, grad, info } = state;
    if (value instanceof NDArray && grad !== null && grad !== undefined && info !== undefined) return { value, grad };
  }
  const parts = isList(state) ? state : isRecord(state) ? Object.values(state) : [];
  for (const part of parts) {
    const found = storedIn(part);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The loss and its gradient at the parameters, from the state of an optimizer with a line search where they are there, which
 * is after every step on a loss that does not change; computed before the first. As `optax.value_and_grad_from_state`.
 *
 * @throws TypeMismatchError for a state without a line search that stores gradients.
 * @example
 * const optimizer = optim.lbfgs();
 * const [value, grad] = optim.valueAndGradFromState(loss)(params, state);
 * const [updates, next] = optimizer.update(grad, state, params, { value, grad, valueFn: loss });
 */
export function valueAndGradFromState<Params>(
  valueFn: (params: Params) => NDArray,
): (params: Params, state: unknown) => readonly [value: NDArray, grad: Params];
export function valueAndGradFromState(
  valueFn: (params: unknown) => NDArray,
): (params: unknown, state: unknown) => readonly [value: NDArray, grad: unknown] {
  const op = "valueAndGradFromState";
  return (params, state) => {
    const stored = storedIn(state);
    if (stored === undefined) {
      throw new TypeMismatchError({
        op,
        expected: "the state of a line search that stores gradients",
        received: "a state without one",
        remedy: "use scaleByZoomLinesearch, or scaleByBacktrackingLinesearch with storeGrad: true",
      });
    }
    const compute = (): readonly [NDArray, unknown] => {
      const [value, grad] = valueAndGrad(valueFn)(params);
      return [scalar64(op, value), grad];
    };
    return cond(isFinite(stored.value), () => [stored.value, stored.grad] as const, compute);
  };
}
