// The loop interpreter against the reference evaluator: every primitive and random programs, lowered and fused, with the
// checker after each pass. The interpreter rounds as the reference does, but carries sums of several axes at once, and
// differs where an operation was lowered to several (x³ as x·x·x): within the bounds of test/runtime/noise.ts.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { dtypes } from "../../src/core/dtype.js";
import { collapse } from "../../src/compile/collapse.js";
import { fuse } from "../../src/compile/fuse.js";
import { checkLoops } from "../../src/loop/check.js";
import type { LoopProgram } from "../../src/loop/ir.js";
import { printLoops } from "../../src/loop/print.js";
import type { Flat } from "../property/case.js";
import { applications } from "../property/drawing.js";
import { programs } from "../property/program.js";
import { runs } from "../property/settings.js";
import { caseOf, names } from "../property/table.js";
import { Comparison } from "../runtime/noise.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { type ConcreteArray, fromTypedArray } from "../../src/core/array.js";
import { lowered, outputsOf } from "./loops.js";

const collapsed = (program: LoopProgram): LoopProgram => ({
  ...program,
  steps: program.steps.map((step) => (step.kind === "nest" ? collapse(step) : step)),
});

function expectMeaning(f: Flat, inputs: readonly NDArray[]): void {
  const closed = makeJaxpr((...xs: NDArray[]): NDArray[] => [...f(...xs)])(...inputs);
  const low = lowered(f, inputs);
  const comparison = new Comparison(closed, inputs as readonly ConcreteArray[]);
  const fused = fuse(checkLoops(low.program));
  for (const [stage, program] of Object.entries({ lowered: low.program, fused, collapsed: collapsed(fused) })) {
    const outs = outputsOf(low, checkLoops(program), inputs).map((data, k) =>
      fromTypedArray(data, closed.outAvals[k].shape, closed.outAvals[k].dtype),
    );
    expect(comparison.fault(outs), `${stage}\n${printLoops(program)}`).toBeUndefined();
  }
}

describe("keeps the meaning", () => {
  it.each(names)("of %s", (name) => {
    fc.assert(
      fc.property(
        fc.constantFrom(...caseOf(name).dtypes).chain((dtype) => applications(name, dtype)),
        ({ f, operands }) => expectMeaning(f, operands),
      ),
      runs(10, 300),
    );
  });

  it("of random programs", () => {
    fc.assert(
      fc.property(programs(dtypes), (program) => expectMeaning(program.run, program.inputs)),
      runs(100, 5000),
    );
  });
});
