// Gaussian noise on updates, of a variance that falls with the steps.

import type { ArrayLike, NDArray } from "../core/array.js";
import { requireOptions } from "../core/options.js";
import { floatOf } from "../numpy/promote.js";
import { add, mul } from "../ops/arithmetic.js";
import { convertElementType } from "../ops/convert.js";
import { normal } from "../random/continuous.js";
import { checkKey, key as keyOf, splitKeys } from "../random/keys.js";
import { treeLeaves } from "../tree/index.js";
import { copyOf } from "./choose.js";
import { type Applied, type Hyperparameter, checkHyperparameter, hyperparameters } from "./hyperparameters.js";
import { asScalar, beside, over, power, root } from "./scalars.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation } from "./transformation.js";

export interface AddNoiseState {
  /** Updates done. */
  readonly count: NDArray;
  /** What the noise of the next update is drawn from: uint32[2]. */
  readonly key: NDArray;
  /** What the last update applied. */
  readonly hyperparams: Applied<"eta" | "gamma">;
}

export interface AddNoiseOptions {
  /** The variance of the first step's noise. */
  readonly eta: Hyperparameter;
  /** How fast the variance falls: it is `eta / t^gamma` at step t = 1, 2, …; 0.55 is usual. */
  readonly gamma: Hyperparameter;
  /** The key that the first noise is drawn from; that of seed 0 by default. */
  readonly key?: NDArray;
  /** A seed instead of a key. */
  readonly seed?: ArrayLike;
}

/**
 * Normal noise added to each element of the updates (Neelakantan et al. 2015, "Adding gradient noise improves learning for
 * very deep networks"). The key goes on in the state, so a run is the same each time. As `optax.add_noise`.
 *
 * @throws OptionError for an unknown option, or a variance or exponent below 0; DTypeError for what is no key.
 * @example optim.chain(optim.addNoise({ eta: 0.01, gamma: 0.55, seed: 7 }), optim.sgd({ learningRate: 0.1 }))
 */
export function addNoise<Params = unknown>(options: AddNoiseOptions): Transformation<Params, AddNoiseState> {
  const op = "addNoise";
  requireOptions(op, options, ["eta", "gamma", "key", "seed"]);
  const { eta, gamma, seed = 0 } = options;
  checkHyperparameter(op, "eta", eta, { from: 0 });
  checkHyperparameter(op, "gamma", gamma, { from: 0 });
  const first = options.key === undefined ? keyOf(seed) : checkKey(options.key, op);
  const evaluate = hyperparameters(op, { eta, gamma });
  return transformation<Params, AddNoiseState>({
    floating: op,
    // A copy: the state may be donated, and then made anew.
    init: () => ({ count: noSteps(), key: copyOf(first), hyperparams: evaluate(noSteps()).applied }),
    update: (grads, state) => {
      const { values, applied } = evaluate(state.count);
      const count = oneMore(state.count);
      const deviation = beside(root(over(values.eta, power(asScalar(count), values.gamma))));
      const [key, ...leafKeys] = splitKeys(state.key, 1 + treeLeaves(grads).length);
      let leaf = 0;
      const noisy = (g: NDArray): NDArray => {
        const noise = convertElementType(normal(leafKeys[leaf++], g.shape, { dtype: floatOf(g.dtype) }), g.dtype);
        return add(g, mul(noise, deviation(g)));
      };
      return [mapLeaves(noisy, grads), { count, key, hyperparams: applied }];
    },
  });
}
