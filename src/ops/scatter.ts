// Writing windows at indices: scatter (the last update wins), and with a product, minimum or maximum in place of the write.

import { type NDArray, scalar } from "../core/array.js";
import { NotDifferentiableError } from "../core/errors.js";
import { type Derivative, Linear, type Primitive, known, linear, none, operands, partial } from "../core/primitive.js";
import { sizeOf } from "../core/shape.js";
import { bind } from "../core/trace.js";
import { div, mul } from "./arithmetic.js";
import { full, zerosLike } from "./broadcast.js";
import { eq } from "./compare.js";
import { convertElementType } from "./convert.js";
import { gatherUpdates, scatterAddP, scatterFunction, scatterPrimitive } from "./gather.js";
import type { ScatterParams } from "./indexing.js";
import { iota, reshape } from "./layout.js";
import { select } from "./select.js";

export { scatterAdd, scatterAddP } from "./gather.js";

export const scatterP: Primitive<"scatter", ScatterParams> = scatterPrimitive("scatter", {
  op: "scatter",
  kind: "update",
  accepts: "any",
  derivative: {
    tag: "jointlyLinear",
    linearIn: () => [true, false, true],
    transpose: (ct, [x, indices, updates], params) => [
      x instanceof Linear ? bind(scatterP, [ct, known(indices), full(updates.aval.shape, 0, ct.dtype)], params) : null,
      null,
      updates instanceof Linear ? writtenCotangent(ct, known(indices), updates, params) : null,
    ],
  },
});

// Of updates to one place only the last was written, so only it has a cotangent: each update leaves its number, and finds
// it again unless a later one has overwritten it.
function writtenCotangent(ct: NDArray, indices: NDArray, { aval: updates }: Linear, params: ScatterParams): NDArray {
  const read = gatherUpdates(ct, indices, updates, params);
  if (params.uniqueIndices) return read;
  const numbers = reshape(iota("int32", [sizeOf(updates.shape)]), updates.shape);
  const left = bind(scatterP, [full(ct.shape, 0, "int32"), indices, numbers], params);
  return select(eq(gatherUpdates(left, indices, updates, params), numbers), read, scalar(0, ct.dtype));
}

/**
 * `operand` with each window of `updates` written at its index vector; of several at one place the last wins. Same as
 * `jax.lax.scatter`, but an index out of bounds throws, unless `mode` says otherwise or the function is compiled.
 *
 * @throws ShapeError when dimension numbers or sizes do not fit; DTypeError when dtypes do not; IndexError out of bounds.
 * @example
 * const numbers = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
 * lax.scatter(np.zeros([3]), np.array([[2]], "int32"), np.array([7]), numbers) // [0, 0, 7]
 */
export const scatter = scatterFunction("scatter", scatterP);

export const scatterMulP: Primitive<"scatter_mul", ScatterParams> = scatterPrimitive("scatter_mul", {
  op: "scatterMul",
  kind: "mul",
  accepts: "number",
  derivative: operands<ScatterParams>(
    linear((ct, [, indices, updates], params) => bind(scatterMulP, [ct, known(indices), known(updates)], params)),
    none,
    partial((du, [x, indices], _, params) => {
      if (!params.uniqueIndices) throw repeatedFactors();
      const factors = mul(du, gatherUpdates(x, indices, du.aval, params));
      return bind(scatterAddP, [zerosLike(x), indices, factors], params);
    }),
  ),
});

const repeatedFactors = (): NotDifferentiableError =>
  new NotDifferentiableError({
    op: "scatterMul",
    expected: "unique indices, to differentiate with respect to the updates",
    received: "indices that may repeat, where an update's derivative is the product of the others at its place",
    remedy: "pass { uniqueIndices: true } if no two updates meet, or write the product with gather and reduceProd",
  });

/**
 * `operand` multiplied by each window of `updates` at its index vector. Same as `jax.lax.scatter_mul`, but an index out of
 * bounds throws, unless `mode` says otherwise or the function is compiled.
 *
 * @throws ShapeError when dimension numbers or sizes do not fit; DTypeError when dtypes do not; IndexError out of bounds;
 * NotDifferentiableError for a derivative by the updates unless `uniqueIndices` is promised.
 * @example
 * const numbers = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
 * lax.scatterMul(np.array([1, 2]), np.array([[1], [1]], "int32"), np.array([3, 5]), numbers) // [1, 30]
 */
export const scatterMul = scatterFunction("scatterMul", scatterMulP);

// The operand and the updates that equal the result share its tangent equally; untouched places are the operand's alone.
function shares(
  x: NDArray,
  indices: NDArray,
  updates: NDArray,
  y: NDArray,
  params: ScatterParams,
): readonly [x: NDArray, updates: NDArray, count: NDArray] {
  const kept = convertElementType(eq(x, y), y.dtype);
  const won = convertElementType(eq(updates, gatherUpdates(y, indices, updates.aval, params)), y.dtype);
  return [kept, won, bind(scatterAddP, [kept, indices, won], params)];
}

const extremal: Derivative<ScatterParams> = operands<ScatterParams>(
  partial((dx, [x, indices, updates], y, params) => {
    const [kept, , count] = shares(x, indices, updates, y, params);
    return mul(dx, div(kept, count));
  }),
  none,
  partial((du, [x, indices, updates], y, params) => {
    const [, won, count] = shares(x, indices, updates, y, params);
    return div(bind(scatterAddP, [zerosLike(x), indices, mul(du, won)], params), count);
  }),
);

export const scatterMinP = scatterPrimitive("scatter_min", { op: "scatterMin", kind: "min", accepts: "any", derivative: extremal });

/**
 * `operand`, but no larger than each window of `updates` at its index vector. Same as `jax.lax.scatter_min`, but an index out
 * of bounds throws, unless `mode` says otherwise or the function is compiled. Ties share the derivative equally.
 *
 * @throws ShapeError when dimension numbers or sizes do not fit; DTypeError when dtypes do not; IndexError out of bounds.
 * @example
 * const numbers = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
 * lax.scatterMin(np.array([1, 2]), np.array([[1]], "int32"), np.array([0]), numbers) // [1, 0]
 */
export const scatterMin = scatterFunction("scatterMin", scatterMinP);

export const scatterMaxP = scatterPrimitive("scatter_max", { op: "scatterMax", kind: "max", accepts: "any", derivative: extremal });

/**
 * `operand`, but no smaller than each window of `updates` at its index vector. Same as `jax.lax.scatter_max`, but an index
 * out of bounds throws, unless `mode` says otherwise or the function is compiled. Ties share the derivative equally.
 *
 * @throws ShapeError when dimension numbers or sizes do not fit; DTypeError when dtypes do not; IndexError out of bounds.
 * @example
 * const numbers = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
 * lax.scatterMax(np.array([1, 2]), np.array([[0]], "int32"), np.array([5]), numbers) // [5, 2]
 */
export const scatterMax = scatterFunction("scatterMax", scatterMaxP);
