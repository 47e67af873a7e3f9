// Broadcasting and changes of layout: values by hand, refusals, derivatives and batching.

import { describe, expect, test } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { DTypeError, ShapeError } from "../../src/core/errors.js";
import {
  broadcastInDim,
  expandDims,
  full,
  fullLike,
  iota,
  moveAxis,
  reshape,
  reverse,
  squeeze,
  transpose,
  zerosLike,
} from "../../src/ops/layout.js";
import { mul } from "../../src/ops/arithmetic.js";
import { stopGradient } from "../../src/ops/stop.js";
import { sin } from "../../src/ops/trigonometric.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "./rules.js";

const counting = (...shape: number[]): NDArray => {
  const size = shape.reduce((a, b) => a * b, 1);
  return arrayOf(
    "float64",
    Array.from({ length: size }, (_, i) => i),
    shape,
  );
};

describe("values", () => {
  test("broadcastInDim places axes and repeats along the others", () => {
    expect(broadcastInDim(counting(2), [2, 3], [0]).toArray()).toEqual([
      [0, 0, 0],
      [1, 1, 1],
    ]);
    expect(broadcastInDim(counting(2, 1), [2, 2], [0, 1]).toArray()).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect(broadcastInDim(7, [2], []).toArray()).toEqual([7, 7]);
  });

  test("full, fullLike, zerosLike take dtype and shape", () => {
    expect(full([2], 3, "int8").aval).toEqual({ shape: [2], dtype: "int8" });
    expect(full([], 2.5, "float64").item()).toBe(2.5);
    expect(elements(full([2], true, "bool"))).toEqual([1, 1]);
    expect(full([1], arrayOf("float32", [2.5], []), "int32").toArray()).toEqual([2]);
    expect(fullLike(counting(1, 2), 4).toArray()).toEqual([[4, 4]]);
    expect(zerosLike(arrayOf("uint8", [1, 2])).aval).toEqual({ shape: [2], dtype: "uint8" });
  });

  test("reshape, transpose, moveAxis, squeeze, expandDims, reverse, iota", () => {
    expect(reshape(counting(6), [2, 3]).toArray()).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    expect(transpose(counting(2, 3), [1, 0]).toArray()).toEqual([
      [0, 3],
      [1, 4],
      [2, 5],
    ]);
    expect(moveAxis(counting(2, 3, 4), 0, -1).shape).toEqual([3, 4, 2]);
    expect(squeeze(counting(1, 3, 1)).shape).toEqual([3]);
    expect(squeeze(counting(1, 3, 1), -1).shape).toEqual([1, 3]);
    expect(expandDims(counting(3), [0, -1]).shape).toEqual([1, 3, 1]);
    expect(reverse(counting(2, 2), 1).toArray()).toEqual([
      [1, 0],
      [3, 2],
    ]);
    expect(iota("uint8", [2, 2], 1).toArray()).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  test("what changes nothing gives the array itself", () => {
    const x = counting(2, 3);
    expect(reshape(x, [2, 3])).toBe(x);
    expect(transpose(x, [0, 1])).toBe(x);
    expect(broadcastInDim(x, [2, 3], [0, 1])).toBe(x);
    expect(reverse(x, [])).toBe(x);
    expect(squeeze(x)).toBe(x);
  });

  test("a filled array prints as JAX prints it", () => {
    expect(String(makeJaxpr((x: NDArray) => broadcastInDim(x, [3], []))(arrayOf("float32", [1], [])))).toContain(
      "b:f32[3] = broadcast_in_dim a in",
    );
  });
});

describe("refusals", () => {
  test.each([
    [() => broadcastInDim(counting(2), [2, 3], [1]), "axes have size 1 or the size of their axis in [2,3], got float64[2]"],
    [() => broadcastInDim(counting(2, 2), [2, 2], [1, 0]), "2 increasing axes of [2,2]"],
    [() => broadcastInDim(counting(2), [2, -3], [0]), "a list of non-negative integers"],
    [() => reshape(counting(6), [4]), "reshape: expected a shape of 6 elements"],
    [() => transpose(counting(2, 3), [0]), "a permutation of the axes [0,1]"],
    [() => transpose(counting(2, 3), [0, 0]), "each axis once"],
    [() => squeeze(counting(2, 1), 0), "squeeze: expected axes of size 1"],
    [() => reverse(counting(2), 1), "an integer axis from -1 to 0"],
    [() => expandDims(counting(2), [0, 0]), "each axis once"],
    [() => iota("int32", [2], 1), "an integer axis from -1 to 0"],
  ])("case %#", (call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  test("iota and full refuse dtypes that do not hold their values", () => {
    expect(() => iota("bool", [2])).toThrow(DTypeError);
    expect(() => full([2], 0.5, "int32")).toThrow(DTypeError);
  });
});

const functions: Record<string, (x: NDArray) => NDArray> = {
  broadcast: (x) => broadcastInDim(sin(x), [2, 3, 2, 5], [1, 2]),
  reshape: (x) => reshape(sin(x), [3]),
  transpose: (x) => transpose(sin(x), [1, 0]),
  squeeze: (x) => squeeze(sin(x), 1),
  expand: (x) => expandDims(sin(x), [0, 2]),
  reverse: (x) => reverse(sin(x), [0]),
};

describe.each(Object.keys(functions))("%s", (name) => {
  const f = functions[name];

  test("derivatives", () => {
    expectDerivatives((x) => [f(x)], [random([3, 1])]);
  });

  test.each([0, 1, 2])("batch at %i", (dim) => {
    expectBatched((x) => [f(x)], [random([3, 1].toSpliced(dim, 0, 4))], [dim]);
  });
});

test("stopGradient is the identity without a derivative", () => {
  const x = random([3]);
  expect(elements(stopGradient(x))).toEqual(elements(x));
  const f = (v: NDArray): NDArray => mul(v, stopGradient(v));
  expect(String(makeJaxpr(f)(x))).toContain("stop_gradient a");
  expectBatched((v) => [f(v)], [random([3, 2])], [1]);
});
