// Sharpness-aware minimisation (Foret et al. 2021): the gradient is taken where the loss near by is worst.

import { checkOptions } from "../core/options.js";
import { neg } from "../ops/arithmetic.js";
import { checkCount, checkTransformation, requireExtra, requireParams } from "./requirements.js";
import { type GradientTransformation, type Transformation, applyUpdates, mapLeaves, transformation } from "./transformation.js";

export interface SamState<State, AdversaryState> {
  readonly optimizerState: State;
  readonly adversaryState: AdversaryState;
}

export interface SamOptions {
  /** Gradients in one update: `syncPeriod − 1` steps of the adversary uphill, then one of the optimizer; 2 by default. */
  readonly syncPeriod?: number;
  /** Whether the adversary begins anew at each update; true by default. */
  readonly resetState?: boolean;
}

/**
 * `optimizer` on gradients at the place to which `adversary`, going uphill, has come from the parameters. `update` needs the
 * parameters and the extra `gradFn`, which it calls `syncPeriod − 1` times. As `optax.contrib.sam` in its opaque mode.
 *
 * @throws OptionError for an unknown option, or a period that is no positive integer; TypeMismatchError for what is no
 * transformation, and when `update` gets no parameters or no `gradFn`.
 * @example
 * const optimizer = optim.sam(optim.sgd({ learningRate: 0.1 }), optim.chain(optim.normalize(), optim.sgd({ learningRate: 0.05 })));
 * const [updates, next] = optimizer.update(grad(loss)(params), state, params, { gradFn: grad(loss) });
 */
export function sam<Params, State, AdversaryState>(
  optimizer: GradientTransformation<Params, State>,
  adversary: GradientTransformation<Params, AdversaryState>,
  options: SamOptions = {},
): Transformation<Params, SamState<State, AdversaryState>> {
  checkTransformation("sam", "optimizer", optimizer);
  checkTransformation("sam", "adversary", adversary);
  checkOptions("sam", options, ["syncPeriod", "resetState"]);
  const { syncPeriod = 2, resetState = true } = options;
  checkCount("sam", "syncPeriod", syncPeriod);
  return transformation<Params, SamState<State, AdversaryState>>({
    init: (params) => ({ optimizerState: optimizer.init(params), adversaryState: adversary.init(params) }),
    update: (grads, state, given, extras) => {
      const params = requireParams("sam", given);
      const gradAt = requireExtra("sam", "gradFn", extras.gradFn);
      let [place, grad, adversaryState] = [params, grads, state.adversaryState];
      for (let i = 1; i < syncPeriod; i++) {
        const [downhill, next] = adversary.update(grad, adversaryState, place, extras);
        place = applyUpdates(
          place,
          mapLeaves((u) => neg(u), downhill),
        );
        [grad, adversaryState] = [gradAt(place), next];
      }
      const [updates, optimizerState] = optimizer.update(grad, state.optimizerState, params, extras);
      return [updates, { optimizerState, adversaryState: resetState ? adversary.init(params) : adversaryState }];
    },
  });
}
