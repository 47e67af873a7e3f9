// Elements chosen along an axis: take, takeAlongAxis and its write putAlongAxis, compress and extract.

import { type ArrayLike, ConcreteArray, type NDArray, asArray } from "../core/array.js";
import { aval, showAval } from "../core/aval.js";
import { ConcretizationError, ShapeError } from "../core/errors.js";
import { broadcastShapes, normalizeAxis, range } from "../core/shape.js";
import { type GatherOptions, gather } from "../ops/gather.js";
import { reshape, squeeze } from "../ops/layout.js";
import { operand } from "../ops/operands.js";
import { scatter } from "../ops/scatter.js";
import { concatenate } from "../ops/slice.js";
import { type IndexOptions, checkIndexOptions, fromFront, primitiveMode } from "./bounds.js";
import { placesOf } from "./indexing.js";
import { type IntegersLike, integersOf } from "./lists.js";
import { broadcastTrailing, promote, toDType } from "./promote.js";
import { readAt } from "./reading.js";

/**
 * The elements of `x` at integer `indices` along an axis: the shape of the indices stands in place of the axis. Without an
 * axis (or with null), of the flattened array. Negative indices count from the end, but with mode "clip" they are below 0.
 *
 * @throws IndexError out of range, unless a mode says otherwise; DTypeError unless the indices are integers.
 * @example np.take(np.array([10, 20, 30]), [2, 0]) // [30, 10]
 */
export function take(x: ArrayLike, indices: IntegersLike, axis?: number | null, options: IndexOptions = {}): NDArray {
  checkIndexOptions("take", options);
  const { mode, fillValue } = options;
  const given = operand(x, "take");
  const flattened = axis === undefined || axis === null;
  const array = flattened ? reshape(given, [given.size]) : given;
  const along = flattened ? 0 : normalizeAxis(axis, array.ndim, "take");
  const index = fromFront(integersOf("take", indices), {
    op: "take",
    axis: along,
    size: array.shape[along],
    mode,
    negative: mode !== "clip",
  });
  const indexing = { indexed: [{ axis: along, index }], together: index.shape, position: along };
  return readAt(array, indexing, primitiveMode(mode), fillValue);
}

/** An array and the indices that run along one of its axes, the others together. */
interface Aligned {
  readonly x: NDArray;
  readonly index: NDArray;
  readonly axis: number;
}

function aligned(op: string, x: NDArray, indices: NDArray, given: number | null | undefined): Aligned {
  if (given === undefined || given === null) return { x: reshape(x, [x.size]), index: reshape(indices, [indices.size]), axis: 0 };
  const axis = normalizeAxis(given, x.ndim, op);
  const others = range(0, x.ndim).filter((k) => k !== axis);
  const fits =
    x.ndim === indices.ndim && others.every((k) => x.shape[k] === indices.shape[k] || x.shape[k] === 1 || indices.shape[k] === 1);
  if (fits) return { x, index: indices, axis };
  throw new ShapeError({
    op,
    expected: `indices with as many axes as the array, whose sizes agree (or are 1) but for axis ${axis}`,
    received: `${showAval(indices.aval)} for ${showAval(x.aval)}`,
    remedy: "use expandDims on the indices, or np.take for indices that are the same along the other axes",
  });
}

const options = (mode: IndexOptions["mode"], fillValue?: number): GatherOptions =>
  fillValue === undefined ? { mode: primitiveMode(mode) } : { mode: primitiveMode(mode), fillValue };

/**
 * The elements of `x` at `indices` along an axis, all other axes running together: what argsort and argmax (with
 * `keepdims`) point at. Other axes broadcast. With null as axis, of the flattened arrays.
 *
 * @throws IndexError out of range, unless a mode says otherwise; ShapeError unless the other axes agree.
 * @example np.takeAlongAxis(np.array([[3, 1], [2, 4]]), [[1], [0]], 1) // [[1], [2]]
 */
export function takeAlongAxis(x: ArrayLike, indices: IntegersLike, axis: number | null = -1, given: IndexOptions = {}): NDArray {
  checkIndexOptions("takeAlongAxis", given);
  const { mode, fillValue } = given;
  const whole = aligned("takeAlongAxis", operand(x, "takeAlongAxis"), integersOf("takeAlongAxis", indices), axis);
  const index = fromFront(whole.index, { op: "takeAlongAxis", axis: whole.axis, size: whole.x.shape[whole.axis], mode });
  return readAlong({ ...whole, index }, options(mode, fillValue));
}

/** What stands at indices that are counted from the front and run along one axis. */
function readAlong({ x, index, axis }: Aligned, reading: GatherOptions): NDArray {
  const others = range(0, x.ndim).filter((k) => k !== axis);
  // Where the indices are the same all along an axis, windows run along it; where the array is, it has no such axis.
  const windows = others.filter((k) => index.shape[k] === 1 && x.shape[k] !== 1);
  const repeated = others.filter((k) => x.shape[k] === 1 && index.shape[k] !== 1);
  const shared = others.filter((k) => !windows.includes(k) && !repeated.includes(k));
  const xAxes = range(0, x.ndim).filter((k) => !repeated.includes(k));
  const indexAxes = range(0, x.ndim).filter((k) => !windows.includes(k));
  const narrow = squeeze(x, repeated);
  const vectors = squeeze(index, windows);
  const along = xAxes.indexOf(axis);
  const numbers = {
    offsetDims: windows,
    collapsedSliceDims: [along],
    startIndexMap: [along],
    operandBatchingDims: shared.map((k) => xAxes.indexOf(k)),
    startIndicesBatchingDims: shared.map((k) => indexAxes.indexOf(k)),
  };
  const sizes = narrow.shape.map((n, k) => (windows.includes(xAxes[k]) ? n : 1));
  return gather(narrow, reshape(vectors, [...vectors.shape, 1]), numbers, sizes, reading);
}

