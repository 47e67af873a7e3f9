// Arrays from data, ranges and grids: dtypes, shapes, exact ends, and what is refused.

import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { DTypeError, OptionError, ShapeError, TypeMismatchError } from "../../src/core/errors.js";
import { grad, jit, vmap } from "../../src/index.js";
import * as np from "../../src/numpy/index.js";

describe("array", () => {
  it("takes the natural dtype of the data", () => {
    expect(np.array([1, 2]).dtype).toBe("float32");
    expect(np.array([true, false]).dtype).toBe("bool");
    expect(np.array([true, 2]).dtype).toBe("float32");
    expect(np.array([]).aval).toEqual({ shape: [0], dtype: "float32" });
    expect(np.array([[], []]).shape).toEqual([2, 0]);
    expect(np.array(3).shape).toEqual([]);
    expect(np.array(3).aval.weak).toBeUndefined();
    expect(np.array(true).dtype).toBe("bool");
  });

  it.each([
    [new Float32Array([1]), "float32"],
    [new Float64Array([1]), "float64"],
    [new Int32Array([1]), "int32"],
    [new Uint32Array([1]), "uint32"],
    [new Int8Array([1]), "int8"],
    [new Uint8Array([1]), "uint8"],
    [new Uint8ClampedArray([1]), "uint8"],
    [new Int16Array([-1]), "int32"],
    [new Uint16Array([65535]), "int32"],
  ] as const)("of %o is %s", (data, dtype) => {
    expect(np.array(data).dtype).toBe(dtype);
    expect(np.array(data).toArray()).toEqual(Array.from(data));
  });

  it("copies", () => {
    const data = new Float32Array([1, 2]);
    const x = np.array(data);
    data[0] = 9;
    expect(x.toArray()).toEqual([1, 2]);
  });

  it("gives back an array as it is", () => {
    const x = np.ones([2]);
    expect(np.array(x)).toBe(x);
    expect(np.asarray(x, { dtype: "int32" }).dtype).toBe("int32");
  });

  it("stacks arrays, typed arrays, lists and numbers in their common dtype", () => {
    const row = np.array([1, 2], { dtype: "float64" });
    const x = np.array([row, [3, 0.1], new Float32Array([5, 6])]);
    expect(x.dtype).toBe("float64");
    expect(x.toArray()).toEqual([
      [1, 2],
      [3, 0.1],
      [5, 6],
    ]);
  });

  it("stacks tracers, and differentiates through", () => {
    const f = (a: NDArray): NDArray => np.array([a, a.mul(a), 1]).sum();
    expect(grad(f)(np.array(3)).item()).toBe(7);
    expect(vmap(f)(np.array([1, 2])).toArray()).toEqual([3, 7]);
    expect(jit((a: NDArray) => np.array([[a, 2]]))(1).shape).toEqual([1, 2]);
  });

  it("names the place where lists are ragged", () => {
    expect(() => np.array([[1, 2], [3]])).toThrow(ShapeError);
    expect(() => np.array([[1, 2], [3]])).toThrow(/array: expected a list of 2 at element \[1\], as in its first sibling, got a list of 1/);
    expect(() =>
      np.array([
        [[1], [2]],
        [[3], 4],
      ]),
    ).toThrow(/element \[1\]\[1\].*got a number/);
    expect(() => np.array([1, [2]])).toThrow(/expected a number or boolean at element \[1\]/);
    expect(() => np.array([np.ones([2]), np.ones([3])])).toThrow(/expected shape \[2\] at element \[1\].*got shape \[3\]/);
    expect(() => np.array([[], [1]])).toThrow(ShapeError);
  });

  it("refuses what is no number", () => {
    expect(() => np.array([1n] as never)).toThrow(/got a bigint at element \[0\].\n {2}convert it with Number\(x\)/);
    expect(() => np.array(new BigInt64Array(1) as never)).toThrow(/BigInt64Array/);
    expect(() => np.array([1, undefined] as never)).toThrow(/got undefined at element \[1\]/);
    expect(() => np.array([[1, "2"]] as never)).toThrow(/got a string at element \[0\]\[1\]/);
    expect(() => np.array({} as never)).toThrow(TypeMismatchError);
    expect(() => np.array([null] as never)).toThrow(/null at element \[0\]/);
    expect(() => np.array([undefined] as never)).toThrow(TypeMismatchError);
  });

  it("never wraps or truncates a number into an integer dtype", () => {
    expect(() => np.array([1, 256], { dtype: "uint8" })).toThrow(/array: expected integers that uint8 holds, from 0 to 255, got 256/);
    expect(() => np.array([1.5], { dtype: "int32" })).toThrow(DTypeError);
    expect(() => np.array([NaN], { dtype: "int32" })).toThrow(DTypeError);
    expect(np.array([0.5, 0, NaN], { dtype: "bool" }).toArray()).toEqual([true, false, true]);
  });

  it("knows its options and dtypes", () => {
    expect(() => np.array([1], { dtpye: "int32" } as never)).toThrow(/options among dtype, got dtpye/);
    expect(() => np.array([1], "int32" as never)).toThrow(/array: expected an options object .*got int32/);
    expect(() => np.array([1], { dtype: "float16" as never })).toThrow(/one of float32, .*got float16/);
  });
});

