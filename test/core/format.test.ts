// Arrays as NumPy prints them; the expected texts are those of NumPy 2.4.

import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { DType } from "../../src/core/dtype.js";
import { range } from "../../src/core/shape.js";
import { arrayOf } from "../ops/rules.js";

const print = (dtype: DType, values: readonly number[], shape?: readonly number[]): string => arrayOf(dtype, values, shape).toString();

describe("floats in fixed point", () => {
  test.each<[readonly number[], string]>([
    [[1, 2, 3], "[1. 2. 3.]"],
    [[1, 2.5, 3.25], "[1.   2.5  3.25]"],
    [[-1, 0.5], "[-1.   0.5]"],
    [[0.1, 0.25, -1], "[ 0.1   0.25 -1.  ]"],
    [[1 / 3], "[0.33333334]"],
    [[-0], "[-0.]"],
    [[100, -2.5, 0.1], "[100.   -2.5   0.1]"],
    [[0.0001], "[0.0001]"],
    [[1, 1000], "[   1. 1000.]"],
    [[NaN, 1], "[nan  1.]"],
    [[1, 2.5, NaN, -Infinity], "[ 1.   2.5  nan -inf]"],
    [[NaN, Infinity], "[nan inf]"],
  ])("float32 %j", (values, expected) => expect(print("float32", values)).toBe(expected));

  test("float64 shows at most eight decimals", () => {
    expect(print("float64", [0.1 + 0.2, 1])).toBe("[0.3 1. ]");
    expect(print("float64", [1 / 3, 2 / 3])).toBe("[0.33333333 0.66666667]");
  });
});

describe("floats in scientific notation", () => {
  test.each<[DType, readonly number[], string]>([
    ["float32", [1e-5], "[1.e-05]"],
    ["float32", [1e6], "[1.e+06]"],
    ["float64", [1e6], "[1000000.]"],
    ["float64", [1e8, 1], "[1.e+08 1.e+00]"],
    ["float32", [1, 1000.5], "[1.0000e+00 1.0005e+03]"],
    ["float32", [1.5e-7, -2.5, 100], "[ 1.5e-07 -2.5e+00  1.0e+02]"],
    ["float64", [1e-5, 1e-100], "[1.e-005 1.e-100]"],
    ["float64", [NaN, 1e10, 0, 1], "[   nan 1.e+10 0.e+00 1.e+00]"],
    ["float32", [-3.95009875e6, -8.794597], "[-3.9500988e+06 -8.7945967e+00]"],
    ["float64", [1e-5 / 3], "[3.33333333e-06]"],
    ["float64", [0, -0, 1e-9], "[ 0.e+00 -0.e+00  1.e-09]"],
  ])("%s %j", (dtype, values, expected) => expect(print(dtype, values)).toBe(expected));
});

describe("scalars", () => {
  test.each<[DType, number, string]>([
    ["float32", 1, "1.0"],
    ["float32", -0, "-0.0"],
    ["float32", 0.1, "0.1"],
    ["float32", 1e-5, "1e-05"],
    ["float32", 1.5e7, "1.5e+07"],
    ["float64", 1.5e7, "15000000.0"],
    ["float64", 1e16, "1e+16"],
    ["float64", 1e300, "1e+300"],
    ["float64", 123456.789, "123456.789"],
    ["float32", NaN, "nan"],
    ["float64", -Infinity, "-inf"],
    ["int32", -7, "-7"],
    ["uint32", 4294967295, "4294967295"],
    ["bool", 1, "True"],
  ])("%s %s", (dtype, value, expected) => expect(print(dtype, [value], [])).toBe(expected));
});

describe("integers and bools", () => {
  test("columns are as wide as the widest", () => {
    expect(print("int32", [-5, 10, 0])).toBe("[-5 10  0]");
    expect(print("int8", [1, 20, 100, 3], [2, 2])).toBe("[[  1  20]\n [100   3]]");
    expect(print("bool", [1, 0])).toBe("[ True False]");
    expect(print("bool", [1, 0], [2, 1])).toBe("[[ True]\n [False]]");
  });
});

describe("layout", () => {
  test("one empty line between matrices, two between stacks of them", () => {
    expect(print("int32", range(0, 8), [2, 2, 2])).toBe("[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]]");
    expect(print("int32", range(0, 2), [2, 1, 1, 1])).toBe("[[[[0]]]\n\n\n [[[1]]]]");
  });

  test("rows turn at 75 columns", () => {
    expect(print("int32", range(0, 30))).toBe(
      "[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n 24 25 26 27 28 29]",
    );
    expect(print("int32", range(0, 60), [2, 30])).toBe(
      "[[ 0  1  2  3  4  5  6  7  8  9 10 11 12 13 14 15 16 17 18 19 20 21 22 23\n  24 25 26 27 28 29]\n" +
        " [30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53\n  54 55 56 57 58 59]]",
    );
    // No line ends with the spaces that fill up decimals.
    expect(
      print(
        "float32",
        [...range(0, 20), 0.25].map((v) => v + 1000),
      ),
    ).not.toMatch(/ $/m);
  });

  test("more than a thousand elements are cut to three at each end", () => {
    expect(print("int32", range(0, 1000)).split("\n").length).toBeGreaterThan(10);
    expect(print("int32", range(0, 1001))).toBe("[   0    1    2 ...  998  999 1000]");
    expect(print("int32", range(0, 3000), [3, 1000])).toBe(
      "[[   0    1    2 ...  997  998  999]\n [1000 1001 1002 ... 1997 1998 1999]\n [2000 2001 2002 ... 2997 2998 2999]]",
    );
    expect(print("float32", range(0, 1200), [400, 3])).toBe(
      "[[0.000e+00 1.000e+00 2.000e+00]\n [3.000e+00 4.000e+00 5.000e+00]\n [6.000e+00 7.000e+00 8.000e+00]\n ...\n" +
        " [1.191e+03 1.192e+03 1.193e+03]\n [1.194e+03 1.195e+03 1.196e+03]\n [1.197e+03 1.198e+03 1.199e+03]]",
    );
  });

  test("an empty array shows its shape where that says more", () => {
    expect(print("float32", [])).toBe("[]");
    expect(print("float32", [], [0, 3])).toBe("[] (shape [0,3])");
  });

  test("a large array of many axes does not overflow the stack", () => {
    expect(print("bool", new Array<number>(4 ** 9).fill(1), new Array<number>(9).fill(4)).startsWith("[[[[[[[[[True True True True]")).toBe(
      true,
    );
  });
});

test("console.log prints the same text", () => {
  const x = arrayOf("float32", [1, 2.5, 3, 4], [2, 2]);
  expect(inspect(x)).toBe(x.toString());
  expect(inspect({ x: arrayOf("int32", [1, 2]) })).toBe("{ x: [1 2] }");
});
