// Maps, conversions and the direct loops, against element-by-element formulas.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { highest, isFloat, lowest, typedArray } from "../../src/core/dtype.js";
import type { DType } from "../../src/core/dtype.js";
import { add, clamp, div, eq, ge, gt, le, lt, max, min, mul, ne, neg, selectN, sub } from "../../src/kernels/arithmetic.js";
import { convert, mapBinary, mapTernary, mapUnary } from "../../src/kernels/elementwise.js";
import { stored } from "../../src/kernels/host.js";
import type { HostArray } from "../../src/kernels/host.js";
import { anyDType, arrays, host, list, numberDType, shapes } from "./brute.js";

const arithmetic = { add, sub, mul, div, eq, ne, lt, le, gt, ge, max, min, neg, clamp, selectN };

const get = (x: HostArray, i: number): number => x.data[x.shape.length === 0 ? 0 : i];

// Operands of one shape, any of them a scalar; sizes pass the small path (32) and the chunk (2048).
const operands = (dtypes: fc.Arbitrary<DType>, count: number): fc.Arbitrary<HostArray[]> =>
  fc
    .tuple(dtypes, fc.oneof(shapes(), fc.constantFrom([33], [7, 11])))
    .chain(([dtype, shape]) =>
      fc.tuple(...Array.from({ length: count }, () => fc.boolean().chain((scalar) => arrays(dtype, scalar ? [] : shape)))),
    );

function expected(dtype: DType, xs: readonly HostArray[], f: (...values: number[]) => number): HostArray {
  const { shape, data } = xs.find((x) => x.shape.length > 0) ?? xs[0];
  return host(
    dtype,
    shape,
    Array.from(data, (_, i) => f(...xs.map((x) => get(x, i)))),
  );
}

test("maps of one, two and three operands, scalars broadcast", () => {
  fc.assert(
    fc.property(operands(anyDType, 3), ([x, y, z]) => {
      const [f, g, h] = [(a: number) => a / 2, (a: number, b: number) => a - 2 * b, (a: number, b: number, c: number) => (a > b ? a : c)];
      expect(mapUnary(x, f, "float64")).toEqual(expected("float64", [x], f));
      expect(mapBinary(x, y, g, "float32")).toEqual(expected("float32", [x, y], g));
      expect(mapTernary(x, y, z, h, x.dtype)).toEqual(expected(x.dtype, [x, y, z], h));
    }),
  );
});

test.each([32, 33, 2047, 2048, 2049, 5000])("%d elements, across chunks", (n) => {
  const x = host(
    "float32",
    [n],
    Array.from({ length: n }, (_, i) => i),
  );
  const half = host("float32", [], [0.5]);
  expect(arithmetic.add(x, half)).toEqual(expected("float32", [x, half], (a, b) => a + b));
  expect(mapBinary(half, x, (a, b) => a * b, "float64")).toEqual(expected("float64", [half, x], (a, b) => a * b));
  expect(arithmetic.sub(x, x)).toEqual(host("float32", [n], new Array<number>(n).fill(0)));
});

const store = (dtype: DType, value: bigint): number => typedArray(dtype, [Number(BigInt.asIntN(32, value))])[0];

const rules: Record<"add" | "sub" | "mul" | "div", [(a: number, b: number) => number, (a: bigint, b: bigint) => bigint]> = {
  add: [(a, b) => a + b, (a, b) => a + b],
  sub: [(a, b) => a - b, (a, b) => a - b],
  mul: [(a, b) => a * b, (a, b) => a * b],
  div: [(a, b) => a / b, (a, b) => (b === 0n ? -1n : a / b)],
};

test.each(["add", "sub", "mul", "div"] as const)("%s: floats round, integers wrap", (name) => {
  const [float, integer] = rules[name];
  fc.assert(
    fc.property(operands(numberDType, 2), ([x, y]) => {
      const of = isFloat(x.dtype) ? float : (a: number, b: number) => store(x.dtype, integer(BigInt(a), BigInt(b)));
      expect(arithmetic[name](x, y)).toEqual(expected(x.dtype, [x, y], of));
    }),
  );
});

test("on bool, add is or and mul is and", () => {
  const [x, y] = [host("bool", [4], [0, 0, 1, 1]), host("bool", [4], [0, 1, 0, 1])];
  expect(list(arithmetic.add(x, y))).toEqual([0, 1, 1, 1]);
  expect(list(arithmetic.mul(x, y))).toEqual([0, 0, 0, 1]);
});

const comparisons = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
} satisfies Record<string, (a: number, b: number) => boolean>;

test.each(["eq", "ne", "lt", "le", "gt", "ge"] as const)("%s", (name) => {
  fc.assert(
    fc.property(operands(anyDType, 2), ([x, y]) => {
      expect(arithmetic[name](x, y)).toEqual(expected("bool", [x, y], (a, b) => Number(comparisons[name](a, b))));
    }),
  );
});

test("max, min, neg and clamp", () => {
  fc.assert(
    fc.property(operands(anyDType, 3), ([x, y, z]) => {
      expect(arithmetic.max(x, y)).toEqual(expected(x.dtype, [x, y], Math.max));
      expect(arithmetic.min(x, y)).toEqual(expected(x.dtype, [x, y], Math.min));
      expect(arithmetic.clamp(x, y, z)).toEqual(expected(x.dtype, [x, y, z], (low, v, high) => Math.min(Math.max(low, v), high)));
    }),
  );
  expect(list(arithmetic.neg(host("int8", [3], [-128, 0, 5])))).toEqual([-128, 0, -5]);
  expect(list(arithmetic.neg(host("float32", [2], [0, 1])))).toEqual([-0, -1]);
});

test("selectN by bool and by int32", () => {
  fc.assert(
    fc.property(
      operands(anyDType, 2).chain(([x, y]) =>
        fc.tuple(fc.constant(x), fc.constant(y), arrays("bool", x.shape.length > 0 ? x.shape : y.shape)),
      ),
      ([x, y, which]) => {
        expect(arithmetic.selectN(which, x, y)).toEqual(expected(x.dtype, [which, x, y], (w, a, b) => (w === 0 ? a : b)));
      },
    ),
  );
  const cases = [1, 2, 3].map((v) => host("float32", [4], [v, v, v, v]));
  expect(list(arithmetic.selectN(host("int32", [4], [2, 0, 1, 9]), ...cases))).toEqual([3, 1, 2, 3]);
  expect(list(arithmetic.selectN(host("int32", [], [1]), ...cases))).toEqual([2, 2, 2, 2]);
});

test("convert: saturation from floats, wrapping between integers, bool is not zero", () => {
  fc.assert(
    fc.property(
      fc
        .tuple(anyDType, shapes(0, 2))
        .chain(([dtype, shape]) =>
          arrays(dtype, shape, isFloat(dtype) ? fc.oneof(fc.double(), fc.double({ min: -300, max: 300 })) : undefined),
        ),
      anyDType,
      (x, dtype) => {
        const of = (v: number): number => {
          if (dtype === "bool") return v !== 0 ? 1 : 0;
          if (isFloat(dtype)) return v;
          if (!isFloat(x.dtype)) return store(dtype, BigInt(v));
          return Number.isNaN(v) ? 0 : Math.trunc(Math.max(lowest(dtype), Math.min(v, highest(dtype))));
        };
        expect(convert(x, dtype)).toEqual(expected(dtype, [x], of));
      },
    ),
    { numRuns: 500 },
  );
  expect(convert(stored("float32", [3], [1.9, -300, NaN]), "int8")).toEqual(host("int8", [3], [1, -128, 0]));
});
