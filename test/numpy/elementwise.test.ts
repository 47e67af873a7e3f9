// Elementwise functions where they are not plain: special values, integers, rounding, remainders, powers, choices.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { expectClose } from "../close.js";
import type { NDArray } from "../../src/core/array.js";
import { type DType, dtypes } from "../../src/core/dtype.js";
import { ConcretizationError, DTypeError, NanError, OptionError, ShapeError } from "../../src/core/errors.js";
import { jit, setDebug } from "../../src/index.js";
import * as np from "../../src/numpy/index.js";

const f64 = (...values: number[]): NDArray => np.array(values, { dtype: "float64" });
const int = (dtype: DType, ...values: number[]): NDArray => np.array(values, { dtype });
const numbers = (x: NDArray): number[] => Array.from(x.toTypedArray());
const special = f64(-Infinity, -1.5, -0, 0, 2, Infinity, NaN);

describe("results on special values", () => {
  it.each<[string, (x: NDArray) => NDArray, readonly number[]]>([
    ["isnan", np.isnan, [0, 0, 0, 0, 0, 0, 1]],
    ["isinf", np.isinf, [1, 0, 0, 0, 0, 1, 0]],
    ["isposinf", np.isposinf, [0, 0, 0, 0, 0, 1, 0]],
    ["isneginf", np.isneginf, [1, 0, 0, 0, 0, 0, 0]],
    ["isfinite", np.isfinite, [0, 1, 1, 1, 1, 0, 0]],
    ["signbit", np.signbit, [1, 1, 1, 0, 0, 0, 0]],
    ["logicalNot", np.logicalNot, [0, 0, 1, 1, 0, 0, 0]],
    ["sign", np.sign, [-1, -1, -0, 0, 1, 1, NaN]],
    ["abs", np.abs, [Infinity, 1.5, 0, 0, 2, Infinity, NaN]],
    ["square", np.square, [Infinity, 2.25, 0, 0, 4, Infinity, NaN]],
    ["reciprocal", np.reciprocal, [-0, 1 / -1.5, -Infinity, Infinity, 0.5, 0, NaN]],
    ["trunc", np.trunc, [-Infinity, -1, -0, 0, 2, Infinity, NaN]],
    ["rint", np.rint, [-Infinity, -2, -0, 0, 2, Infinity, NaN]],
    ["sqrt", np.sqrt, [NaN, NaN, -0, 0, Math.SQRT2, Infinity, NaN]],
    ["log2", np.log2, [NaN, NaN, -Infinity, -Infinity, 1, Infinity, NaN]],
    ["log10", np.log10, [NaN, NaN, -Infinity, -Infinity, Math.log10(2), Infinity, NaN]],
    ["exp2", np.exp2, [0, 2 ** -1.5, 1, 1, 4, Infinity, NaN]],
    ["cbrt", np.cbrt, [-Infinity, Math.cbrt(-1.5), -0, 0, Math.cbrt(2), Infinity, NaN]],
    ["nanToNum", np.nanToNum, [-Number.MAX_VALUE, -1.5, -0, 0, 2, Number.MAX_VALUE, 0]],
    ["heaviside", (x) => np.heaviside(x, 0.5), [0, 0, 0.5, 0.5, 1, 1, NaN]],
    ["copysign", (x) => np.copysign(3, x), [-3, -3, -3, 3, 3, 3, 3]],
    ["fmax", (x) => np.fmax(x, 1), [1, 1, 1, 1, 2, Infinity, 1]],
    ["fmin", (x) => np.fmin(x, 1), [-Infinity, -1.5, -0, 0, 1, 1, 1]],
    ["maximum", (x) => np.maximum(x, 1), [1, 1, 1, 1, 2, Infinity, NaN]],
    ["hypot", (x) => np.hypot(x, NaN), [Infinity, NaN, NaN, NaN, NaN, Infinity, NaN]],
    ["logaddexp", (x) => np.logaddexp(x, -Infinity), [-Infinity, -1.5, 0, 0, 2, Infinity, NaN]],
    ["power 0", (x) => np.power(x, 0), [1, 1, 1, 1, 1, 1, 1]],
    ["floorDivide by 0", (x) => np.floorDivide(x, 0), [-Infinity, -Infinity, NaN, NaN, Infinity, Infinity, NaN]],
    ["modf", (x) => np.modf(x)[0], [0, -0.5, 0, 0, 0, 0, NaN]],
  ])("%s", (_, f, expected) => {
    const eager = numbers(f(special));
    eager.forEach((v, i) => {
      if (Number.isNaN(expected[i]) || expected[i] === 0) expect(v + 0, `element ${i}`).toBe(expected[i] + 0);
      else expect(Math.abs(v - expected[i]) <= 4e-16 * Math.abs(expected[i]) || v === expected[i], `element ${i}: ${v}`).toBe(true);
    });
    expectClose(jit(f)(special), f(special), 4e-16);
  });

  it("keep the sign of zero where it counts", () => {
    expect(Object.is(np.trunc(f64(-0.5)).item(), -0)).toBe(true);
    expect(Object.is(np.negative(f64(0)).item(), -0)).toBe(true);
    expect(Object.is(np.copysign(f64(0), -1).item(), -0)).toBe(true);
  });

  it("do not overflow on the way", () => {
    expect(np.hypot(f64(3e300), f64(4e300)).item()).toBeCloseTo(5e300, -290);
    expect(np.hypot(f64(3e-200), f64(-4e-200)).item()).toBeCloseTo(5e-200, 210);
    expect(np.hypot(f64(0), f64(0)).item()).toBe(0);
    expect(np.logaddexp(f64(1000), f64(999)).item()).toBeCloseTo(1000 + Math.log1p(Math.exp(-1)), 10);
    expect(np.logaddexp(f64(0), f64(-50)).item()).toBeCloseTo(Math.exp(-50), 30);
    expect(np.logaddexp(f64(Infinity), f64(Infinity)).item()).toBe(Infinity);
    expect(np.logaddexp2(f64(-Infinity), f64(-Infinity)).item()).toBe(-Infinity);
  });
});

