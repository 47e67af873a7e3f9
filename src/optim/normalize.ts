// Updates of length one.

import { div, mul } from "../ops/arithmetic.js";
import { convertElementType } from "../ops/convert.js";
import type { EmptyState } from "./chain.js";
import { divisor, wideNorm } from "./norms.js";
import { stateless } from "./stateless.js";
import { type Transformation, mapLeaves } from "./transformation.js";

/**
 * All updates divided by their length together; zeros stay zeros. As `optax.contrib.normalize`.
 *
 * @example optim.chain(optim.normalize(), optim.sgd({ learningRate: 0.05 })) // steps of one length
 */
export const normalize = <Params = unknown>(): Transformation<Params, EmptyState> =>
  stateless<Params>((grads) => {
    const factor = div(1, divisor(wideNorm("normalize", grads)));
    return mapLeaves((g) => mul(g, convertElementType(factor, g.dtype)), grads);
  }, "normalize");
