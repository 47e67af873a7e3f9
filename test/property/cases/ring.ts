// Sums, products and a map that are defined in every dtype, for programs inside of calls, loops and branches. Bits have
// exclusive or and and; floats a sine.

import { type NDArray, scalar } from "../../../src/core/array.js";
import { isFloat } from "../../../src/core/dtype.js";
import { add, mul } from "../../../src/ops/arithmetic.js";
import { bitAnd, bitNot, bitXor } from "../../../src/ops/bitwise.js";
import { reduceOr, reduceSum } from "../../../src/ops/reduce.js";
import { sin } from "../../../src/ops/trigonometric.js";

export const plus = (x: NDArray, y: NDArray): NDArray => (x.dtype === "bool" ? bitXor(x, y) : add(x, y));
export const times = (x: NDArray, y: NDArray): NDArray => (x.dtype === "bool" ? bitAnd(x, y) : mul(x, y));
/** The sine of floats, else another map of the dtype to itself. */
export const bent = (x: NDArray): NDArray => (isFloat(x.dtype) ? sin(x) : x.dtype === "bool" ? bitNot(x) : add(mul(x, x), 1));
export const total = (x: NDArray): NDArray => (x.dtype === "bool" ? reduceOr(x) : reduceSum(x));
/** The half of a float; integers stay. */
export const half = (x: NDArray): NDArray => (isFloat(x.dtype) ? mul(x, scalar(0.5, x.dtype)) : x);