describe("under debugNans", () => {
  it("no branch that is not taken makes a NaN", () => {
    setDebug({ debugNans: true });
    try {
      const x = f64(-Infinity, -1.5, 0, 2, Infinity);
      const y = f64(Infinity, 0, 0.5, 2, Infinity);
      const fs = [np.hypot, np.logaddexp, np.logaddexp2, np.isclose, np.copysign, np.heaviside, np.fmax];
      for (const f of fs) expect(f(x, y).shape).toEqual([5]);
      expect(numbers(np.floorDivide(f64(-1.5, 2), f64(0, 0.5)))).toEqual([-Infinity, 4]);
      expect(np.sinc(f64(0, 1)).toArray()[0 as never]).toBe(1);
      expect(numbers(np.modf(x)[0])).toEqual([0, -0.5, 0, 0, 0]);
      expect(numbers(np.interp(f64(1), f64(0, 1, 1), f64(0, 1, 2)))).toEqual([2]);
      expect(() => np.log(x)).toThrow(NanError);
    } finally {
      setDebug({ debugNans: false });
    }
  });
});

describe("integers", () => {
  it("stay integers where the result is one", () => {
    for (const dtype of dtypes.filter((d) => np.isdtype(d, "integral"))) {
      const x = int(dtype, 1, 5);
      for (const f of [np.abs, np.sign, np.square, np.floor, np.ceil, np.trunc, np.positive, np.negative]) expect(f(x).dtype).toBe(dtype);
      for (const f of [np.add, np.subtract, np.multiply, np.floorDivide, np.remainder, np.fmod, np.power, np.maximum])
        expect(f(x, x).dtype).toBe(dtype);
      for (const f of [np.sin, np.exp, np.sqrt, np.reciprocal, np.sinc, np.rint, np.fabs, np.deg2rad]) expect(f(x).dtype).toBe("float32");
    }
  });

  it("divide and leave remainders as Python does", () => {
    const x = int("int32", 7, -7, 7, -7, 6, 0);
    const y = int("int32", 3, 3, -3, -3, -3, 5);
    expect(numbers(np.floorDivide(x, y))).toEqual([2, -3, -3, 2, -2, 0]);
    expect(numbers(np.remainder(x, y))).toEqual([1, 2, -2, -1, 0, 0]);
    expect(numbers(np.fmod(x, y))).toEqual([1, -1, 1, -1, 0, 0]);
    expect(np.divmod(x, y).map(numbers)).toEqual([numbers(np.floorDivide(x, y)), numbers(np.remainder(x, y))]);
    expect(numbers(np.floorDivide(int("uint8", 200), 7))).toEqual([28]);
    expect(numbers(np.remainder(int("int32", 5, -5), 0))).toEqual([0, 0]);
  });

  it("floats: quotient and remainder agree with Python's float.__divmod__", () => {
    // divmod(1.0, 0.1) == (9.0, 0.09999999999999995); divmod(-1.0, inf) == (-1.0, inf)
    expect(np.divmod(f64(1), 0.1).map((v) => v.item())).toEqual([9, 0.09999999999999995]);
    expect(np.divmod(f64(-1), Infinity).map((v) => v.item())).toEqual([-1, Infinity]);
    expect(np.divmod(f64(-5.5), 2).map((v) => v.item())).toEqual([-3, 0.5]);
  });

  it("remainder has the sign of the divisor and completes the quotient (property)", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1000, max: 1000 }),
        fc.integer({ min: -50, max: 50 }).filter((y) => y !== 0),
        (x, y) => {
          const [q, r] = np.divmod(int("int32", x), int("int32", y)).map((v) => v.item());
          expect(q * y + r).toBe(x);
          expect(r === 0 || r > 0 === y > 0).toBe(true);
          expect(Math.abs(r)).toBeLessThan(Math.abs(y));
        },
      ),
    );
  });

  it("raise to powers by squaring, with wrap-around", () => {
    const base = int("int32", 3, -2, 7, 1, -1, 0, 5);
    const exponent = int("int32", 13, 31, 0, -5, -3, 0, 40);
    const wrapped = Number(BigInt.asIntN(32, 5n ** 40n));
    expect(numbers(np.power(base, exponent))).toEqual([1594323, -(2 ** 31), 1, 1, -1, 1, wrapped]);
    expect(numbers(np.power(int("uint8", 3), int("uint8", 200)))).toEqual([Number(BigInt.asUintN(8, 3n ** 200n))]);
    expect(np.power(np.array([true]), 2).dtype).toBe("int32");
    expect(numbers(np.power(2, int("int32", 3)))).toEqual([8]);
  });

  it("refuse a negative static exponent", () => {
    expect(() => np.power(int("int32", 2), -1)).toThrow(DTypeError);
    expect(() => np.power(int("int32", 2), -1)).toThrow(
      /power: expected a non-negative exponent for integers, got int32 to the power of -1/,
    );
    expect(np.power(f64(2), -1).item()).toBe(0.5);
    expect(np.floatPower(int("int32", 2), -1).item()).toBe(0.5);
  });
});

