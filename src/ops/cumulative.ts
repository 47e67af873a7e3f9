// Running sums, products, maxima, minima and log-sum-exps along an axis.
// Each derivative is exact at every order: those that are not running sums are linear recurrences, which divide by nothing.

import { type ArrayLike, type NDArray, scalar } from "../core/array.js";
import { aval } from "../core/aval.js";
import { type Batch, type Derivative, type Primitive, batched, linear, operands, partial, primitive } from "../core/primitive.js";
import type { HostArray } from "../core/primitive.js";
import { normalizeAxis } from "../core/shape.js";
import { bind } from "../core/trace.js";
import {
  cumlogsumexp as runningLogSumExp,
  cummax as runningMax,
  cummin as runningMin,
  cumprod as runningProduct,
  cumsum as runningSum,
} from "../kernels/cumulative.js";
import { mul, sub } from "./arithmetic.js";
import { pastBatch } from "./axes.js";
import { bitOr } from "./bitwise.js";
import { eq, ge, le, ne } from "./compare.js";
import { convertElementType } from "./convert.js";
import { exp } from "./exponential.js";
import { pad, sliceInDim } from "./slice.js";
import { operand } from "./operands.js";
import { type Accepts, checkDTypes } from "./pointwise.js";
import { type RunningOptions, type RunningParams, isReversed, linearRecurrence } from "./recurrence.js";
import { select } from "./select.js";
import { delayed } from "./shift.js";

interface RunningSpec {
  readonly accepts: Accepts;
  readonly derivative: Derivative<RunningParams>;
  readonly kernel: (x: HostArray, params: RunningParams) => HostArray;
}

/** Declares a running operation. */
const running = <const Name extends string>(name: Name, { accepts, derivative, kernel }: RunningSpec): Primitive<Name, RunningParams> => {
  const batch: Batch<RunningParams> = batched((_, [x], [dim], { axis, reverse }) => [
    bind(declared, [x], { axis: pastBatch(axis, dim ?? 0), reverse }),
    dim,
  ]);
  const declared = primitive(name)<RunningParams>({
    type: ([x], { axis }) => {
      checkDTypes(name, [x], accepts);
      normalizeAxis(axis, x.shape.length, name);
      return [aval(x.shape, x.dtype)];
    },
    derivative,
    batch,
    reference: ([x], params) => [kernel(x, params)],
  });
  return declared;
};

function run(p: Primitive<string, RunningParams>, given: ArrayLike, axis: number, options: RunningOptions): NDArray {
  const x = operand(given, p.name);
  const reverse = isReversed(p.name, options);
  return bind(p, [x], { axis: normalizeAxis(axis, x.ndim, p.name), reverse });
}

export const cumsumP = running("cumsum", {
  accepts: "number",
  derivative: operands<RunningParams>(linear((ct, _, { axis, reverse }) => cumsum(ct, axis, { reverse: !reverse }))),
  kernel: runningSum,
});

/**
 * Running sums along `axis`: element i is the sum of elements 0 … i (i … last where `reverse`). Keeps the shape; integers wrap.
 *
 * @throws DTypeError for bool; ShapeError for an axis that does not exist.
 * @example cumsum(np.array([1, 2, 3])) // [1, 3, 6]
 */
export const cumsum = (x: ArrayLike, axis = 0, options: RunningOptions = {}): NDArray => run(cumsumP, x, axis, options);

export const cumprodP = running("cumprod", {
  accepts: "number",
  // yᵢ = xᵢ yᵢ₋₁, so dyᵢ = xᵢ dyᵢ₋₁ + yᵢ₋₁ dxᵢ: exact where some x are zero.
  derivative: operands<RunningParams>(
    partial((dx, [x], y, { axis, reverse }) => linearRecurrence(x, mul(dx, delayed(y, 1, axis, reverse)), axis, { reverse })),
  ),
  kernel: runningProduct,
});

/**
 * Running products along `axis`. Keeps the shape; integers wrap. Derivatives are exact where elements are zero.
 *
 * @throws DTypeError for bool; ShapeError for an axis that does not exist.
 * @example cumprod(np.array([2, 3, 4])) // [2, 6, 24]
 */
