// Logic on bits: of integers bit by bit, of bool as truth values. Results keep the operands' dtype; zero tangent.
// Kernels see numbers, and what they return wraps in the store: so an int32 with the right bits serves every dtype.

import type { ArrayLike, NDArray } from "../core/array.js";
import { aval } from "../core/aval.js";
import { type DType, bytesOf, isSigned } from "../core/dtype.js";
import { type Params, type Primitive, constant, pointwise, primitive } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import { mapBinary, mapUnary } from "../kernels/elementwise.js";
import { operand, operandsAlike } from "./operands.js";
import { type Accepts, checkDTypes, checkSameDType, pointwiseShape } from "./pointwise.js";

/** A function of the bits of one integer of a dtype; `op` is the user's name. */
const ofOne = <const Name extends string>(
  name: Name,
  op: string,
  accepts: Accepts,
  of: (dtype: DType) => (x: number) => number,
): Primitive<Name, Params> =>
  primitive(name)<Params>({
    type: ([x]) => {
      checkDTypes(op, [x], accepts);
      return [aval(x.shape, x.dtype)];
    },
    derivative: constant,
    batch: pointwise,
    reference: ([x], _, [out]) => [mapUnary(x, of(x.dtype), out.dtype)],
  });

/** A function of the bits of two integers of one dtype. */
const ofTwo = <const Name extends string>(
  name: Name,
  op: string,
  accepts: Accepts,
  of: (dtype: DType) => (x: number, y: number) => number,
): Primitive<Name, Params> =>
  primitive(name)<Params>({
    type: (avals) => {
      checkSameDType(op, avals);
      checkDTypes(op, avals, accepts);
      return [aval(pointwiseShape(op, avals), avals[0].dtype)];
    },
    derivative: constant,
    batch: pointwise,
    reference: ([x, y], _, [out]) => [mapBinary(x, y, of(x.dtype), out.dtype)],
  });

export const andP = ofTwo("and", "bitAnd", "bits", () => (x, y) => x & y);

/**
 * `x ∧ y`: bit by bit of integers, truth values of bool.
 *
 * @throws DTypeError for floats and different dtypes; ShapeError when shapes differ and neither is a scalar.
 */
export const bitAnd = (x: ArrayLike, y: ArrayLike): NDArray => bind(andP, operandsAlike("bitAnd", x, y), {});

export const orP = ofTwo("or", "bitOr", "bits", () => (x, y) => x | y);

/**
 * `x ∨ y`: bit by bit of integers, truth values of bool.
 *
 * @throws DTypeError for floats and different dtypes; ShapeError when shapes differ and neither is a scalar.
 */
export const bitOr = (x: ArrayLike, y: ArrayLike): NDArray => bind(orP, operandsAlike("bitOr", x, y), {});

export const xorP = ofTwo("xor", "bitXor", "bits", () => (x, y) => x ^ y);

/**
 * Exclusive or: bit by bit of integers, `x ≠ y` of bool.
 *
 * @throws DTypeError for floats and different dtypes; ShapeError when shapes differ and neither is a scalar.
 */
export const bitXor = (x: ArrayLike, y: ArrayLike): NDArray => bind(xorP, operandsAlike("bitXor", x, y), {});

export const notP = ofOne("not", "bitNot", "bits", (dtype) => (dtype === "bool" ? (x) => 1 - x : (x) => ~x));

/**
 * All bits of an integer inverted; of bool, the other truth value.
 *
 * @throws DTypeError for floats.
 */
export const bitNot = (x: ArrayLike): NDArray => bind(notP, [operand(x, "bitNot")], {});

const widthOf = (dtype: DType): number => 8 * bytesOf(dtype);

/** The bits of a number that a dtype has. */
const bitsOf = (dtype: DType): number => (widthOf(dtype) === 32 ? -1 : 0xff);

