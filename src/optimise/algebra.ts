// The laws of arithmetic, comparison, bits and choice that hold bit by bit: for every NaN, infinity and signed zero of
// IEEE 754, and for integers that wrap. So x·0 = 0 and x − x = 0 stand here for integers alone, and x + 0 = x for −0 only.

import { typedArray } from "../core/dtype.js";
import { absP, addP, ceilP, divP, floorP, maxP, minP, mulP, negP, squareP, subP, truncP } from "../ops/arithmetic.js";
import { andP, notP, orP, xorP } from "../ops/bitwise.js";
import { eqP, geP, gtP, leP, ltP, neP } from "../ops/compare.js";
import { powP } from "../ops/power.js";
import { selectP } from "../ops/select.js";
import { stopGradientP } from "../ops/stop.js";
import { type Law, anyLiteral, law, of, variable } from "./pattern.js";

const [x, y, z] = ["x", "y", "z"].map(variable);
const [c, d] = ["c", "d"].map(anyLiteral);
const [add, sub, mul, div, neg, abs, square] = [addP, subP, mulP, divP, negP, absP, squareP].map(of);
const [max, min, floor, ceil, trunc, pow] = [maxP, minP, floorP, ceilP, truncP, powP].map(of);
const [and, or, xor, not] = [andP, orP, xorP, notP].map(of);
const [eq, ne, lt, le, gt, ge] = [eqP, neP, ltP, leP, gtP, geP].map(of);
const [select, stop] = [selectP, stopGradientP].map(of);

/** Whether 1/c is a float of the dtype, exactly: c is a power of two, neither so small nor so large that 1/c is not finite. */
function hasExactReciprocal(value: number, dtype: "float32" | "float64"): boolean {
  const size = Math.abs(value);
  const reciprocal = typedArray(dtype, [1 / size])[0];
  return Number.isFinite(reciprocal) && reciprocal !== 0 && 2 ** Math.round(Math.log2(size)) === size && reciprocal * size === 1;
}

const signs: readonly Law[] = [
  law("−(−x) = x", neg(neg(x)), x),
  law("x + (−y) = x − y", add(x, neg(y)), sub(x, y)),
  law("x − (−y) = x + y", sub(x, neg(y)), add(x, y)),
  law("(−x)·(−y) = x·y", mul(neg(x), neg(y)), mul(x, y)),
  law("(−x)·c = x·(−c)", mul(neg(x), c), mul(x, neg(c))),
  law("−(x·c) = x·(−c)", neg(mul(x, c)), mul(x, neg(c))),
  law("(−x)/(−y) = x/y", div(neg(x), neg(y)), div(x, y), { where: "float" }),
  law("(−x)/c = x/(−c)", div(neg(x), c), div(x, neg(c)), { where: "float" }),
  law("−(x − y) = y − x of integers", neg(sub(x, y)), sub(y, x), { where: "integer" }),
  law("|−x| = |x|", abs(neg(x)), abs(x), { where: "signed" }),
  law("||x|| = |x|", abs(abs(x)), abs(x)),
  law("(−x)² = x²", square(neg(x)), square(x)),
  law("|x|² = x²", square(abs(x)), square(x)),
];

const units: readonly Law[] = [
  law("x·1 = x", mul(x, 1), x),
  law("x·(−1) = −x", mul(x, -1), neg(x), { where: "signed" }),
  law("x/1 = x", div(x, 1), x),
  law("x/(−1) = −x", div(x, -1), neg(x), { where: "float" }),
  law("x + (−0) = x", add(x, -0), x),
  law("x − 0 = x", sub(x, 0), x),
  law("−0 − x = −x", sub(-0, x), neg(x)),
  law("x/c = x·(1/c), c a power of two", div(x, c), mul(x, div(1, c)), {
    where: "float",
    when: (value, dtype) => hasExactReciprocal(value("c"), dtype === "float64" ? "float64" : "float32"),
  }),
  law("x ** 1 = x", pow(x, 1), x),
  law("x ** 0 = 1", pow(x, 0), 1),
];

const integers: readonly Law[] = [
  law("x + 0 = x of integers", add(x, 0), x, { where: "integer" }),
  law("0 − x = −x of integers", sub(0, x), neg(x), { where: "integer" }),
  law("x·0 = 0 of integers", mul(x, 0), 0, { where: "integer" }),
  law("x − x = 0 of integers", sub(x, x), 0, { where: "integer" }),
  law("(x + c) + d = x + (c + d) of integers", add(add(x, c), d), add(x, add(c, d)), { where: "integer" }),
  law("(x − c) − d = x − (c + d) of integers", sub(sub(x, c), d), sub(x, add(c, d)), { where: "integer" }),
  law("(x·c)·d = x·(c·d) of integers", mul(mul(x, c), d), mul(x, mul(c, d)), { where: "integer" }),
];

const bits: readonly Law[] = [
  law("not not x = x", not(not(x)), x),
  law("x and x = x", and(x, x), x),
  law("x or x = x", or(x, x), x),
  law("x xor x = 0", xor(x, x), 0),
  law("x and 0 = 0", and(x, 0), 0),
  law("x or 0 = x", or(x, 0), x),
  law("x xor 0 = x", xor(x, 0), x),
  law("x and true = x", and(x, 1), x, { where: "bool" }),
  law("x or true = true", or(x, 1), 1, { where: "bool" }),
];

const order: readonly Law[] = [
  law("max(x, x) = x", max(x, x), x),
  law("min(x, x) = x", min(x, x), x),
  law("floor floor x = floor x", floor(floor(x)), floor(x)),
  law("ceil ceil x = ceil x", ceil(ceil(x)), ceil(x)),
  law("trunc trunc x = trunc x", trunc(trunc(x)), trunc(x)),
  law("x < x is false", lt(x, x), 0),
  law("x > x is false", gt(x, x), 0),
  law("x = x unless NaN", eq(x, x), 1, { where: "exact" }),
  law("x ≠ x is false unless NaN", ne(x, x), 0, { where: "exact" }),
  law("x ≤ x unless NaN", le(x, x), 1, { where: "exact" }),
  law("x ≥ x unless NaN", ge(x, x), 1, { where: "exact" }),
  law("not (x = y) is x ≠ y", not(eq(x, y)), ne(x, y)),
  law("not (x ≠ y) is x = y", not(ne(x, y)), eq(x, y)),
];

// select_n(which, onFalse, onTrue)
const choice: readonly Law[] = [
  law("a choice known to be false", select(0, x, y), x),
  law("a choice known to be true", select(1, x, y), y),
  law("a choice between equals", select(z, x, x), x),
  law("a choice by not p", select(not(z), x, y), select(z, y, x)),
];

/** Without a derivative to come, it is the identity. */
const stopped: readonly Law[] = [law("stop_gradient x = x", stop(x), x)];

export const algebra: readonly Law[] = [...signs, ...units, ...integers, ...bits, ...order, ...choice, ...stopped];
