// Random words for lanes that have a key each: Threefry-2x32 of a small counter (Salmon, Moraes, Dror, Shaw, SC 2011). Words are
// 32-bit lanes, of which formulas over float64 use the lower two.

import type { Formula, Operand, Term, Variable } from "../formula.js";

/** The two words of a key, or of a block of random bits. */
export type Words = readonly [Variable, Variable];

const PARITY = 0x1bd11bda;
const ROTATIONS = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
] as const;
const BLOCKS = 5;

/** Room for two words. */
export const words = (v: Formula): Words => [v.let(v.constant32(0)), v.let(v.constant32(0))];

/** Sets `out` to the block of counter (0, `counter`) under a key in other variables. */
export function draw(v: Formula, key: Words, counter: number, [x, y]: Words): void {
  const plus = (a: Term, b: Term): Term => v.apply("i32x4.add", a, b);
  const rotated = (a: Term, by: number): Term => v.or(v.shift32("i32x4.shl", a, by), v.shift32("i32x4.shr_u", a, 32 - by));
  const keys = [...key, v.let(v.xor(v.xor(key[0], key[1]), v.constant32(PARITY)))];
  v.set(x, key[0]);
  v.set(y, counter === 0 ? key[1] : plus(key[1], v.constant32(counter)));
  for (let block = 1; block <= BLOCKS; block++) {
    for (const by of ROTATIONS[(block - 1) % 2]) {
      v.set(x, plus(x, y));
      v.set(y, v.xor(rotated(y, by), x));
    }
    v.set(x, plus(x, keys[block % 3]));
    v.set(y, plus(y, plus(keys[(block + 1) % 3], v.constant32(block))));
  }
}

/** A float in [0, 1) of a block of bits, with as many of them as a mantissa has. */
export function unit(v: Formula, [high, low]: Words): Term {
  const scaled = (bits: Term, by: Operand): Term =>
    v.mul(v.apply(v.shape === "f32x4" ? "f32x4.convert_i32x4_u" : "f64x2.convert_low_i32x4_u", bits), by);
  if (v.shape === "f32x4") return scaled(v.shift32("i32x4.shr_u", v.xor(high, low), 9), 2 ** -23);
  return v.add(scaled(high, 2 ** -32), scaled(v.shift32("i32x4.shr_u", low, 12), 2 ** -52));
}
