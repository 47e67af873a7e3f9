// Keys: what every random function draws from. A key is an NDArray uint32[2]; nothing is hidden, so the same key always
// gives the same numbers, and `split` and `foldIn` make keys whose streams have nothing to do with each other.
// The same keys as jax.random's with the partitionable Threefry: see threefry2x32 for the block function.

import { type ArrayLike, LiteralArray, type NDArray, asArray, scalar } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { isFloat } from "../core/dtype.js";
import { DTypeError, OptionError, TypeMismatchError } from "../core/errors.js";
import { type Shape, checkShape, sizeOf } from "../core/shape.js";
import { div, floor, mul, sub } from "../ops/arithmetic.js";
import { bitAnd } from "../ops/bitwise.js";
import { convertElementType } from "../ops/convert.js";
import { full, iota, reshape, squeeze } from "../ops/layout.js";
import { ge, lt } from "../ops/compare.js";
import { select } from "../ops/select.js";
import { concatenate, sliceInDim } from "../ops/slice.js";
import { threefry2x32 } from "../ops/threefry.js";

const WORD = 2 ** 32;

/**
 * Refuses what is not one key.
 *
 * @throws DTypeError unless `key` is an array uint32[2].
 */
export function checkKey(key: NDArray, op: string): NDArray {
  const array = typeof key === "number" ? undefined : asArray(key, op);
  if (array !== undefined && array.dtype === "uint32" && array.ndim === 1 && array.shape[0] === 2) return array;
  const many = array !== undefined && array.dtype === "uint32" && array.ndim > 1 && array.shape.at(-1) === 2;
  throw new DTypeError({
    op,
    expected: "one key: an array uint32[2]",
    received: array === undefined ? `the number ${String(key)}` : showAval(array.aval),
    remedy: many
      ? `map the function over several keys: vmap((key) => random.${op}(key, ...))(keys)`
      : "make a key of a seed with random.key(seed), and further ones with random.split(key)",
  });
}

/** The two words of a key, as scalars. */
export function keyWords(key: NDArray): readonly [NDArray, NDArray] {
  return [squeeze(sliceInDim(key, 0, 1), [0]), squeeze(sliceInDim(key, 1, 2), [0])];
}

const word = (value: number): NDArray => scalar(value, "uint32");
const stacked = (words: readonly NDArray[], axis: number): NDArray =>
  concatenate(
    words.map((w) => reshape(w, w.shape.toSpliced(axis, 0, 1))),
    axis,
  );

/**
 * The key of a seed, an integer: the same as `jax.random.PRNGKey(seed)`. Seeds beyond 32 bits use both words of the key.
 *
 * @throws DTypeError for a fraction, a float array or an integer beyond 2^53; TypeMismatchError for an array that is no scalar.
 * @example random.key(7) // [0, 7]
 */
export function key(seed: ArrayLike): NDArray {
  const array = asArray(seed, "key");
  if (!(array instanceof LiteralArray))
    return stacked(array.aval.weak === "integer" ? wordsOf(array) : [word(0), scalarWord(array, "key")], 0);
  const { value } = array;
  if (!Number.isSafeInteger(value)) throw notAnInteger("key", String(value));
  // JAX's own seeds are 32 bits wide, unless they do not fit: then the high word counts, sign and all.
  const high = value >= -(2 ** 31) && value < WORD ? 0 : Math.floor(value / WORD);
  return stacked([word(unsigned(high)), word(unsigned(value))], 0);
}

/** The integer modulo 2^32. */
const unsigned = (value: number): number => value - Math.floor(value / WORD) * WORD;

const notAnInteger = (op: string, received: string): DTypeError =>
  new DTypeError({ op, expected: "an integer", received, remedy: "pass a whole number, or an array of an integer dtype" });

/** The words of a traced JavaScript number, by arithmetic of float64, which holds it as it is. */
function wordsOf(seed: NDArray): readonly [NDArray, NDArray] {
  const value = convertElementType(seed, "float64");
  const high = floor(div(value, WORD));
  const modulo = (x: NDArray): NDArray => convertElementType(sub(x, mul(floor(div(x, WORD)), WORD)), "uint32");
  const isShort = bitAnd(ge(value, -(2 ** 31)), lt(value, WORD));
  return [select(isShort, word(0), modulo(high)), modulo(value)];
}

/** A scalar of an integer dtype, or a traced number, as one word. */
function scalarWord(x: NDArray, op: string): NDArray {
  if (x.ndim !== 0) {
    throw new TypeMismatchError({
      op,
      expected: "one integer",
      received: showAval(x.aval),
      remedy: `map it over several: vmap((n) => random.${op}(n))`,
    });
  }
  const whole = x.aval.weak === "integer" || (!isFloat(x.dtype) && x.dtype !== "bool");
  if (!whole) throw notAnInteger(op, showAval(x.aval));
  return convertElementType(x, "uint32");
}

/**
 * New keys from one: an array `[num, 2]` of them, or `[...num, 2]`. The old key is not to be used again.
 *
 * @throws DTypeError for what is no key; ShapeError for a count that is no non-negative integer.
 * @example vmap((key) => random.normal(key, [3]))(random.split(random.key(0), 5)).shape // [5, 3]
 */
export function split(key: NDArray, num: number | Shape = 2): NDArray {
  const [key0, key1] = keyWords(checkKey(key, "split"));
  const shape = checkShape(typeof num === "number" ? [num] : num, "split");
  return stacked(threefry2x32(key0, key1, word(0), counters(shape)), shape.length);
}

/**
 * New keys from one, as a list, ready to be taken apart.
 *
 * @throws DTypeError for what is no key; ShapeError for a count that is no non-negative integer.
 * @example const [weightsKey, dropoutKey] = random.splitKeys(random.key(0));
 */
export function splitKeys(key: NDArray, num = 2): NDArray[] {
  const keys = split(key, num);
  return Array.from({ length: num }, (_, i) => reshape(sliceInDim(keys, i, i + 1), [2]));
}

/** The number of each place of `shape`, in row-major order: what Threefry turns into random bits. */
export function counters(shape: Shape): NDArray {
  const size = sizeOf(shape);
  if (size > WORD) {
    throw new OptionError({
      op: "random",
      expected: "at most 2^32 numbers",
      received: String(size),
      remedy: "draw them in parts, each with a key of its own",
    });
  }
  return shape.length === 0 ? full([], 0, "uint32") : reshape(iota("uint32", [size]), shape);
}

/**
 * The key for `data` under `key`: a step of a loop, the number of a layer. Different data give independent keys.
 *
 * @throws DTypeError for what is no key, or data that are no integer from 0 to 2^32 − 1.
 * @example random.foldIn(random.key(0), 3).shape // [2]
 */
export function foldIn(key: NDArray, data: ArrayLike): NDArray {
  const [key0, key1] = keyWords(checkKey(key, "foldIn"));
  const array = asArray(data, "foldIn");
  const literal = array instanceof LiteralArray ? array.value : undefined;
  if (literal !== undefined && !(Number.isInteger(literal) && literal >= 0 && literal < WORD))
    throw notAnInteger("foldIn", `${literal}, not one from 0 to 2^32 − 1`);
  const count = literal === undefined ? scalarWord(array, "foldIn") : word(literal);
  return stacked(threefry2x32(key0, key1, word(0), count), 0);
}
