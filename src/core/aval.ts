// Abstract values: what tracing knows of an array. Shape and dtype, and whether it began as a JavaScript number.

import { type DType, shortName } from "./dtype.js";
import { type Shape, sameShape, showShape } from "./shape.js";

/**
 * A number that entered as a literal adapts its dtype to the arrays it meets: `"integer"` also becomes an integer dtype,
 * `"fraction"` only a floating one. Results of operations are never weak.
 */
export type Weak = "integer" | "fraction";

/** The abstract value of an array. */
export interface Aval {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly weak?: Weak;
}

export const aval = (shape: Shape, dtype: DType): Aval => ({ shape, dtype });

/** Same shape and dtype; weakness is no part of a type. */
export const sameType = (a: Aval, b: Aval): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape);

/** As error messages show it: `float32[3,4]`. */
export const showAval = (a: Aval): string => `${a.dtype}${showShape(a.shape)}`;

/** As jaxprs print it: `f32[3,4]`. */
export const shortAval = (a: Aval): string => `${shortName(a.dtype)}${showShape(a.shape)}`;

/** The aval without weakness. */
export const strong = (a: Aval): Aval => (a.weak === undefined ? a : aval(a.shape, a.dtype));

/** A key that two avals share exactly when tracing cannot tell them apart. */
export const avalKey = (a: Aval): string => `${shortAval(a)}${a.weak === undefined ? "" : a.weak === "integer" ? "i" : "f"}`;
