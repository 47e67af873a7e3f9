// The transformation that changes nothing.

import type { EmptyState } from "./chain.js";
import { type Transformation, transformation } from "./transformation.js";

/**
 * Updates as they come, and no state. As `optax.identity`.
 *
 * @example const maybeClipped = optim.chain(clip ? optim.clipByGlobalNorm(1) : optim.identity(), optim.adam({ learningRate: 1e-3 }));
 */
export const identity = <Params = unknown>(): Transformation<Params, EmptyState> =>
  transformation<Params, EmptyState>({ init: () => [], update: (grads, state) => [grads, state] });
