import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { DTypeError, ShapeError } from "../../src/core/errors.js";
import { cumlogsumexp, cummax, cummin, cumprod, cumsum } from "../../src/ops/cumulative.js";
import { type RunningOptions, linearRecurrence } from "../../src/ops/recurrence.js";
import { instantiate, jvpFlat } from "../../src/transform/jvp.js";
import { vjpFlat } from "../../src/transform/vjp.js";
import { type Flat, arrayOf, elements, expectBatched, expectDerivatives, random } from "./rules.js";

type Running = (x: NDArray, axis?: number, options?: RunningOptions) => NDArray;

const folds: readonly [name: string, f: Running, of: (xs: readonly number[]) => number][] = [
  ["cumsum", cumsum, (xs) => xs.reduce((a, b) => a + b, 0)],
  ["cumprod", cumprod, (xs) => xs.reduce((a, b) => a * b, 1)],
  ["cummax", cummax, (xs) => Math.max(...xs)],
  ["cummin", cummin, (xs) => Math.min(...xs)],
  ["cumlogsumexp", cumlogsumexp, (xs) => Math.log(xs.reduce((a, b) => a + Math.exp(b), 0))],
];

const list = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 1, maxLength: 9 });
const gradient = (f: (x: NDArray) => NDArray, x: NDArray, cts: readonly number[]): number[] =>
  elements(instantiate(vjpFlat("test", (y) => [f(y)], [x], [true]).pullback([arrayOf(x.dtype, cts, x.shape)])[0]));

describe.each(folds)("%s", (name, f, of) => {
  it("folds what came before", () => {
    fc.assert(
      fc.property(list, (xs) => {
        const x = arrayOf("float64", xs);
        elements(f(x)).forEach((y, i) => expect(y).toBeCloseTo(of(xs.slice(0, i + 1)), 10));
        elements(f(x, 0, { reverse: true })).forEach((y, i) => expect(y).toBeCloseTo(of(xs.slice(i)), 10));
      }),
    );
  });

  it("runs along the axis that is named", () => {
    const x = random([2, 3, 2], 5);
    const rows = elements(x);
    elements(f(x, -2)).forEach((y, at) => {
      const [o, r, i] = [Math.floor(at / 6), Math.floor(at / 2) % 3, at % 2];
      expect(y).toBeCloseTo(of([0, 1, 2].slice(0, r + 1).map((k) => rows[o * 6 + k * 2 + i])), 10);
    });
    expect(f(random([0, 2], 1), 0).shape).toEqual([0, 2]);
  });

  it("has derivatives of three orders, in both directions", () => {
    expectDerivatives((x) => [f(x)], [random([5], 3, 2)], 3);
    expectDerivatives((x) => [f(x, 1, { reverse: true })], [random([2, 4, 2], 7, 2)]);
    expectDerivatives((x) => [f(x, 0)], [random([0], 1)]);
    expectDerivatives((x) => [f(x, 0)], [random([1], 1)]);
  });

  it("batches, and so do its derivatives", () => {
    const x = random([2, 3, 4], 9);
    const tangent: Flat = (y, dy) => jvpFlat("test", (z) => [f(z, 1)], [y], [dy])[1] as NDArray[];
    for (const dim of [0, 1, 2]) {
      expectBatched((y) => [f(y, 1), f(y, 0, { reverse: true })], [x], [dim]);
      expectBatched(tangent, [x, random([2, 3, 4], 8)], [dim, dim]);
    }
    expectBatched(tangent, [random([3, 4], 2), x], [null, 0]);
  });

  it("refuses what does not fit", () => {
    expect(() => f(random([2, 3]), 2)).toThrow(ShapeError);
    expect(() => f(random([2, 3]), 2)).toThrow(`${name}: expected an integer axis from -2 to 1, got axis 2`);
    expect(() => f(random([]))).toThrow("a scalar has none");
    expect(() => f(arrayOf("bool", [1, 0]))).toThrow(DTypeError);
  });
});

describe("values", () => {
  it("wrap for integers", () => {
    expect(elements(cumsum(arrayOf("uint8", [200, 100])))).toEqual([200, 44]);
    expect(elements(cumprod(arrayOf("int32", [65536, 65537])))).toEqual([65536, 65536]);
    expect(elements(cummax(arrayOf("int8", [-128, 3, -4])))).toEqual([-128, 3, 3]);
    expect(() => cumlogsumexp(arrayOf("int32", [1]))).toThrow("cumlogsumexp: expected a floating-point dtype, got int32[1]");
  });

  it("keep NaN from where it came", () => {
    const x = arrayOf("float64", [1, NaN, 2]);
    for (const [, f] of folds) expect(elements(f(x)).map(Number.isNaN)).toEqual([false, true, true]);
  });

  it("do not overflow in cumlogsumexp", () => {
    expect(elements(cumlogsumexp(arrayOf("float64", [1000, 1000])))).toEqual([1000, 1000 + Math.LN2]);
    expect(elements(cumlogsumexp(arrayOf("float64", [-Infinity, -Infinity, 1])))).toEqual([-Infinity, -Infinity, 1]);
  });
});

