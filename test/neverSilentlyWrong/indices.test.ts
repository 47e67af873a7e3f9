// Indices out of range: eager ones throw; compiled reads give NaN or the dtype's lowest value, and compiled writes are dropped,
// unless a mode says otherwise. Never a neighbour's value.

import { describe, expect, test } from "vitest";
import { IndexError, type NDArray, grad, jit, vmap } from "../../src/index.js";
import type { DType } from "../../src/core/dtype.js";
import { reduceSum } from "../../src/ops/reduce.js";
import { IndexedArray, type UpdateOptions } from "../../src/numpy/at.js";
import { take } from "../../src/numpy/take.js";
import { arrayOf } from "../ops/rules.js";
import { f64, i32 } from "../transform/arrays.js";

const x = f64(10, 20, 30);
const read = (y: NDArray, i: NDArray): NDArray => take(y, i);
const write = (y: NDArray, i: NDArray, options: UpdateOptions = {}): NDArray => new IndexedArray(y, [i]).set(-1, options);

describe("eager", () => {
  test.each([3, 4, 1000, -4, 2 ** 31 - 1, -(2 ** 31)])("index %i of three is refused, reading and writing", (index) => {
    for (const use of [() => read(x, i32(0, index)), () => write(x, i32(0, index)), () => new IndexedArray(x, [index]).get()]) {
      expect(use).toThrow(IndexError);
      expect(use).toThrow(new RegExp(`${index}`));
      expect(use).toThrow(/at: .*indices\.test\.ts:\d+:\d+$/);
    }
  });

  test("the last and the first are not", () => expect(read(x, i32(2, -3, -1, 0)).toArray()).toEqual([30, 10, 30, 10]));
});

describe("compiled", () => {
  const outside = i32(1, 3, -4, 2);

  test.each<[DType, unknown]>([
    ["float64", NaN],
    ["float32", NaN],
    ["int32", -(2 ** 31)],
    ["int8", -128],
    ["uint8", 0],
    ["uint32", 0],
  ])("a read of %s gives %s", (dtype, missing) => {
    expect(jit(read)(arrayOf(dtype, [10, 20, 30]), outside).toArray()).toEqual([20, missing, missing, 30]);
  });

  test("a write is dropped, the others are made", () => {
    expect(jit((y: NDArray, i: NDArray) => write(y, i))(x, outside).toArray()).toEqual([10, -1, -1]);
    expect(jit((y: NDArray, i: NDArray) => new IndexedArray(y, [i]).add(5))(x, outside).toArray()).toEqual([10, 25, 35]);
  });

  test("modes say otherwise, eager and compiled alike", () => {
    for (const [mode, expected] of [
      ["clip", [20, 30, 10, 30]],
      ["wrap", [20, 10, 30, 30]],
      ["fill", [20, NaN, NaN, 30]],
    ] as const) {
      const get = (y: NDArray, i: NDArray): NDArray => take(y, i, null, { mode });
      expect(get(x, outside).toArray()).toEqual(expected);
      expect(jit(get)(x, outside).toArray()).toEqual(expected);
      expect(jit(vmap(get, { inAxes: [null, 0] }))(x, outside).toArray()).toEqual(expected);
    }
  });

  test("under vmap of jit, and in gradients", () => {
    expect(vmap(jit((i: NDArray) => take(x, i)))(outside).toArray()).toEqual([20, NaN, NaN, 30]);
    const picked = (y: NDArray): NDArray => reduceSum(take(y, outside, null, { mode: "fill", fillValue: 0 }));
    expect(jit(grad(picked))(x).toArray()).toEqual([0, 1, 1]);
    expect(grad(picked)(x).toArray()).toEqual([0, 1, 1]);
  });
});

describe("indices beyond int32 are not the ones that their low bits say", () => {
  const huge = arrayOf("uint32", [2 ** 32 - 1, 1, 2 ** 31, 2 ** 32 - 3]);

  test("of uint32, eager", () => {
    for (const use of [() => read(x, huge), () => write(x, huge), () => new IndexedArray(x, [huge]).get()])
      expect(use).toThrow("expected an index from -3 to 2 along axis 0 of size 3, got index 4294967295");
  });

  test.each([
    ["clip", [30, 20, 30, 30]],
    ["wrap", [10, 20, 30, 20]],
    ["fill", [NaN, 20, NaN, NaN]],
  ] as const)("of uint32, by mode %s", (mode, expected) => {
    const get = (y: NDArray, i: NDArray): NDArray => take(y, i, null, { mode });
    for (const f of [get, jit(get), jit((y: NDArray) => get(y, huge)), vmap(get, { inAxes: [null, 0] })])
      expect(f(x, huge).toArray()).toEqual(expected);
    expect(jit((y: NDArray, i: NDArray) => new IndexedArray(y, [i]).get({ mode }))(x, huge).toArray()).toEqual(expected);
  });

  test("of uint32, compiled without a mode", () => {
    expect(jit(read)(x, huge).toArray()).toEqual([NaN, 20, NaN, NaN]);
    expect(jit((y: NDArray, i: NDArray) => write(y, i))(x, huge).toArray()).toEqual([10, -1, 30]);
  });

  test.each([2 ** 32, 2 ** 32 + 1, -(2 ** 32), 2 ** 31])("the number %d", (index) => {
    for (const use of [() => take(x, index), () => take(x, [0, index]), () => new IndexedArray(x, [[index]]).set(-1)])
      expect(use).toThrow(`expected indices that int32 holds, got index ${index}`);
    expect(new IndexedArray(x, [index]).get({ mode: "fill" }).item()).toBeNaN();
    expect(new IndexedArray(x, [index]).set(-1, { mode: "fill" }).toArray()).toEqual([10, 20, 30]);
  });
});

test.each<[DType, number]>([
  ["int8", 300],
  ["int8", NaN],
  ["uint8", -1],
  ["int32", 0.5],
  ["bool", 2],
])("%s is not filled with %d, which it does not hold", (dtype, fillValue) => {
  const get = (y: NDArray): NDArray => take(y, [0, 7], null, { mode: "fill", fillValue });
  for (const f of [get, jit(get), vmap((y: NDArray) => get(y.reshape([1])))])
    expect(() => f(arrayOf(dtype, [1]))).toThrow(`gather: expected a fillValue that ${dtype} holds, got ${fillValue}`);
});
