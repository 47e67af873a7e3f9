import { describe, expect, it } from "vitest";
import * as lax from "../../src/lax/index.js";
import type { NDArray } from "../../src/core/array.js";
import { DTypeError, ShapeError } from "../../src/core/errors.js";
import { jit } from "../../src/transform/jit.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "../ops/rules.js";

const x = arrayOf("float32", [0, 1, 2, 3, 4, 5], [3, 2]);

describe("lax", () => {
  it("broadcasts by new leading axes", () => {
    expect(lax.broadcast(arrayOf("float32", [1, 2]), [2]).toArray()).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(lax.broadcast(7, [2, 1]).toArray()).toEqual([[7], [7]]);
    expect(() => lax.broadcast(x, [-1])).toThrow(ShapeError);
    expect(lax.broadcastedIota("int32", [2, 3], 0).toArray()).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
  });

  it("fills arrays like others", () => {
    expect(lax.fullLike(x, 7).toArray()).toEqual([
      [7, 7],
      [7, 7],
      [7, 7],
    ]);
    const flags = lax.fullLike(x, true, { dtype: "bool", shape: [2] });
    expect([flags.dtype, flags.toArray()]).toEqual(["bool", [true, true]]);
    expect(() => lax.fullLike(x, 0.5, { dtype: "int8" })).toThrow(DTypeError);
  });

  it("takes one index or a run of an axis", () => {
    expect(lax.indexInDim(x, -1).toArray()).toEqual([4, 5]);
    expect(lax.indexInDim(x, 1, 1, { keepdims: true }).toArray()).toEqual([[1], [3], [5]]);
    expect(() => lax.indexInDim(x, 3)).toThrow(/from -3 to 2 along axis 0/);
    expect(lax.sliceInDim(x, 0, 3, 2).toArray()).toEqual([
      [0, 1],
      [4, 5],
    ]);
    expect(lax.dynamicSliceInDim(x, 1, 2).toArray()).toEqual([
      [2, 3],
      [4, 5],
    ]);
    expect(lax.dynamicSliceInDim(x, 9, 1, 1).toArray()).toEqual([[1], [3], [5]]);
    const starts = [arrayOf("int32", [1], []), arrayOf("uint8", [1], [])];
    for (const start of starts) {
      expect(jit((y: NDArray, i: NDArray) => lax.dynamicSliceInDim(y, i, 1))(x, start).toArray()).toEqual([[2, 3]]);
      expect(
        jit((y: NDArray, i: NDArray) => lax.dynamicUpdateSliceInDim(y, lax.full([1, 2], 9, "float32"), i))(x, start).toArray(),
      ).toEqual([
        [0, 1],
        [9, 9],
        [4, 5],
      ]);
    }
    expect(lax.dynamicIndexInDim(x, 2).toArray()).toEqual([4, 5]);
  });

  it("sorts values by their keys", () => {
    const [keys, values] = lax.sortKeyVal(arrayOf("int32", [2, 1, 2]), arrayOf("float32", [5, 6, 7]));
    expect([keys.toArray(), values.toArray()]).toEqual([
      [1, 2, 2],
      [6, 5, 7],
    ]);
    expect(() => lax.sortKeyVal(arrayOf("int32", [1]), arrayOf("int32", [1, 2]))).toThrow(ShapeError);
  });

  it("is strict where numpy promotes and broadcasts", () => {
    expect(() => lax.add(x, arrayOf("int32", [1]))).toThrow(DTypeError);
    expect(() => lax.add(x, arrayOf("float32", [1, 2]))).toThrow(ShapeError);
    expect(lax.rev).toBe(lax.reverse);
    expect(elements(lax.bitwiseXor(arrayOf("int32", [6]), arrayOf("int32", [3])))).toEqual([5]);
    expect(lax.topK(arrayOf("float32", [1, 3, 2]), 2).map((y) => y.toArray())).toEqual([
      [3, 2],
      [1, 2],
    ]);
  });

  it("differentiates and batches slices of one axis", () => {
    const start = arrayOf("int32", [1], []);
    expectDerivatives(
      (y, u) => [lax.dynamicSliceInDim(y, start, 2, 1), lax.dynamicUpdateSliceInDim(y, u, start, 1)],
      [random([2, 4], 1), random([2, 2], 2)],
    );
    expectBatched((y, i) => [lax.dynamicSliceInDim(y, i, 2, 1)], [random([3, 2, 4], 3), arrayOf("int32", [0, 1, 2])], [0, 0]);
  });
});
