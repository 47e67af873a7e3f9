// Gathers and scatters: values by hand, indices out of bounds, refusals, derivatives and batching.

import { describe, expect, test } from "vitest";
import "../../src/install.js";
import type { NDArray } from "../../src/core/array.js";
import { DTypeError, IndexError, NotDifferentiableError, OptionError, ShapeError } from "../../src/core/errors.js";
import { square } from "../../src/ops/arithmetic.js";
import { type GivenGatherNumbers, type GivenScatterNumbers, gather } from "../../src/ops/gather.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { scatter, scatterAdd, scatterMax, scatterMin, scatterMul } from "../../src/ops/scatter.js";
import { sin } from "../../src/ops/trigonometric.js";
import { grad } from "../../src/transform/grad.js";
import { jit } from "../../src/transform/jit.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { vmap } from "../../src/transform/vmap.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "./rules.js";
import { whole } from "./whole.js";

const int32 = (values: readonly number[], shape: readonly number[]): NDArray => arrayOf("int32", values, shape);
const rows: GivenGatherNumbers = { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] };
const places: GivenScatterNumbers = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
const table = arrayOf("float32", [1, 2, 3, 4, 5, 6], [3, 2]);
const zeros = arrayOf("float32", [0, 0, 0]);

describe("values", () => {
  test("gather takes rows, and windows", () => {
    expect(gather(table, int32([2, 0], [2, 1]), rows, [1, 2]).toArray()).toEqual([
      [5, 6],
      [1, 2],
    ]);
    const windows: GivenGatherNumbers = { offsetDims: [0], collapsedSliceDims: [1], startIndexMap: [1, 0] };
    expect(gather(table, int32([0, 1, 1, 0], [2, 2]), windows, [2, 1]).toArray()).toEqual([
      [3, 2],
      [5, 4],
    ]);
  });

  test("scatters write, add, multiply and compare, in order", () => {
    const at = int32([2, 2, 0], [3, 1]);
    const updates = arrayOf("float32", [5, 7, -1]);
    expect(scatter(zeros, at, updates, places).toArray()).toEqual([-1, 0, 7]);
    expect(scatterAdd(zeros, at, updates, places).toArray()).toEqual([-1, 0, 12]);
    expect(scatterMul(arrayOf("float32", [1, 2, 3]), at, updates, places).toArray()).toEqual([-1, 2, 105]);
    expect(scatterMax(zeros, at, updates, places).toArray()).toEqual([0, 0, 7]);
    expect(scatterMin(zeros, at, updates, places).toArray()).toEqual([-1, 0, 0]);
  });
});

describe("indices out of bounds", () => {
  const at = int32([-1, 3, 1], [3, 1]);
  const updates = arrayOf("float32", [1, 2, 3]);
  const read = (mode: "checked" | "fill" | "clip") => (): NDArray => gather(table, at, rows, [1, 2], { mode });

  test("eager ones throw, and say where", () => {
    expect(read("checked")).toThrow(IndexError);
    expect(read("checked")).toThrow("gather: expected an index from 0 to 2 along axis 0 of size 3, got index -1");
    expect(() => scatterAdd(zeros, at, updates, places)).toThrow("scatterAdd: expected an index from 0 to 2");
    expect(() => vmap((x: NDArray) => gather(x, at, rows, [1, 2]))(arrayOf("float32", [1, 2, 3, 4], [1, 2, 2]))).toThrow(IndexError);
  });

  test("compiled ones read NaN, or the lowest integer, and write nothing", () => {
    const compiled = jit((x: NDArray) => gather(x, at, rows, [1, 2]))(table);
    expect(elements(compiled)).toEqual([NaN, NaN, NaN, NaN, 3, 4]);
    expect(elements(jit((x: NDArray) => gather(x, at, rows, [1, 1]))(int32([1, 2, 3], [3, 1])))).toEqual([-(2 ** 31), -(2 ** 31), 2]);
    expect(elements(jit((x: NDArray) => scatter(x, at, updates, places))(zeros))).toEqual([0, 3, 0]);
    expect(String(makeJaxpr((x: NDArray) => gather(x, at, rows, [1, 2]))(table))).toContain("mode=fill");
  });

  test("clip moves inside, fill fills", () => {
    expect(elements(read("clip")())).toEqual([1, 2, 5, 6, 3, 4]);
    expect(elements(gather(table, at, rows, [1, 2], { mode: "fill", fillValue: 9 }))).toEqual([9, 9, 9, 9, 3, 4]);
    expect(elements(scatterAdd(zeros, at, updates, places, { mode: "clip" }))).toEqual([1, 3, 2]);
  });

  test("nothing can be read along an axis without elements", () => {
    const empty = arrayOf("float32", [], [0, 2]);
    expect(elements(gather(empty, int32([0], [1, 1]), rows, [1, 2], { mode: "fill" }))).toEqual([NaN, NaN]);
    expect(() => gather(empty, int32([0], [1, 1]), rows, [1, 2])).toThrow(IndexError);
    expect(() => gather(empty, int32([0], [1, 1]), rows, [1, 2], { mode: "clip" })).toThrow(ShapeError);
    expect(gather(empty, int32([], [0, 1]), rows, [1, 2]).shape).toEqual([0, 2]);
  });
});

