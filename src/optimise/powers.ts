// Powers with a known exponent. `pow` by a small whole number is `integer_pow`, which the evaluator computes by products.

import type { Literal } from "../core/jaxpr.js";
import { type IntegerPowParams, integerPowP, squareP } from "../ops/arithmetic.js";
import { LITERAL, type Rule } from "./rule.js";

/** Beyond this, products have rounded more often than one careful power would. */
const LARGEST = 8;

export const powers: readonly Rule[] = [
  {
    name: "x ** n of a whole number n",
    on: ["pow"],
    rounding: "a power of n ≤ 8 rounds each of at most four products instead of once",
    of: [LITERAL],
    rewrite: ({ inputs: [x, y] }, program) => {
      if (y.kind !== "literal" || !isWhole(y) || x.kind === "literal") return undefined;
      return program.apply(integerPowP, [x], { y: y.value });
    },
  },
  {
    name: "x ** 1 by a whole number",
    on: ["integer_pow"],
    rewrite: ({ inputs: [x], params }) => ((params as IntegerPowParams).y === 1 ? x : undefined),
  },
  {
    name: "x ** 2 = x²",
    on: ["integer_pow"],
    rounding: "a square is rounded once, where a power may be off by one unit in the last place",
    rewrite: ({ inputs: [x], params }, program) => ((params as IntegerPowParams).y === 2 ? program.apply(squareP, [x], {}) : undefined),
  },
];

const isWhole = ({ value }: Literal): boolean => Number.isInteger(value) && value >= 2 && value <= LARGEST;