describe("filled arrays", () => {
  it("have the shape and dtype asked for", () => {
    expect(np.zeros(3).aval).toEqual({ shape: [3], dtype: "float32" });
    expect(np.ones([2, 0], { dtype: "bool" }).aval).toEqual({ shape: [2, 0], dtype: "bool" });
    expect(np.full([2], true).dtype).toBe("bool");
    expect(np.full([2, 2], np.arange(2)).toArray()).toEqual([
      [0, 1],
      [0, 1],
    ]);
    expect(np.zerosLike(np.arange(3)).dtype).toBe("int32");
    expect(np.onesLike(np.arange(3), { dtype: "float64", shape: [1] }).aval).toEqual({ shape: [1], dtype: "float64" });
    expect(np.fullLike(np.array([true]), 1).toArray()).toEqual([true]);
    expect(np.zerosLike(2).aval.weak).toBeUndefined();
  });

  it("refuse bad shapes and values", () => {
    expect(() => np.zeros([-1])).toThrow(/zeros: expected a shape/);
    expect(() => np.zeros([1.5])).toThrow(ShapeError);
    expect(() => np.full([2], np.ones([3]))).toThrow(ShapeError);
    expect(() => np.full([2], 0.5, { dtype: "int32" })).toThrow(DTypeError);
  });

  it("eye has its ones on diagonal k", () => {
    expect(np.eye(2, { m: 3, k: 1 }).toArray()).toEqual([
      [0, 1, 0],
      [0, 0, 1],
    ]);
    expect(np.eye(3, { k: -2, dtype: "int8" }).toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [1, 0, 0],
    ]);
    expect(np.eye(0).shape).toEqual([0, 0]);
    expect(np.identity(2, { dtype: "bool" }).toArray()).toEqual([
      [true, false],
      [false, true],
    ]);
  });
});

describe("ranges", () => {
  it("arange counts as NumPy", () => {
    expect(np.arange(3).aval).toEqual({ shape: [3], dtype: "int32" });
    expect(np.arange(1, 4).toArray()).toEqual([1, 2, 3]);
    expect(np.arange(5, 0, -2).toArray()).toEqual([5, 3, 1]);
    expect(np.arange(3, 1).shape).toEqual([0]);
    expect(np.arange(0, 1, 0.25).toArray()).toEqual([0, 0.25, 0.5, 0.75]);
    expect(np.arange(0, 1, 0.25).dtype).toBe("float32");
    expect(np.arange(2.5).toArray()).toEqual([0, 1, 2]);
    expect(np.arange(3, { dtype: "float64" }).dtype).toBe("float64");
    expect(np.arange(0, 3, 1, { dtype: "uint8" }).dtype).toBe("uint8");
    expect(np.arange(1, 2, undefined).toArray()).toEqual([1]);
  });

  it("arange refuses what has no size", () => {
    expect(() => np.arange(0, 1, 0)).toThrow(OptionError);
    expect(() => np.arange(undefined as never)).toThrow("arange: expected finite JavaScript numbers, got undefined.");
    expect(() => np.arange(0, np.ones([2]) as never)).toThrow("got an array float32[2].");
    expect(() => np.arange(Infinity)).toThrow(/arange: expected finite JavaScript numbers, got Infinity/);
    expect(() => np.arange(np.array(3) as never)).toThrow(TypeMismatchError);
    expect(() => np.arange(2 ** 31, 2 ** 31 + 2)).toThrow(/integers that int32 holds/);
    expect(() => np.arange(0, 1, 0.5, { dtype: "int32" })).toThrow(DTypeError);
    expect(() => np.arange(300, { dtype: "uint8" })).toThrow(DTypeError);
  });

  it("linspace ends exactly", () => {
    for (const num of [2, 3, 7, 10, 50, 1000]) {
      const points = np.linspace(0.1, 0.7, num, { dtype: "float64" }).toTypedArray();
      expect(points[0]).toBe(0.1);
      expect(points[num - 1]).toBe(0.7);
    }
    expect(np.linspace(0, 1, 4, { endpoint: false }).toArray()).toEqual([0, 0.25, 0.5, 0.75]);
    expect(np.linspace(2, 9, 1).toArray()).toEqual([2]);
    expect(np.linspace(2, 9, 0).shape).toEqual([0]);
    expect(np.linspace(0, 1).shape).toEqual([50]);
    expect(np.linspace(-1, 1, 3, { dtype: "int32" }).toArray()).toEqual([-1, 0, 1]);
    expect(() => np.linspace(0, 1, 2.5)).toThrow(ShapeError);
    expect(() => np.linspace(0, 300, 3, { dtype: "int8" })).toThrow("linspace: expected integers that int8 holds, got 0, 300");
    expect(() => np.logspace(0, 3, 4, { dtype: "uint8" })).toThrow("logspace: expected integers that uint8 holds, got 1, 1000");
  });

  it("linspace of arrays lies along a new first axis, and differentiates", () => {
    const x = np.linspace(np.array([0, 10]), np.array([1, 20]), 3);
    expect(x.toArray()).toEqual([
      [0, 10],
      [0.5, 15],
      [1, 20],
    ]);
    const f = (stop: NDArray): NDArray => np.linspace(0, stop, 5).sum();
    expect(grad(f)(np.array(2)).item()).toBeCloseTo(2.5, 6);
  });

  it("logspace and geomspace", () => {
    expect(np.logspace(0, 3, 4, { base: 2 }).toArray()).toEqual([1, 2, 4, 8]);
    expect(np.geomspace(-1, -1000, 4, { dtype: "float64" }).toTypedArray()[3]).toBe(-1000);
    expect(() => np.geomspace(-1, 1)).toThrow(/geomspace: expected two numbers of one sign/);
    expect(np.allclose(np.geomspace(np.array(1), np.array(8), 4), np.array([1, 2, 4, 8])).toArray()).toBe(true);
  });
});

