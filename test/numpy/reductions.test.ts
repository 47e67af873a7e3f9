// Reductions and statistics: dtypes, masks, empty arrays, scalars, NaN, options; values against hand-worked ones.

import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { type DType, dtypes } from "../../src/core/dtype.js";
import { OptionError, ShapeError } from "../../src/core/errors.js";
import { jit, vmap } from "../../src/index.js";
import * as np from "../../src/numpy/index.js";

const table = np.array([
  [1, 2, 3],
  [4, 5, 6],
]);

describe("dtypes", () => {
  const sums: Record<DType, DType> = {
    bool: "int32",
    int8: "int32",
    uint8: "uint32",
    int32: "int32",
    uint32: "uint32",
    float32: "float32",
    float64: "float64",
  };

  it.each(dtypes.map((dtype) => ({ dtype })))("$dtype", ({ dtype }) => {
    const x = np.ones([300], { dtype });
    for (const f of [np.sum, np.prod, np.cumsum, np.cumprod]) expect(f(x).dtype).toBe(sums[dtype]);
    expect(np.sum(x).item()).toBe(300);
    const float = dtype === "float64" ? "float64" : "float32";
    for (const f of [np.mean, np.var, np.std, np.median]) expect(f(x).dtype).toBe(float);
    for (const f of [np.max, np.min]) expect(f(x).dtype).toBe(dtype);
    for (const f of [np.argmax, np.argmin, np.countNonzero]) expect(f(x).dtype).toBe("int32");
    for (const f of [np.all, np.any]) expect(f(x).dtype).toBe("bool");
  });

  it("as asked for", () => {
    expect(np.sum(np.ones([2], { dtype: "int8" }), null, { dtype: "float64" }).dtype).toBe("float64");
    expect(np.mean(table, 0, { dtype: "float64" }).dtype).toBe("float64");
    expect(() => np.sum(table, null, { dtype: "int64" as never })).toThrow(/sum: expected one of float32/);
  });
});

describe("axes", () => {
  it("none, one, several, negative, and kept", () => {
    expect(np.sum(table).toArray()).toBe(21);
    expect(np.sum(table, null).shape).toEqual([]);
    expect(np.sum(table, -1).toArray()).toEqual([6, 15]);
    expect(np.sum(table, [0, 1], { keepdims: true }).toArray()).toEqual([[21]]);
    expect(np.max(table, 1, { keepdims: true }).toArray()).toEqual([[3], [6]]);
    expect(np.argmax(table, 0, { keepdims: true }).toArray()).toEqual([[1, 1, 1]]);
    expect(np.argmin(table, null, { keepdims: true }).shape).toEqual([1, 1]);
    expect(
      np
        .argmax(
          np.array([
            [1, 9],
            [3, 4],
          ]),
        )
        .item(),
    ).toBe(1);
    expect(np.sum(table, []).toArray()).toEqual(table.toArray());
    expect(np.var(table, [1, 0]).item()).toBeCloseTo(35 / 12, 6);
  });

  it("that do not exist, or are no axes, are refused", () => {
    expect(() => np.sum(table, 2)).toThrow(/sum: expected an integer axis from -2 to 1, got axis 2/);
    expect(() => np.mean(table, [0, 0])).toThrow(ShapeError);
    expect(() => np.max(table, { keepdims: true } as never)).toThrow(/max: .*\n {2}options come after the axis: pass null for all axes/);
    expect(() => np.argmax(table, [0] as never)).toThrow(ShapeError);
    expect(() => np.sum(table, 0, { keepDims: true } as never)).toThrow(
      /sum: expected options among keepdims, dtype, where, initial, got keepDims/,
    );
    expect(() => np.sum(table, 0, true as never)).toThrow(/sum: expected an options object/);
    expect(() => np.cumsum(table, 5)).toThrow(ShapeError);
  });

  it("of scalars", () => {
    expect(np.sum(3).item()).toBe(3);
    expect(np.max(3).item()).toBe(3);
    expect(np.argmax(3).item()).toBe(0);
    expect(np.var(3).item()).toBe(0);
    expect(np.cumsum(3).toArray()).toEqual([3]);
    expect(np.median(3).item()).toBe(3);
  });
});