describe("bool", () => {
  it("adds as or, multiplies as and", () => {
    const [a, b] = [np.array([true, true, false]), np.array([true, false, false])];
    expect(np.add(a, b).toArray()).toEqual([true, true, false]);
    expect(np.multiply(a, b).toArray()).toEqual([true, false, false]);
    expect(np.maximum(a, b).dtype).toBe("bool");
  });

  it.each([
    ["subtract", () => np.subtract(np.array([true]), true)],
    ["negative", () => np.negative(np.array([true]))],
    ["sign", () => np.sign(np.array([true]))],
    ["square", () => np.square(np.array([true]))],
    ["remainder", () => np.remainder(np.array([true]), true)],
  ])("is refused by %s", (name, f) => {
    expect(f).toThrow(DTypeError);
    expect(f).toThrow(new RegExp(`^${name}: expected a numeric dtype, got bool`));
  });

  it("NaN is true", () => {
    expect(np.logicalAnd(f64(NaN), true).toArray()).toEqual([true]);
    expect(np.where(f64(NaN), 1, 2).toArray()).toEqual([1]);
  });
});

describe("bits", () => {
  it("refuse floats and shift by sign", () => {
    expect(() => np.bitwiseAnd(f64(1), 1)).toThrow(/bitwiseAnd: expected an integer dtype or bool/);
    expect(() => np.leftShift(np.array([true]), true)).toThrow(DTypeError);
    expect(numbers(np.rightShift(int("int8", -8), 1))).toEqual([-4]);
    expect(numbers(np.rightShift(int("uint8", 248), 1))).toEqual([124]);
    expect(np.bitwiseXor(np.array([true]), np.array([true])).toArray()).toEqual([false]);
    expect(numbers(np.invert(int("uint8", 1)))).toEqual([254]);
  });
});

