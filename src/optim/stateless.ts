// Transformations without memory.

import type { EmptyState } from "./chain.js";
import { type Transformation, transformation } from "./transformation.js";

/** The transformation that maps updates (and parameters) to updates, and keeps nothing. */
export const stateless = <Params>(update: (grads: Params, params: Params | undefined) => Params): Transformation<Params, EmptyState> =>
  transformation<Params, EmptyState>({ init: () => [], update: (grads, state, params) => [update(grads, params), state] });
