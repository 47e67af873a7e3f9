// The optimiser of jaxprs: a closed program goes in, one with the same inputs, outputs and values comes out, made of fewer
// and cheaper equations. A list of named passes; the checker looks at what each gives, in debug mode.

import { checked } from "../core/check.js";
import type { ClosedJaxpr } from "../core/closed.js";
import { withoutDeadCode } from "../transform/deadcode.js";
import { withPrograms } from "./calls.js";
import { productsFirst } from "./productsOfTurns.js";
import { rewrite } from "./rewrite.js";
import { sumsLast } from "./sumsOfTurns.js";
import { swapProducts } from "./swapProducts.js";
import { rulesFor } from "./table.js";
import { type Tally, newTally } from "./tally.js";

/** A step of the optimiser. */
export interface Pass {
  readonly name: string;
  run(program: ClosedJaxpr, tally: Tally): ClosedJaxpr;
}

/** What the optimiser does, in order. */
export const passes: readonly Pass[] = [
  {
    name: "open calls, rewrite by the table, fold constants, merge equal equations",
    run: (program, tally) => rewrite(program, { rules: rulesFor, inner: (inside) => optimise(inside, tally), tally }),
  },
  { name: "remove what nothing depends on", run: withoutDeadCode },
  { name: "do the products of a scan's slices for all turns at once, before it", run: productsFirst },
  { name: "sum products over the turns of a scan behind it", run: sumsLast },
  { name: "swap the operands of products that are transposed", run: swapProducts },
];

const optimised = new WeakMap<ClosedJaxpr, ClosedJaxpr>();

/** Notes that a program, and those inside of it (their unread parts may have gone since), need nothing more. */
function settle(program: ClosedJaxpr): ClosedJaxpr {
  optimised.set(program, program);
  for (const { primitive, params } of program.jaxpr.equations) if (primitive.derivative.tag === "custom") withPrograms(params, settle);
  return program;
}

/**
 * The program optimised; one that was optimised already is itself. Results have the same bits, but where a rule states its
 * rounding (`Rule.rounding`).
 *
 * Equations of a checkpoint never merge with those outside of it: they are there to be computed again. As an optimised
 * program has no calls left, it must not be optimised a second time, which the memory of what was made sees to.
 */
export function optimise(program: ClosedJaxpr, tally: Tally = newTally()): ClosedJaxpr {
  let result = optimised.get(program);
  if (result === undefined) {
    result = passes.reduce((before, pass) => checked(pass.run(before, tally)), program);
    optimised.set(program, settle(result));
  }
  return result;
}
