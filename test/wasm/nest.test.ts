// Random nests as WebAssembly against the interpreter of the loop IR, for every dtype: in one range, and cut into two,
// three and as many as there are, with the same bits each time, and without a byte written outside of what the nest stores.
// Integers, bools, and all that is no sum or product have the interpreter's bits; sums are off by less than 2⁻²⁰ of the sum
// of magnitudes in float32 (up to 64 terms are added in float32, each addition off by 2⁻²⁴) and 2⁻⁴⁸ in float64.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DType, type TypedArray, dtypes, isFloat, typedArray } from "../../src/core/dtype.js";
import { sizeOf } from "../../src/core/shape.js";
import { runs } from "../property/settings.js";
import { type DrawnNest, nests } from "./drawnNests.js";
import { type Case, Compiled, meaning, sameBits } from "./nests.js";

/** How far an element may be off, relative to 1 and itself. */
function toleranceOf({ nest, buffers }: Case, b: number): number {
  const store = nest.stores.find((s) => s.access.buffer === b);
  const { dtype } = buffers[b];
  if (!isFloat(dtype) || store === undefined || (store.reduction !== "sum" && store.reduction !== "prod")) return 0;
  const magnitude = store.reduction === "sum" ? 1.25 ** 3 * sizeOf(nest.sizes) + 70 * sizeOf(nest.sizes) : sizeOf(nest.sizes);
  return magnitude * (dtype === "float32" ? 2 ** -22 : 2 ** -50);
}

function expectNest({ of }: DrawnNest): void {
  const compiled = new Compiled(of);
  const found = compiled.run(1);
  const expected = meaning(of);
  for (const { access } of of.nest.stores) {
    const { buffer } = access;
    const tolerance = toleranceOf(of, buffer);
    for (const i of placesOf(access.offset, access.strides, of.nest.sizes)) {
      const [x, y] = [found[buffer][i], expected[buffer][i]];
      if (Object.is(x, y) || Math.abs(x - y) <= tolerance * (1 + Math.abs(y))) continue;
      expect.fail(`%${buffer}[${i}]: ${x}, expected ${y} within ${tolerance}`);
    }
  }
  for (const cuts of [2, 3, compiled.extent]) expect(sameBits(compiled.run(cuts), found), `${cuts} ranges`).toBe(true);
}

/** The elements that a nest stores to. (All others keep their bytes: equal in all runs, and watched past the ends.) */
function placesOf(offset: number, strides: readonly number[], sizes: readonly number[]): Set<number> {
  let places = new Set([offset]);
  sizes.forEach((n, k) => {
    places = new Set([...places].flatMap((p) => Array.from({ length: strides[k] === 0 ? 1 : n }, (_, i) => p + i * strides[k])));
  });
  return places;
}

const dropEmpty = (drawn: DrawnNest): boolean => !drawn.plan.sizes.includes(0);

describe("random nests", () => {
  it.each(dtypes)("of %s", (dtype: DType) => {
    fc.assert(fc.property(nests([dtype]).filter(dropEmpty), expectNest), runs(60, 5000));
  });
});

describe("rows of every length", () => {
  it.each(dtypes)("of %s, copied, shifted and summed", (dtype: DType) => {
    for (let n = 1; n <= 70; n++) {
      const access = (buffer: number, offset: number, strides: readonly number[]) => ({ buffer, offset, strides });
      const data = new Map([[0, numbers(dtype, 3 * n + 1)]]);
      const reduction = dtype === "bool" ? ("or" as const) : ("sum" as const);
      const of: Case = {
        buffers: [
          { dtype, size: 3 * n + 1, role: "argument" },
          { dtype, size: 3 * n, role: "output" },
          { dtype, size: 3, role: "output" },
        ],
        data,
        nest: {
          kind: "nest",
          sizes: [3, n],
          nodes: [
            { kind: "load", access: access(0, 1, [n, 1]), dtype },
            { kind: "load", access: access(0, n - 1, [n, -1]), dtype },
            { kind: "apply", op: "max", args: [0, 1], dtype },
          ],
          stores: [
            { node: 2, access: access(1, 0, [n, 1]) },
            { node: 2, access: access(2, 0, [1, 0]), reduction },
          ],
        },
      };
      const [found, expected] = [new Compiled(of).run(1), meaning(of)];
      // The numbers are small and whole: their sums are exact in every dtype and order.
      expect(sameBits(found, expected), `rows of ${n}`).toBe(true);
      const columns: Case = {
        ...of,
        buffers: of.buffers.with(2, { dtype, size: n, role: "output" }),
        nest: {
          ...of.nest,
          stores: [
            { node: 2, access: access(2, 0, [0, 1]), reduction },
            { node: 2, access: access(1, 0, [n, 1]) },
          ],
        },
      };
      expect(sameBits(new Compiled(columns).run(1), meaning(columns)), `columns, ${n} of them`).toBe(true);
    }
  });
});

function numbers(dtype: DType, count: number): TypedArray {
  return typedArray(
    dtype,
    Array.from({ length: count }, (_, i) => (dtype === "bool" ? i % 2 : (i * 7) % 13)),
  );
}