// XLA reads the shift as unsigned, so that a negative one is over-long, as is one by the width or more.
const shift =
  (by: (x: number, y: number, bits: number) => number) =>
  (dtype: DType): ((x: number, y: number) => number) => {
    const [width, bits] = [widthOf(dtype), bitsOf(dtype)];
    return (x, y) => (y < 0 || y >= width ? 0 : by(x, y, bits));
  };

export const shiftLeftP = ofTwo(
  "shift_left",
  "shiftLeft",
  "integer",
  shift((x, y) => x << y),
);

/**
 * `x · 2^y` by bits moved up; 0 where `y` is negative or not below the width.
 *
 * @throws DTypeError unless both are of one integer dtype; ShapeError when shapes differ and neither is a scalar.
 * @example shiftLeft(np.array([1, 2], { dtype: "uint8" }), 7) // [128, 0]
 */
export const shiftLeft = (x: ArrayLike, y: ArrayLike): NDArray => bind(shiftLeftP, operandsAlike("shiftLeft", x, y), {});

export const shiftRightLogicalP = ofTwo(
  "shift_right_logical",
  "shiftRightLogical",
  "integer",
  shift((x, y, bits) => (x & bits) >>> y),
);

/**
 * Bits moved down, zeros from above; 0 where `y` is negative or not below the width.
 *
 * @throws DTypeError unless both are of one integer dtype; ShapeError when shapes differ and neither is a scalar.
 * @example shiftRightLogical(np.array([-1], { dtype: "int8" }), 4) // [15]
 */
export const shiftRightLogical = (x: ArrayLike, y: ArrayLike): NDArray =>
  bind(shiftRightLogicalP, operandsAlike("shiftRightLogical", x, y), {});

// Of an unsigned number, too, the top bit is what fills: it is moved to where an int32 has its own.
export const shiftRightArithmeticP = ofTwo("shift_right_arithmetic", "shiftRightArithmetic", "integer", (dtype) => {
  const width = widthOf(dtype);
  const unused = isSigned(dtype) ? 0 : 32 - width;
  return (x, y) => ((x << unused) >> unused) >> (y < 0 || y >= width ? 31 : y);
});

/**
 * Bits moved down, copies of the top bit from above; nothing but copies where `y` is negative or not below the width.
 *
 * @throws DTypeError unless both are of one integer dtype; ShapeError when shapes differ and neither is a scalar.
 * @example shiftRightArithmetic(np.array([-8, 8], { dtype: "int32" }), 2) // [-2, 2]
 */
export const shiftRightArithmetic = (x: ArrayLike, y: ArrayLike): NDArray =>
  bind(shiftRightArithmeticP, operandsAlike("shiftRightArithmetic", x, y), {});

/** The one-bits of a 32-bit word: sums of pairs, fours, eights (Warren, Hacker's Delight, 5-1). */
function onesIn(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

export const populationCountP = ofOne("population_count", "populationCount", "integer", (dtype) => {
  const bits = bitsOf(dtype);
  return (x) => onesIn(x & bits);
});

/**
 * How many bits of each integer are one; the dtype stays.
 *
 * @throws DTypeError unless `x` is of an integer dtype.
 * @example populationCount(np.array([-1, 5], { dtype: "int8" })) // [8, 2]
 */
export const populationCount = (x: ArrayLike): NDArray => bind(populationCountP, [operand(x, "populationCount")], {});

export const clzP = ofOne("clz", "clz", "integer", (dtype) => {
  const [bits, unused] = [bitsOf(dtype), 32 - widthOf(dtype)];
  return (x) => Math.clz32(x & bits) - unused;
});

/**
 * How many bits of each integer are zero above its highest one; the width for 0. The dtype stays.
 *
 * @throws DTypeError unless `x` is of an integer dtype.
 * @example clz(np.array([1, 0], { dtype: "uint8" })) // [7, 8]
 */
export const clz = (x: ArrayLike): NDArray => bind(clzP, [operand(x, "clz")], {});