describe("no elements", () => {
  const none = np.zeros([0, 3]);

  it("give the identity, NaN, or an error", () => {
    expect(np.sum(none, 0).toArray()).toEqual([0, 0, 0]);
    expect(np.prod(none).item()).toBe(1);
    expect(np.all(none).item()).toBe(1);
    expect(np.any(none).item()).toBe(0);
    expect(np.mean(none).item()).toBeNaN();
    expect(np.var(none, 0).toArray()).toEqual([NaN, NaN, NaN]);
    expect(np.countNonzero(none).item()).toBe(0);
    expect(np.max(none, 1).shape).toEqual([0]);
    for (const f of [np.max, np.min, np.argmax, np.argmin, np.median, np.ptp]) expect(() => f(none)).toThrow(ShapeError);
    expect(() => np.max(none)).toThrow(/expected at least one element along the reduced axes/);
    expect(np.max(none, 0, { initial: -1 }).toArray()).toEqual([-1, -1, -1]);
    expect(np.min(none, null, { initial: 7, keepdims: true }).toArray()).toEqual([[7]]);
    expect(np.cumsum(none, 0).shape).toEqual([0, 3]);
  });
});

describe("masks and initial values", () => {
  const mask = np.array([true, false, true]);

  it("restrict what takes part", () => {
    expect(np.sum(table, 1, { where: mask }).toArray()).toEqual([4, 10]);
    expect(np.prod(table, 1, { where: mask, initial: 2 }).toArray()).toEqual([6, 48]);
    expect(np.max(table, 0, { where: mask, initial: 0 }).toArray()).toEqual([4, 0, 6]);
    expect(np.mean(table, 1, { where: mask }).toArray()).toEqual([2, 5]);
    expect(np.var(table, 1, { where: mask }).toArray()).toEqual([1, 1]);
    expect(np.std(table, 1, { where: mask, ddof: 1 }).toArray()).toEqual([Math.fround(Math.SQRT2), Math.fround(Math.SQRT2)]);
    expect(np.all(np.array([0, 1]), null, { where: np.array([false, true]) }).item()).toBe(1);
    expect(np.any(table, 1, { where: np.array([[true], [false]]) }).toArray()).toEqual([true, false]);
  });

  it("broadcast beyond the array, as in NumPy", () => {
    expect(np.sum(np.array([1, 2, 3]), 1, { where: np.array([[true], [false]]) }).toArray()).toEqual([6, 0]);
    expect(np.mean(5, null, { where: np.array([true, true]) }).item()).toBe(5);
  });

  it("extrema need an initial value beside a mask", () => {
    expect(() => np.min(table, 0, { where: mask })).toThrow(OptionError);
    expect(() => np.min(table, 0, { where: mask })).toThrow(/min: expected initial together with where/);
  });

  it("a mean over nothing that counts is NaN", () => {
    expect(np.mean(table, null, { where: false }).item()).toBeNaN();
    expect(np.var(table, null, { where: false, ddof: 1 }).item()).toBeNaN();
  });
});

describe("NaN", () => {
  const x = np.array([
    [1, NaN, 3],
    [NaN, NaN, NaN],
  ]);

  it("spreads, unless it is passed over", () => {
    expect(np.max(x, 1).toArray()).toEqual([NaN, NaN]);
    expect(np.argmax(x, 1).toArray()).toEqual([1, 0]);
    expect(np.median(x, 1).toArray()).toEqual([NaN, NaN]);
    expect(np.nansum(x, 1).toArray()).toEqual([4, 0]);
    expect(np.nanprod(x, 1).toArray()).toEqual([3, 1]);
    expect(np.nanmean(x, 1).toArray()).toEqual([2, NaN]);
    expect(np.nanmax(x, 1).toArray()).toEqual([3, NaN]);
    expect(np.nanmin(x, 1, { keepdims: true }).toArray()).toEqual([[1], [NaN]]);
    expect(np.nanvar(x, 1).toArray()).toEqual([1, NaN]);
    expect(np.nanstd(x, 1).toArray()).toEqual([1, NaN]);
    expect(np.nansum(np.arange(3)).dtype).toBe("int32");
    expect(np.nanmax(np.array([-Infinity, NaN])).item()).toBe(-Infinity);
  });
});

