// Random programs of up to 30 equations: compiled as eager, mapped as looped, forward as reverse mode.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { checkJaxpr } from "../../src/core/check.js";
import { type DType, dtypes, isFloat } from "../../src/core/dtype.js";
import { checkpoint } from "../../src/transform/checkpoint.js";
import { jit } from "../../src/transform/jit.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { vmap } from "../../src/transform/vmap.js";
import {
  directions,
  dot,
  elements,
  exampleOf,
  expectClose,
  expectEqualProducts,
  expectSame,
  forward,
  onlyFloats,
  reverse,
  stackAt,
} from "./measure.js";
import { type Program, programs } from "./program.js";
import { runs } from "./settings.js";

// Between the two float types a derivative is rounded to the narrower one, so derivatives are compared in one of them.
const exact: readonly DType[] = ["float64", "int32", "uint8", "bool"];

const SUITE = 40;
const LONG = 5000;

const activeOf = (xs: readonly NDArray[]): number[] => xs.flatMap((x, i) => (isFloat(x.dtype) ? [i] : []));

/** Runs `body` on the differentiable part of a program, if it has one: floats in, floats out. */
function differentiated(
  program: Program,
  body: (f: (...xs: NDArray[]) => NDArray[], active: readonly number[], outs: readonly NDArray[]) => void,
): void {
  const f = (...xs: NDArray[]): NDArray[] => [...onlyFloats(program.run)(...xs)];
  const active = activeOf(program.inputs);
  const outs = f(...program.inputs);
  if (active.length > 0 && outs.length > 0) body(f, active, outs);
}

describe("random programs", () => {
  it("give the same bits compiled as eager, and pass the checker", () => {
    fc.assert(
      fc.property(programs(dtypes), (program) => {
        const eager = program.run(...program.inputs);
        expectSame(jit(program.run)(...program.inputs), eager, "compiled against eager");
        expectSame(jit(jit(program.run))(...program.inputs), eager, "compiled twice against eager");
        checkJaxpr(makeJaxpr(program.run)(...program.inputs).jaxpr);
      }),
      runs(SUITE, LONG),
    );
  });

  it("give over a batch what they give in a loop", () => {
    fc.assert(
      fc.property(programs(dtypes), fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), (program, choice) => {
        const { inputs, others } = program;
        // At least the first input is mapped; along its last axis where it is mapped.
        const dims = inputs.map((x, i) => (i === 0 || choice[i] ? x.ndim : null));
        const xs = inputs.map((x, i) => (dims[i] === null ? x : stackAt([x, others[i]], x.ndim)));
        const looped = [0, 1].map((n) =>
          program.run(
            ...xs.map((x, i) => {
              const dim = dims[i];
              return dim === null ? x : exampleOf(x, dim, n);
            }),
          ),
        );
        const expected = looped[0].map((_, k) => stackAt([looped[0][k], looped[1][k]], 0));
        expectClose(vmap(program.run, { inAxes: dims })(...xs), expected, 0, "vmap against a loop");
        expectSame(jit(vmap(program.run, { inAxes: dims }))(...xs), vmap(program.run, { inAxes: dims })(...xs), "compiled vmap");
        expectSame(vmap(jit(program.run), { inAxes: dims })(...xs), vmap(program.run, { inAxes: dims })(...xs), "vmap of compiled");
      }),
      runs(SUITE, LONG),
    );
  });

  it("have the same derivative forwards and backwards, and twice", () => {
    fc.assert(
      fc.property(programs(exact), (program) => {
        differentiated(program, (f, active, outs) => {
          const { inputs } = program;
          const [dxs, cts] = [directions(inputs, 1), directions(outs, 2)];
          const along = active.map((i) => dxs[i]);
          const pulled = reverse(f, inputs, cts, active);
          expectEqualProducts(dot(forward(f, inputs, dxs, active), cts), dot(along, pulled));
          const gradient = (...xs: readonly NDArray[]): readonly NDArray[] => reverse(f, xs, cts, active);
          const [dys, weights] = [directions(inputs, 3), directions(pulled, 4)];
          const second = dot(forward(gradient, inputs, dys, active), weights);
          expectEqualProducts(
            second,
            dot(
              active.map((i) => dys[i]),
              reverse(gradient, inputs, weights, active),
            ),
            " of the gradient",
          );
          expect(pulled.flatMap(elements).every(Number.isFinite), "a finite gradient").toBe(true);
        });
      }),
      runs(SUITE, LONG),
    );
  });

  it("have the same gradient through jit and checkpoint as without", () => {
    fc.assert(
      fc.property(programs(exact), (program) => {
        differentiated(program, (f, active, outs) => {
          const { inputs } = program;
          const cts = directions(outs, 2);
          const expected = reverse(f, inputs, cts, active);
          expectClose(reverse(jit(f), inputs, cts, active), expected, 1e-12, "gradient through jit");
          expectClose(reverse(checkpoint(f), inputs, cts, active), expected, 1e-12, "gradient through checkpoint");
          expectClose(reverse(checkpoint(jit(f)), inputs, cts, active), expected, 1e-12, "gradient through checkpoint of jit");
          const compiled = jit((...xs: NDArray[]) => [...reverse(f, xs, cts, active)]);
          expectSame(compiled(...inputs), expected, "compiled gradient");
        });
      }),
      runs(SUITE, LONG),
    );
  });

  it("are long enough, and of many dtypes", () => {
    const drawn = fc.sample(programs(dtypes), { numRuns: 100, seed: 5 });
    const equations = drawn.map((program) => makeJaxpr(program.run)(...program.inputs).jaxpr.equations);
    expect(Math.max(...equations.map((list) => list.length))).toBeGreaterThanOrEqual(30);
    const used = new Set(equations.flat().map((equation) => equation.primitive.name));
    expect(used.size).toBeGreaterThan(40);
  });
});
