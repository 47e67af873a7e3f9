// Arithmetic: neg, sign, abs, add, sub, mul, div, rem, max, min, pow, integer_pow and rounding.

import { type ArrayLike, type NDArray, kindOf, scalar } from "../core/array.js";
import { aval } from "../core/aval.js";
import { isFloat } from "../core/dtype.js";
import { TypeMismatchError } from "../core/errors.js";
import { constant, known, linear, operands, partial, pointwise, primitive } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import * as kernels from "../kernels/arithmetic.js";
import { mapUnary } from "../kernels/elementwise.js";
import { integerPower, rem as remOf, roundHalfAwayFromZero, roundHalfEven, signOf } from "../kernels/scalars.js";
import { eq } from "./compare.js";
import { operand, operandsAlike } from "./operands.js";
import { binary, checkDTypes, differential, unary } from "./pointwise.js";
import { select } from "./select.js";

const pair = (op: string, x: ArrayLike, y: ArrayLike): NDArray[] => operandsAlike(op, x, y);

export const negP = unary("neg", { accepts: "number", derivative: operands(linear((ct) => neg(ct))), of: (x) => -x });

/** `−x`. Integers wrap. */
export const neg = (x: ArrayLike): NDArray => bind(negP, [operand(x, "neg")], {});

export const signP = unary("sign", { accepts: "number", derivative: constant, of: signOf });

/** −1, 0 or 1 by the sign of `x`; NaN stays NaN, and zeros keep their sign. */
export const sign = (x: ArrayLike): NDArray => bind(signP, [operand(x, "sign")], {});

// The derivative at 0 is 0: sign(0).
export const absP = unary("abs", { accepts: "number", derivative: differential((dx, x) => mul(dx, sign(x))), of: Math.abs });

/** `|x|`; its derivative at 0 is 0. */
export const abs = (x: ArrayLike): NDArray => bind(absP, [operand(x, "abs")], {});

export const addP = binary("add", {
  accepts: "number",
  derivative: operands(
    linear(
      (ct) => ct,
      (dx) => dx,
    ),
    linear(
      (ct) => ct,
      (dy) => dy,
    ),
  ),
  kernel: kernels.add,
});

/** `x + y`. Integers wrap. */
export const add = (x: ArrayLike, y: ArrayLike): NDArray => bind(addP, pair("add", x, y), {});

export const subP = binary("sub", {
  accepts: "number",
  derivative: operands(
    linear(
      (ct) => ct,
      (dx) => dx,
    ),
    linear(
      (ct) => neg(ct),
      (dy) => neg(dy),
    ),
  ),
  kernel: kernels.sub,
});

/** `x − y`. Integers wrap. */
export const sub = (x: ArrayLike, y: ArrayLike): NDArray => bind(subP, pair("sub", x, y), {});

export const mulP = binary("mul", {
  accepts: "number",
  derivative: operands(
    linear(
      (ct, [, y]) => mul(ct, known(y)),
      (dx, [, y]) => mul(dx, y),
    ),
    linear(
      (ct, [x]) => mul(known(x), ct),
      (dy, [x]) => mul(x, dy),
    ),
  ),
  kernel: kernels.mul,
});

/** `x · y`. Integers wrap. */
export const mul = (x: ArrayLike, y: ArrayLike): NDArray => bind(mulP, pair("mul", x, y), {});

export const divP = binary("div", {
  accepts: "number",
  derivative: operands(
    linear(
      (ct, [, y]) => div(ct, known(y)),
      (dx, [, y]) => div(dx, y),
    ),
    partial((dy, [, y], quotient) => mul(neg(dy), div(quotient, y))),
  ),
  kernel: kernels.div,
});

/** `x / y`; integers divide with truncation toward zero, as `jax.lax.div`. */
export const div = (x: ArrayLike, y: ArrayLike): NDArray => bind(divP, pair("div", x, y), {});

export const remP = binary("rem", {
  accepts: "number",
  derivative: operands(
    partial((dx, _, __) => dx),
    // rem(x, y) = x − y·trunc(x / y), and the quotient is constant almost everywhere.
    partial((dy, [x, y]) => mul(neg(dy), isFloat(x.dtype) ? trunc(div(x, y)) : div(x, y))),
  ),
  of: remOf,
  ofInteger: (x, y) => (y === 0 ? x : x % y),
});

/** Remainder with the sign of `x`, as `jax.lax.rem`; an integer modulo zero gives `x`. */
export const rem = (x: ArrayLike, y: ArrayLike): NDArray => bind(remP, pair("rem", x, y), {});

