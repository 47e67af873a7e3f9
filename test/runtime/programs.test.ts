// Random programs and every primitive through the fused evaluator, against the reference evaluator, on one thread and on
// two. Integers and bools agree exactly, floats within what the arithmetic of the program makes plausible (see noise.ts):
// 4 times the distance that errors of 4 units in the last place in each inexact operation lead to. For nine in ten elements
// that is less than 1e-4 relative in float32 and 1e-12 in float64. Both machines give the same bits.

import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { ConcreteArray, type NDArray } from "../../src/core/array.js";
import type { ClosedJaxpr } from "../../src/core/closed.js";
import { type DType, dtypes, isFloat } from "../../src/core/dtype.js";
import { type Machine, makeMachine, wasmCompiler } from "../../src/runtime/compiler.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { vmap } from "../../src/transform/vmap.js";
import type { Flat } from "../property/case.js";
import { applications } from "../property/drawing.js";
import { directions, expectSame, forward, onlyFloats, reverse, stackAt } from "../property/measure.js";
import { type Program, programs } from "../property/program.js";
import { deep, runs } from "../property/settings.js";
import { caseOf, names } from "../property/table.js";
import { Comparison } from "./noise.js";

let one: Machine;
let two: Machine;

/** Machines that share every step that can be shared. */
async function start(): Promise<void> {
  one = makeMachine(1, 0);
  two = makeMachine(2, 0);
  const deadline = performance.now() + 20_000;
  while (two.pool !== undefined && two.pool.active < 2 && performance.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 2));
  if (two.pool !== undefined && two.pool.active < 2) throw new Error("the worker did not start in 20 s");
}

beforeAll(start);

/** How often the second thread was called. */
const dispatches = (): number => (two.pool === undefined ? 0 : new Int32Array(two.heap.memory.buffer, two.pool.control, 1)[0]);

const total = { all: 0, tight: 0 };

const concrete = (x: NDArray): ConcreteArray => {
  if (x instanceof ConcreteArray) return x;
  throw new TypeError("not a concrete array");
};

/** Runs a function of arrays on both machines, and compares. */
function expectFused(f: Flat, inputs: readonly NDArray[], what: string): void {
  const closed: ClosedJaxpr = makeJaxpr((...xs: NDArray[]): NDArray[] => [...f(...xs)])(...inputs);
  const args = inputs.map(concrete);
  const [single, shared] = [one, two].map((machine) => wasmCompiler(machine)(closed).run(args));
  const comparison = new Comparison(closed, args);
  expect(comparison.fault(single), `${what}: fused against reference`).toBeUndefined();
  expectSame(shared, single, `${what}: two threads against one`);
  const { all, tight } = comparison.tightness();
  total.all += all;
  total.tight += tight;
}

describe("random programs", () => {
  it("agree with the reference evaluator", async () => {
    const rounds = deep ? 40 : 1;
    for (let round = 0; round < rounds; round++) {
      if (round > 0) await start();
      fc.assert(
        fc.property(programs(dtypes), (program) => expectFused(program.run, program.inputs, "program")),
        runs(500, 500),
      );
    }
  });

  it("agree where only floats take part", () => {
    const chaotic = (dtype: DType): void =>
      fc.assert(
        fc.property(programs([dtype]), (program) => expectFused(program.run, program.inputs, "program")),
        runs(40, 3000),
      );
    for (const dtype of ["float32", "float64"] as const) chaotic(dtype);
  });

  it("agree in their gradients", () => {
    fc.assert(
      fc.property(programs(["float64", "int32", "uint8", "bool"]), (program: Program) => {
        const f = onlyFloats(program.run);
        const active = program.inputs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));
        const outs = f(...program.inputs);
        if (active.length === 0 || outs.length === 0) return;
        const cts = directions(outs, 2);
        expectFused((...xs) => reverse(f, xs, cts, active), program.inputs, "gradient");
      }),
      runs(40, 3000),
    );
  });

  it("agree over a batch", () => {
    fc.assert(
      fc.property(programs(dtypes), (program) => {
        const xs = program.inputs.map((x, i) => stackAt([x, program.others[i], x], x.ndim));
        const mapped: Flat = (...ys) => vmap(program.run, { inAxes: program.inputs.map((x) => x.ndim) })(...ys);
        expectFused(mapped, xs, "vmap");
      }),
      runs(40, 3000),
    );
  });
});

describe("every primitive", () => {
  it.each(names)("%s", (name) => {
    fc.assert(
      fc.property(
        fc.constantFrom(...caseOf(name).dtypes).chain((dtype) => applications(name, dtype)),
        ({ f, operands }) => expectFused(f, operands, name),
      ),
      runs(7, 400),
    );
  });

  it.each(names.filter((name) => caseOf(name).derivative.tag === "smooth" && caseOf(name).dtypes.includes("float64")))(
    "%s, differentiated",
    (name) => {
      fc.assert(
        fc.property(
          fc.constantFrom(...caseOf(name).dtypes.filter(isFloat)).chain((dtype) => applications(name, dtype)),
          ({ f, operands, active }) => {
            if (active.length === 0 || operands[active[0]].dtype === "float32") return;
            const g = onlyFloats(f);
            const dxs = directions(operands, 1);
            const cts = directions(g(...operands), 2);
            expectFused((...xs) => forward(g, xs, dxs, active), operands, `${name}, forward mode`);
            expectFused((...xs) => reverse(g, xs, cts, active), operands, `${name}, reverse mode`);
          },
        ),
        runs(3, 200),
      );
    },
  );

  it.each(names.filter((name) => name !== "iota"))("%s, mapped", (name) => {
    fc.assert(
      fc.property(
        fc
          .constantFrom(...caseOf(name).dtypes)
          .chain((dtype) => applications(name, dtype, fc.constant(3)))
          .filter(({ operands }) => operands.length > 0),
        ({ f, operands, others }) => {
          const xs = operands.map((x, i) => stackAt([x, ...others.map((ys) => ys[i])], 0));
          expectFused((...ys) => vmap((...zs: NDArray[]): NDArray[] => [...f(...zs)])(...ys), xs, `${name}, mapped`);
        },
      ),
      runs(3, 200),
    );
  });
});

// Last of all: bounds that are wide, or steps that run on one thread, would let everything pass.
it("the bounds were tight, and the steps were shared", () => {
  expect(total.tight / total.all).toBeGreaterThan(0.9);
  if (two.pool !== undefined) expect(dispatches()).toBeGreaterThan(500);
});
