// Derivatives at points where formulas break: zeros, ties, infinities; and against differences to second order elsewhere.

import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { grad, hessian, jacrev, jvp } from "../../src/index.js";
import * as np from "../../src/numpy/index.js";
import { expectDerivatives, random } from "../ops/rules.js";

const f64 = (...values: number[]): NDArray => np.array(values, { dtype: "float64" });
const at = (x: number): NDArray => np.array(x, { dtype: "float64" });
type Scalar = (x: NDArray) => NDArray;

/** The n-th derivative of a scalar function. */
const derivative = (f: Scalar, n: number): Scalar => (n === 0 ? f : derivative(grad(f) as Scalar, n - 1));

describe("sinc", () => {
  it("has its Taylor coefficients as derivatives at 0", () => {
    // sinc(x) = 1 − π²x²/3! + π⁴x⁴/5! − …, so the even derivatives are (−1)^k π^2k / (2k + 1).
    for (let n = 0; n <= 6; n++) {
      const expected = n % 2 === 1 ? 0 : ((-1) ** (n / 2) * Math.PI ** n) / (n + 1);
      expect(derivative(np.sinc, n)(at(0)).item() / Math.PI ** n).toBeCloseTo(expected / Math.PI ** n, 12);
    }
  });

  it("is smooth where its two formulas meet", () => {
    const edge = 1 / Math.PI;
    for (let n = 0; n <= 4; n++) {
      const f = derivative(np.sinc, n);
      const [below, above] = [f(at(edge * (1 - 1e-12))).item(), f(at(edge * (1 + 1e-12))).item()];
      expect(Math.abs(below - above)).toBeLessThan(1e-9 * Math.PI ** n);
    }
  });
});

describe("logaddexp", () => {
  it("shares the derivative at ties, to second order", () => {
    const f = (x: NDArray): NDArray => np.logaddexp(x, at(2));
    expect(grad(f)(at(2)).item()).toBe(0.5);
    expect(derivative(f, 2)(at(2)).item()).toBeCloseTo(0.25, 14);
    expect(derivative((x) => np.logaddexp2(x, at(2)), 2)(at(2)).item()).toBeCloseTo(0.25 * Math.LN2, 14);
  });

  it("has no NaN at infinities", () => {
    const sum = (x: NDArray, y: NDArray): NDArray => np.logaddexp(x, y).sum();
    const x = f64(0, 0, Infinity, -Infinity, Infinity, -Infinity);
    const y = f64(Infinity, -Infinity, 0, 0, Infinity, -Infinity);
    const [gx, gy] = grad(sum, { argnums: [0, 1] })(x, y);
    expect(gx.toArray()).toEqual([0, 1, 1, 0, 0.5, 0.5]);
    expect(gy.toArray()).toEqual([1, 0, 0, 1, 0.5, 0.5]);
  });
});

describe("hypot, power and friends", () => {
  it("hypot: 0 at the origin, exact curvature on the axes", () => {
    expect(grad((x: NDArray) => np.hypot(x, at(0)))(at(0)).item()).toBe(0);
    expect(derivative((x) => np.hypot(x, at(2)), 2)(at(0)).item()).toBeCloseTo(0.5, 14);
    expect(derivative((x) => np.hypot(x, at(2)), 2)(at(2)).item()).toBeCloseTo(4 / Math.sqrt(8) ** 3, 14);
  });

  it("power: static exponents at 0 and for negative bases", () => {
    expect(grad((x: NDArray) => np.power(x, 2))(at(0)).item()).toBe(0);
    expect(grad((x: NDArray) => np.power(x, 1))(at(0)).item()).toBe(1);
    expect(grad((x: NDArray) => np.power(x, 0))(at(0)).item()).toBe(0);
    expect(grad((x: NDArray) => np.power(x, 3))(at(-2)).item()).toBe(12);
    expect(derivative((x) => np.power(x, 3), 3)(at(0)).item()).toBe(6);
    expect(grad((y: NDArray) => np.power(at(0), y))(at(2)).item()).toBe(0);
  });

  it("abs 0, maximum ½, clip ½ at the kink", () => {
    expect(grad((x: NDArray) => np.abs(x))(at(0)).item()).toBe(0);
    expect(grad((x: NDArray) => np.maximum(x, 0))(at(0)).item()).toBe(0.5);
    expect(grad((x: NDArray) => np.fmax(x, 0))(at(0)).item()).toBe(0.5);
    expect(grad((x: NDArray) => np.clip(x, 0, 1).sum())(f64(-1, 0, 0.5, 1, 2)).toArray()).toEqual([0, 0.5, 1, 0.5, 0]);
    expect(grad((x: NDArray) => np.copysign(x, at(-1)))(at(2)).item()).toBe(-1);
  });

  it("rounding has derivative 0; the remainder follows x, and −⌊x/y⌋ for y", () => {
    for (const f of [np.floor, np.ceil, np.round, np.trunc, np.rint, np.sign] as Scalar[]) expect(grad(f)(at(1.3)).item()).toBe(0);
    const [dx, dy] = grad((x: NDArray, y: NDArray) => np.remainder(x, y), { argnums: [0, 1] })(at(-7.5), at(2));
    expect([dx.item(), dy.item()]).toEqual([1, 4]);
    expect(grad((x: NDArray) => np.floorDivide(x, 2))(at(5.5)).item()).toBe(0);
  });

  it("where lets nothing through from what is not chosen, if the argument is safe", () => {
    const f = (x: NDArray): NDArray => np.where(np.greater(x, 0), np.log(np.where(np.greater(x, 0), x, 1)), 0).sum();
    expect(grad(f)(f64(-1, 0, 2)).toArray()).toEqual([0, 0, 0.5]);
    expect(grad((x: NDArray) => np.nanToNum(x).sum())(f64(1, NaN, Infinity)).toArray()).toEqual([1, 0, 0]);
  });
});

