// Layers as pure functions: dense, embed, oneHot, dropout. Parameters and keys come as arguments.

import { type ArrayLike, type NDArray, asArray } from "../core/array.js";
import { type DType, checkDType, isInteger } from "../core/dtype.js";
import { DTypeError, OptionError, ShapeError } from "../core/errors.js";
import { showAval } from "../core/aval.js";
import { normalizeAxis, range } from "../core/shape.js";
import { checkOptions } from "../core/options.js";
import { broadcastTogether, promoteFloat, toDType } from "../numpy/promote.js";
import { add, div } from "../ops/arithmetic.js";
import { eq } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { dotGeneral } from "../ops/dot.js";
import { gather } from "../ops/gather.js";
import { broadcastInDim, iota, reshape, zerosLike } from "../ops/layout.js";
import { select } from "../ops/select.js";
import { bernoulli } from "../random/index.js";

/**
 * `x · w + b`: the last axis of `x` against the first of `w`.
 *
 * @throws ShapeError when these sizes differ, or `b` does not broadcast to the result.
 * @example nn.dense(np.ones([2, 3]), np.ones([3, 4]), np.zeros([4])).shape // [2, 4]
 */
export function dense(x: ArrayLike, w: ArrayLike, b?: ArrayLike): NDArray {
  const [input, weights, bias] = promoteFloat("dense", x, w, b ?? 0);
  if (input.ndim < 1 || weights.ndim !== 2 || input.shape.at(-1) !== weights.shape[0]) {
    throw new ShapeError({
      op: "dense",
      expected: "x of shape [..., inputs] and w of shape [inputs, outputs]",
      received: `${showAval(input.aval)} and ${showAval(weights.aval)}`,
      remedy: "reshape or transpose one of them so that the sizes agree",
    });
  }
  const product = dotGeneral(input, weights, [
    [[input.ndim - 1], [0]],
    [[], []],
  ]);
  if (b === undefined) return product;
  const [y, spread] = broadcastTogether("dense", product, bias);
  return add(y, spread);
}

/** Integer numbers of classes or rows. */
function numbersOf(op: string, x: ArrayLike): NDArray {
  const array = asArray(x, op);
  if (array.aval.weak === "integer") return toDType(op, array, "int32");
  if (array.aval.weak === undefined && isInteger(array.dtype)) return array;
  throw new DTypeError({ op, expected: "integers", received: showAval(array.aval), remedy: `convert them with x.astype("int32")` });
}

/**
 * The rows of `table` (`[rows, ...features]`) with the numbers `ids`. The gradient of the table adds up over equal ids.
 *
 * @throws DTypeError unless ids are integers; IndexError for an id that is no row (in compiled code such a row is NaN).
 * @example nn.embed(np.array([[1, 2], [3, 4]]), np.array([1, 1, 0], { dtype: "int32" })) // [[3, 4], [3, 4], [1, 2]]
 */
export function embed(table: NDArray, ids: ArrayLike): NDArray {
  const rows = asArray(table, "embed");
  const numbers = numbersOf("embed", ids);
  if (rows.ndim === 0) {
    throw new ShapeError({
      op: "embed",
      expected: "a table [rows, ...features]",
      received: showAval(rows.aval),
      remedy: "pass a table with a row for each id",
    });
  }
  const dimensionNumbers = {
    offsetDims: range(numbers.ndim, numbers.ndim + rows.ndim - 1),
    collapsedSliceDims: [0],
    startIndexMap: [0],
  };
  return gather(rows, reshape(numbers, [...numbers.shape, 1]), dimensionNumbers, rows.shape.with(0, 1));
}

export interface OneHotOptions {
  /** float32 by default. */
  readonly dtype?: DType;
  /** Where the axis of the classes goes in the result; the last by default. */
  readonly axis?: number;
}

/**
 * For each class number a row of zeros with a one at its place; zeros alone for a number that is no class.
 *
 * @throws DTypeError unless `x` holds integers; OptionError for a number of classes that is none, or an unknown option.
 * @example nn.oneHot(np.array([1, 0], { dtype: "int32" }), 3) // [[0, 1, 0], [1, 0, 0]]
 */
export function oneHot(x: ArrayLike, numClasses: number, options: OneHotOptions = {}): NDArray {
  checkOptions("oneHot", options, ["dtype", "axis"]);
  const numbers = numbersOf("oneHot", x);
  if (!Number.isInteger(numClasses) || numClasses < 0) {
    throw new OptionError({
      op: "oneHot",
      expected: "a whole number of classes",
      received: String(numClasses),
      remedy: "pass how many classes there are",
    });
  }
  const dtype = checkDType(options.dtype ?? "float32", "oneHot");
  const axis = normalizeAxis(options.axis ?? -1, numbers.ndim + 1, "oneHot");
  const shape = numbers.shape.toSpliced(axis, 0, numClasses);
  const repeated = broadcastInDim(
    numbers,
    shape,
    range(0, shape.length).filter((k) => k !== axis),
  );
  return convertElementType(eq(repeated, iota(numbers.dtype, shape, axis)), dtype);
}

/**
 * Zero at random with probability `rate`; what stays is divided by `1 − rate`, so that the mean stays. With
 * `deterministic` (when testing a network), `x` itself.
 *
 * @throws OptionError for a rate outside of [0, 1], or an unknown option; DTypeError for what is no key.
 * @example nn.dropout(random.key(0), np.ones([4]), 0.5).shape // [4]
 */
export function dropout(key: NDArray, x: ArrayLike, rate: number, options: { readonly deterministic?: boolean } = {}): NDArray {
  checkOptions("dropout", options, ["deterministic"]);
  if (!(rate >= 0 && rate <= 1)) {
    throw new OptionError({
      op: "dropout",
      expected: "a rate from 0 to 1",
      received: String(rate),
      remedy: "pass the share that is dropped, as a number",
    });
  }
  const [array] = promoteFloat("dropout", x);
  if (options.deterministic === true || rate === 0) return array;
  if (rate === 1) return zerosLike(array);
  return select(bernoulli(key, 1 - rate, array.shape), div(array, 1 - rate), 0);
}
