// The error function and its relatives, and neighbours of floating-point numbers.

import type { ArrayLike, NDArray } from "../core/array.js";
import { aval } from "../core/aval.js";
import { type Params, constant, pointwise, primitive } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import { mapBinary } from "../kernels/elementwise.js";
import { erf as erfOf, erfInv as erfInvOf, erfc as erfcOf, nextAfter32, nextAfter64 } from "../kernels/scalars.js";
import { mul, neg, square } from "./arithmetic.js";
import { exp } from "./exponential.js";
import { operand, operandsAlike } from "./operands.js";
import { checkDTypes, checkSameDType, differential, pointwiseShape, unary } from "./pointwise.js";

const twoOverRootPi = 2 / Math.sqrt(Math.PI);

export const erfP = unary("erf", {
  accepts: "float",
  derivative: differential((dx, x) => mul(twoOverRootPi, mul(dx, exp(neg(square(x)))))),
  of: erfOf,
});

/** The error function, `2/√π ∫₀ˣ exp(−t²) dt`. */
export const erf = (x: ArrayLike): NDArray => bind(erfP, [operand(x, "erf")], {});

export const erfcP = unary("erfc", {
  accepts: "float",
  derivative: differential((dx, x) => mul(-twoOverRootPi, mul(dx, exp(neg(square(x)))))),
  of: erfcOf,
});

/** `1 − erf(x)`, accurate where that is small. */
export const erfc = (x: ArrayLike): NDArray => bind(erfcP, [operand(x, "erfc")], {});

export const erfInvP = unary("erf_inv", {
  accepts: "float",
  derivative: differential((dx, _, y) => mul(1 / twoOverRootPi, mul(dx, exp(square(y))))),
  of: erfInvOf,
});

/** The inverse of `erf`: ±∞ at ±1, NaN outside of [−1, 1]. */
export const erfInv = (x: ArrayLike): NDArray => bind(erfInvP, [operand(x, "erfInv")], {});

export const nextAfterP = primitive("nextafter")<Params>({
  type: (avals) => {
    checkSameDType("nextafter", avals);
    checkDTypes("nextafter", avals, "float");
    return [aval(pointwiseShape("nextafter", avals), avals[0].dtype)];
  },
  derivative: constant,
  batch: pointwise,
  reference: ([x, y], _, [out]) => [mapBinary(x, y, out.dtype === "float32" ? nextAfter32 : nextAfter64, out.dtype)],
});

/**
 * The floating-point number next to `x` on the way to `y`, in their dtype; `y` itself where they are equal.
 *
 * @throws DTypeError when dtypes differ or are not floating point; ShapeError when shapes differ and neither is a scalar.
 * @example nextafter(np.array([1], { dtype: "float64" }), 2) // [1 + 2^-52]
 */
export const nextafter = (x: ArrayLike, y: ArrayLike): NDArray => bind(nextAfterP, operandsAlike("nextafter", x, y), {});