describe("reductions", () => {
  it("prod and cumprod are exact beside zeros", () => {
    expect(grad((x: NDArray) => np.prod(x))(f64(0, 2, 3)).toArray()).toEqual([6, 0, 0]);
    expect(grad((x: NDArray) => np.prod(x))(f64(0, 0, 3)).toArray()).toEqual([0, 0, 0]);
    expect(grad((x: NDArray) => np.cumprod(x).sum())(f64(0, 2, 3)).toArray()).toEqual([1 + 2 + 6, 0, 0]);
  });

  it("max shares the derivative among ties", () => {
    expect(grad((x: NDArray) => np.max(x))(f64(1, 3, 3)).toArray()).toEqual([0, 0.5, 0.5]);
    expect(grad((x: NDArray) => np.max(x, null, { initial: 5, where: np.array([true, false, true]) }))(f64(1, 9, 7)).toArray()).toEqual([
      0, 0, 1,
    ]);
  });

  it("nan versions give no derivative to NaN", () => {
    const x = f64(1, NaN, 3);
    expect(grad((y: NDArray) => np.nansum(y))(x).toArray()).toEqual([1, 0, 1]);
    expect(grad((y: NDArray) => np.nanmean(y))(x).toArray()).toEqual([0.5, 0, 0.5]);
    expect(grad((y: NDArray) => np.nanvar(y))(x).toArray()).toEqual([-1, 0, 1]);
    expect(grad((y: NDArray) => np.nanmax(y))(x).toArray()).toEqual([0, 0, 1]);
  });

  it("median and quantile reach the elements that they took", () => {
    expect(grad((x: NDArray) => np.median(x))(f64(5, 1, 9, 3)).toArray()).toEqual([0.5, 0, 0, 0.5]);
    expect(grad((x: NDArray) => np.quantile(x, 0.25))(f64(5, 1, 9)).toArray()).toEqual([0.5, 0.5, 0]);
  });
});

describe("against differences, both modes, second order", () => {
  it.each<[string, (...xs: NDArray[]) => NDArray, number[][]]>([
    ["var", (x) => np.var(x, 0, { ddof: 1 }), [[4, 2]]],
    ["std", (x) => np.std(x, 1), [[2, 4]]],
    ["average", (x, w) => np.average(x, 1, { weights: np.exp(w) }), [[2, 3], [3]]],
    ["cov", (x) => np.cov(x), [[2, 4]]],
    ["corrcoef", (x) => np.corrcoef(x), [[2, 4]]],
    ["diff", (x) => np.diff(np.square(x), 2), [[5]]],
    ["trapezoid", (y, x) => np.trapezoid(y, { x }), [[4], [4]]],
    [
      "pad reflect",
      (x) =>
        np.pad(
          np.square(x),
          [
            [1, 2],
            [0, 4],
          ],
          { mode: "reflect" },
        ),
      [[3, 3]],
    ],
    ["pad constants", (x, c) => np.pad(x, 1, { constantValues: np.sin(c) }), [[2, 2], []]],
    ["tile", (x) => np.square(np.tile(x, [2, 3])), [[2, 2]]],
    ["repeat", (x) => np.square(np.repeat(x, [2, 0, 1], 0)), [[3, 2]]],
    ["roll", (x) => np.multiply(np.roll(x, 1, 0), x), [[3, 2]]],
    ["rot90", (x) => np.multiply(np.rot90(x), x), [[2, 2]]],
    ["diagonal", (x) => np.square(np.diagonal(x, { offset: 1 })), [[3, 4]]],
    ["diag", (x) => np.square(np.diag(x, -1)), [[3]]],
    ["interp", (x, fp) => np.interp(x, np.array([-2, 0, 2], { dtype: "float64" }), fp), [[4], [3]]],
    ["polyval", (p, x) => np.polyval(p, x), [[3], [4]]],
    ["linspace", (a, b) => np.square(np.linspace(a, b, 4)), [[2], []]],
    ["convolve", (x, y) => np.convolve(x, y), [[4], [3]]],
    ["float power", (x, y) => np.power(np.exp(x), y), [[3], [3]]],
    ["sinc", (x) => np.sinc(x), [[5]]],
    ["hypot", (x, y) => np.hypot(x, y), [[5], [5]]],
    ["logaddexp2", (x, y) => np.logaddexp2(x, y), [[5], []]],
  ])("%s", (_, f, shapes) => {
    expectDerivatives(
      (...xs) => [f(...xs)],
      shapes.map((shape, i) => random(shape, i + 3, 1.3)),
    );
  });

  it("compose with jvp, jacrev and hessian", () => {
    const f = (x: NDArray): NDArray => np.logaddexp(x, x.mul(2)).sum();
    const x = f64(0.3, -0.7);
    const [, dy] = jvp(f, [x], [f64(1, 0)]);
    const jacobian = jacrev(f)(x) as NDArray;
    expect(dy.item()).toBeCloseTo(jacobian.at(0).get().item(), 12);
    const h = hessian(f)(x) as NDArray;
    // d²/dx² [x + log(1 + eˣ)] = σ(x)(1 − σ(x)).
    const s = 1 / (1 + Math.exp(-0.3));
    expect(h.at(0, 0).get().item()).toBeCloseTo(s * (1 - s), 12);
    expect(h.at(0, 1).get().item()).toBe(0);
  });
});