describe("rounding", () => {
  it("goes to even, and to decimals", () => {
    expect(numbers(np.round(f64(0.5, 1.5, 2.5, -0.5, -1.5)))).toEqual([0, 2, 2, -0, -2]);
    expect(numbers(np.round(f64(1.2345, -2.3456), 2))).toEqual([1.23, -2.35]);
    expect(numbers(np.round(f64(1234, 1250), -2))).toEqual([1200, 1200]);
    expect(np.round(int("int32", 15), 1).dtype).toBe("int32");
    expect(() => np.round(int("int32", 15), -1)).toThrow(OptionError);
    expect(() => np.round(f64(1), 0.5)).toThrow(OptionError);
  });

  it("nanToNum takes replacements", () => {
    const x = np.nanToNum(f64(NaN, Infinity, -Infinity), { nan: 1, posinf: 2, neginf: 3 });
    expect(numbers(x)).toEqual([1, 2, 3]);
    expect(numbers(np.nanToNum(np.array([Infinity])))).toEqual([(2 - 2 ** -23) * 2 ** 127]);
    expect(() => np.nanToNum(x, { copy: true } as never)).toThrow(/options among nan, posinf, neginf, got copy/);
  });
});

describe("clip and where", () => {
  it("clip takes either bound, or arrays of them", () => {
    const x = np.array([-2, 0, 2]);
    expect(np.clip(x, null, 1).toArray()).toEqual([-2, 0, 1]);
    expect(np.clip(x, -1).toArray()).toEqual([-1, 0, 2]);
    expect(np.clip(x).toArray()).toEqual([-2, 0, 2]);
    expect(np.clip(x, np.array([-1, 1, 0]), np.array([[1], [0.5]])).shape).toEqual([2, 3]);
    expect(np.clip(np.arange(5), 1, 3).dtype).toBe("int32");
  });

  it("where with one argument finds the places of concrete arrays only", () => {
    expect(
      np
        .where(
          np.array([
            [0, 2],
            [3, 0],
          ]),
        )
        .map((i) => i.toArray()),
    ).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(() => jit((x: NDArray) => np.where(x))(np.ones([2]))).toThrow(ConcretizationError);
    expect(() => (np.where as (...xs: unknown[]) => unknown)(np.ones([2]), 1)).toThrow(
      /where: expected a condition alone, or a condition and two cases/,
    );
  });

  it("select takes the first condition that holds", () => {
    const x = np.arange(5);
    expect(np.select([np.less(x, 2), np.less(x, 4)], [x, np.multiply(x, 10)], -1).toArray()).toEqual([0, 1, 20, 30, -1]);
    expect(() => np.select([np.less(x, 2)], [])).toThrow(ShapeError);
  });
});

describe("closeness", () => {
  it("treats infinities and NaN apart", () => {
    const x = f64(1, Infinity, -Infinity, NaN, Infinity);
    const y = f64(1 + 1e-9, Infinity, Infinity, NaN, 1);
    expect(np.isclose(x, y).toArray()).toEqual([true, true, false, false, false]);
    expect(np.isclose(x, y, { equalNan: true }).toArray()).toEqual([true, true, false, true, false]);
    expect(np.allclose(f64(1), f64(1.1), { rtol: 0.2 }).toArray()).toBe(true);
    expect(np.isclose(int("int32", 1000), int("int32", 1001)).toArray()).toEqual([false]);
    expect(() => np.allclose(1, 1, { tol: 1 } as never)).toThrow(/options among rtol, atol, equalNan, got tol/);
  });

  it("arrayEqual wants one shape, arrayEquiv a broadcast", () => {
    expect(np.arrayEqual(np.ones([2]), np.ones([1])).toArray()).toBe(false);
    expect(np.arrayEquiv(np.ones([2]), np.ones([1])).toArray()).toBe(true);
    expect(np.arrayEquiv(np.ones([2]), np.ones([3])).toArray()).toBe(false);
    expect(np.arrayEqual(f64(NaN), f64(NaN)).toArray()).toBe(false);
    expect(np.arrayEqual(f64(NaN), f64(NaN), { equalNan: true }).toArray()).toBe(true);
  });
});
