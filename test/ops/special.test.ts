import { describe, expect, it } from "vitest";
import { DTypeError } from "../../src/core/errors.js";
import { erf, erfInv, erfc, nextafter } from "../../src/ops/special.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "./rules.js";

const at = arrayOf("float64", [-1.7, -0.4, 0, 0.3, 1.1]);

describe("erf", () => {
  // Abramowitz and Stegun, table 7.1.
  it("agrees with the tables", () => {
    const expected = [0, 0.5204998778, 0.8427007929, 0.995322265];
    elements(erf(arrayOf("float64", [0, 0.5, 1, 2]))).forEach((y, i) => expect(y).toBeCloseTo(expected[i], 10));
    elements(erfc(arrayOf("float64", [0, 0.5, 1, 2]))).forEach((y, i) => expect(y).toBeCloseTo(1 - expected[i], 9));
    expect(elements(erfc(arrayOf("float64", [10])))[0] / 2.088487583762545e-45).toBeCloseTo(1, 10);
  });

  it("is undone by erfInv", () => {
    elements(erfInv(erf(at))).forEach((x, i) => expect(x).toBeCloseTo(elements(at)[i], 12));
    expect(elements(erfInv(arrayOf("float64", [-1, 1, 2])))).toEqual([-Infinity, Infinity, NaN]);
  });

  it("has derivatives of two orders", () => {
    expectDerivatives((x) => [erf(x), erfc(x)], [at]);
    expectDerivatives((x) => [erfInv(x)], [arrayOf("float64", [-0.8, -0.1, 0.5])]);
  });

  it("batches", () => expectBatched((x) => [erf(x), erfc(x), erfInv(x)], [random([2, 3])], [1]));

  it("refuses integers", () => {
    expect(() => erf(arrayOf("int32", [1]))).toThrow(DTypeError);
    expect(() => erfInv(arrayOf("int32", [1]))).toThrow("expected a floating-point dtype, got int32[1]");
  });
});

describe("nextafter", () => {
  it("steps by one unit in the last place of the dtype", () => {
    expect(elements(nextafter(arrayOf("float64", [1, 1, 0]), arrayOf("float64", [2, 0, -1])))).toEqual([
      1 + 2 ** -52,
      1 - 2 ** -53,
      -Number.MIN_VALUE,
    ]);
    expect(elements(nextafter(arrayOf("float32", [1, 0, 3]), arrayOf("float32", [2, 1, 3])))).toEqual([1 + 2 ** -23, 2 ** -149, 3]);
    expect(elements(nextafter(arrayOf("float32", [NaN, 1]), arrayOf("float32", [1, NaN])))).toEqual([NaN, NaN]);
  });

  it("refuses what does not fit", () => {
    expect(() => nextafter(arrayOf("int32", [1]), arrayOf("int32", [1]))).toThrow(
      "nextafter: expected a floating-point dtype, got int32[1]",
    );
    expect(() => nextafter(arrayOf("float32", [1]), arrayOf("float64", [1]))).toThrow(DTypeError);
  });

  it("batches", () => expectBatched((x, y) => [nextafter(x, y)], [random([2, 3]), random([3], 5)], [0, null]));
});
