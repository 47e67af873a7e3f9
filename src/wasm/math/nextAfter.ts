// The neighbour of x on the way to y, in float32 or float64 lanes: numbers of one sign follow each other as their bits do.

import { type BinaryVectorFunction, type Shape, binary } from "./formula.js";

export const nextAfter = (shape: Shape): BinaryVectorFunction =>
  binary((v, x, y) => {
    const one = shape === "f32x4" ? v.bits(1) : v.bits(1n);
    // All ones, which is −1, where the magnitude shrinks; else 1.
    const towardZero = v.xor(v.lt(x, y), v.gt(x, 0));
    const moved = v.integerAdd(x, v.or(towardZero, one));
    const fromZero = v.or(v.signOf(y), one);
    const next = v.select(v.eq(x, 0), fromZero, moved);
    const missing = v.or(v.ne(x, x), v.ne(y, y));
    return v.select(missing, NaN, v.select(v.eq(x, y), y, next));
  }, shape);
