// Shapes, joins, splits, rearrangements and padding: edge cases, and what is refused.

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { ConcretizationError, OptionError, ShapeError, TypeMismatchError } from "../../src/core/errors.js";
import { jit, vmap } from "../../src/index.js";
import * as np from "../../src/numpy/index.js";

const table = np.arange(6).reshape([2, 3]);

describe("reshape and relatives", () => {
  it("infers one size", () => {
    expect(np.reshape(table, [-1]).shape).toEqual([6]);
    expect(np.reshape(table, -1).shape).toEqual([6]);
    expect(np.reshape(table, [3, -1, 1]).shape).toEqual([3, 2, 1]);
    expect(np.reshape(np.zeros([0, 4]), [2, -1]).shape).toEqual([2, 0]);
    expect(() => np.reshape(table, [-1, -1])).toThrow(/reshape: expected at most one size of -1, got \[-1,-1\]/);
    expect(() => np.reshape(table, [4, -1])).toThrow(/reshape: expected sizes whose product divides 6/);
    expect(() => np.reshape(np.zeros([0]), [0, -1])).toThrow(ShapeError);
    expect(() => np.reshape(table, [7])).toThrow(/reshape: .*6 elements/);
    expect(() => np.reshape(table, [1.5, 4])).toThrow(ShapeError);
    expect(() => np.reshape(table, undefined as never)).toThrow(ShapeError);
  });

  it("orders axes", () => {
    const x = np.ones([2, 3, 4, 5]);
    expect(np.transpose(x).shape).toEqual([5, 4, 3, 2]);
    expect(np.transpose(x, [-1, 0, 2, 1]).shape).toEqual([5, 2, 4, 3]);
    expect(np.moveaxis(x, [0, 1], [-1, 0]).shape).toEqual([3, 4, 5, 2]);
    expect(np.swapaxes(x, 1, -1).shape).toEqual([2, 5, 4, 3]);
    expect(np.matrixTranspose(x).shape).toEqual([2, 3, 5, 4]);
    expect(() => np.transpose(x, [0, 1])).toThrow(ShapeError);
    expect(() => np.moveaxis(x, [0, 1], [2])).toThrow(/as many destinations as sources/);
    expect(() => np.matrixTranspose(np.ones([2]))).toThrow(ShapeError);
  });

  it("adds and drops axes of size 1", () => {
    expect(np.squeeze(np.ones([1, 2, 1]), 0).shape).toEqual([2, 1]);
    expect(np.squeeze(np.ones([1, 2, 1]), null).shape).toEqual([2]);
    expect(() => np.squeeze(table, 0)).toThrow(/squeeze: expected axes of size 1/);
    expect(np.expandDims(table, [0, -1]).shape).toEqual([1, 2, 3, 1]);
    expect([np.atleast1d(1), np.atleast2d(1), np.atleast3d(1)].map((x) => x.shape)).toEqual([[1], [1, 1], [1, 1, 1]]);
    expect(np.atleast3d(table).shape).toEqual([2, 3, 1]);
  });

  it("broadcasts, but does not shrink", () => {
    expect(np.broadcastTo(3, [2, 2]).toArray()).toEqual([
      [3, 3],
      [3, 3],
    ]);
    expect(np.broadcastTo(np.ones([1, 3]), [0, 3]).shape).toEqual([0, 3]);
    expect(() => np.broadcastTo(table, [3])).toThrow(/broadcastTo: expected an array that broadcasts to \[3\], got int32\[2,3\]/);
    expect(() => np.broadcastTo(np.ones([2]), [3])).toThrow(ShapeError);
    expect(np.broadcastArrays(np.arange(2), np.ones([3, 1]))[0].aval).toEqual({ shape: [3, 2], dtype: "int32" });
  });
});

