// The block function against the known answers of its authors and against JAX.

import { expect, test } from "vitest";
import { threefry2x32 } from "../../src/kernels/threefry.js";
import { readReference, referencePresent } from "./referenceCases.js";

// From the known-answer tests of Random123: counter, key, result.
test.each([
  [
    [0, 0],
    [0, 0],
    [0x6b200159, 0x99ba4efe],
  ],
  [
    [0xffffffff, 0xffffffff],
    [0xffffffff, 0xffffffff],
    [0x1cb996fc, 0xbb002be7],
  ],
  [
    [0x243f6a88, 0x85a308d3],
    [0x13198a2e, 0x03707344],
    [0xc4923a9c, 0x483df7a0],
  ],
])("threefry2x32 of %j under %j", (count, key, expected) => {
  const [x, y] = threefry2x32(key[0], key[1], [count[0]], [count[1]]);
  expect([x[0], y[0]]).toEqual(expected);
});

interface RandomReference {
  readonly split3: number[][];
  readonly bits8: number[];
}

const isRandomReference = (value: unknown): value is RandomReference =>
  typeof value === "object" && value !== null && "split3" in value && "bits8" in value;

test.skipIf(!referencePresent)("JAX's split and bits of the key [0, 7]", () => {
  const reference = readReference("random.json");
  if (!isRandomReference(reference)) throw new Error("random.json lacks split3 or bits8");
  const low = Uint32Array.from({ length: 8 }, (_, i) => i);
  const [x, y] = threefry2x32(0, 7, new Uint32Array(8), low);
  expect([0, 1, 2].map((i) => [x[i], y[i]])).toEqual(reference.split3);
  expect(Array.from(x, (bits, i) => (bits ^ y[i]) >>> 0)).toEqual(reference.bits8);
});
