// The pointwise operations of nests, by the names of their primitives: how many operands, of which dtypes, and what they take.

import { type DType, isFloat, isInteger } from "../core/dtype.js";

/** Operands of one dtype, of these kinds: "bits" are integers and bool. */
type Accepts = "any" | "number" | "bits" | "integer" | "float";

interface Operation {
  readonly operands: 1 | 2 | 3;
  readonly accepts: Accepts;
  /** A few instructions; others are dozens, or go lane by lane. */
  readonly cheap: boolean;
  /** The result's dtype where it is not the operands'. */
  readonly gives?: "bool";
}

const simple = (operands: Operation["operands"], accepts: Accepts): Operation => ({ operands, accepts, cheap: true });
const costly = (operands: Operation["operands"], accepts: Accepts): Operation => ({ operands, accepts, cheap: false });
const comparison: Operation = { operands: 2, accepts: "any", cheap: true, gives: "bool" };

const table = {
  neg: simple(1, "number"),
  sign: simple(1, "number"),
  abs: simple(1, "number"),
  floor: simple(1, "float"),
  ceil: simple(1, "float"),
  trunc: simple(1, "float"),
  round: simple(1, "float"),
  square: simple(1, "number"),
  sqrt: simple(1, "float"),
  rsqrt: simple(1, "float"),
  not: simple(1, "bits"),
  is_finite: { operands: 1, accepts: "float", cheap: true, gives: "bool" },
  exp: costly(1, "float"),
  exp2: costly(1, "float"),
  expm1: costly(1, "float"),
  log: costly(1, "float"),
  log1p: costly(1, "float"),
  logistic: costly(1, "float"),
  sin: costly(1, "float"),
  cos: costly(1, "float"),
  tan: costly(1, "float"),
  tanh: costly(1, "float"),
  sinh: costly(1, "float"),
  cosh: costly(1, "float"),
  asin: costly(1, "float"),
  acos: costly(1, "float"),
  atan: costly(1, "float"),
  asinh: costly(1, "float"),
  acosh: costly(1, "float"),
  atanh: costly(1, "float"),
  erf: costly(1, "float"),
  erfc: costly(1, "float"),
  erf_inv: costly(1, "float"),
  cbrt: costly(1, "float"),
  add: simple(2, "number"),
  sub: simple(2, "number"),
  mul: simple(2, "number"),
  div: simple(2, "number"),
  max: simple(2, "any"),
  min: simple(2, "any"),
  pow: costly(2, "number"),
  atan2: costly(2, "float"),
  nextafter: costly(2, "float"),
  eq: comparison,
  ne: comparison,
  lt: comparison,
  le: comparison,
  gt: comparison,
  ge: comparison,
  and: simple(2, "bits"),
  or: simple(2, "bits"),
  xor: simple(2, "bits"),
  /** A bool, then the cases of one dtype: that for false first. */
  select: simple(3, "any"),
  clamp: simple(3, "any"),
  /** To the node's own dtype. */
  convert: simple(1, "any"),
  rem: costly(2, "number"),
  shift_left: costly(2, "integer"),
  shift_right_logical: costly(2, "integer"),
  shift_right_arithmetic: costly(2, "integer"),
  population_count: costly(1, "integer"),
  clz: costly(1, "integer"),
  /** Bits of a 32-bit word moved up by a constant, those that leave coming in from below. */
  rotate_left: costly(2, "integer"),
  /** Gamma samples of two key words (uint32) and a parameter, or their logarithms. */
  random_gamma: costly(3, "float"),
  log_random_gamma: costly(3, "float"),
  /** How such a sample (or logarithm), which follows the parameter, moves with it. */
  random_gamma_grad: costly(2, "float"),
  log_random_gamma_grad: costly(2, "float"),
} as const satisfies Readonly<Record<string, Operation>>;

export type PointwiseOp = keyof typeof table;

export const operations: Readonly<Record<PointwiseOp, Operation>> = table;

export const pointwiseOps = Object.keys(table) as readonly PointwiseOp[];

const kinds: Readonly<Record<Accepts, (dtype: DType) => boolean>> = {
  any: () => true,
  number: (dtype) => dtype !== "bool",
  bits: (dtype) => !isFloat(dtype),
  integer: isInteger,
  float: isFloat,
};

/** Whether an operation takes operands of a dtype; of `select` the cases, of samples the parameter. */
export const accepts = (op: PointwiseOp, dtype: DType): boolean => kinds[operations[op].accepts](dtype);