describe("spread and shares", () => {
  it("ddof and correction mean the same", () => {
    expect(np.var(table, 1, { ddof: 1 }).toArray()).toEqual([1, 1]);
    expect(np.var(table, 1, { correction: 1 }).toArray()).toEqual([1, 1]);
    expect(np.var(np.array([2]), null, { ddof: 1 }).item()).toBeNaN();
    expect(() => np.std(table, 1, { ddof: 1, correction: 1 })).toThrow(/std: expected ddof or correction, got both/);
  });

  it("weights stand for elements or for places along an axis", () => {
    expect(np.average(table, 1, { weights: np.array([1, 0, 1]) }).toArray()).toEqual([2, 5]);
    expect(np.average(table, 0, { weights: np.array([3, 1]) }).toArray()).toEqual([1.75, 2.75, 3.75]);
    expect(np.average(table, null, { weights: np.ones([2, 3]), keepdims: true }).toArray()).toEqual([[3.5]]);
    expect(np.average(table).item()).toBe(3.5);
    expect(() => np.average(table, 0, { weights: np.ones([4]) })).toThrow(ShapeError);
  });

  it("quantiles interpolate as NumPy", () => {
    const x = np.array([10, 30, 20, 40], { dtype: "float64" });
    expect(np.quantile(x, [0, 0.1, 0.5, 1]).toArray()).toEqual([10, 13, 25, 40]);
    expect(np.percentile(x, 30).item()).toBeCloseTo(19, 12);
    const by = (method: np.QuantileMethod): number => np.quantile(x, 0.5, null, { method }).item();
    expect([by("lower"), by("higher"), by("midpoint"), by("nearest"), by("linear")]).toEqual([20, 30, 25, 30, 25]);
    expect(np.quantile(table, [0.5], 1, { keepdims: true }).shape).toEqual([1, 2, 1]);
    expect(np.median(table, [0, 1]).item()).toBe(3.5);
    expect(np.median(np.arange(24).reshape([2, 3, 4]), [0, 2]).toArray()).toEqual([7.5, 11.5, 15.5]);
    expect(() => np.quantile(x, 1.5)).toThrow(/quantile: expected numbers from 0 to 1, got 1.5/);
    expect(() => np.percentile(x, -1)).toThrow(OptionError);
    expect(() => np.quantile(x, 0.5, null, { method: "cubic" as never })).toThrow(OptionError);
  });

  it("covariance of columns, of one variable, and correlation", () => {
    const x = np.array(
      [
        [1, 2],
        [2, 4],
        [3, 9],
      ],
      { dtype: "float64" },
    );
    const c = np.cov(x, { rowvar: false });
    expect(c.toArray()).toEqual([
      [1, 3.5],
      [3.5, 13],
    ]);
    expect(np.cov(np.array([1, 2, 3])).toArray()).toBe(1);
    expect(np.cov(x, { rowvar: false, ddof: 0 }).at(0, 0).get().item()).toBeCloseTo(2 / 3, 14);
    expect(np.corrcoef(x, { rowvar: false }).at(0, 1).get().item()).toBeCloseTo(3.5 / Math.sqrt(13), 14);
  });
});

describe("cumulative", () => {
  it("runs along an axis, or over all", () => {
    expect(np.cumsum(table).toArray()).toEqual([1, 3, 6, 10, 15, 21]);
    expect(np.cumsum(table, 0).toArray()).toEqual([
      [1, 2, 3],
      [5, 7, 9],
    ]);
    expect(np.cumprod(table, -1).toArray()).toEqual([
      [1, 2, 6],
      [4, 20, 120],
    ]);
    expect(np.cumsum(np.ones([300], { dtype: "int8" })).toTypedArray()[299]).toBe(300);
  });

  it("diff goes along an axis, several times", () => {
    const x = np.array([1, 4, 9, 16]);
    expect(np.diff(x, 2).toArray()).toEqual([2, 2]);
    expect(np.diff(x, 0).toArray()).toEqual([1, 4, 9, 16]);
    expect(np.diff(x, 5).shape).toEqual([0]);
    expect(np.diff(table, 1, { axis: 0 }).toArray()).toEqual([[3, 3, 3]]);
    expect(np.diff(np.array([true, false, false])).toArray()).toEqual([true, false]);
    expect(() => np.diff(x, -1)).toThrow(ShapeError);
  });
});

