import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConcreteArray, type NDArray } from "/work/main/src/core/array.js";
import { makeJaxpr } from "/work/main/src/transform/makeJaxpr.js";
import { interpret } from "/work/main/src/interpret/evaluator.js";
import { makeMachine, wasmCompiler } from "/work/main/src/runtime/compiler.js";
import { applications } from "/work/main/test/property/drawing.js";
import { expectClose } from "/work/main/test/property/measure.js";
import { caseOf, names } from "/work/main/test/property/table.js";
import { setDebug } from "/work/main/src/core/debug.js";
import "/work/main/src/install.js";
import { lower } from "/work/main/src/compile/lowering.js";
import { rules } from "/work/main/src/compile/rules.js";
import { supportsVector } from "/work/main/src/wasm/vector.js";

setDebug({ checkJaxprs: true });
const machine = makeMachine(1);
const run = Number(process.env.RUNS ?? 40);
const host = new Map<string, Set<string>>();
const seed = Number(process.env.SEED ?? 1);
describe("sweep", () => {
  it.each(names)("%s", (name) => {
    for (const dtype of caseOf(name).dtypes)
    fc.assert(fc.property(applications(name, dtype), ({ f, operands }) => {
      const program = makeJaxpr((...xs: NDArray[]) => [...f(...xs)])(...operands);
      const low = lower(program, { rule: (n) => rules.get(n), supports: supportsVector });
      if (low.program.steps.some((s) => s.kind === "host")) (host.get(name) ?? host.set(name, new Set()).get(name)!).add(dtype);
      const expected = interpret(program).run(operands as ConcreteArray[]);
      const actual = wasmCompiler(machine)(program).run(operands as ConcreteArray[]);
      expectClose(actual, expected, dtype === "float64" ? 1e-11 : 2e-6, name);
    }), { numRuns: run, seed });
  });
  it("host", () => { console.log([...host].map(([n, d]) => n + ": " + [...d].join(" ")).join("\n")); });
});
