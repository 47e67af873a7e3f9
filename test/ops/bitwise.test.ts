import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { type DType, typedArray } from "../../src/core/dtype.js";
import { DTypeError, ShapeError } from "../../src/core/errors.js";
import {
  bitAnd,
  bitNot,
  bitOr,
  bitXor,
  clz,
  populationCount,
  shiftLeft,
  shiftRightArithmetic,
  shiftRightLogical,
} from "../../src/ops/bitwise.js";
import { arrayOf, elements, expectBatched } from "./rules.js";

const widths = { int32: 32, uint32: 32, int8: 8, uint8: 8 } as const;
type Integer = keyof typeof widths;

/** The bits of an element, highest first. */
const bits = (value: number, dtype: Integer): string =>
  BigInt.asUintN(widths[dtype], BigInt(value)).toString(2).padStart(widths[dtype], "0");
const fromBits = (text: string, dtype: DType): number => typedArray(dtype, [Number(BigInt(`0b${text}`))])[0];

const word = fc.tuple(fc.constantFrom(...(Object.keys(widths) as Integer[])), fc.integer(), fc.integer(), fc.integer({ min: 0, max: 40 }));
const one = (dtype: Integer, value: number): NDArray => arrayOf(dtype, [value]);
const stored = (dtype: Integer, value: number): number => typedArray(dtype, [value])[0];

describe("on integers", () => {
  it("acts bit by bit", () => {
    const pairs: readonly [(x: NDArray, y: NDArray) => NDArray, (a: string, b: string) => boolean][] = [
      [bitAnd, (a, b) => a === "1" && b === "1"],
      [bitOr, (a, b) => a === "1" || b === "1"],
      [bitXor, (a, b) => a !== b],
    ];
    fc.assert(
      fc.property(word, ([dtype, x, y]) => {
        const [p, q] = [bits(stored(dtype, x), dtype), bits(stored(dtype, y), dtype)];
        for (const [f, of] of pairs) {
          const expected = [...p].map((b, i) => (of(b, q[i]) ? "1" : "0")).join("");
          expect(elements(f(one(dtype, x), one(dtype, y)))).toEqual([fromBits(expected, dtype)]);
        }
        expect(elements(bitNot(one(dtype, x)))).toEqual([fromBits([...p].map((b) => (b === "1" ? "0" : "1")).join(""), dtype)]);
      }),
    );
  });

  it("moves bits, and beyond the width leaves nothing but zeros or signs", () => {
    fc.assert(
      fc.property(word, ([dtype, x, , by]) => {
        const width = widths[dtype];
        const p = bits(stored(dtype, x), dtype);
        const shift = one(dtype, by);
        expect(elements(shiftLeft(one(dtype, x), shift))).toEqual([fromBits(p.padEnd(width + by, "0").slice(-width), dtype)]);
        expect(elements(shiftRightLogical(one(dtype, x), shift))).toEqual([fromBits(p.padStart(width + by, "0").slice(0, width), dtype)]);
        expect(elements(shiftRightArithmetic(one(dtype, x), shift))).toEqual([
          fromBits(p.padStart(width + by, p[0]).slice(0, width), dtype),
        ]);
      }),
    );
  });

  it("reads a negative shift as over-long", () => {
    const [x, by] = [arrayOf("int32", [-8, 8]), arrayOf("int32", [-1, -1])];
    expect(elements(shiftLeft(x, by))).toEqual([0, 0]);
    expect(elements(shiftRightLogical(x, by))).toEqual([0, 0]);
    expect(elements(shiftRightArithmetic(x, by))).toEqual([-1, 0]);
  });

  it("counts bits", () => {
    fc.assert(
      fc.property(word, ([dtype, x]) => {
        const p = bits(stored(dtype, x), dtype);
        expect(elements(populationCount(one(dtype, x)))).toEqual([p.replaceAll("0", "").length]);
        expect(elements(clz(one(dtype, x)))).toEqual([p.includes("1") ? p.indexOf("1") : widths[dtype]]);
      }),
    );
  });

  it("keeps uint32 unsigned", () => {
    const x = arrayOf("uint32", [0xf0000000, 1]);
    expect(elements(bitNot(x))).toEqual([0x0fffffff, 0xfffffffe]);
    expect(elements(bitOr(x, arrayOf("uint32", [1, 2])))).toEqual([0xf0000001, 3]);
    expect(elements(shiftRightArithmetic(x, 4))).toEqual([0xff000000, 0]);
  });
});

describe("on bool", () => {
  const [p, q] = [arrayOf("bool", [0, 0, 1, 1]), arrayOf("bool", [0, 1, 0, 1])];

  it("is logic", () => {
    expect(bitAnd(p, q).toArray()).toEqual([false, false, false, true]);
    expect(bitOr(p, q).toArray()).toEqual([false, true, true, true]);
    expect(bitXor(p, q).toArray()).toEqual([false, true, true, false]);
    expect(bitNot(p).toArray()).toEqual([true, true, false, false]);
  });

  it("has no shifts and counts", () => {
    expect(() => shiftLeft(p, q)).toThrow("shiftLeft: expected an integer dtype, got bool[4]");
    expect(() => populationCount(p)).toThrow("populationCount: expected an integer dtype, got bool[4]");
  });
});

it("refuses floats, mixed dtypes and mixed shapes", () => {
  const x = arrayOf("int32", [1, 2]);
  expect(() => bitAnd(arrayOf("float32", [1]), arrayOf("float32", [1]))).toThrow(DTypeError);
  expect(() => bitNot(arrayOf("float32", [1]))).toThrow("bitNot: expected an integer dtype or bool, got float32[1]");
  expect(() => bitOr(x, arrayOf("uint32", [1, 2]))).toThrow("bitOr: expected operands of one dtype, got int32[2] and uint32[2]");
  expect(() => bitXor(x, arrayOf("int32", [1, 2, 3]))).toThrow(ShapeError);
});

it("batches", () => {
  const [x, y] = [arrayOf("int32", [1, 2, 3, 4, 5, 6], [2, 3]), arrayOf("int32", [6, 5, 4], [3])];
  expectBatched((a, b) => [bitXor(a, b), shiftLeft(a, b), bitNot(a)], [x, y], [0, null]);
  expectBatched((a, b) => [bitXor(a, b), shiftRightLogical(a, b)], [x, y], [1, 0]);
});
