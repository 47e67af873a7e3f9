// The promotion lattice for all pairs, what literals become, and the limits of each element type.

import { describe, expect, test } from "vitest";
import {
  type DType,
  bytesOf,
  checkDType,
  dtypes,
  epsilon,
  highest,
  isDType,
  isFloat,
  isInteger,
  isSigned,
  largestFinite,
  literalBeside,
  literalDType,
  lowest,
  promoteTypes,
  shortName,
  smallestNormal,
  typedArray,
} from "../../src/core/dtype.js";
import { DTypeError } from "../../src/core/errors.js";

const [f32, f64, i32, u32, i8, u8, bool] = ["float32", "float64", "int32", "uint32", "int8", "uint8", "bool"] as const;

// Row and column in the order of `dtypes`; null where JAX goes to int64.
const lattice: readonly (readonly (DType | null)[])[] = [
  [f32, f64, f32, f32, f32, f32, f32],
  [f64, f64, f64, f64, f64, f64, f64],
  [f32, f64, i32, null, i32, i32, i32],
  [f32, f64, null, u32, null, u32, u32],
  [f32, f64, i32, null, i8, i32, i8],
  [f32, f64, i32, u32, i32, u8, u8],
  [f32, f64, i32, u32, i8, u8, bool],
];

describe("promotion", () => {
  for (const [i, a] of dtypes.entries())
    for (const [j, b] of dtypes.entries()) {
      const expected = lattice[i][j];
      test(`${a} with ${b} is ${expected ?? "refused"}`, () => {
        if (expected === null) expect(() => promoteTypes(a, b)).toThrow(DTypeError);
        else expect(promoteTypes(a, b)).toBe(expected);
      });
    }

  test("a pair that no dtype holds is refused with both named, and a remedy", () => {
    expect(() => promoteTypes("int32", "uint32", "add")).toThrow(
      /^add: expected two dtypes that one dtype can hold, got int32 and uint32\.\n {2}convert one of them first/,
    );
  });
});

describe("literals", () => {
  test("alone, a number is float32 and a boolean is bool", () => {
    expect([literalDType(1), literalDType(0.5), literalDType(true)]).toEqual(["float32", "float32", "bool"]);
  });

  const beside: Readonly<Record<DType, readonly [integer: DType, fraction: DType, boolean: DType]>> = {
    float32: [f32, f32, f32],
    float64: [f64, f64, f64],
    int32: [i32, f32, i32],
    uint32: [u32, f32, u32],
    int8: [i8, f32, i8],
    uint8: [u8, f32, u8],
    bool: [i32, f32, bool],
  };
  test.each(dtypes)("beside %s", (dtype) => {
    expect([literalBeside(2, dtype), literalBeside(2.5, dtype), literalBeside(true, dtype)]).toEqual(beside[dtype]);
    expect([NaN, Infinity].map((v) => isFloat(literalBeside(v, dtype)))).toEqual([true, true]);
  });
});

describe("limits and storage", () => {
  test("bytes and abbreviations", () => {
    expect(dtypes.map(bytesOf)).toEqual([4, 8, 4, 4, 1, 1, 1]);
    expect(dtypes.map(shortName)).toEqual(["f32", "f64", "i32", "u32", "i8", "u8", "bool"]);
  });

  test("a store of the limits keeps them, one more does not", () => {
    for (const dtype of dtypes.filter(isInteger)) {
      expect([...typedArray(dtype, [lowest(dtype), highest(dtype)])]).toEqual([lowest(dtype), highest(dtype)]);
      expect([...typedArray(dtype, [highest(dtype) + 1])]).toEqual([lowest(dtype)]);
    }
    expect([lowest("float32"), highest("float64"), lowest("bool"), highest("bool")]).toEqual([-Infinity, Infinity, 0, 1]);
  });

  test("kinds", () => {
    expect(dtypes.filter(isFloat)).toEqual(["float32", "float64"]);
    expect(dtypes.filter(isInteger)).toEqual(["int32", "uint32", "int8", "uint8"]);
    expect(dtypes.filter(isSigned)).toEqual(["int32", "int8"]);
  });

  test("epsilon, smallest normal and largest finite are those of the formats", () => {
    expect(Math.fround(1 + epsilon("float32"))).toBeGreaterThan(1);
    expect(Math.fround(1 + epsilon("float32") / 2)).toBe(1);
    expect(epsilon("float64")).toBe(Number.EPSILON);
    expect(Math.fround(largestFinite("float32"))).toBe(largestFinite("float32"));
    expect(Math.fround(largestFinite("float32") * (1 + 2 ** -24))).toBe(Infinity);
    expect(smallestNormal("float32")).toBe(1.1754943508222875e-38);
    expect(smallestNormal("float64")).toBe(2.2250738585072014e-308);
  });

  test("anything but zero is true", () => {
    expect([...typedArray("bool", [0, -0, 2, 0.5, -1])]).toEqual([0, 0, 1, 1, 1]);
  });

  test("names are checked", () => {
    expect(["float32", "float16", "toString", 3].map(isDType)).toEqual([true, false, false, false]);
    expect(() => checkDType("float16", "zeros")).toThrow(
      /^zeros: expected one of float32, float64, int32, uint32, int8, uint8, bool, got float16\./,
    );
  });
});
