// Comparison of whole arrays, and of floats up to a tolerance.

import type { ArrayLike, NDArray } from "../core/array.js";
import { isFloat } from "../core/dtype.js";
import { broadcastShapes, sameShape } from "../core/shape.js";
import { ShapeError } from "../core/errors.js";
import { abs, add, mul, sub } from "../ops/arithmetic.js";
import { bitAnd, bitOr } from "../ops/bitwise.js";
import { eq, isFinite, le, ne } from "../ops/compare.js";
import { full } from "../ops/layout.js";
import { select } from "../ops/select.js";
import { checkOptions } from "../core/options.js";
import { floatOf, operandsOf, promote, toDType } from "./promote.js";
import { all } from "./reductions.js";

export interface CloseOptions {
  /** Tolerance relative to the second array; 1e-5 if not given. */
  readonly rtol?: number;
  /** Tolerance added to that; 1e-8 if not given. */
  readonly atol?: number;
  /** Whether NaN is close to NaN; no if not given. */
  readonly equalNan?: boolean;
}

const bothNaN = (x: NDArray, y: NDArray): NDArray => bitAnd(ne(x, x), ne(y, y));

function close(op: string, x: ArrayLike, y: ArrayLike, { rtol = 1e-5, atol = 1e-8, equalNan = false }: CloseOptions): NDArray {
  const [given, other] = operandsOf(op, x, y);
  const dtype = floatOf(given.dtype);
  const [a, b] = [toDType(op, given, dtype), toDType(op, other, dtype)];
  // Infinities are close to themselves only: their difference says nothing, and is not taken.
  const finite = bitAnd(isFinite(a), isFinite(b));
  const [u, v] = [select(finite, a, 0), select(finite, b, 0)];
  const near = bitAnd(finite, le(abs(sub(u, v)), add(atol, mul(rtol, abs(v)))));
  const same = bitOr(near, eq(a, b));
  return equalNan ? bitOr(same, bothNaN(a, b)) : same;
}

const closeOptions = ["rtol", "atol", "equalNan"];

/**
 * Whether `|x − y| ≤ atol + rtol·|y|`, element by element. Broadcasts.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example np.isclose(np.array([1, 2]), np.array([1.000001, 3])) // [true, false]
 */
export function isclose(x: ArrayLike, y: ArrayLike, options: CloseOptions = {}): NDArray {
  checkOptions("isclose", options, closeOptions);
  return close("isclose", x, y, options);
}

/**
 * Whether all elements are close, as by `isclose`: a bool scalar.
 *
 * @throws ShapeError when the shapes do not broadcast; OptionError for an unknown option.
 * @example np.allclose(np.array([1, 2]), np.array([1, 2.000001])).item() // 1
 */
export function allclose(x: ArrayLike, y: ArrayLike, options: CloseOptions = {}): NDArray {
  checkOptions("allclose", options, closeOptions);
  return all(close("allclose", x, y, options));
}

export interface EqualOptions {
  /** Whether NaN equals NaN; no if not given. */
  readonly equalNan?: boolean;
}

function equalElements(op: string, x: NDArray, y: NDArray, { equalNan = false }: EqualOptions): NDArray {
  const [a, b] = operandsOf(op, x, y);
  return all(equalNan && isFloat(a.dtype) ? bitOr(eq(a, b), bothNaN(a, b)) : eq(a, b));
}

/**
 * Whether two arrays have one shape and equal elements: a bool scalar.
 *
 * @throws OptionError for an unknown option.
 * @example np.arrayEqual(np.array([1, 2]), np.array([1, 2])).toArray() // true
 */
export function arrayEqual(x: ArrayLike, y: ArrayLike, options: EqualOptions = {}): NDArray {
  checkOptions("arrayEqual", options, ["equalNan"]);
  const [[a], [b]] = [promote("arrayEqual", x), promote("arrayEqual", y)];
  return sameShape(a.shape, b.shape) ? equalElements("arrayEqual", a, b, options) : full([], false, "bool");
}

/**
 * Whether two arrays broadcast to one shape with equal elements: a bool scalar.
 *
 * @example np.arrayEquiv(np.ones([2, 2]), 1).toArray() // true
 */
export function arrayEquiv(x: ArrayLike, y: ArrayLike): NDArray {
  const [[a], [b]] = [promote("arrayEquiv", x), promote("arrayEquiv", y)];
  try {
    broadcastShapes([a.shape, b.shape], "arrayEquiv");
  } catch (error) {
    if (error instanceof ShapeError) return full([], false, "bool");
    throw error;
  }
  return equalElements("arrayEquiv", a, b, {});
}
