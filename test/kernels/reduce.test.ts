// Reductions and running folds against sums over indices.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { highest, isFloat, lowest, typedArray } from "../../src/core/dtype.js";
import { withoutAxes } from "../../src/core/shape.js";
import { cumlogsumexp, cummax, cummin, cumprod, cumsum } from "../../src/kernels/cumulative.js";
import type { HostArray } from "../../src/kernels/host.js";
import { argmax, argmin, reduceAnd, reduceMax, reduceMin, reduceOr, reduceProd, reduceSum, reduceXor } from "../../src/kernels/reduce.js";
import { anyDType, arithmeticValues, arrays, at, build, host, indicesOf, numberDType, shapes, wrapped } from "./brute.js";

// The elements of x that fold into `index` of the result.
const folded = (x: HostArray, axes: readonly number[], index: readonly number[]): number[] =>
  indicesOf(x.shape)
    .filter((full) => full.filter((_, k) => !axes.includes(k)).every((i, k) => i === index[k]))
    .map((full) => at(x, full));

const withAxes = (values: (dtype: HostArray["dtype"]) => fc.Arbitrary<number> | undefined, dtypes = anyDType, maxRank = 4) =>
  fc
    .tuple(dtypes, shapes(0, maxRank, 3))
    .chain(([dtype, shape]) => fc.tuple(arrays(dtype, shape, values(dtype)), fc.shuffledSubarray(shape.map((_, k) => k))));

function check(
  name: string,
  kernel: (x: HostArray, params: { axes: number[] }) => HostArray,
  of: (values: number[], x: HostArray) => number,
  cases = withAxes(() => undefined),
): void {
  test(`${name} of any axes`, () => {
    fc.assert(
      fc.property(cases, ([x, axes]) => {
        const expected = build(x.dtype, withoutAxes(x.shape, axes), (index) => of(folded(x, axes, index), x));
        expect(kernel(x, { axes })).toEqual(expected);
      }),
      { numRuns: 200 },
    );
  });
}

const plain = withAxes(arithmeticValues, numberDType);
// Products stay exact where the factors are powers of two.
const powers = withAxes((dtype) => (isFloat(dtype) ? fc.constantFrom(-2, -1, 0.5, 1, 2) : undefined), numberDType);
const integerFold =
  (step: (a: bigint, b: bigint) => bigint, start: bigint) =>
  (values: number[], x: HostArray): number =>
    wrapped(x.dtype, values.map(BigInt).reduce(step, start));

check("reduceSum", reduceSum, (v, x) => (isFloat(x.dtype) ? v.reduce((a, b) => a + b, 0) : integerFold((a, b) => a + b, 0n)(v, x)), plain);
check(
  "reduceProd",
  reduceProd,
  (v, x) => (isFloat(x.dtype) ? v.reduce((a, b) => a * b, 1) : integerFold((a, b) => a * b, 1n)(v, x)),
  powers,
);
check("reduceMax", reduceMax, (v, x) => v.reduce((a, b) => Math.max(a, b), lowest(x.dtype)));
check("reduceMin", reduceMin, (v, x) => v.reduce((a, b) => Math.min(a, b), highest(x.dtype)));

const bits = withAxes(() => undefined, fc.constantFrom("int32", "uint32", "int8", "uint8", "bool"));
const bitFold =
  (step: (a: bigint, b: bigint) => bigint, start: bigint) =>
  (v: number[], x: HostArray): number =>
    x.dtype === "bool" ? Number(v.map(BigInt).reduce(step, start) & 1n) : integerFold(step, start)(v, x);
check(
  "reduceAnd",
  reduceAnd,
  bitFold((a, b) => a & b, -1n),
  bits,
);
check(
  "reduceOr",
  reduceOr,
  bitFold((a, b) => a | b, 0n),
  bits,
);
check(
  "reduceXor",
  reduceXor,
  bitFold((a, b) => a ^ b, 0n),
  bits,
);

const bools = withAxes(() => undefined, fc.constant("bool"));
check("reduceSum of bool is or", reduceSum, (v) => Number(v.includes(1)), bools);
check("reduceProd of bool is and", reduceProd, (v) => Number(!v.includes(0)), bools);