describe("refusals", () => {
  const at = int32([0], [1, 1]);
  test.each([
    [() => gather(table, int32([0], []), rows, [1, 2]), "indices with at least one axis"],
    [() => gather(table, int32([0, 1], [1, 2]), rows, [1, 2]), "index vectors of 1 elements"],
    [() => gather(table, at, { ...rows, collapsedSliceDims: [2] }, [1, 2]), "dropped and batching axes that the operand has"],
    [() => gather(table, at, { ...rows, offsetDims: [0, 1] }, [1, 2]), "increasing axes of the result"],
    [() => gather(table, at, { ...rows, operandBatchingDims: [1] }, [1, 1]), "as many batching axes"],
    [() => gather(table, at, rows, [1, 3]), "window [1,3]"],
    [() => gather(table, at, rows, [2, 2]), "of size 1 along dropped"],
    [() => scatter(zeros, at, arrayOf("float32", [1, 2]), places), "updates with the axes [1] of the indices and 0 window axes"],
  ])("shapes, case %#", (call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  test("dtypes and options", () => {
    expect(() => gather(table, arrayOf("float32", [0], [1, 1]), rows, [1, 2])).toThrow(DTypeError);
    expect(() => scatter(zeros, at, random([1]), places)).toThrow(DTypeError);
    expect(() => scatterAdd(arrayOf("bool", [1]), at, arrayOf("bool", [1]), places)).toThrow(DTypeError);
    expect(() => gather(table, at, rows, [1, 2], { mode: "wrap" as "clip" })).toThrow(OptionError);
  });
});

const gathers: Record<string, readonly [number[], NDArray, GivenGatherNumbers, number[]]> = {
  rows: [[5, 3], int32([4, 0, 4, 2], [4, 1]), rows, [1, 3]],
  windows: [[5, 4], int32([2, 3, 0, 0, 3, 7], [3, 2]), { offsetDims: [1, 2], collapsedSliceDims: [], startIndexMap: [1, 0] }, [2, 2]],
  middle: [[3, 4, 2], int32([0, 5, -1, 3], [2, 2, 1]), { offsetDims: [0, 2], collapsedSliceDims: [1], startIndexMap: [1] }, [3, 1, 2]],
  together: [
    [3, 4, 2],
    int32([0, 5, 2], [3, 1]),
    { offsetDims: [1], collapsedSliceDims: [1], startIndexMap: [1], operandBatchingDims: [0], startIndicesBatchingDims: [0] },
    [1, 1, 2],
  ],
};

/** The indices of three examples, along axis `dim`. */
const indexBatch = (at: NDArray, dim: number): NDArray => {
  const size = at.size * 3;
  return int32(
    Array.from({ length: size }, (_, i) => (i * 5) % 7),
    at.shape.toSpliced(dim, 0, 3),
  );
};

describe.each(Object.keys(gathers))("gather of %s", (name) => {
  const [shape, at, numbers, sizes] = gathers[name];

  test.each(["clip", "fill"] as const)("derivatives, mode %s", (mode) => {
    expectDerivatives((x) => [gather(sin(x), at, numbers, sizes, { mode, fillValue: 3 })], [random(shape)]);
  });

  test.each(["clip", "fill"] as const)("batch at every axis, mode %s", (mode) => {
    const f = (x: NDArray, i: NDArray): readonly NDArray[] => [gather(x, i, numbers, sizes, { mode, fillValue: 3 })];
    [...shape, 0].forEach((_, dim) => {
      const batch = whole(shape.toSpliced(dim, 0, 3));
      const indexDim = dim % (at.ndim + 1);
      expectBatched(f, [batch, at], [dim, null]);
      expectBatched(f, [whole(shape), indexBatch(at, indexDim)], [null, indexDim]);
      expectBatched(f, [batch, indexBatch(at, indexDim)], [dim, indexDim]);
    });
  });
});

const scatters: Record<string, readonly [number[], NDArray, number[], GivenScatterNumbers]> = {
  rows: [[5, 2], int32([1, 3, 1, 9], [4, 1]), [4, 2], { updateWindowDims: [1], insertedWindowDims: [0], scatterDimsToOperandDims: [0] }],
  windows: [
    [5, 4],
    int32([2, 3, 1, 2, 3, 7], [3, 2]),
    [2, 2, 3],
    { updateWindowDims: [0, 1], insertedWindowDims: [], scatterDimsToOperandDims: [1, 0] },
  ],
  together: [
    [3, 4, 2],
    int32([0, 5, 2], [3, 1]),
    [3, 2],
    {
      updateWindowDims: [1],
      insertedWindowDims: [1],
      scatterDimsToOperandDims: [1],
      operandBatchingDims: [0],
      scatterIndicesBatchingDims: [0],
    },
  ],
};

describe.each(Object.keys(scatters))("scatters of %s", (name) => {
  const [shape, at, updates, numbers] = scatters[name];
  const kinds = { scatter, scatterAdd, scatterMin, scatterMax };

  describe.each(["scatter", "scatterAdd", "scatterMin", "scatterMax"] as const)("%s", (kind) => {
    const f = (x: NDArray, i: NDArray, u: NDArray, mode: "clip" | "fill"): NDArray => kinds[kind](x, i, u, numbers, { mode });

    test.each(["clip", "fill"] as const)("derivatives, mode %s", (mode) => {
      expectDerivatives((x, u) => [square(f(sin(x), at, u, mode))], [random(shape), random(updates, 7)]);
    });

    test("batch of every choice of operands", () => {
      const g = (x: NDArray, i: NDArray, u: NDArray): readonly NDArray[] => [f(x, i, u, "fill")];
      [...shape, 0].forEach((_, dim) => {
        const [indexDim, updateDim] = [dim % (at.ndim + 1), dim % (updates.length + 1)];
        const [x, xs] = [whole(shape), whole(shape.toSpliced(dim, 0, 3))];
        const [u, us] = [whole(updates, 2), whole(updates.toSpliced(updateDim, 0, 3), 2)];
        const many = indexBatch(at, indexDim);
        expectBatched(g, [xs, at, u], [dim, null, null]);
        expectBatched(g, [x, at, us], [null, null, updateDim]);
        expectBatched(g, [x, many, u], [null, indexDim, null]);
        expectBatched(g, [xs, many, us], [dim, indexDim, updateDim]);
      });
    });
  });
});

describe("derivatives at special places", () => {
  test("of updates to one place only the one that was written counts", () => {
    const f = (u: NDArray): NDArray => reduceSum(scatter(random([3]), int32([1, 1, 2], [3, 1]), u, places));
    expect(elements(grad(f)(random([3])))).toEqual([0, 1, 1]);
  });

  test("operand and updates that tie share the derivative of scatterMax", () => {
    const at = int32([0, 0, 1], [3, 1]);
    const f = (x: NDArray, u: NDArray): NDArray => reduceSum(scatterMax(x, at, u, places));
    const [dx, du] = grad(f, { argnums: [0, 1] })(arrayOf("float64", [2, 1, 7]), arrayOf("float64", [2, 2, 3]));
    expect([elements(dx), elements(du)]).toEqual([
      [1 / 3, 0, 1],
      [1 / 3, 1 / 3, 1],
    ]);
  });

  test("scatterMul differentiates by the operand, and by updates that do not meet", () => {
    const at = int32([1, 3, 9], [3, 1]);
    const options = { mode: "fill", uniqueIndices: true } as const;
    expectDerivatives((x, u) => [scatterMul(sin(x), at, u, places, options)], [random([5]), random([3], 2)]);
    const repeated = int32([1, 1, 2], [3, 1]);
    expectDerivatives((x) => [scatterMul(sin(x), repeated, random([3], 2), places)], [random([5])]);
    const byUpdates = (u: NDArray): NDArray => reduceSum(scatterMul(random([5]), repeated, u, places));
    expect(() => grad(byUpdates)(random([3]))).toThrow(NotDifferentiableError);
    expect(() => grad(byUpdates)(random([3]))).toThrow("uniqueIndices: true");
  });

  test("the transpose of a gather is a scatter", () => {
    const f = (x: NDArray): NDArray => reduceSum(gather(x, int32([0, 2], [2, 1]), rows, [1, 2]));
    expect(String(makeJaxpr(grad(f))(table))).toContain("scatter_add[");
  });
});