/** 1 where the result came from this operand, ½ at ties: both sides together carry the whole tangent. */
function share(x: NDArray, other: NDArray, result: NDArray): NDArray {
  const of = (value: number): NDArray => scalar(value, result.dtype);
  return select(eq(x, result), select(eq(other, result), of(0.5), of(1)), of(0));
}

export const maxP = binary("max", {
  accepts: "any",
  derivative: operands(
    partial((dx, [x, y], z) => mul(dx, share(x, y, z))),
    partial((dy, [x, y], z) => mul(dy, share(y, x, z))),
  ),
  kernel: kernels.max,
});

/** The larger of `x` and `y`; NaN if either is. At ties each operand carries half of the derivative. */
export const max = (x: ArrayLike, y: ArrayLike): NDArray => bind(maxP, pair("max", x, y), {});

export const minP = binary("min", {
  accepts: "any",
  derivative: operands(
    partial((dx, [x, y], z) => mul(dx, share(x, y, z))),
    partial((dy, [x, y], z) => mul(dy, share(y, x, z))),
  ),
  kernel: kernels.min,
});

/** The smaller of `x` and `y`; NaN if either is. At ties each operand carries half of the derivative. */
export const min = (x: ArrayLike, y: ArrayLike): NDArray => bind(minP, pair("min", x, y), {});

export interface IntegerPowParams {
  readonly y: number;
}

export const integerPowP = primitive("integer_pow")<IntegerPowParams>({
  type: ([x], { y }) => {
    checkDTypes("integer_pow", [x], y < 0 ? "float" : "number");
    return [aval(x.shape, x.dtype)];
  },
  derivative: operands(
    partial((dx, [x], _, { y }) => (y === 0 ? mul(dx, scalar(0, x.dtype)) : mul(dx, mul(scalar(y, x.dtype), integerPow(x, y - 1))))),
  ),
  batch: pointwise,
  reference: ([x], { y }, [out]) => [mapUnary(x, isFloat(x.dtype) ? (v) => v ** y : (v) => integerPower(v, y), out.dtype)],
});

/**
 * `x` to a fixed integer power; `integerPow(x, 0)` is 1 everywhere.
 *
 * @throws TypeMismatchError for a power that is no integer; DTypeError for a negative power of integers.
 */
export function integerPow(x: ArrayLike, y: number): NDArray {
  if (Number.isInteger(y)) return bind(integerPowP, [operand(x, "integerPow")], { y });
  throw new TypeMismatchError({
    op: "integerPow",
    expected: "a power that is an integer",
    received: typeof y === "number" ? String(y) : kindOf(y),
    remedy: "use lax.pow for any other power",
  });
}

export const squareP = unary("square", {
  accepts: "number",
  derivative: differential((dx, x) => mul(dx, mul(scalar(2, x.dtype), x))),
  of: (x) => x * x,
  ofInteger: (x) => Math.imul(x, x),
});

/** `x²`. */
export const square = (x: ArrayLike): NDArray => bind(squareP, [operand(x, "square")], {});

export const floorP = unary("floor", { accepts: "float", derivative: constant, of: Math.floor });

/** The largest integer not above `x`. */
export const floor = (x: ArrayLike): NDArray => bind(floorP, [operand(x, "floor")], {});

export const ceilP = unary("ceil", { accepts: "float", derivative: constant, of: Math.ceil });

/** The smallest integer not below `x`. */
export const ceil = (x: ArrayLike): NDArray => bind(ceilP, [operand(x, "ceil")], {});

export const truncP = unary("trunc", { accepts: "float", derivative: constant, of: Math.trunc });

/** `x` rounded toward zero. */
export const trunc = (x: ArrayLike): NDArray => bind(truncP, [operand(x, "trunc")], {});

/** Where halves go: to the even neighbour, or away from zero. */
export type RoundingMethod = "toNearestEven" | "awayFromZero";

export interface RoundParams {
  readonly roundingMethod: RoundingMethod;
}

export const roundP = primitive("round")<RoundParams>({
  type: ([x]) => {
    checkDTypes("round", [x], "float");
    return [aval(x.shape, x.dtype)];
  },
  derivative: constant,
  batch: pointwise,
  reference: ([x], { roundingMethod }, [out]) => [
    mapUnary(x, roundingMethod === "toNearestEven" ? roundHalfEven : roundHalfAwayFromZero, out.dtype),
  ],
});

/** The nearest integer. */
export const round = (x: ArrayLike, roundingMethod: RoundingMethod = "awayFromZero"): NDArray =>
  bind(roundP, [operand(x, "round")], { roundingMethod });
