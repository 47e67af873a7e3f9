// The types of the loop IR's operations: how many operands, of which dtypes, and what comes out.

import { type DType, isFloat } from "../core/dtype.js";
import type { Reduction } from "./ir.js";
import { type PointwiseOp, accepts, operations } from "./operations.js";

/** Samples take two words of a key before the parameter. */
const isSample = (op: PointwiseOp): boolean => op === "random_gamma" || op === "log_random_gamma";

/** The dtype of `op`'s result, or what is wrong with its operands. */
export function resultOf(op: PointwiseOp, args: readonly DType[], declared: DType): DType | { readonly fault: string } {
  const { operands, gives } = operations[op];
  if (args.length !== operands) return { fault: `${operands} operands` };
  if (op === "convert") return declared;
  if (isSample(op)) {
    const [key0, key1, alpha] = args;
    return key0 === "uint32" && key1 === "uint32" && isFloat(alpha) ? alpha : { fault: "two words and a floating-point number" };
  }
  const cases = op === "select" ? args.slice(1) : args;
  if (op === "select" && args[0] !== "bool") return { fault: "a bool predicate" };
  if (cases.some((dtype) => dtype !== cases[0])) return { fault: "operands of one dtype" };
  if (op === "select") return cases[0];
  if (!accepts(op, cases[0])) return { fault: `operands of a dtype that ${op} takes` };
  return gives ?? cases[0];
}

/** Whether a reduction takes elements of a dtype. */
export const reduces = (kind: Reduction, dtype: DType): boolean => {
  if (kind === "and" || kind === "or") return !isFloat(dtype);
  return kind === "max" || kind === "min" || dtype !== "bool";
};
