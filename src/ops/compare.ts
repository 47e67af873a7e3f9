// Comparison: bool results; NaN is unequal to everything. Zero tangent.

import type { ArrayLike, NDArray } from "../core/array.js";
import { type HostArray, type Params, type Primitive, constant } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import * as kernels from "../kernels/arithmetic.js";
import { operand, operandsAlike } from "./operands.js";
import { binary, unary } from "./pointwise.js";

const comparison = <const Name extends string>(name: Name, kernel: (x: HostArray, y: HostArray) => HostArray): Primitive<Name, Params> =>
  binary(name, { accepts: "any", result: "bool", derivative: constant, kernel });

export const eqP = comparison("eq", kernels.eq);
export const neP = comparison("ne", kernels.ne);
export const ltP = comparison("lt", kernels.lt);
export const leP = comparison("le", kernels.le);
export const gtP = comparison("gt", kernels.gt);
export const geP = comparison("ge", kernels.ge);

/** `x = y`, element by element. */
export const eq = (x: ArrayLike, y: ArrayLike): NDArray => bind(eqP, operandsAlike("eq", x, y), {});
/** `x ≠ y`, element by element; true where either is NaN. */
export const ne = (x: ArrayLike, y: ArrayLike): NDArray => bind(neP, operandsAlike("ne", x, y), {});
/** `x < y`, element by element. */
export const lt = (x: ArrayLike, y: ArrayLike): NDArray => bind(ltP, operandsAlike("lt", x, y), {});
/** `x ≤ y`, element by element. */
export const le = (x: ArrayLike, y: ArrayLike): NDArray => bind(leP, operandsAlike("le", x, y), {});
/** `x > y`, element by element. */
export const gt = (x: ArrayLike, y: ArrayLike): NDArray => bind(gtP, operandsAlike("gt", x, y), {});
/** `x ≥ y`, element by element. */
export const ge = (x: ArrayLike, y: ArrayLike): NDArray => bind(geP, operandsAlike("ge", x, y), {});

export const isFiniteP = unary("is_finite", {
  accepts: "float",
  result: "bool",
  derivative: constant,
  of: (x) => (Number.isFinite(x) ? 1 : 0),
});

/** Whether each element is neither NaN nor infinite. */
export const isFinite = (x: ArrayLike): NDArray => bind(isFiniteP, [operand(x, "isFinite")], {});