describe("derivatives at awkward points", () => {
  it("of cumprod are exact at zeros", () => {
    expectDerivatives((x) => [cumprod(x)], [arrayOf("float64", [2, 0, 3, 0, 5])], 3);
    expect(gradient(cumprod, arrayOf("float64", [2, 0, 3]), [0, 0, 1])).toEqual([0, 6, 0]);
  });

  it("of cummax and cummin go to the first of equals, whole", () => {
    const x = arrayOf("float64", [1, 3, 3, 2, 3, 4]);
    expect(gradient(cummax, x, [1, 1, 1, 1, 1, 1])).toEqual([1, 4, 0, 0, 0, 1]);
    expect(gradient((y) => cummax(y, 0, { reverse: true }), arrayOf("float64", [3, 1, 3]), [1, 1, 1])).toEqual([0, 0, 3]);
    expect(gradient(cummin, arrayOf("float64", [2, 1, 1, 5]), [1, 1, 1, 1])).toEqual([1, 3, 0, 0]);
  });

  it("of cummax flow to an infinity or a NaN that stays", () => {
    expect(gradient(cummax, arrayOf("float64", [-Infinity, -Infinity, 1]), [1, 1, 1])).toEqual([2, 0, 1]);
    expect(gradient(cummax, arrayOf("float64", [1, NaN, 2]), [1, 1, 1])).toEqual([1, 2, 0]);
  });

  it("of cumlogsumexp are zero for −∞ and keep the rest", () => {
    const masked = arrayOf("float64", [-Infinity, -Infinity, 1, -Infinity, 1]);
    const pulled = (x: NDArray): NDArray =>
      instantiate(vjpFlat("test", (y) => [cumlogsumexp(y)], [x], [true]).pullback([random([5], 4)])[0]);
    gradient(cumlogsumexp, masked, [1, 1, 1, 1, 1]).forEach((v, i) => expect(v).toBeCloseTo([0, 0, 2.5, 0, 0.5][i], 12));
    expectDerivatives((x) => [pulled(x)], [masked], 2);
    expect(gradient(cumlogsumexp, arrayOf("float64", [1, Infinity, 2]), [1, 1, 1])).toEqual([1, 2, 0]);
    gradient(cumlogsumexp, arrayOf("float64", [1000, 1000]), [0, 1]).forEach((v) => expect(v).toBeCloseTo(0.5, 12));
  });
});

describe("linearRecurrence", () => {
  const [a, b] = [random([3, 4], 1), random([3, 4], 2)];

  it("computes t = a t + b, and does not read the first factor", () => {
    expect(elements(linearRecurrence(arrayOf("float64", [NaN, 2, 3]), arrayOf("float64", [1, 1, 1])))).toEqual([1, 3, 10]);
    expect(elements(linearRecurrence(arrayOf("float64", [2, 3, NaN]), arrayOf("float64", [1, 1, 1]), 0, { reverse: true }))).toEqual([
      9, 4, 1,
    ]);
  });

  it("has derivatives of three orders in both operands", () => {
    expectDerivatives((x, y) => [linearRecurrence(x, y, 1)], [a, b], 3);
    expectDerivatives((x, y) => [linearRecurrence(x, y, 0, { reverse: true })], [a, b]);
  });

  it("batches", () => {
    expectBatched((x, y) => [linearRecurrence(x, y, 0)], [a, b], [0, 0]);
    expectBatched((x, y) => [linearRecurrence(x, y, 0)], [a, random([4, 3], 5)], [1, 0]);
    expectBatched((x, y) => [linearRecurrence(x, y, 0)], [random([4], 3), b], [null, 0]);
  });

  it("refuses what does not fit", () => {
    expect(() => linearRecurrence(a, random([4]))).toThrow(
      "linearRecurrence: expected factors and summands of one shape, got float64[3,4] and float64[4]",
    );
    expect(() => linearRecurrence(arrayOf("int32", [1]), arrayOf("int32", [1]))).toThrow(DTypeError);
  });
});
