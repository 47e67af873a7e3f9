import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { ShapeError } from "../../src/core/errors.js";
import { sizeOf } from "../../src/core/shape.js";
import { jit } from "../../src/transform/jit.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { einsum } from "../../src/numpy/einsum.js";
import "../../src/install.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "../ops/rules.js";
import { flatOf, tuples } from "./naiveIndexing.js";

const filled = (shape: readonly number[], seed: number): NDArray =>
  arrayOf(
    "int32",
    Array.from({ length: sizeOf(shape) }, (_, i) => ((i * 7 + seed * 3) % 5) - 2),
    shape,
  );

/** One loop for each letter. */
function naive(terms: readonly string[], output: string, xs: readonly NDArray[]): { shape: number[]; values: number[] } {
  const letters = [...new Set(terms.join(""))];
  const size = (letter: string): number =>
    Math.max(...terms.flatMap((term, i) => [...term].flatMap((other, axis) => (other === letter ? [xs[i].shape[axis]] : []))));
  const summed = letters.filter((letter) => !output.includes(letter));
  const data = xs.map(elements);
  const shape = [...output].map(size);
  const values = tuples(shape).map((outer) =>
    tuples(summed.map(size)).reduce((sum, inner) => {
      const of = (letter: string): number => (output.includes(letter) ? outer[output.indexOf(letter)] : inner[summed.indexOf(letter)]);
      const factors = terms.map(
        (term, i) =>
          data[i][
            flatOf(
              xs[i].shape,
              [...term].map((letter, axis) => (xs[i].shape[axis] === 1 ? 0 : of(letter))),
            )
          ],
      );
      return sum + factors.reduce((a, b) => a * b, 1);
    }, 0),
  );
  return { shape, values };
}

const cases = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 4, maxLength: 4 }),
    terms: fc.array(fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 4 }), { minLength: 1, maxLength: 7 }),
    kept: fc.shuffledSubarray(["a", "b", "c", "d"]),
    seed: fc.nat(20),
  })
  .map(({ sizes, terms, kept, seed }) => {
    const words = terms.map((term) => term.join(""));
    const output = kept.filter((letter) => words.some((word) => word.includes(letter))).join("");
    const xs = words.map((word, i) =>
      filled(
        [...word].map((letter) => sizes["abcd".indexOf(letter)]),
        seed + i,
      ),
    );
    return { words, output, xs };
  });

const deep = process.env["COTANGENT_DEEP"] === "1";

