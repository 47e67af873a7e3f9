// A transformation that rests while gradients are not finite.

import type { NDArray } from "../core/array.js";
import { bitOr } from "../ops/bitwise.js";
import { gt } from "../ops/compare.js";
import { full } from "../ops/layout.js";
import { select } from "../ops/select.js";
import { allFinite, chooseTree, treeOrZeros } from "./choose.js";
import { checkCount, checkTransformation } from "./requirements.js";
import { type GradientTransformation, type Transformation, noSteps, oneMore, transformation } from "./transformation.js";

export interface ApplyIfFiniteState<State> {
  /** Gradients in a row, up to the last, that were not finite: int32. */
  readonly notFiniteCount: NDArray;
  /** Whether the last gradients were finite: bool. */
  readonly lastFinite: NDArray;
  /** All gradients so far that were not finite: int32. */
  readonly totalNotFinite: NDArray;
  readonly innerState: State;
}

/**
 * `inner` for finite gradients; otherwise no update, and the inner state stays as it was. After more than
 * `maxConsecutiveErrors` such gradients in a row they are let through, so that the fault shows. As `optax.apply_if_finite`.
 *
 * @throws OptionError unless `maxConsecutiveErrors` is an integer of at least 0; TypeMismatchError for an `inner` that is no
 * transformation.
 * @example optim.applyIfFinite(optim.adam({ learningRate: 1e-3 }), 5)
 */
export function applyIfFinite<Params, State>(
  inner: GradientTransformation<Params, State>,
  maxConsecutiveErrors: number,
): Transformation<Params, ApplyIfFiniteState<State>> {
  checkTransformation("applyIfFinite", "inner", inner);
  checkCount("applyIfFinite", "maxConsecutiveErrors", maxConsecutiveErrors, 0);
  return transformation<Params, ApplyIfFiniteState<State>>({
    init: (params) => ({
      notFiniteCount: noSteps(),
      lastFinite: full([], true, "bool"),
      totalNotFinite: noSteps(),
      innerState: inner.init(params),
    }),
    update: (grads, state, params, extras) => {
      const finite = allFinite(grads);
      const notFiniteCount = select(finite, 0, oneMore(state.notFiniteCount));
      const applied = bitOr(finite, gt(notFiniteCount, maxConsecutiveErrors));
      const [updates, next] = inner.update(grads, state.innerState, params, extras);
      return [
        treeOrZeros(applied, updates),
        {
          notFiniteCount,
          lastFinite: finite,
          totalNotFinite: select(finite, state.totalNotFinite, oneMore(state.totalNotFinite)),
          innerState: chooseTree(applied, next, state.innerState),
        },
      ];
    },
  });
}
