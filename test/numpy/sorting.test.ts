import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { OptionError, ShapeError } from "../../src/core/errors.js";
import { jit } from "../../src/transform/jit.js";
import { vmap } from "../../src/transform/vmap.js";
import { argpartition, argsort, lexsort, partition, sort } from "../../src/numpy/sorting.js";
import { takeAlongAxis } from "../../src/numpy/take.js";
import "../../src/install.js";
import { arrayOf, elements, expectDerivatives, random } from "../ops/rules.js";

const int32 = (values: readonly number[], shape?: readonly number[]): NDArray => arrayOf("int32", values, shape ?? [values.length]);
const lists = fc.array(fc.integer({ min: -2, max: 2 }), { minLength: 1, maxLength: 10 });

describe("sort and argsort", () => {
  it("are stable in both orders", () => {
    fc.assert(
      fc.property(lists, fc.boolean(), (list, descending) => {
        const places = list.map((_, i) => i).sort((i, j) => (descending ? list[j] - list[i] : list[i] - list[j]) || i - j);
        expect(elements(argsort(int32(list), -1, { descending }))).toEqual(places);
        expect(elements(jit((x: NDArray) => argsort(x, 0, { descending }))(int32(list)))).toEqual(places);
        expect(elements(sort(int32(list), -1, { descending, stable: true }))).toEqual(places.map((i) => list[i]));
      }),
    );
  });

  it("sort along any axis, or the flattened array", () => {
    const x = int32([3, 1, 2, 0], [2, 2]);
    expect(sort(x).toArray()).toEqual([
      [1, 3],
      [0, 2],
    ]);
    expect(sort(x, 0).toArray()).toEqual([
      [2, 0],
      [3, 1],
    ]);
    expect(sort(x, null).toArray()).toEqual([0, 1, 2, 3]);
    expect(argsort(x, null, { descending: true }).toArray()).toEqual([0, 2, 1, 3]);
    expect(takeAlongAxis(x, argsort(x, 0, { descending: true }), 0).toArray()).toEqual([
      [3, 1],
      [2, 0],
    ]);
    expect(vmap((row: NDArray) => argsort(row))(x).toArray()).toEqual([
      [1, 0],
      [1, 0],
    ]);
  });

  it("put NaN last, or first where the order descends", () => {
    const x = arrayOf("float32", [2, NaN, 1]);
    expect(sort(x).toArray()).toEqual([1, 2, NaN]);
    expect(sort(x, 0, { descending: true }).toArray()).toEqual([NaN, 2, 1]);
    expect(argsort(x, 0, { descending: true }).toArray()).toEqual([1, 0, 2]);
  });

  it("differentiate", () => {
    expectDerivatives((x) => [sort(x, 0, { descending: true }), sort(x, null)], [random([3, 2], 1)]);
  });

  it("refuse other axes and options", () => {
    expect(() => sort(int32([1]), 1)).toThrow(ShapeError);
    expect(() => sort(3)).toThrow(ShapeError);
    expect(() => sort(int32([1]), 0, { reverse: true } as object)).toThrow(OptionError);
  });
});

describe("lexsort and partition", () => {
  it("let the last key decide first", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })), { minLength: 1, maxLength: 8 }),
        (pairs) => {
          const places = pairs.map((_, i) => i).sort((i, j) => pairs[i][1] - pairs[j][1] || pairs[i][0] - pairs[j][0] || i - j);
          expect(
            elements(
              lexsort([
                int32(pairs.map(([a]) => a)),
                arrayOf(
                  "float32",
                  pairs.map(([, b]) => b),
                ),
              ]),
            ),
          ).toEqual(places);
        },
      ),
    );
    expect(() => lexsort([])).toThrow(ShapeError);
  });

  it("put the kth element in its place", () => {
    fc.assert(
      fc.property(lists, fc.nat(), (list, any) => {
        const kth = any % list.length;
        const parted = elements(partition(int32(list), kth));
        expect(parted[kth]).toBe(list.toSorted((a, b) => a - b)[kth]);
        expect(parted.slice(0, kth).every((v) => v <= parted[kth]) && parted.slice(kth).every((v) => v >= parted[kth])).toBe(true);
        expect(elements(argpartition(int32(list), kth)).map((i) => list[i])).toEqual(parted);
      }),
    );
    expect(() => partition(int32([1, 2]), 2)).toThrow(/kth from -2 to 1/);
    expect(() => argpartition(int32([1, 2]), -3)).toThrow(ShapeError);
  });
});
