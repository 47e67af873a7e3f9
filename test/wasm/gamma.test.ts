// Gamma samples and their derivatives in vectors, against the reference: the same keys must give the same draws, whatever the
// neighbours in the vector do, and the values agree to rounding.

import { describe, expect, it } from "vitest";
import type { DType } from "../../src/core/dtype.js";
import { epsilon } from "../../src/core/dtype.js";
import { checkLoops } from "../../src/loop/check.js";
import type { PointwiseOp } from "../../src/loop/ir.js";
import { type Case, Compiled, meaning, pointwiseCase } from "./nests.js";

const float = ["float32", "float64"] as const;
const SAMPLES = 3000;

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0);
}
const random = generator(7);
const list = (make: (i: number) => number, count = SAMPLES): number[] => Array.from({ length: count }, (_, i) => make(i));

/** Parameters from tiny to large, and those that have no sample or a limiting one. */
const alphas = list((i) => [NaN, -1, 0, 1, 1 / 3, Infinity, 1e-30][i] ?? Math.exp((random() / 2 ** 32) * 16 - 6));
const words = [list(() => random()), list(() => random())];

/**
 * Within the tolerance, but for a few that lose digits: a cube (1 + c x)³ near 0 keeps few of those of x. These stay within
 * 1,000 times as much, which another draw would not.
 */
function expectClose(of: Case, tolerance: number): void {
  const found = new Compiled(of).run(3);
  const expected = meaning(of);
  of.buffers.forEach(({ role }, b) => {
    if (role !== "output") return;
    let few = 0;
    expected[b].forEach((y, i) => {
      const x = found[b][i];
      const error = Object.is(x, y) ? 0 : Math.abs(x - y) / Math.max(1e-30, Math.abs(y));
      if (error <= tolerance) return;
      few++;
      if (error <= 1000 * tolerance) return;
      expect.fail(`element ${i}, of ${[...of.data.values()].map((data) => data[i]).join(", ")}: ${x}, expected ${y}`);
    });
    expect(few).toBeLessThan(SAMPLES / 500);
  });
}

describe.each(float)("of %s", (dtype) => {
  const tolerance = 64 * epsilon(dtype);

  it.each(["random_gamma", "log_random_gamma"] as const)("%s draws as the reference does", (op) => {
    expectClose(pointwiseCase(op, ["uint32", "uint32", dtype], dtype, [...words, alphas], false), tolerance);
  });

  it.each(["random_gamma_grad", "log_random_gamma_grad"] as const)("%s is the reference's", (op) => {
    const samples = Array.from(alphas, (a, i) => {
      const quantile = a + (((i * 37) % 100) / 50 - 1) * 2 * Math.sqrt(a);
      const x = quantile > 0 ? quantile : Math.exp(-((i % 20) + 1) / a);
      return op === "random_gamma_grad" ? x : Math.log(x);
    });
    const special = [0, -1, NaN, Infinity];
    const columns = [alphas, samples.map((x, i) => (i >= 20 && i < 24 ? special[i - 20] : x))];
    expectClose(pointwiseCase(op, [dtype, dtype], dtype, columns, false), dtype === "float32" ? 4e-6 : 1e-13);
  });

  it("ends beside any neighbour", () => {
    const odd = [NaN, -1, -1e9, -1e17, -1e300, -Infinity, Infinity, 0, -0, 1e-310, 1e300, 5e-324];
    const a = odd.flatMap((x) => [2.5, x, x, 0.5]);
    const y = odd.flatMap((x) => [1.5, 1, x, x]);
    const ones = a.map((_, i) => i);
    for (const op of ["random_gamma_grad", "log_random_gamma_grad"] as const)
      expectClose(pointwiseCase(op, [dtype, dtype], dtype, [a, y], false), dtype === "float32" ? 4e-6 : 1e-13);
    for (const op of ["random_gamma", "log_random_gamma"] as const)
      expectClose(pointwiseCase(op, ["uint32", "uint32", dtype], dtype, [ones, ones, a], false), tolerance);
  });

  it("does not depend on the neighbours in a vector", () => {
    const op: PointwiseOp = "random_gamma";
    const types: readonly DType[] = ["uint32", "uint32", dtype];
    const all = new Compiled(pointwiseCase(op, types, dtype, [...words, alphas], false)).run(1);
    const shifted = [...words, alphas].map((column) => column.slice(1));
    const later = new Compiled(pointwiseCase(op, types, dtype, shifted, false)).run(1);
    const result = (buffers: typeof all): number[] => Array.from(buffers[buffers.length - 1]);
    expect(result(later)).toEqual(result(all).slice(1));
  });
});

it("refuses words that are none", () => {
  const { buffers, nest } = pointwiseCase("random_gamma", ["int32", "uint32", "float32"], "float32", [[1], [2], [0.5]], false);
  expect(() => checkLoops({ buffers, steps: [nest] })).toThrow("two words and a floating-point number");
});
