// Whole numbers in float64: sums and products of a few of them are exact, so that results can be compared bit for bit.

import type { ConcreteArray } from "../../src/core/array.js";
import { type Shape, sizeOf } from "../../src/core/shape.js";
import { arrayOf, noise } from "./rules.js";

/** An array of whole numbers from −4 to 4. */
export function whole(shape: Shape, seed = 1): ConcreteArray {
  const next = noise(seed);
  return arrayOf(
    "float64",
    Array.from({ length: sizeOf(shape) }, () => Math.round(4 * next()) + 0),
    shape,
  );
}
