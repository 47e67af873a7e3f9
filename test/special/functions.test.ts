import { describe, expect, it } from "vitest";
import * as special from "../../src/special/index.js";
import type { NDArray } from "../../src/core/array.js";
import { grad } from "../../src/transform/grad.js";
import { jit } from "../../src/transform/jit.js";
import { arrayOf, elements, expectDerivatives, random } from "../ops/rules.js";

const float = (...values: number[]): NDArray => arrayOf("float64", values);

describe("special", () => {
  it("has the error functions, for integers too", () => {
    expect(special.erf(float(0.5)).toArray()).toEqual([expect.closeTo(0.5204998778130465, 14)]);
    expect(special.erfc(float(3)).toArray()).toEqual([expect.closeTo(2.209049699858544e-5, 18)]);
    expect(special.erfinv(float(0.5, 1)).toArray()).toEqual([expect.closeTo(0.4769362762044699, 13), Infinity]);
    expect(special.erf(arrayOf("int32", [1])).dtype).toBe("float32");
  });

  it("has expit and its inverse, with their ends", () => {
    expect(special.expit(float(0, -1000, 1000)).toArray()).toEqual([0.5, 0, 1]);
    expect(special.logit(float(0, 0.5, 1, 2)).toArray()).toEqual([-Infinity, 0, Infinity, NaN]);
    expect(elements(special.logit(special.expit(float(-3, 2))))).toEqual([expect.closeTo(-3, 12), expect.closeTo(2, 12)]);
  });

  it("takes 0 · log 0 for 0, and keeps the derivatives finite there", () => {
    expect(special.xlogy(float(0, 0, 0, 2), float(0, -1, NaN, Math.E)).toArray()).toEqual([0, 0, NaN, expect.closeTo(2, 14)]);
    expect(special.xlog1py(float(0, 2), float(-1, Math.E - 1)).toArray()).toEqual([0, expect.closeTo(2, 14)]);
    expect(special.xlogy(0, 0).item()).toBe(0);
    expect(grad((x: NDArray) => special.xlogy(x, 3))(0).item()).toBeCloseTo(Math.log(3), 6);
    expect(grad((y: NDArray) => special.xlogy(0, y))(0).item()).toBe(0);
    expect(special.xlogy(arrayOf("int32", [1, 2], [2, 1]), float(1, 2)).shape).toEqual([2, 2]);
  });

  it("has the entropy of an outcome", () => {
    expect(special.entr(float(0, 1, -1, 0.5)).toArray()).toEqual([0, 0, -Infinity, expect.closeTo(0.5 * Math.log(2), 14)]);
    expect(special.entr(NaN).item()).toBeNaN();
  });

  it("has the normal distribution function, its logarithm far into the tail", () => {
    expect(special.ndtr(float(0, -1.96)).toArray()).toEqual([0.5, expect.closeTo(0.0249978951482204, 14)]);
    // log Φ from scipy.special.log_ndtr.
    const expected: readonly (readonly [number, number])[] = [
      [0, -Math.LN2],
      [3, -0.0013508099647481938],
      [-3, -6.60772622151035],
      [-10, -53.23128515051247],
      [-20, -203.9171553710973],
      [-1000, -500007.82669481222],
    ];
    for (const [z, value] of expected) expect(special.logNdtr(float(z)).toArray()).toEqual([expect.closeTo(value, 8)]);
    const beside = jit((z: NDArray) => special.logNdtr(z))(float(-10 - 1e-9, -10 + 1e-9)).toTypedArray();
    expect(beside[1] - beside[0]).toBeCloseTo(2e-9 * 10.098, 11);
  });

  it("differentiates to second order", () => {
    const p = arrayOf("float64", [0.2, 0.5, 0.9]);
    expectDerivatives((x) => [special.logit(x), special.entr(x), special.xlogy(x, x)], [p]);
    expectDerivatives((x) => [special.expit(x), special.ndtr(x), special.logNdtr(x), special.xlog1py(x, 0.5)], [random([4], 1, 3)]);
    expectDerivatives((x) => [special.logNdtr(x)], [float(-15, -12, 2)]);
  });
});
