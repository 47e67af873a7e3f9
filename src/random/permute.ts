// Random orders and selections: permutation and choice.

import { type ArrayLike, LiteralArray, type NDArray, asArray, scalar } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { OptionError, ShapeError } from "../core/errors.js";
import { type Shape, checkShape, normalizeAxis, range, sizeOf } from "../core/shape.js";
import { checkOptions } from "../core/options.js";
import { floatOf } from "../numpy/promote.js";
import { add, mul, sub } from "../ops/arithmetic.js";
import { bitAnd } from "../ops/bitwise.js";
import { le, lt } from "../ops/compare.js";
import { cumsum } from "../ops/cumulative.js";
import { log } from "../ops/exponential.js";
import { gather } from "../ops/gather.js";
import { full, iota, reshape } from "../ops/layout.js";
import { select } from "../ops/select.js";
import { sliceInDim } from "../ops/slice.js";
import { sort, topK } from "../ops/sort.js";
import { randomWord } from "./bits.js";
import { gumbel } from "./continuous.js";
import { randint } from "./discrete.js";
import { checkKey, splitKeys } from "./keys.js";
import { parameter } from "./parameters.js";
import { uniformBetween } from "./uniform.js";

export interface PermutationOptions {
  /** The axis that is shuffled; 0 by default. */
  readonly axis?: number;
  /** Whether each row along the axis has an order of its own. */
  readonly independent?: boolean;
}

/** The elements of `x` at `indices` along an axis; all indices are within bounds. */
export function takeAlong(x: NDArray, indices: NDArray, axis: number): NDArray {
  const numbers = {
    offsetDims: [...range(0, axis), ...range(axis + indices.ndim, x.ndim - 1 + indices.ndim)],
    collapsedSliceDims: [axis],
    startIndexMap: [axis],
  };
  return gather(x, reshape(indices, [...indices.shape, 1]), numbers, x.shape.with(axis, 1), { mode: "clip" });
}

// Sorting by random words, which may collide, and again, until a collision in all rounds is out of the question: with three
// times as many bits as the size has. The rounds are those of jax.random.permutation.
function shuffled(key: NDArray, x: NDArray, axis: number): NDArray {
  const rounds = Math.ceil((3 * Math.log(Math.max(1, x.size))) / Math.log(2 ** 32 - 1));
  let [rest, result] = [key, x];
  for (let round = 0; round < rounds; round++) {
    const [next, subkey] = splitKeys(rest);
    rest = next;
    result = sort([randomWord(subkey, x.shape, "permutation"), result], { dimension: axis })[1];
  }
  return result;
}

/** A count given as a number, or `undefined` for an array with axes. */
function countOf(op: string, x: NDArray): number | undefined {
  if (x.ndim > 0) return undefined;
  if (x instanceof LiteralArray && Number.isInteger(x.value) && x.value >= 0) return x.value;
  throw new ShapeError({
    op,
    expected: "an array with axes, or a whole number that is known while tracing",
    received: x instanceof LiteralArray ? String(x.value) : showAval(x.aval),
    remedy: "pass a JavaScript number; under jit, make the argument static (staticArgnums)",
  });
}

/**
 * The integers `0 … x − 1` in random order, or an array with the slices along an axis in random order. The same as
 * `jax.random.permutation`.
 *
 * @throws DTypeError for what is no key; ShapeError for an axis that the array has not, or a count that is not known.
 * @example random.permutation(random.key(7), 10) // [9, 4, 2, 3, 5, 0, 7, 6, 1, 8]
 */
export function permutation(key: NDArray, x: ArrayLike, options: PermutationOptions = {}): NDArray {
  const op = "permutation";
  checkOptions(op, options, ["axis", "independent"]);
  checkKey(key, op);
  const array = asArray(x, op);
  const count = countOf(op, array);
  if (count !== undefined) return shuffled(key, iota("int32", [count]), 0);
  const axis = normalizeAxis(options.axis ?? 0, array.ndim, op);
  if (options.independent === true || array.ndim === 1) return shuffled(key, array, axis);
  return takeAlong(array, shuffled(key, iota("int32", [array.shape[axis]]), 0), axis);
}

