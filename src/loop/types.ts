// The types of the loop IR's operations: how many operands, of which dtypes, and what comes out.

import { type DType, isFloat, isInteger } from "../core/dtype.js";
import type { PointwiseOp, Reduction } from "./ir.js";

const comparisons: ReadonlySet<PointwiseOp> = new Set(["eq", "ne", "lt", "le", "gt", "ge"]);
const logical: ReadonlySet<PointwiseOp> = new Set(["and", "or", "xor", "not"]);
const onWords: ReadonlySet<PointwiseOp> = new Set([
  "shift_left",
  "shift_right_logical",
  "shift_right_arithmetic",
  "population_count",
  "clz",
  "rotate_left",
]);
const binary: ReadonlySet<PointwiseOp> = new Set([
  ...comparisons,
  "add",
  "sub",
  "mul",
  "div",
  "rem",
  "max",
  "min",
  "pow",
  "atan2",
  "nextafter",
  "and",
  "or",
  "xor",
  "shift_left",
  "shift_right_logical",
  "shift_right_arithmetic",
  "rotate_left",
  "random_gamma_grad",
  "log_random_gamma_grad",
]);
const samples: ReadonlySet<PointwiseOp> = new Set(["random_gamma", "log_random_gamma"]);
const ternary: ReadonlySet<PointwiseOp> = new Set(["select", "clamp", ...samples]);
const ofAnyNumber: ReadonlySet<PointwiseOp> = new Set(["neg", "sign", "abs", "square", "add", "sub", "mul", "div", "rem", "pow"]);
const ofAny: ReadonlySet<PointwiseOp> = new Set(["max", "min", "clamp", ...comparisons]);

const countOf = (op: PointwiseOp): number => (ternary.has(op) ? 3 : binary.has(op) ? 2 : 1);

/** Whether an operation other than select and convert takes operands of a dtype. */
function accepts(op: PointwiseOp, dtype: DType): boolean {
  if (ofAny.has(op)) return true;
  if (logical.has(op)) return !isFloat(dtype);
  if (onWords.has(op)) return isInteger(dtype);
  return ofAnyNumber.has(op) ? dtype !== "bool" : isFloat(dtype);
}

/** The dtype of `op`'s result, or what is wrong with its operands. */
export function resultOf(op: PointwiseOp, args: readonly DType[], declared: DType): DType | { readonly fault: string } {
  if (args.length !== countOf(op)) return { fault: `${countOf(op)} operands` };
  if (op === "convert") return declared;
  if (samples.has(op)) {
    const [key0, key1, alpha] = args;
    return key0 === "uint32" && key1 === "uint32" && isFloat(alpha) ? alpha : { fault: "two words and a floating-point number" };
  }
  const cases = op === "select" ? args.slice(1) : args;
  if (op === "select" && args[0] !== "bool") return { fault: "a bool predicate" };
  if (cases.some((dtype) => dtype !== cases[0])) return { fault: "operands of one dtype" };
  if (op === "select") return cases[0];
  if (!accepts(op, cases[0])) return { fault: `operands of a dtype that ${op} takes` };
  return comparisons.has(op) || op === "is_finite" ? "bool" : cases[0];
}

/** Whether a reduction takes elements of a dtype. */
export const reduces = (kind: Reduction, dtype: DType): boolean => {
  if (kind === "and" || kind === "or") return !isFloat(dtype);
  return kind === "max" || kind === "min" || dtype !== "bool";
};