describe("joining", () => {
  it("promotes, and takes numbers along", () => {
    expect(np.stack([table, np.ones([2, 3])]).dtype).toBe("float32");
    expect(np.stack([1, np.array(2)], 0).toArray()).toEqual([1, 2]);
    expect(np.concatenate([table, table], null).shape).toEqual([12]);
    expect(np.append(table, 6).toArray()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(np.append(table, table, 1).shape).toEqual([2, 6]);
    expect(np.stack([table, table], -1).shape).toEqual([2, 3, 2]);
    expect(np.hstack([table, table]).shape).toEqual([2, 6]);
    expect(np.vstack([table, np.arange(3)]).shape).toEqual([3, 3]);
    expect(np.dstack([table, table]).shape).toEqual([2, 3, 2]);
    expect(np.columnStack([np.arange(2), table]).shape).toEqual([2, 4]);
  });

  it("refuses what does not fit", () => {
    expect(() => np.concatenate([])).toThrow(/concatenate: expected at least one array/);
    expect(() => np.concatenate(table as never)).toThrow(TypeMismatchError);
    expect(() => np.concatenate([table, np.ones([2, 2])])).toThrow(
      /concatenate: expected arrays of one shape, but for axis 0, got .*\[2,3\] and .*\[2,2\]/,
    );
    expect(() => np.concatenate([1, 2])).toThrow(/no axis: a scalar has none/);
    expect(() => np.stack([table, np.ones([3, 2])])).toThrow(/stack: expected arrays of one shape, \[2,3\] as the first, got \[3,2\]/);
    expect(() => np.stack([table], 3)).toThrow(ShapeError);
    expect(() => np.vstack([table, np.ones([2])])).toThrow(/vstack/);
  });
});

describe("splitting", () => {
  it("makes equal parts, or cuts at indices", () => {
    const x = np.arange(7);
    expect(np.arraySplit(x, 3).map((p) => p.toArray())).toEqual([
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(np.split(x, [2, -2]).map((p) => p.toArray())).toEqual([
      [0, 1],
      [2, 3, 4],
      [5, 6],
    ]);
    expect(np.split(x, [5, 2, 9]).map((p) => p.toArray())).toEqual([[0, 1, 2, 3, 4], [], [2, 3, 4, 5, 6], []]);
    expect(np.hsplit(table, 3).map((p) => p.shape)).toEqual([
      [2, 1],
      [2, 1],
      [2, 1],
    ]);
    expect(np.hsplit(np.arange(4), 2)[1].toArray()).toEqual([2, 3]);
    expect(np.unstack(table, 1).map((p) => p.toArray())).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    expect(() => np.split(x, 3)).toThrow(/split: expected a number of equal parts of axis 0, of size 7, got 3/);
    expect(() => np.arraySplit(x, 0)).toThrow(ShapeError);
  });

  it("undoes concatenation (property)", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength: 1, maxLength: 5 }), fc.constantFrom(0, 1), (sizes, axis) => {
        const parts = sizes.map((n, k) => np.full(axis === 0 ? [n, 2] : [2, n], k, { dtype: "int32" }));
        const bounds = sizes.slice(0, -1).map((_, k) => sizes.slice(0, k + 1).reduce((a, b) => a + b, 0));
        const again = np.split(np.concatenate(parts, axis), bounds, axis);
        expect(again.map((p) => p.toArray())).toEqual(parts.map((p) => p.toArray()));
      }),
    );
  });
});

describe("rearranging", () => {
  it("flips and rolls", () => {
    expect(np.flip(table).toArray()).toEqual([
      [5, 4, 3],
      [2, 1, 0],
    ]);
    expect(np.flip(table, [1]).toArray()).toEqual(np.fliplr(table).toArray());
    expect(np.flip(table, 0).toArray()).toEqual(np.flipud(table).toArray());
    expect(np.roll(table, 1).toArray()).toEqual([
      [5, 0, 1],
      [2, 3, 4],
    ]);
    expect(np.roll(table, -4, 1).toArray()).toEqual([
      [1, 2, 0],
      [4, 5, 3],
    ]);
    expect(np.roll(table, [1, 1], [0, 1]).toArray()).toEqual([
      [5, 3, 4],
      [2, 0, 1],
    ]);
    expect(np.roll(np.zeros([0]), 3).shape).toEqual([0]);
    expect(() => np.roll(table, 0.5)).toThrow(OptionError);
    expect(() => np.roll(table, [1, 2, 3], [0, 1])).toThrow(ShapeError);
    expect(() => np.roll(table, np.array(1) as never)).toThrow(OptionError);
    expect(() => np.fliplr(np.ones([2]))).toThrow(ShapeError);
  });

  it("four quarter turns are none, and each is the inverse of three", () => {
    expect(np.rot90(table, 4).toArray()).toEqual(table.toArray());
    expect(np.rot90(table, -1).toArray()).toEqual(np.rot90(table, 3).toArray());
    expect(np.rot90(np.rot90(table, 1), -1).toArray()).toEqual(table.toArray());
    expect(np.rot90(table, 2).toArray()).toEqual(np.flip(table).toArray());
    expect(() => np.rot90(table, 1, [0, 0])).toThrow(ShapeError);
  });

  it("tiles and repeats", () => {
    expect(np.tile(np.arange(2), [2, 2]).toArray()).toEqual([
      [0, 1, 0, 1],
      [0, 1, 0, 1],
    ]);
    expect(np.tile(table, 2).shape).toEqual([2, 6]);
    expect(np.tile(table, [0, 1]).shape).toEqual([0, 3]);
    expect(np.repeat(table, 2).toArray()).toEqual([0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]);
    expect(np.repeat(table, [1, 2], 0).toArray()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [3, 4, 5],
    ]);
    expect(np.repeat(table, np.array([2, 0, 1], { dtype: "int32" }), -1).toArray()).toEqual([
      [0, 0, 2],
      [3, 3, 5],
    ]);
    expect(np.repeat(3, 2).toArray()).toEqual([3, 3]);
    expect(() => np.repeat(table, -1)).toThrow(OptionError);
    expect(() => np.repeat(table, [1, 2], 1)).toThrow(/repeat: expected one count, or 3 of them, got 2/);
    expect(() => jit((n: NDArray) => np.repeat(table, n))(2)).toThrow(ConcretizationError);
  });
});

