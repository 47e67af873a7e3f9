// What lowering makes of single equations, where a property of all programs would not say it. That programs keep their
// meaning is in test/loop/interpret.test.ts.

import { describe, expect, test } from "vitest";
import "../../src/install.js";
import type { NDArray } from "../../src/core/array.js";
import { scalar } from "../../src/core/array.js";
import { jit } from "../../src/transform/jit.js";
import { convertElementType } from "../../src/ops/convert.js";
import { dot } from "../../src/ops/dot.js";
import { add, mul } from "../../src/ops/arithmetic.js";
import { broadcastInDim, reshape, reverse, transpose } from "../../src/ops/layout.js";
import { reduceAnd, reduceSum } from "../../src/ops/reduce.js";
import { pad } from "../../src/ops/slice.js";
import { tanh } from "../../src/ops/trigonometric.js";
import { fuse } from "../../src/compile/fuse.js";
import { arrayOf } from "../property/arbitraries.js";
import { lowered } from "../loop/loops.js";

const x = arrayOf("float32", [1, 2, 3, 4, 5, 6], [2, 3]);
const kinds = (f: (...xs: NDArray[]) => readonly NDArray[], ...inputs: NDArray[]): string[] =>
  fuse(lowered(f, inputs).program).steps.map((step) => step.kind);

describe("lowering", () => {
  test("rounds a number that is converted twice", () => {
    const f = (y: NDArray): NDArray => add(y, convertElementType(convertElementType(scalar(0.1, "float64"), "float32"), "float64"));
    const y = arrayOf("float64", [1]);
    expect(jit(f)(y).toArray()).toEqual(f(y).toArray());
    expect(jit(f)(y).toArray()).toEqual([1 + Math.fround(0.1)]);
  });

  test("knows that integers have no negative zero", () => {
    const f = (y: NDArray): NDArray => mul(y, convertElementType(convertElementType(scalar(-0, "float64"), "int32"), "float64"));
    expect(jit(f)(arrayOf("float64", [1])).toArray()).toEqual([0]);
  });

  test("knows the conjunction of no integers", () => {
    for (const [dtype, all] of [
      ["int32", -1],
      ["int8", -1],
      ["uint8", 255],
      ["uint32", 2 ** 32 - 1],
      ["bool", true],
    ] as const) {
      const f = (y: NDArray): NDArray => reduceAnd(y, [1]);
      const empty = arrayOf(dtype, [], [2, 0]);
      expect(f(empty).toArray()).toEqual([all, all]);
      expect(jit(f)(empty).toArray(), dtype).toEqual([all, all]);
    }
  });

  test("moves nothing for layout alone beside arithmetic", () => {
    expect(kinds((y) => [tanh(reverse(transpose(y, [1, 0]), [0]))], x)).toEqual(["nest"]);
    expect(kinds((y) => [mul(reshape(y, [3, 2]), broadcastInDim(reshape(y, [6]), [3, 2, 6], [2]).shape.length)], x)).toEqual(["nest"]);
  });

  test("reads transposed matrices where they lie", () => {
    expect(kinds((y) => [dot(transpose(y, [1, 0]), y)], x)).toEqual(["dot"]);
  });

  test("copies an argument that is returned, and one result that is returned twice", () => {
    const [a, b, c] = jit((y: NDArray) => {
      const z = tanh(y);
      return [y, z, z];
    })(x);
    expect(a.toArray()).toEqual(x.toArray());
    expect(b.toArray()).toEqual(c.toArray());
    expect(b === c).toBe(false);
  });
});

describe("fusion", () => {
  test("makes one pass of a chain with its reduction", () => {
    expect(kinds((y) => [reduceSum(mul(tanh(add(y, 1)), 0.5), [1])], x)).toEqual(["nest"]);
  });

  test("keeps apart what reads its neighbours' results", () => {
    const f = (y: NDArray): NDArray => {
      const z = tanh(y);
      return add(z, reverse(z, [1]));
    };
    const got = jit(f)(x).toTypedArray();
    f(x)
      .toTypedArray()
      .forEach((v, i) => expect(got[i]).toBeCloseTo(v, 6));
  });

  test("keeps the order of two writers of one buffer", () => {
    const f = (y: NDArray): NDArray =>
      mul(
        pad(y, scalar(7, "float32"), [
          [1, 0, 0],
          [0, 1, 1],
        ]),
        2,
      );
    expect(jit(f)(x).toArray()).toEqual(f(x).toArray());
  });
});
