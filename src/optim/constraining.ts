// Constraints on updates: parameters that stay non-negative, and gradients without NaN.

import type { NDArray } from "../core/array.js";
import { add, neg } from "../ops/arithmetic.js";
import { lt, ne } from "../ops/compare.js";
import { full } from "../ops/layout.js";
import { reduceOr } from "../ops/reduce.js";
import { select } from "../ops/select.js";
import { requireParams } from "./requirements.js";
import type { EmptyState } from "./chain.js";
import { stateless } from "./stateless.js";
import { type Transformation, mapLeaves, transformation } from "./transformation.js";

/**
 * Updates that leave no parameter negative: where one would become so, it becomes zero. Parameters must start non-negative;
 * put it last in a chain. As `optax.keep_params_nonnegative`. `update` needs the parameters.
 *
 * @throws TypeMismatchError when `update` gets no parameters.
 * @example optim.chain(optim.adam({ learningRate: 1e-3 }), optim.keepParamsNonnegative())
 */
export const keepParamsNonnegative = <Params = unknown>(): Transformation<Params, EmptyState> =>
  stateless<Params>((grads, params) =>
    mapLeaves((u, p) => select(lt(add(p, u), 0), neg(p), u), grads, requireParams("keepParamsNonnegative", params)),
  );

export interface ZeroNansState<Params> {
  /** For each leaf, whether its last gradient had a NaN: bool scalars. */
  readonly foundNan: Params;
}

const isNaN = (x: NDArray): NDArray => ne(x, x);

/**
 * Updates with zeros for NaNs; the state tells in which leaves there were any. Infinities stay. As `optax.zero_nans`.
 *
 * @example optim.chain(optim.zeroNans(), optim.sgd({ learningRate: 0.1 }))
 */
export const zeroNans = <Params = unknown>(): Transformation<Params, ZeroNansState<Params>> =>
  transformation<Params, ZeroNansState<Params>>({
    init: (params) => ({ foundNan: mapLeaves(() => full([], false, "bool"), params) }),
    update: (grads) => [mapLeaves((g) => select(isNaN(g), 0, g), grads), { foundNan: mapLeaves((g) => reduceOr(isNaN(g)), grads) }],
  });
