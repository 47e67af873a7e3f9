// The optimiser with exact rules alone, and traced programs to try it on.

import type { ClosedJaxpr } from "../../src/core/closed.js";
import { withoutDeadCode } from "../../src/transform/deadcode.js";
import { rewrite } from "../../src/optimise/rewrite.js";
import { swapProducts } from "../../src/optimise/swapProducts.js";
import { lookUp, rules } from "../../src/optimise/table.js";
import { newTally } from "../../src/optimise/tally.js";

const exactRulesFor = lookUp(rules.filter((rule) => rule.rounding === undefined));

/** The names of the rules that were applied so far. */
export const applied = new Map<string, number>();

/** The program optimised by the rules that keep every bit. */
export const exactly = (program: ClosedJaxpr): ClosedJaxpr =>
  swapProducts(withoutDeadCode(rewrite(program, { rules: exactRulesFor, inner: exactly, tally: { ...newTally(), applied } })));