test("a float32 sum does not lose small terms", () => {
  const x = host("float32", [100_000], new Array<number>(100_000).fill(0.1));
  expect(reduceSum(x, { axes: [0] }).data[0]).toBe(Math.fround(Math.fround(0.1) * 100_000));
});

for (const [name, kernel, beats] of [
  ["argmax", argmax, (a: number, b: number) => a > b],
  ["argmin", argmin, (a: number, b: number) => a < b],
] as const) {
  test(`${name}: the first of equals, NaN first`, () => {
    const cases = withAxes(() => undefined).filter(([x, axes]) => axes.length > 0 && x.shape[axes[0]] > 0);
    fc.assert(
      fc.property(cases, ([x, [axis]]) => {
        const expected = build("int32", withoutAxes(x.shape, [axis]), (index) => {
          const values = folded(x, [axis], index);
          const nan = values.findIndex((v) => Number.isNaN(v));
          return nan >= 0 ? nan : values.findIndex((v) => !values.some((w) => beats(w, v)));
        });
        expect(kernel(x, { axes: [axis] })).toEqual(expected);
      }),
    );
  });
}

const scans: [
  string,
  (x: HostArray, p: { axis: number; reverse?: boolean }) => HostArray,
  (v: number[], x: HostArray) => number,
  fc.Arbitrary<[HostArray, number[]]>,
][] = [
  ["cumsum", cumsum, (v, x) => (isFloat(x.dtype) ? v.reduce((a, b) => a + b, 0) : integerFold((a, b) => a + b, 0n)(v, x)), plain],
  ["cumprod", cumprod, (v, x) => (isFloat(x.dtype) ? v.reduce((a, b) => a * b, 1) : integerFold((a, b) => a * b, 1n)(v, x)), powers],
  ["cummax", cummax, (v) => Math.max(...v), withAxes(() => undefined)],
  ["cummin", cummin, (v) => Math.min(...v), withAxes(() => undefined)],
];

for (const [name, kernel, of, cases] of scans) {
  test(`${name} in both directions`, () => {
    fc.assert(
      fc.property(
        cases.filter(([, axes]) => axes.length > 0),
        fc.boolean(),
        ([x, [axis]], reverse) => {
          const expected = build(x.dtype, x.shape, (index) => {
            const taken = Array.from({ length: x.shape[axis] }, (_, i) => i).filter((i) => (reverse ? i >= index[axis] : i <= index[axis]));
            return of(
              taken.map((i) => at(x, index.with(axis, i))),
              x,
            );
          });
          expect(kernel(x, { axis, reverse })).toEqual(expected);
        },
      ),
      { numRuns: 200 },
    );
  });
}

test("cumlogsumexp", () => {
  const values = [0, 1, -Infinity, 5, -800];
  const result = cumlogsumexp(host("float64", [5], values), { axis: 0 }).data;
  values.forEach((_, i) => expect(result[i]).toBeCloseTo(Math.log(values.slice(0, i + 1).reduce((s, v) => s + Math.exp(v), 0)), 14));
  const huge = cumlogsumexp(host("float64", [2], [1000, 1000]), { axis: 0, reverse: true }).data;
  expect(Array.from(huge)).toEqual([1000 + Math.LN2, 1000]);
  const nothing = cumlogsumexp(host("float32", [3], [-Infinity, Infinity, NaN]), { axis: 0 }).data;
  expect(nothing).toEqual(typedArray("float32", [-Infinity, Infinity, NaN]));
});

test("argmax and argmin stop at the first of several NaNs", () => {
  const x = host("float32", [2, 5], [1, NaN, 3, NaN, Infinity, NaN, -Infinity, NaN, 0, 1]);
  expect(argmax(x, { axes: [1] })).toEqual(host("int32", [2], [1, 0]));
  expect(argmin(x, { axes: [1] })).toEqual(host("int32", [2], [1, 0]));
  expect(argmin(x, { axes: [0] })).toEqual(host("int32", [5], [1, 0, 1, 0, 1]));
});
