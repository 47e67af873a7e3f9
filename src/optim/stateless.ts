// Transformations without memory.

import type { EmptyState } from "./chain.js";
import { type Transformation, transformation } from "./transformation.js";

/** The transformation that maps updates (and parameters) to updates, and keeps nothing; `floating` as for `transformation`. */
export const stateless = <Params>(
  update: (grads: Params, params: Params | undefined) => Params,
  floating?: string,
): Transformation<Params, EmptyState> =>
  transformation<Params, EmptyState>({ floating, init: () => [], update: (grads, state, params) => [update(grads, params), state] });