export const cumprod = (x: ArrayLike, axis = 0, options: RunningOptions = {}): NDArray => run(cumprodP, x, axis, options);

/**
 * Where the running extreme `y` of `x` was set before and stays: `x` does not pass it, or it is NaN for good. Never at the
 * first place, so each stretch of equal extremes begins with the element that set it.
 */
function stays(x: NDArray, y: NDArray, within: (x: NDArray, y: NDArray) => NDArray, { axis, reverse }: RunningParams): NDArray {
  const size = x.shape[axis];
  const [earlier, later] = [(z: NDArray) => sliceInDim(z, 0, size - 1, 1, axis), (z: NDArray) => sliceInDim(z, 1, size, 1, axis)];
  const [own, before] = reverse ? [earlier(x), later(y)] : [later(x), earlier(y)];
  const kept = bitOr(within(own, before), ne(before, before));
  return pad(
    kept,
    scalar(false, "bool"),
    x.shape.map((_, k) => (k !== axis ? [0, 0, 0] : reverse ? [0, 1, 0] : [1, 0, 0])),
  );
}

/** The tangent of a running extreme: each element that sets one lends it its own tangent, for as long as it stays. */
const extremeTangent = (within: (x: NDArray, y: NDArray) => NDArray): Derivative<RunningParams> =>
  operands<RunningParams>(
    partial((dx, [x], y, params) => {
      const { axis, reverse } = params;
      if (x.shape[axis] === 0) return dx;
      const kept = stays(x, y, within, params);
      return linearRecurrence(convertElementType(kept, dx.dtype), select(kept, scalar(0, dx.dtype), dx), axis, { reverse });
    }),
  );

export const cummaxP = running("cummax", { accepts: "number", derivative: extremeTangent(le), kernel: runningMax });

/**
 * Running maxima along `axis`; NaN from the first NaN on. Keeps the shape. The derivative goes to the element that set the
 * maximum: of equal ones, the first.
 *
 * @throws DTypeError for bool; ShapeError for an axis that does not exist.
 * @example cummax(np.array([1, 3, 2])) // [1, 3, 3]
 */
export const cummax = (x: ArrayLike, axis = 0, options: RunningOptions = {}): NDArray => run(cummaxP, x, axis, options);

export const cumminP = running("cummin", { accepts: "number", derivative: extremeTangent(ge), kernel: runningMin });

/**
 * Running minima along `axis`; NaN from the first NaN on. Keeps the shape. The derivative goes to the element that set the
 * minimum: of equal ones, the first.
 *
 * @throws DTypeError for bool; ShapeError for an axis that does not exist.
 * @example cummin(np.array([2, 3, 1])) // [2, 2, 1]
 */
export const cummin = (x: ArrayLike, axis = 0, options: RunningOptions = {}): NDArray => run(cumminP, x, axis, options);

/** `exp(x − y)` for `x ≤ y`: 0 where both are −∞ (nothing was summed yet), 1 where both are ∞. */
function weight(x: NDArray, y: NDArray): NDArray {
  const zero = scalar(0, x.dtype);
  const top = eq(x, Infinity);
  return exp(sub(select(top, zero, x), select(bitOr(top, eq(y, -Infinity)), zero, y)));
}

export const cumlogsumexpP = running("cumlogsumexp", {
  accepts: "float",
  // exp yᵢ = exp yᵢ₋₁ + exp xᵢ, so dyᵢ = exp(yᵢ₋₁ − yᵢ) dyᵢ₋₁ + exp(xᵢ − yᵢ) dxᵢ: weights that never exceed 1.
  derivative: operands<RunningParams>(
    partial((dx, [x], y, { axis, reverse }) =>
      linearRecurrence(weight(delayed(y, -Infinity, axis, reverse), y), mul(dx, weight(x, y)), axis, { reverse }),
    ),
  ),
  kernel: runningLogSumExp,
});

/**
 * Running `log Σ exp` along `axis`, without overflow. Keeps the shape.
 *
 * @throws DTypeError unless floating point; ShapeError for an axis that does not exist.
 * @example cumlogsumexp(np.array([0, 0])) // [0, log 2]
 */
export const cumlogsumexp = (x: ArrayLike, axis = 0, options: RunningOptions = {}): NDArray => run(cumlogsumexpP, x, axis, options);
