import { describe, expect, it } from "vitest";
import { DTypeError, ShapeError } from "../../src/core/errors.js";
import type { NDArray } from "../../src/core/array.js";
import { threefry2x32 } from "../../src/ops/threefry.js";
import { arrayOf, elements, expectBatched } from "./rules.js";

const word = (value: number): NDArray => arrayOf("uint32", [value], []);
const words = (...values: number[]): NDArray => arrayOf("uint32", values);

describe("threefry2x32", () => {
  // The known answers of the Random123 library (file kat_vectors, threefry2x32 with 20 rounds).
  it.each([
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3, 0xc4923a9c, 0x483df7a0],
  ])("has the known answer under the key %d, %d", (key0, key1, count0, count1, out0, out1) => {
    const outs = threefry2x32(word(key0), word(key1), word(count0), word(count1));
    expect(outs.map((x) => x.aval)).toEqual([
      { shape: [], dtype: "uint32" },
      { shape: [], dtype: "uint32" },
    ]);
    expect(outs.map((x) => x.item())).toEqual([out0, out1]);
  });

  it("gives each counter its block, and each key its own", () => {
    const counters = [words(1, 2, 3, 4), words(9, 8, 7, 6)] as const;
    const [a, b] = threefry2x32(word(5), word(6), ...counters);
    const [c, d] = threefry2x32(words(5, 5, 7, 5), words(6, 6, 6, 6), ...counters);
    const [e, f] = threefry2x32(word(7), word(6), word(3), word(7));
    expect(elements(c)).toEqual(elements(a).with(2, e.item()));
    expect(elements(d)).toEqual(elements(b).with(2, f.item()));
    expect(threefry2x32(word(0), word(0), words(), words())[1].shape).toEqual([0]);
  });

  it("batches over keys and counters", () => {
    const grid = arrayOf("uint32", [1, 2, 3, 4, 5, 6], [2, 3]);
    expectBatched(threefry2x32, [words(1, 2), words(3, 4), words(7, 8, 9), words(4, 5, 6)], [0, 0, null, null]);
    expectBatched(threefry2x32, [word(1), word(2), grid, words(4, 5)], [null, null, 1, null]);
    expectBatched(threefry2x32, [words(1, 2), word(2), grid, grid], [0, null, 0, 0]);
  });

  it("refuses what does not fit", () => {
    expect(() => threefry2x32(word(0), word(0), arrayOf("int32", [1]), words(1))).toThrow(DTypeError);
    expect(() => threefry2x32(word(0), word(0), arrayOf("int32", [1]), words(1))).toThrow(
      "threefry2x32: expected four operands of dtype uint32, got int32[1]",
    );
    expect(() => threefry2x32(word(0), word(0), words(1, 2), words(1))).toThrow(ShapeError);
  });
});
