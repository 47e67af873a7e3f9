// Every primitive compiled: the same bits as eagerly, and programs that pass the checker. The same for its derivatives.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { checkJaxpr } from "../../src/core/check.js";
import { evaluateJaxpr } from "../../src/core/evaluate.js";
import { jit } from "../../src/transform/jit.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import type { Flat } from "./case.js";
import { applications } from "./drawing.js";
import { directions, expectSame, forward, onlyFloats, reverse } from "./measure.js";
import { runs } from "./settings.js";
import { caseOf, names } from "./table.js";

const listed =
  (f: Flat) =>
  (...xs: NDArray[]): NDArray[] => [...f(...xs)];

function expectCompiled(f: Flat, xs: readonly NDArray[], what: string): void {
  const eager = f(...xs);
  expectSame(jit(listed(f))(...xs), eager, `${what}: compiled against eager`);
  const program = makeJaxpr(listed(f))(...xs);
  checkJaxpr(program.jaxpr);
  expectSame(evaluateJaxpr(program, xs), eager, `${what}: staged against eager`);
}

describe("jit", () => {
  it.each(names)("%s: the same bits as eagerly", (name) => {
    fc.assert(
      fc.property(
        fc.constantFrom(...caseOf(name).dtypes).chain((dtype) => applications(name, dtype)),
        ({ f, operands }) => expectCompiled(f, operands, "value"),
      ),
      runs(8, 300),
    );
  });

  it.each(names.filter((name) => caseOf(name).derivative.tag === "smooth" && caseOf(name).dtypes.includes("float64")))(
    "%s: its derivatives, too",
    (name) => {
      fc.assert(
        fc.property(applications(name, "float64"), ({ f, operands, active }) => {
          if (active.length === 0) return;
          const g = onlyFloats(f);
          const dxs = directions(operands, 1);
          const cts = directions(g(...operands), 2);
          expectCompiled((...xs) => forward(g, xs, dxs, active), operands, "forward mode");
          expectCompiled((...xs) => reverse(g, xs, cts, active), operands, "reverse mode");
          const pulled: Flat = (...xs) => reverse(g, xs, cts, active);
          expectSame(reverse(listed(jit(listed(g))), operands, cts, active), pulled(...operands), "reverse mode of the compiled function");
        }),
        runs(4, 200),
      );
    },
  );

  it("gives programs that print, one line for one equation", () => {
    for (const name of names) {
      const [application] = fc.sample(applications(name, caseOf(name).dtypes[0]), { numRuns: 1, seed: 1 });
      const text = String(makeJaxpr(listed(application.f))(...application.operands));
      expect(text).toContain(name);
      expect(text).not.toMatch(/undefined|\[object/);
    }
  });
});
