// Conversion between element types.

import type { NDArray } from "../core/array.js";
import { aval } from "../core/aval.js";
import { type DType, checkDType, isFloat, typedArray } from "../core/dtype.js";
import { type Primitive, linear, none, pointwise, primitive } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import { convert } from "../kernels/elementwise.js";

export interface ConvertParams {
  readonly newDtype: DType;
  readonly weakType: false;
}

export const convertElementTypeP: Primitive<"convert_element_type", ConvertParams> = primitive("convert_element_type")<ConvertParams>({
  type: ([x], { newDtype }) => [aval(x.shape, newDtype)],
  derivative: {
    tag: "operands",
    // Between floats the derivative is the same conversion; through an integer dtype nothing flows.
    rules: ({ newDtype }) => (isFloat(newDtype) ? [linear((ct, [x]) => convertElementType(ct, x.aval.dtype))] : [none]),
  },
  batch: pointwise,
  // A literal is stored in float64 under the name of float32, so it is rounded even where the name does not change.
  reference: ([x], { newDtype }) => [
    x.dtype === newDtype ? { data: typedArray(newDtype, x.data), shape: x.shape, dtype: newDtype } : convert(x, newDtype),
  ],
});

/**
 * `x` with elements of another dtype. Floats become integers by truncation toward zero, saturating; anything becomes
 * bool by comparison with zero. Same as `jax.lax.convert_element_type`.
 *
 * @example convertElementType(np.array([1.7, -1.7]), "int32") // [1, -1]
 */
export function convertElementType(x: NDArray, dtype: DType): NDArray {
  checkDType(dtype, "convertElementType");
  if (x.dtype === dtype && x.aval.weak === undefined) return x;
  return bind(convertElementTypeP, [x], { newDtype: dtype, weakType: false });
}
