// The two derivatives of a flat function, each again a flat function of the same inputs: along a direction of the inputs
// (forward mode) and along weights of the outputs (reverse mode). They can be differentiated again, which checks second order.

import type { NDArray } from "../core/array.js";
import { isFloat, typedArray } from "../core/dtype.js";
import { fromTypedArray } from "../core/array.js";
import { instantiate, jvpFlat } from "../transform/jvp.js";
import { vjpFlat } from "../transform/vjp.js";
import type { Flat } from "./flat.js";

/** The ways of taking a derivative. */
export const modes = ["forward", "reverse"] as const;

export type Mode = (typeof modes)[number];

/** Elements for each array of a list. */
export type Vectors = readonly Float64Array[];

const like = (x: NDArray, values: Float64Array): NDArray => fromTypedArray(typedArray(x.dtype, values), x.shape, x.dtype);

/** The tangents of the outputs along `v`: `x ↦ J(x) v`. */
export const pushed =
  (f: Flat, v: Vectors): Flat =>
  (...xs) =>
    jvpFlat(
      "checkGrads",
      f,
      xs,
      xs.map((x, i) => like(x, v[i])),
    )[1].map(instantiate);

/** The cotangents of the inputs for the weights `w` of the outputs: `x ↦ J(x)ᵀ w`. */
export const pulled =
  (f: Flat, w: Vectors): Flat =>
  (...xs) => {
    const { outs, pullback } = vjpFlat(
      "checkGrads",
      f,
      xs,
      xs.map((x) => isFloat(x.dtype)),
    );
    return pullback(outs.map((y, k) => like(y, w[k]))).map(instantiate);
  };
