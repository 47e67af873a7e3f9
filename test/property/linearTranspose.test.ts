// Transposition of every primitive in the operands in which it is linear: the adjoint identity, and linearity.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { isFloat } from "../../src/core/dtype.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { type PrimitiveName, primitives } from "../../src/primitives.js";
import { linearTranspose } from "../../src/transform/forward.js";
import type { Flat } from "./case.js";
import { type Application, applications } from "./drawing.js";
import { directions, dot, expectClose } from "./measure.js";
import { runs } from "./settings.js";
import { caseOf, names } from "./table.js";

/** The sets of operands in which an application is linear, by its declaration. */
function linearIn({ name, params, operands }: Application): number[][] {
  const { derivative } = primitives[name];
  const indices = operands.map((_, i) => i).filter((i) => isFloat(operands[i].dtype));
  if (derivative.tag === "jointlyLinear") {
    const which = derivative.linearIn?.(operands.length, params) ?? operands.map(() => true);
    return [indices.filter((i) => which[i])];
  }
  if (derivative.tag !== "operands") return [];
  const rules = derivative.rules(params, operands.length);
  return indices.filter((i) => rules[i].tag === "linear").map((i) => [i]);
}

const isLinear = (name: PrimitiveName): boolean =>
  caseOf(name).dtypes.includes("float64") &&
  fc.sample(applications(name, "float64"), { numRuns: 20, seed: 3 }).some((application) => linearIn(application).length > 0);

/** The primitive as a function of the operands `free`, the others fixed, without what is not linear of its outputs. */
const restricted =
  ({ f, operands }: Application, free: readonly number[]) =>
  (...xs: NDArray[]): NDArray[] =>
    f(...operands.map((x, i) => (free.includes(i) ? xs[free.indexOf(i)] : x))).filter((y) => y.dtype === "float64");

const combined = (a: number, xs: readonly NDArray[], b: number, ys: readonly NDArray[]): NDArray[] =>
  xs.map((x, i) => add(mul(a, x), mul(b, ys[i])));

function expectAdjoint(application: Application, free: readonly number[]): void {
  const f = restricted(application, free);
  const xs = directions(
    free.map((i) => application.operands[i]),
    1,
  );
  const outs = f(...xs);
  if (outs.length === 0) return;
  const transposed: Flat = (...cts) => linearTranspose(f, xs)([...cts]);
  const [u, v] = [directions(outs, 2), directions(outs, 3)];
  const pulled = transposed(...u);
  const [left, right] = [dot(outs, u), dot(xs, pulled)];
  const offset = dot(f(...xs.map((x) => mul(0, x))), u);
  expect(Math.abs(left - offset - right), `⟨A x, u⟩ = ${left - offset}, ⟨x, Aᵀ u⟩ = ${right}`).toBeLessThan(1e-10 * (1 + Math.abs(left)));
  const sum = transposed(...combined(2, u, -3, v));
  expectClose(sum, combined(2, pulled, -3, transposed(...v)), 1e-12, "linearity of the transpose");
}

describe("linearTranspose", () => {
  it.each(names.filter(isLinear))("%s: the adjoint identity, linearity", (name) => {
    fc.assert(
      fc.property(applications(name, "float64"), (application) => {
        for (const free of linearIn(application)) if (free.length > 0) expectAdjoint(application, free);
      }),
      runs(15, 300),
    );
  });

  it.each(["sin", "pow", "reduce_max", "sort"] as const)("%s is refused, for it is not linear", (name) => {
    const [application] = fc.sample(
      applications(name, "float64").filter(({ operands }) => operands[0].size > 1),
      { numRuns: 1, seed: 1 },
    );
    const { f, operands } = application;
    const transposed = linearTranspose((...xs: NDArray[]) => [...f(...xs)], [...operands]);
    expect(() => transposed(directions(f(...operands), 1))).toThrow(`applies ${name}, which is not linear`);
  });
});
