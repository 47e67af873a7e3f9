// Random programs, optimised as they were: the same bits where only exact rules are used, close where all are; and nothing
// is left to do a second time.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ConcreteArray, NDArray } from "../../src/core/array.js";
import { checkJaxpr } from "../../src/core/check.js";
import type { ClosedJaxpr } from "../../src/core/closed.js";
import { dtypes, isFloat } from "../../src/core/dtype.js";
import { interpret } from "../../src/interpret/evaluator.js";
import { optimise } from "../../src/optimise/optimise.js";
import { rewrite } from "../../src/optimise/rewrite.js";
import { rulesFor } from "../../src/optimise/table.js";
import { newTally } from "../../src/optimise/tally.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { elements, expectClose, expectSame, reverse } from "../property/measure.js";
import { programs } from "../property/program.js";
import { runs } from "../property/settings.js";
import { exactly } from "./exactly.js";

const run = (program: ClosedJaxpr, args: readonly NDArray[]): readonly NDArray[] =>
  interpret(program).run(args as readonly ConcreteArray[]);

const SUITE = 120;
const LONG = 5000;

describe("an optimised random program", () => {
  it("has the same bits and types by exact rules, and is near by all", () => {
    fc.assert(
      fc.property(programs(dtypes), (program) => {
        const traced = makeJaxpr(program.run)(...program.inputs);
        const expected = run(traced, program.inputs);
        const exact = exactly(traced);
        checkJaxpr(exact.jaxpr);
        expectSame(run(exact, program.inputs), expected, "by exact rules");
        const all = optimise(traced);
        checkJaxpr(all.jaxpr);
        expect(all.jaxpr.outvars.map((atom) => atom.aval)).toEqual(traced.jaxpr.outvars.map((atom) => atom.aval));
        expectClose(run(all, program.inputs), expected, 1e-6, "by all rules");
      }),
      runs(SUITE, LONG),
    );
  });

  it("has the same gradient", () => {
    fc.assert(
      fc.property(programs(["float64", "int32", "bool"]), (program) => {
        const f = (...xs: NDArray[]): readonly NDArray[] => {
          const outs = program.run(...xs).filter((x) => isFloat(x.dtype));
          const active = program.inputs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
          return active.length === 0 || outs.length === 0
            ? []
            : reverse(
                (...ys) => program.run(...ys).filter((x) => isFloat(x.dtype)),
                xs,
                outs.map((x) => x.mul(0.5)),
                active,
              );
        };
        const traced = makeJaxpr(f as (...xs: NDArray[]) => NDArray[])(...program.inputs);
        const expected = run(traced, program.inputs);
        expectSame(run(exactly(traced), program.inputs), expected, "gradient by exact rules");
        expectClose(run(optimise(traced), program.inputs), expected, 1e-9, "gradient by all rules");
        expect(expected.flatMap(elements).every(Number.isFinite)).toBe(true);
      }),
      runs(SUITE / 2, LONG),
    );
  });

  it("leaves nothing for a second walk", () => {
    fc.assert(
      fc.property(programs(dtypes), (program) => {
        const once = optimise(makeJaxpr(program.run)(...program.inputs));
        const tally = newTally();
        rewrite(once, { rules: rulesFor, inner: (inside) => inside, tally });
        expect([...tally.applied.keys()]).toEqual([]);
        expect(tally.folded).toBe(0);
      }),
      runs(SUITE / 2, LONG),
    );
  });
});
