// Gradients without their mean (Yong et al. 2020, "Gradient centralization").

import type { NDArray } from "../core/array.js";
import { range } from "../core/shape.js";
import { div, sub } from "../ops/arithmetic.js";
import { broadcastInDim } from "../ops/layout.js";
import { reduceSum } from "../ops/broadcast.js";
import type { EmptyState } from "./chain.js";
import { stateless } from "./stateless.js";
import { type Transformation, mapLeaves } from "./transformation.js";

function centred(g: NDArray): NDArray {
  if (g.ndim < 2 || g.size === 0) return g;
  const rows = g.shape[0];
  const mean = div(reduceSum(g, range(1, g.ndim)), g.size / rows);
  return sub(g, broadcastInDim(mean, g.shape, [0]));
}

/**
 * Each matrix (or kernel) of the updates less the mean over all of its axes but the first; vectors and scalars stay. As
 * `optax.centralize`.
 *
 * @example optim.centralize().update(np.array([[1, 2, 3], [4, 5, 6]]), [])[0] // [[-1, 0, 1], [-1, 0, 1]]
 */
export const centralize = <Params = unknown>(): Transformation<Params, EmptyState> =>
  stateless<Params>((grads) => mapLeaves(centred, grads), "centralize");
