// Comparison: bool results; NaN is unequal to everything. Zero tangent.

import type { ArrayLike, NDArray } from "../core/array.js";
import { type Params, type Primitive, constant } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import { operand, operandsAlike } from "./operands.js";
import { binary, unary } from "./pointwise.js";

const comparison = <const Name extends string>(name: Name, of: (x: number, y: number) => boolean): Primitive<Name, Params> =>
  binary(name, { accepts: "any", result: "bool", derivative: constant, of: (x, y) => (of(x, y) ? 1 : 0) });

export const eqP = comparison("eq", (x, y) => x === y);
export const neP = comparison("ne", (x, y) => x !== y);
export const ltP = comparison("lt", (x, y) => x < y);
export const leP = comparison("le", (x, y) => x <= y);
export const gtP = comparison("gt", (x, y) => x > y);
export const geP = comparison("ge", (x, y) => x >= y);

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
