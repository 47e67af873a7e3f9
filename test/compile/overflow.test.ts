// Products of float32 overflow where the result does, not on the way: they are carried in float64, compiled as by the kernels.

import { expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { jit } from "../../src/index.js";
import { reduceProd } from "../../src/ops/reduce.js";
import { arrayOf } from "../property/arbitraries.js";
import { elements } from "../property/measure.js";

it.each([
  ["everything", [1, 64, 1]],
  ["rows", [3, 41, 1]],
  ["columns", [1, 40, 9]],
  ["many columns", [1, 80, 33]],
  ["an axis in the middle", [2, 30, 3]],
] as const)("the product of %s", (_, [outer, size, inner]) => {
  const line = (of: number): number[] => new Array<number>(inner).fill(2 ** (of < size - 1 - of ? 10 : of > size - 1 - of ? -10 : 0));
  const plane = Array.from({ length: size }, (__, k) => line(k)).flat();
  const x = arrayOf("float32", Array.from({ length: outer }, () => plane).flat(), [outer, size, inner]);
  const f = (y: NDArray): NDArray => reduceProd(y, [1]);
  const ones = new Array<number>(outer * inner).fill(1);
  expect(elements(f(x))).toEqual(ones);
  expect(elements(jit(f)(x))).toEqual(ones);
});
