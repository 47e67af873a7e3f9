// Pointwise primitives: arithmetic, bits, comparison, exponentials, trigonometry, special functions, choice, conversion.

import * as fc from "fast-check";
import { type DType, isFloat } from "../../../src/core/dtype.js";
import { type Case, any, bits, floats, integral, numeric, pointwiseCase, pointwiseOperands, smooth, zero } from "../case.js";
import { type Arb, filled, grid, integers, numbers, real, signed } from "../arbitraries.js";
import type { ConvertParams } from "../../../src/ops/convert.js";
import type { IntegerPowParams, RoundParams } from "../../../src/ops/arithmetic.js";

const unary = (domain: Arb<number> = real(-2, 2)): Case => pointwiseCase(floats, smooth, domain);
const stepwise = (domain: Arb<number> = real(-3, 3)): Case => pointwiseCase(floats, zero, domain);
// Two grids, half a step apart, never meet.
const apart = (dtypes: readonly DType[]): Case => pointwiseCase(dtypes, smooth, grid(0.25), grid(0.25, 0.125));
const comparison = pointwiseCase(any, zero, grid(0.5), grid(0.5));
const bitwise = (dtypes: readonly DType[], count: 1 | 2): Case =>
  pointwiseCase(dtypes, zero, ...Array.from({ length: count }, () => undefined));
const shiftCounts = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 7 }) },
  { weight: 1, arbitrary: fc.constantFrom(8, 31, 32, 40) },
);

const shift: Case = {
  dtypes: integral,
  spec: (dtype) =>
    pointwiseOperands([(shape) => filled(dtype, shape, integers(dtype)), (shape) => filled(dtype, shape, shiftCounts)]).map((operands) => ({
      params: {},
      operands,
    })),
  derivative: zero,
};

const integerPow: Case<IntegerPowParams> = {
  dtypes: numeric,
  spec: (dtype) =>
    fc
      .tuple(
        fc.integer({ min: isFloat(dtype) ? -3 : 0, max: 4 }),
        pointwiseOperands([(shape) => filled(dtype, shape, numbers(dtype, signed(0.5, 1.5)))]),
      )
      .map(([y, operands]) => ({ params: { y }, operands })),
  derivative: smooth,
};

const round: Case<RoundParams> = {
  dtypes: floats,
  spec: (dtype) =>
    fc
      .tuple(
        fc.constantFrom("toNearestEven" as const, "awayFromZero" as const),
        pointwiseOperands([(shape) => filled(dtype, shape, grid(0.25))]),
      )
      .map(([roundingMethod, operands]) => ({ params: { roundingMethod }, operands })),
  derivative: zero,
};

const select: Case = {
  dtypes: any,
  spec: (dtype) =>
    pointwiseOperands([(shape) => filled("bool", shape), (shape) => filled(dtype, shape), (shape) => filled(dtype, shape)]).map(
      (operands) => ({
        params: {},
        operands,
      }),
    ),
  derivative: smooth,
};

const convert: Case<ConvertParams> = {
  dtypes: any,
  spec: (dtype) => {
    // Central differences see nothing below the rounding of float32: from float64 the other dtypes are drawn.
    const targets = any.filter((to) => dtype !== "float64" || to !== "float32");
    return fc
      .tuple(fc.constantFrom(...targets), pointwiseOperands([(shape) => filled(dtype, shape, numbers(dtype, real(-300, 300)))]))
      .map(([newDtype, operands]) => ({ params: { newDtype, weakType: false as const }, operands }));
  },
  derivative: smooth,
};

// x / y is never near an integer: x lies amid two integers, y divides 4.
const remainder = pointwiseCase(
  numeric,
  smooth,
  fc.tuple(fc.integer({ min: -6, max: 6 }), real(0.3, 0.7)).map(([n, part]) => n + part),
  fc.constantFrom(1, -1, 2, -2, 4),
);

export const elementwise = {
  neg: pointwiseCase(numeric, smooth, undefined),
  sign: pointwiseCase(numeric, zero, undefined),
  abs: pointwiseCase(numeric, smooth, signed(0.1, 2)),
  add: pointwiseCase(numeric, smooth, undefined, undefined),
  sub: pointwiseCase(numeric, smooth, undefined, undefined),
  mul: pointwiseCase(numeric, smooth, undefined, undefined),
  div: pointwiseCase(numeric, smooth, undefined, signed(0.5, 2)),
  rem: remainder,
  max: apart(any),
  min: apart(any),
  pow: pointwiseCase(floats, smooth, real(0.3, 2), real(-2, 2)),
  integer_pow: integerPow,
  square: pointwiseCase(numeric, smooth, undefined),
  floor: stepwise(),
  ceil: stepwise(),
  trunc: stepwise(),
  round,

  and: bitwise(bits, 2),
  or: bitwise(bits, 2),
  xor: bitwise(bits, 2),
  not: bitwise(bits, 1),
  shift_left: shift,
  shift_right_logical: shift,
  shift_right_arithmetic: shift,
  population_count: bitwise(integral, 1),
  clz: bitwise(integral, 1),

  eq: comparison,
  ne: comparison,
  lt: comparison,
  le: comparison,
  gt: comparison,
  ge: comparison,
  is_finite: stepwise(fc.constantFrom(0, 1, Infinity, -Infinity, NaN)),

  exp: unary(),
  exp2: unary(),
  expm1: unary(),
  log: unary(real(0.3, 3)),
  log1p: unary(real(-0.6, 3)),
  logistic: unary(real(-5, 5)),
  sqrt: unary(real(0.3, 3)),
  rsqrt: unary(real(0.3, 3)),
  cbrt: unary(signed(0.4, 3)),

  sin: unary(real(-4, 4)),
  cos: unary(real(-4, 4)),
  tan: unary(real(-1.1, 1.1)),
  asin: unary(real(-0.8, 0.8)),
  acos: unary(real(-0.8, 0.8)),
  atan: unary(),
  atan2: pointwiseCase(floats, smooth, signed(0.4, 2), signed(0.4, 2)),
  sinh: unary(),
  cosh: unary(),
  tanh: unary(),
  asinh: unary(),
  acosh: unary(real(1.3, 4)),
  atanh: unary(real(-0.8, 0.8)),

  erf: unary(),
  erfc: unary(),
  erf_inv: unary(real(-0.8, 0.8)),
  nextafter: pointwiseCase(floats, zero, grid(0.5), grid(0.5)),

  select_n: select,
  clamp: pointwiseCase(any, smooth, grid(0.1, -0.8, 5), grid(0.2, 0.05), grid(0.1, 0.8, 5)),
  convert_element_type: convert,
  stop_gradient: pointwiseCase(any, zero, undefined),
};