/**
 * `x` with `values` written at `indices` along an axis, all other axes running together. Of several values for one place
 * the last stays. `values` broadcasts to the indices; the indices broadcast to the other axes of `x`.
 *
 * @throws IndexError out of range, unless a mode says otherwise; ShapeError when shapes do not fit.
 * @example np.putAlongAxis(np.zeros([2, 2]), [[1], [0]], 5, 1) // [[0, 5], [5, 0]]
 */
export function putAlongAxis(
  x: ArrayLike,
  indices: IntegersLike,
  values: ArrayLike,
  axis: number | null = -1,
  given: Pick<IndexOptions, "mode"> = {},
): NDArray {
  checkIndexOptions("putAlongAxis", given, ["mode"]);
  const array = operand(x, "putAlongAxis");
  const whole = aligned("putAlongAxis", array, integersOf("putAlongAxis", indices), axis);
  const index = fromFront(whole.index, { op: "putAlongAxis", axis: whole.axis, size: whole.x.shape[whole.axis], mode: given.mode });
  const others = range(0, whole.x.ndim).filter((k) => k !== whole.axis);
  const full = broadcastTrailing(
    index,
    broadcastShapes([index.shape, whole.x.shape.with(whole.axis, 1)], "putAlongAxis").map((n, k) =>
      k === whole.axis ? index.shape[k] : n,
    ),
  );
  const numbers = {
    updateWindowDims: [],
    insertedWindowDims: [whole.axis],
    scatterDimsToOperandDims: [whole.axis],
    operandBatchingDims: others,
    scatterIndicesBatchingDims: others,
  };
  const updates = broadcastTrailing(toDType("putAlongAxis", values, array.dtype), full.shape);
  return reshape(scatter(whole.x, reshape(full, [...full.shape, 1]), updates, numbers, { mode: primitiveMode(given.mode) }), array.shape);
}

/** Where a condition holds, which must be known. */
function placesWhere(op: string, condition: ArrayLike): NDArray {
  const mask = asArray(condition, op);
  if (mask instanceof ConcreteArray) return placesOf(new ConcreteArray(aval([mask.size], mask.dtype), mask.data))[0];
  throw new ConcretizationError({
    op,
    expected: "a condition whose elements are known, because the shape of the result depends on them",
    received: mask.toString(),
    remedy: "use np.where(condition, x, otherwise), which keeps the shape",
  });
}

/**
 * The slices of `x` along an axis where a list of conditions holds; without an axis, of the flattened array.
 *
 * @throws ConcretizationError for a traced condition; ShapeError for one that is longer than the axis or has several axes.
 * @example np.compress(np.array([true, false, true]), np.array([1, 2, 3])) // [1, 3]
 */
export function compress(condition: ArrayLike, x: ArrayLike, axis?: number | null): NDArray {
  const mask = asArray(condition, "compress");
  if (mask.ndim > 1) {
    throw new ShapeError({
      op: "compress",
      expected: "a condition with one axis",
      received: showAval(mask.aval),
      remedy: "use x.at(mask).get()",
    });
  }
  return take(x, placesWhere("compress", mask), axis);
}

/**
 * The elements of `x` where the condition, of the same number of elements, holds: a list.
 *
 * @throws ConcretizationError for a traced condition; IndexError where the condition holds beyond the end of `x`.
 * @example np.extract(np.array([[true, false], [false, true]]), np.array([[1, 2], [3, 4]])) // [1, 4]
 */
export function extract(condition: ArrayLike, x: ArrayLike): NDArray {
  const mask = asArray(condition, "extract");
  return take(x, placesWhere("extract", mask));
}

/**
 * For each element of `indices`, the element at its place of that one of the `choices`: `choices[indices[i]][i]`. All
 * broadcast together.
 *
 * @throws IndexError out of range, unless a mode says otherwise; ShapeError when shapes do not broadcast.
 * @example np.choose([0, 1], [np.array([1, 2]), np.array([10, 20])]) // [1, 20]
 */
export function choose(indices: IntegersLike, choices: readonly ArrayLike[], given: IndexOptions = {}): NDArray {
  checkIndexOptions("choose", given);
  const index = integersOf("choose", indices);
  const arrays = promote("choose", ...choices);
  const shape = broadcastShapes([index.shape, ...arrays.map((x) => x.shape)], "choose");
  const rows = arrays.map((x) => reshape(broadcastTrailing(x, shape), [1, ...shape]));
  if (rows.length === 0) {
    throw new ShapeError({
      op: "choose",
      expected: "at least one choice",
      received: "an empty list",
      remedy: "pass the arrays to choose from",
    });
  }
  const chosen = fromFront(broadcastTrailing(index, shape), {
    op: "choose",
    axis: 0,
    size: rows.length,
    mode: given.mode,
    negative: false,
  });
  const all = { x: concatenate(rows, 0), index: reshape(chosen, [1, ...shape]), axis: 0 };
  return squeeze(readAlong(all, options(given.mode, given.fillValue)), [0]);
}