describe("samples", () => {
  it("interp holds the ends, or takes what is given", () => {
    const [xp, fp] = [np.array([0, 1, 3]), np.array([0, 10, 30])];
    expect(np.interp(np.array([-1, 0, 0.5, 1, 2, 3, 4, NaN]), xp, fp).toArray()).toEqual([0, 0, 5, 10, 20, 30, 30, NaN]);
    expect(np.interp(np.array([-1, 4]), xp, fp, { left: -5, right: 5 }).toArray()).toEqual([-5, 5]);
    expect(np.interp(2, np.array([1]), np.array([7])).item()).toBe(7);
    expect(np.interp(1, np.array([0, 1, 1, 2]), np.array([0, 1, 3, 4])).item()).toBe(3);
    expect(() => np.interp(1, xp, np.ones([2]))).toThrow(ShapeError);
  });

  it("trapezoid takes places, a distance, and an axis", () => {
    const y = np.array([1, 2, 4]);
    expect(np.trapezoid(y, { dx: 2 }).item()).toBe(9);
    expect(np.trapezoid(y, { x: np.array([0, 1, 3]) }).item()).toBe(7.5);
    expect(np.trapezoid(table, { axis: 0 }).toArray()).toEqual([2.5, 3.5, 4.5]);
    expect(np.trapezoid(table, { x: np.array([0, 2]), axis: 0 }).toArray()).toEqual([5, 7, 9]);
    expect(np.trapezoid(np.array([3])).item()).toBe(0);
    expect(() => np.trapezoid(y, { x: np.ones([2]) })).toThrow(ShapeError);
  });

  it("convolve and correlate overlap as NumPy", () => {
    const [x, y] = [np.array([1, 2]), np.array([0, 1, 0.5])];
    expect(np.convolve(x, y).toArray()).toEqual([0, 1, 2.5, 1]);
    expect(np.convolve(x, y, { mode: "same" }).toArray()).toEqual([0, 1, 2.5]);
    expect(np.correlate(x, y, { mode: "full" }).toArray()).toEqual([0.5, 2, 2, 0]);
    expect(np.correlate(x, y, { mode: "same" }).toArray()).toEqual([2, 2, 0]);
    expect(np.correlate(x, y).toArray()).toEqual([2, 2]);
    expect(() => np.convolve(x, y, { mode: "circular" as never })).toThrow(OptionError);
    expect(() => np.convolve(table, y)).toThrow(ShapeError);
  });
});

describe("under transforms", () => {
  it.each<[string, (x: NDArray) => NDArray]>([
    ["sum with a mask", (x) => np.sum(x, 0, { where: np.greater(x, 0) })],
    ["var", (x) => np.var(x, -1, { ddof: 1, keepdims: true })],
    ["median", (x) => np.median(x, 0)],
    ["quantile", (x) => np.quantile(x, [0.3, 0.6], 1)],
    ["argmax", (x) => np.argmax(x)],
    ["cumprod", (x) => np.cumprod(x)],
    ["corrcoef", (x) => np.corrcoef(x)],
    ["interp", (x) => np.interp(x, np.array([-1, 0, 2]), np.array([3, 1, 2]))],
    ["nanmax", (x) => np.nanmax(x, 1)],
  ])("%s agrees", (_, f) => {
    const batch = np.sin(np.arange(24).mul(1.7)).reshape([2, 3, 4]);
    const examples = np.unstack(batch).map(f);
    expect(jit(f)(np.unstack(batch)[0]).toArray()).toEqual(examples[0].toArray());
    expect(np.allclose(vmap(f)(batch), np.stack(examples)).toArray()).toBe(true);
  });
});