describe("grids", () => {
  it("meshgrid indexes xy or ij, dense or sparse", () => {
    const [x, y] = [np.arange(2), np.arange(3)];
    expect(np.meshgrid([x, y]).map((g) => g.shape)).toEqual([
      [3, 2],
      [3, 2],
    ]);
    expect(np.meshgrid([x, y], { indexing: "ij" })[1].toArray()).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(np.meshgrid([x, y, np.arange(4)], { sparse: true }).map((g) => g.shape)).toEqual([
      [1, 2, 1],
      [3, 1, 1],
      [1, 1, 4],
    ]);
    expect(() => np.meshgrid([x], { indexing: "yx" as never })).toThrow(OptionError);
  });

  it("triangles keep or drop by diagonal", () => {
    const x = np.arange(9).reshape([3, 3]);
    expect(np.tril(x, -1).toArray()).toEqual([
      [0, 0, 0],
      [3, 0, 0],
      [6, 7, 0],
    ]);
    expect(np.triu(x, 1).toArray()).toEqual([
      [0, 1, 2],
      [0, 0, 5],
      [0, 0, 0],
    ]);
    expect(
      np
        .tril(np.ones([2, 2, 3]))
        .sum()
        .item(),
    ).toBe(6);
    expect(np.tri(2, { m: 3, k: 1 }).toArray()).toEqual([
      [1, 1, 0],
      [1, 1, 1],
    ]);
    expect(np.triu(np.ones([2, 2], { dtype: "bool" })).dtype).toBe("bool");
    expect(() => np.tril(np.ones([3]))).toThrow(/tril: expected matrices/);
  });

  it("diagonals are read and written at every offset", () => {
    for (const [n, m] of [
      [3, 3],
      [2, 4],
      [4, 2],
    ]) {
      const x = np.arange(n * m).reshape([n, m]);
      for (let k = -n - 1; k <= m + 1; k++) {
        const expected: number[] = [];
        for (let i = 0; i < n; i++) if (i + k >= 0 && i + k < m) expected.push(i * m + i + k);
        expect(np.diagonal(x, { offset: k }).toArray()).toEqual(expected);
        expect(np.trace(x, { offset: k }).item()).toBe(expected.reduce((sum, v) => sum + v, 0));
      }
    }
    const v = np.array([1, 2, 3]);
    for (const k of [-2, -1, 0, 1, 2]) expect(np.diag(np.diag(v, k), k).toArray()).toEqual([1, 2, 3]);
    expect(np.diag(v, -2).shape).toEqual([5, 5]);
    expect(np.diag(v, 1).sum().item()).toBe(6);
    expect(np.diagonal(np.arange(12).reshape([2, 3, 2]), { axis1: 0, axis2: -1 }).toArray()).toEqual([
      [0, 7],
      [2, 9],
      [4, 11],
    ]);
    expect(np.diag(np.array([])).shape).toEqual([0, 0]);
    expect(() => np.diagonal(np.ones([2, 2]), { axis1: 1, axis2: 1 })).toThrow(OptionError);
  });
});