export interface ChoiceOptions {
  /** Whether one element may be drawn several times; true by default. */
  readonly replace?: boolean;
  /** A probability for each element; equal ones by default. */
  readonly p?: ArrayLike;
  /** The axis of `a` along which is drawn; 0 by default. */
  readonly axis?: number;
}

/**
 * Draws from the slices of an array along an axis, or from the integers `0 … a − 1`. `shape` takes the place of the axis.
 * The same as `jax.random.choice`.
 *
 * @throws DTypeError for what is no key; ShapeError when `p` does not fit; OptionError when there is nothing to draw from, or too little.
 * @example random.choice(random.key(0), 5, [3], { replace: false }).shape // [3]
 */
export function choice(key: NDArray, a: ArrayLike, shape: Shape = [], options: ChoiceOptions = {}): NDArray {
  const op = "choice";
  checkOptions(op, options, ["replace", "p", "axis"]);
  checkKey(key, op);
  const array = asArray(a, op);
  const count = countOf(op, array);
  const axis = count === undefined ? normalizeAxis(options.axis ?? 0, array.ndim, op) : 0;
  const population = count ?? array.shape[axis];
  const draws = sizeOf(checkShape(shape, op));
  const { replace = true } = options;
  if (draws > 0 && (population === 0 || (!replace && draws > population))) {
    throw new OptionError({
      op,
      expected: replace ? "something to draw from" : `at most ${population} draws without replacement`,
      received: `${draws} draws from ${population} elements`,
      remedy: replace ? "pass a non-empty array" : "draw fewer, or with { replace: true }",
    });
  }
  const indices = drawn(key, population, shape, replace, options.p);
  return count === undefined ? takeAlong(array, indices, axis) : indices;
}

function drawn(key: NDArray, population: number, shape: Shape, replace: boolean, p: ArrayLike | undefined): NDArray {
  const draws = sizeOf(shape);
  if (draws === 0) return full(shape, 0, "int32");
  if (p === undefined) {
    if (replace) return randint(key, shape, 0, population);
    return reshape(sliceInDim(shuffled(key, iota("int32", [population]), 0), 0, draws), shape);
  }
  const given = asArray(p, "choice");
  const dtype = floatOf(given.dtype);
  const probabilities = parameter("choice", given, dtype);
  if (probabilities.ndim !== 1 || probabilities.shape[0] !== population) {
    throw new ShapeError({
      op: "choice",
      expected: `p of shape [${population}]`,
      received: showAval(given.aval),
      remedy: "give one probability for each element",
    });
  }
  if (!replace) {
    // The largest of log p + Gumbel noise are draws without replacement.
    const noisy = add(gumbel(key, [population], { dtype }), log(probabilities));
    return reshape(topK(noisy, draws)[1], shape);
  }
  const cumulative = cumsum(probabilities);
  const total = reshape(sliceInDim(cumulative, population - 1, population), []);
  return firstNotBelow(cumulative, mul(total, sub(1, uniformBetween("choice", key, shape, dtype))));
}

/** For each of `values` the place of the first element of the ascending list that is not less, by bisection. */
function firstNotBelow(sorted: NDArray, values: NDArray): NDArray {
  const size = sorted.shape[0];
  let below = full(values.shape, 0, "int32");
  for (let step = 2 ** Math.floor(Math.log2(size)); step >= 1; step /= 2) {
    const candidate = add(below, step);
    const within = le(candidate, size);
    const last = takeAlong(sorted, sub(select(within, candidate, scalar(size, "int32")), 1), 0);
    below = select(bitAnd(within, lt(last, values)), candidate, below);
  }
  return below;
}