describe("einsum", () => {
  it("agrees with one loop for each letter, eagerly and under jit", () => {
    fc.assert(
      fc.property(cases, ({ words, output, xs }) => {
        const subscripts = `${words.join(",")}->${output}`;
        const { shape, values } = naive(words, output, xs);
        const got = einsum(subscripts, ...xs);
        expect(got.shape).toEqual(shape);
        expect(elements(got)).toEqual(values);
        expect(elements(jit((ys: NDArray[]) => einsum(subscripts, ...ys))(xs))).toEqual(values);
      }),
      { numRuns: deep ? 2000 : 100 },
    );
  });

  it("broadcasts axes of size 1, under a letter as under an ellipsis", () => {
    const [x, y] = [filled([2, 1], 1), filled([3, 4], 2)];
    const { values } = naive(["ij", "jk"], "ik", [x, y]);
    expect(elements(einsum("ij,jk->ik", x, y))).toEqual(values);
    const z = naive(["ab", "ab"], "ab", [filled([1, 3], 1), filled([2, 3], 2)]);
    expect(elements(einsum("...,...", filled([1, 3], 1), filled([2, 3], 2)))).toEqual(z.values);
    expect(elements(einsum("ab,ab->ab", filled([1, 3], 1), filled([2, 3], 2)))).toEqual(z.values);
  });

  it("understands ellipses that hide different numbers of axes", () => {
    const [x, y] = [filled([5, 2, 3], 1), filled([4, 5, 3, 2], 2)];
    const { shape, values } = naive(["bij", "abjk"], "abik", [x, y]);
    const got = einsum("...ij,...jk", x, y);
    expect([got.shape, elements(got)]).toEqual([shape, values]);
    expect(einsum("...ij,...jk->ik...", x, y).shape).toEqual([2, 2, 4, 5]);
    expect(einsum("i...->...", filled([2, 3], 1)).shape).toEqual([3]);
    expect(einsum("ij...,jk", filled([2, 3], 1), filled([3, 4], 1)).shape).toEqual([2, 4]);
  });

  it("orders an implicit result by the alphabet", () => {
    expect(einsum("ba", filled([2, 3], 1)).shape).toEqual([3, 2]);
    expect(einsum("bA", filled([2, 3], 1)).shape).toEqual([3, 2]);
    expect(einsum(" i j , j k ", filled([2, 3], 1), filled([3, 4], 2)).shape).toEqual([2, 4]);
    expect(einsum("ii", arrayOf("float32", [1, 2, 3, 4], [2, 2])).item()).toBe(5);
    expect(einsum("ii->i", arrayOf("float32", [1, 2, 3, 4], [2, 2])).toArray()).toEqual([1, 4]);
    expect(einsum("iii->i", filled([3, 3, 3], 1)).shape).toEqual([3]);
    expect(einsum("ii->i", filled([0, 0], 1)).shape).toEqual([0]);
    expect(einsum("ii->i", filled([1, 1], 1)).shape).toEqual([1]);
  });

  it("is one dot product for two operands, and contracts the cheap pair first", () => {
    const program = String(makeJaxpr((x: NDArray, y: NDArray) => einsum("bij,bjk->bik", x, y))(filled([5, 2, 3], 1), filled([5, 3, 4], 2)));
    expect(program.match(/ = /g)).toHaveLength(1);
    expect(program).toContain("dimension_numbers=(([2], [1]), ([0], [0]))");
    const chain = String(
      makeJaxpr((x: NDArray, y: NDArray, v: NDArray) => einsum("ij,jk,k->i", x, y, v))(
        filled([50, 40], 1),
        filled([40, 30], 2),
        filled([30], 3),
      ),
    );
    expect(chain).toContain("d:i32[40] = dot_general");
    expect(chain).not.toContain("i32[50,30]");
  });

  it("differentiates and batches", () => {
    expectDerivatives((x, y) => [einsum("bij,bkj->bik", x, y)], [random([2, 2, 3], 1), random([2, 2, 3], 2)]);
    expectDerivatives((x) => [einsum("iij->ij", x), einsum("iij->j", x)], [random([3, 3, 2], 3)]);
    expectDerivatives((x, y, z) => [einsum("ij,jk,ki->", x, y, z)], [random([2, 3], 4), random([3, 2], 5), random([2, 2], 6)]);
    expectDerivatives((x, y) => [einsum("ij,jk->ik", x, y), einsum("ij,ij->i", x, x)], [random([2, 1], 7), random([3, 2], 8)]);
    expectBatched((x, y) => [einsum("ij,jk->ki", x, y)], [random([4, 2, 3], 9), random([3, 4, 2], 10)], [0, 1]);
  });

  it("keeps the dtype of integers and bool, and promotes", () => {
    expect(einsum("i,i", filled([3], 1), filled([3], 2)).dtype).toBe("int32");
    expect(einsum("i,i->i", arrayOf("bool", [1, 0]), arrayOf("bool", [1, 1])).toArray()).toEqual([true, false]);
    expect(einsum("i,i", filled([3], 1), arrayOf("float64", [1, 2, 3])).dtype).toBe("float64");
  });

  it("explains what is wrong with subscripts", () => {
    const [x, y] = [filled([2, 3], 1), filled([4, 5], 2)];
    const message = (subscripts: string, ...xs: NDArray[]): string => {
      try {
        einsum(subscripts, ...xs);
      } catch (error) {
        expect(error).toBeInstanceOf(ShapeError);
        return String(error);
      }
      return "nothing thrown";
    };
    expect(message("ij,jk", x, y)).toContain(
      'label "j" of one size wherever it stands in "ij,jk", got size 3 in operand 0, int32[2,3], and size 4 in operand 1',
    );
    expect(message("ii", x)).toContain("size 2 in operand 0");
    expect(message("...ij,...jk", filled([2, 1, 3], 1), filled([4, 3, 1], 1))).toContain('the axes of "..."');
    expect(message("ij->ik", x)).toContain('"k" after "->"');
    expect(message("ij->ii", x)).toContain('"i" twice');
    expect(message("ij", x, y)).toContain("2 terms");
    expect(message("ijk", x)).toContain("3 axes of operand 0");
    expect(message("i1", x)).toContain('"1"');
    expect(message("ij->i->j", x)).toContain('one "->"');
    expect(message("......", x)).toContain("at most once");
    expect(message("...j->j", x)).toContain('"..." after "->"');
  });
});
