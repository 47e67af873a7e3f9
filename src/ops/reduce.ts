// Reductions over axes, which disappear from the shape: prod, max, min, and, or, argmax, argmin (sum is in broadcast.ts,
// beside its transpose). No elements give the identity: 1, true, false; max and min have none and refuse.

import { type ArrayLike, type NDArray, scalar } from "../core/array.js";
import { type Aval, aval, showAval } from "../core/aval.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import { type Derivative, type Primitive, batched, constant, operands, partial, primitive } from "../core/primitive.js";
import { normalizeAxis, showShape } from "../core/shape.js";
import { bind } from "../core/trace.js";
import type { HostArray } from "../kernels/host.js";
import * as kernels from "../kernels/reduce.js";
import { add, div, mul } from "./arithmetic.js";
import { dimWithout, pastBatch } from "./axes.js";
import { type AxesParams, batchedReduction, reduceSum, reduced, reductionAxes, spread } from "./broadcast.js";
import { eq } from "./compare.js";
import { convertElementType } from "./convert.js";
import { squeeze } from "./layout.js";
import { operand } from "./operands.js";
import { type Accepts, checkDTypes } from "./pointwise.js";
import { pad, sliceInDim } from "./slice.js";

export { type AxesParams, reduceSum, reduceSumP } from "./broadcast.js";

interface ReductionSpec {
  readonly op: string;
  readonly accepts: Accepts;
  readonly derivative: Derivative<AxesParams>;
  readonly reduce: (x: NDArray, axes: readonly number[]) => NDArray;
  readonly kernel: (x: HostArray, params: AxesParams) => HostArray;
  /** Max and min of nothing do not exist. */
  readonly refusesEmpty?: boolean;
}

const reduction = <const Name extends string>(name: Name, spec: ReductionSpec): Primitive<Name, AxesParams> =>
  primitive(name)<AxesParams>({
    type: ([x], { axes }) => {
      checkDTypes(spec.op, [x], spec.accepts);
      if (spec.refusesEmpty === true) checkElements(spec.op, x, axes);
      return [reduced(x, axes)];
    },
    derivative: spec.derivative,
    batch: batchedReduction(spec.reduce),
    reference: ([x], params) => [spec.kernel(x, params)],
  });

function checkElements(op: string, x: Aval, axes: readonly number[]): void {
  if (axes.every((axis) => x.shape[axis] > 0)) return;
  throw new ShapeError({
    op,
    expected: "at least one element along the reduced axes: there is no identity to give for none",
    received: `axes ${showShape(axes)} of ${showAval(x)}`,
    remedy: "treat the empty case apart, or concatenate a value that is to stand for it",
  });
}

function apply(primitiveOf: Primitive<string, AxesParams>, op: string, x: ArrayLike, axes?: number | readonly number[]): NDArray {
  const array = operand(x, op);
  const list = reductionAxes(array, axes, op);
  return list.length === 0 ? array : bind(primitiveOf, [array], { axes: list });
}

// d Π xᵢ = Σ dxᵢ Π_{j≠i} xⱼ, by a tree of products of pairs: exact where factors are zero, linear in size, and made of
// operations that differentiate again.
function productTangent(dx: NDArray, x: NDArray, axes: readonly number[]): NDArray {
  if (axes.some((axis) => x.shape[axis] === 0)) return reduceSum(dx, axes);
  let [product, tangent] = [x, dx];
  for (const axis of axes) {
    while (product.shape[axis] > 1) [product, tangent] = multiplyHalves(product, tangent, axis);
  }
  return squeeze(tangent, axes);
}

function multiplyHalves(x: NDArray, dx: NDArray, axis: number): [NDArray, NDArray] {
  const size = x.shape[axis];
  const half = Math.ceil(size / 2);
  const low = (of: NDArray): NDArray => sliceInDim(of, 0, half, 1, axis);
  // An odd one out is multiplied by one.
  const high = (of: NDArray, filler: number): NDArray => {
    const part = sliceInDim(of, half, size, 1, axis);
    return pad(
      part,
      scalar(filler, of.dtype),
      part.shape.map((_, k) => [0, k === axis ? 2 * half - size : 0, 0] as const),
    );
  };
  const [a, b, da, db] = [low(x), high(x, 1), low(dx), high(dx, 0)];
  return [mul(a, b), add(mul(da, b), mul(a, db))];
}

export const reduceProdP = reduction("reduce_prod", {
  op: "reduceProd",
  accepts: "number",
  derivative: operands(partial((dx, [x], _, { axes }) => productTangent(dx, x, axes))),
  reduce: (x, axes) => reduceProd(x, axes),
  kernel: kernels.reduceProd,
});

/**
 * The product over `axes` (all of them if not given), which disappear from the shape; 1 over no elements. Integers wrap.
 *
 * @throws ShapeError for an axis that `x` has not; DTypeError for bool.
 * @example lax.reduceProd(np.array([[1, 2], [3, 4]]), [0]) // [3, 8]
 */
export const reduceProd = (x: ArrayLike, axes?: number | readonly number[]): NDArray => apply(reduceProdP, "reduceProd", x, axes);

