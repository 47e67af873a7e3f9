// Primitives with wrong rules, to plant into functions under test.

import type { NDArray } from "../../src/core/array.js";
import { aval } from "../../src/core/aval.js";
import { typedArray } from "../../src/core/dtype.js";
import { type OperandRule, linear, operands, partial, pointwise, primitive } from "../../src/core/primitive.js";
import { bind } from "../../src/core/trace.js";
import { cos, mul, add } from "../../src/lax/index.js";

/** A pointwise function with the given rule, right or wrong. */
function pointwiseWith(name: string, f: (x: number) => number, rule: OperandRule<object>): (x: NDArray) => NDArray {
  const p = primitive(name)<object>({
    type: ([a]) => [aval(a.shape, a.dtype)],
    derivative: operands(rule),
    batch: pointwise,
    reference: ([a]) => [{ ...a, data: typedArray(a.dtype, Array.from(a.data, f)) }],
  });
  return (x) => bind(p, [x], {});
}

/** The sine, with any map for its tangent. */
export const sineWith = (map: (dx: NDArray, x: NDArray) => NDArray): ((x: NDArray) => NDArray) =>
  pointwiseWith(
    "planted_sine",
    Math.sin,
    partial((dx, [x]) => map(dx, x)),
  );

/** A sine whose first derivative is right and whose second is wrong by a factor. */
export const wrongAtSecondOrder = (factor: number): ((x: NDArray) => NDArray) => {
  const cosine = sineWith((dx, x) => mul(mul(dx, cos(x)), factor));
  return sineWith((dx, x) => mul(dx, cosine(add(x, Math.PI / 2))));
};

/** Twice its argument, right in forward mode, with any transpose. */
export const doubleWith = (transpose: (ct: NDArray) => NDArray): ((x: NDArray) => NDArray) =>
  pointwiseWith(
    "planted_double",
    (v) => 2 * v,
    linear((ct) => transpose(ct)),
  );

/** The identity, with a tangent that is too large by a factor. */
export const scaledIdentity = (factor: number): ((x: NDArray) => NDArray) =>
  pointwiseWith(
    "planted_identity",
    (v) => v,
    partial((dx) => mul(dx, factor)),
  );
