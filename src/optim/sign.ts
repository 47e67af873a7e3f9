// Updates of one size: signs.

import { sign } from "../ops/arithmetic.js";
import type { EmptyState } from "./chain.js";
import { stateless } from "./stateless.js";
import { type Transformation, mapLeaves } from "./transformation.js";

/**
 * The signs of the gradients; zero stays zero (Bernstein et al. 2018, signSGD). As `optax.scale_by_sign`.
 *
 * @example optim.chain(optim.scaleBySign(), optim.scaleByLearningRate(1e-3))
 */
export const scaleBySign = <Params = unknown>(): Transformation<Params, EmptyState> => stateless<Params>((grads) => mapLeaves(sign, grads));