// The tangent of the elements that attain the extremum, averaged.
const extremal: Derivative<AxesParams> = operands(
  partial((dx, [x], y, { axes }) => {
    const attained = convertElementType(eq(x, spread(y, x.shape, axes)), x.dtype);
    return div(reduceSum(mul(dx, attained), axes), reduceSum(attained, axes));
  }),
);

export const reduceMaxP = reduction("reduce_max", {
  op: "reduceMax",
  accepts: "any",
  derivative: extremal,
  reduce: (x, axes) => reduceMax(x, axes),
  kernel: kernels.reduceMax,
  refusesEmpty: true,
});

/**
 * The largest element over `axes` (all of them if not given), which disappear from the shape; NaN if any is. Elements
 * that tie share the derivative equally.
 *
 * @throws ShapeError for an axis that `x` has not, or over no elements.
 * @example lax.reduceMax(np.array([[1, 2], [3, 0]]), [0]) // [3, 2]
 */
export const reduceMax = (x: ArrayLike, axes?: number | readonly number[]): NDArray => apply(reduceMaxP, "reduceMax", x, axes);

export const reduceMinP = reduction("reduce_min", {
  op: "reduceMin",
  accepts: "any",
  derivative: extremal,
  reduce: (x, axes) => reduceMin(x, axes),
  kernel: kernels.reduceMin,
  refusesEmpty: true,
});

/**
 * The smallest element over `axes` (all of them if not given), which disappear from the shape; NaN if any is. Elements
 * that tie share the derivative equally.
 *
 * @throws ShapeError for an axis that `x` has not, or over no elements.
 * @example lax.reduceMin(np.array([[1, 2], [3, 0]]), [0]) // [1, 0]
 */
export const reduceMin = (x: ArrayLike, axes?: number | readonly number[]): NDArray => apply(reduceMinP, "reduceMin", x, axes);

export const reduceAndP = reduction("reduce_and", {
  op: "reduceAnd",
  accepts: "bits",
  derivative: constant,
  reduce: (x, axes) => reduceAnd(x, axes),
  kernel: kernels.reduceAnd,
});

/** Whether all elements over `axes` (all axes if not given) are true; the "and" of the bits of integers. True over no elements. */
export const reduceAnd = (x: ArrayLike, axes?: number | readonly number[]): NDArray => apply(reduceAndP, "reduceAnd", x, axes);

export const reduceOrP = reduction("reduce_or", {
  op: "reduceOr",
  accepts: "bits",
  derivative: constant,
  reduce: (x, axes) => reduceOr(x, axes),
  kernel: kernels.reduceOr,
});

/** Whether any element over `axes` (all axes if not given) is true; the "or" of the bits of integers. False over no elements. */
export const reduceOr = (x: ArrayLike, axes?: number | readonly number[]): NDArray => apply(reduceOrP, "reduceOr", x, axes);

export interface ArgParams extends AxesParams {
  readonly indexDtype: "int32";
}

const arg = <const Name extends "argmax" | "argmin">(
  name: Name,
  of: (x: NDArray, axis: number) => NDArray,
  kernel: (x: HostArray, params: AxesParams) => HostArray,
): Primitive<Name, ArgParams> =>
  primitive(name)<ArgParams>({
    type: ([x], { axes, indexDtype }) => {
      if (x.dtype === "bool") {
        throw new DTypeError({
          op: name,
          expected: "a numeric dtype",
          received: showAval(x),
          remedy: `convert it first, for example x.astype("int8")`,
        });
      }
      checkElements(name, x, axes);
      return [aval(reduced(x, axes).shape, indexDtype)];
    },
    derivative: constant,
    batch: batched((_, [x], [dim], { axes }) => {
      if (dim === null) return [of(x, axes[0]), null];
      const axis = pastBatch(axes[0], dim);
      return [of(x, axis), dimWithout(dim, [axis])];
    }),
    reference: ([x], params) => [kernel(x, params)],
  });

const applyArg = (primitiveOf: Primitive<string, ArgParams>, op: string, x: ArrayLike, axis: number): NDArray => {
  const array = operand(x, op);
  return bind(primitiveOf, [array], { axes: [normalizeAxis(axis, array.ndim, op)], indexDtype: "int32" });
};

export const argmaxP = arg("argmax", (x, axis) => argmax(x, axis), kernels.argmax);

/**
 * Where along an axis the largest element stands, as int32: the first of equals; the first NaN, if there is one.
 *
 * @throws ShapeError for an axis that `x` has not, or one without elements; DTypeError for bool.
 * @example lax.argmax(np.array([1, 5, 5]), 0) // 1
 */
export const argmax = (x: ArrayLike, axis: number): NDArray => applyArg(argmaxP, "argmax", x, axis);

export const argminP = arg("argmin", (x, axis) => argmin(x, axis), kernels.argmin);

/**
 * Where along an axis the smallest element stands, as int32: the first of equals; the first NaN, if there is one.
 *
 * @throws ShapeError for an axis that `x` has not, or one without elements; DTypeError for bool.
 * @example lax.argmin(np.array([4, 1, 1]), 0) // 1
 */
export const argmin = (x: ArrayLike, axis: number): NDArray => applyArg(argminP, "argmin", x, axis);