describe("pad", () => {
  const x = np.array([1, 2, 3], { dtype: "int32" });

  it("has NumPy's modes, however wide", () => {
    expect(np.pad(x, [2, 3]).toArray()).toEqual([0, 0, 1, 2, 3, 0, 0, 0]);
    expect(np.pad(x, 1, { constantValues: [8, 9] }).toArray()).toEqual([8, 1, 2, 3, 9]);
    expect(np.pad(x, [2, 2], { mode: "edge" }).toArray()).toEqual([1, 1, 1, 2, 3, 3, 3]);
    expect(np.pad(x, [5, 6], { mode: "reflect" }).toArray()).toEqual([2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2, 1]);
    expect(np.pad(x, [4, 5], { mode: "symmetric" }).toArray()).toEqual([3, 3, 2, 1, 1, 2, 3, 3, 2, 1, 1, 2]);
    expect(np.pad(x, [4, 5], { mode: "wrap" }).toArray()).toEqual([3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2]);
    expect(np.pad(np.array([7]), 2, { mode: "reflect" }).toArray()).toEqual([7, 7, 7, 7, 7]);
    expect(
      np
        .pad(
          table,
          [
            [1, 0],
            [0, 2],
          ],
          { mode: "edge" },
        )
        .toArray(),
    ).toEqual([
      [0, 1, 2, 2, 2],
      [0, 1, 2, 2, 2],
      [3, 4, 5, 5, 5],
    ]);
    expect(np.pad(table, 0).toArray()).toEqual(table.toArray());
    expect(np.pad(3, []).toArray()).toBe(3);
    expect(np.pad(np.array([true]), 1).toArray()).toEqual([false, true, false]);
    expect(np.pad(np.zeros([0]), 2).shape).toEqual([4]);
  });

  it("never narrows a constant", () => {
    expect(() => np.pad(x, 1, { constantValues: 0.5 })).toThrow(/a number that int32 holds, got 0.5/);
  });

  it("refuses bad widths and modes", () => {
    expect(() => np.pad(x, -1)).toThrow(/pad: expected one value, a pair, or a pair for each of 1 axes, got -1/);
    expect(() =>
      np.pad(table, [
        [1, 1],
        [1, 1],
        [1, 1],
      ]),
    ).toThrow(ShapeError);
    expect(() => np.pad(x, 1, { mode: "mirror" as never })).toThrow(/pad: expected mode constant, edge/);
    expect(() => np.pad(x, 1, { mode: "edge", constantValues: 1 })).toThrow(OptionError);
    expect(() => np.pad(np.zeros([0]), 1, { mode: "edge" })).toThrow(ShapeError);
  });
});

describe("under transforms", () => {
  it.each<[string, (x: NDArray) => NDArray]>([
    ["roll", (x) => np.roll(x, 2)],
    ["rot90", (x) => np.rot90(x)],
    ["pad", (x) => np.pad(x, [1, 2], { mode: "symmetric" })],
    ["tile", (x) => np.tile(x, [2, 1, 2])],
    ["repeat", (x) => np.repeat(x, [1, 0, 2], 0)],
    [
      "stack",
      (x) =>
        np.stack(
          [x, 1, x].map((y) => np.broadcastTo(y, x.shape)),
          1,
        ),
    ],
    ["diagonal", (x) => np.diagonal(x, { offset: -1 })],
    ["tril", (x) => np.tril(x)],
    ["moveaxis", (x) => np.moveaxis(x, 0, -1)],
    ["split", (x) => np.split(x, [1, 3], 1)[1]],
    ["meshgrid", (x) => np.meshgrid([np.ravel(x), 2])[0]],
    ["append", (x) => np.append(x, 1)],
  ])("%s agrees", (_, f) => {
    const batch = np.arange(24).reshape([2, 3, 4]);
    const examples = np.unstack(batch).map((x) => f(x).toArray());
    expect(jit(f)(np.unstack(batch)[0]).toArray()).toEqual(examples[0]);
    expect(vmap(f)(batch).toArray()).toEqual(examples);
    expect(vmap(f, { inAxes: 1 })(np.moveaxis(batch, 0, 1)).toArray()).toEqual(examples);
  });
});
