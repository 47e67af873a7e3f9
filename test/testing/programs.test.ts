// Random programs as users draw them: the printed code computes what the function computes, and shrinking drops steps.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkpoint, grad, jit, jvp, lax, numpy as np, vmap, type NDArray } from "../../src/index.js";
import { dtypes } from "../../src/core/dtype.js";
import { randomPrograms } from "../../src/testing/index.js";
import { stepsOf } from "../../src/testing/programs/steps.js";

/** The function that the printed code is. */
function compiled(code: string): (...xs: NDArray[]) => NDArray[] {
  const scope = { checkpoint, grad, jit, jvp, lax, np, vmap };
  // oxlint-disable-next-line no-new-func -- the text is code that the program printed
  const make = new Function(...Object.keys(scope), `return (${code});`);
  return make(...Object.values(scope)) as (...xs: NDArray[]) => NDArray[];
}

const bits = (xs: readonly NDArray[]): unknown => xs.map((x) => [x.dtype, x.shape, x.toTypedArray()]);

describe("random programs", () => {
  it("print as the code of what they compute", () => {
    const used = new Set<string>();
    fc.assert(
      fc.property(randomPrograms({ dtypes, stops: true }), (program) => {
        for (const { name } of program.steps) used.add(name);
        expect(bits(compiled(program.toCode())(...program.inputs))).toEqual(bits(program.run(...program.inputs)));
      }),
      { numRuns: 150, seed: 3 },
    );
    expect([...used].toSorted()).toEqual(Object.keys(stepsOf(dtypes)).toSorted());
  });

  it("have no kinks when they are asked to have none", () => {
    const drawn = fc.sample(randomPrograms({ kinks: false }), { numRuns: 50, seed: 1 });
    const names = new Set(drawn.flatMap(({ steps }) => steps.map(({ name }) => name)));
    expect([...names]).toEqual(expect.arrayContaining(["sin", "dot", "cumsum", "grad"]));
    for (const name of ["abs", "max", "sort", "select", "stop", "npWhere"]) expect([...names]).not.toContain(name);
  });

  it("shrink to the steps that matter, and print them", () => {
    const result = fc.check(
      fc.property(randomPrograms(), (program) => !program.toCode().includes("cumprod")),
      { numRuns: 500, seed: 2 },
    );
    const [shrunk] = result.counterexample ?? [];
    // A scalar is the smallest input; it needs an axis before a product can run along one.
    expect(shrunk?.steps.map(({ name }) => name)).toEqual(["stretch", "cumprod"]);
    expect(String(shrunk)).toMatch(
      /^\(x0\) => \{\n {2}const v0 = lax\.broadcastInDim\(x0, \[1\], \[\]\);\n {2}const v1 = lax\.cumprod\(lax\.sin\(v0\), 0\);\n/,
    );
    expect(String(shrunk)).toContain("on float64[] 0");
  });

  it("give as many results, of as many steps, as they are asked to", () => {
    for (const program of fc.sample(randomPrograms({ outputs: 1, maxSteps: 3 }), { numRuns: 30, seed: 1 })) {
      expect(program.run(...program.inputs)).toHaveLength(1);
      expect(program.steps.length).toBeLessThanOrEqual(3);
    }
  });

  it("refuse an option that does not exist", () => {
    // @ts-expect-error A misspelt option.
    expect(() => randomPrograms({ kinkz: true })).toThrow(
      "randomPrograms: expected options among dtypes, maxSteps, outputs, kinks, stops, inputs, got kinkz",
    );
  });
});
