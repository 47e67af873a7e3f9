// Slices whose start is computed: dynamic_slice and dynamic_update_slice. The start is a scalar for each axis, and is moved
// so that the slice lies inside of the array (as in JAX); a start that is a negative number counts from the end.

import { type ArrayLike, type NDArray, asArray, scalar } from "../core/array.js";
import { type Aval, aval, showAval } from "../core/aval.js";
import { type DType, highest, isInteger, lowest } from "../core/dtype.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import {
  type BatchDim,
  Linear,
  type Primitive,
  type TransposeOperand,
  batched,
  known,
  linear,
  none,
  primitive,
} from "../core/primitive.js";
import { checkFlags, checkOptions } from "../core/options.js";
import { normalizeAxis, range, sameShape, showShape } from "../core/shape.js";
import { bind } from "../core/trace.js";
import * as reading from "../kernels/gather.js";
import * as writing from "../kernels/scatter.js";
import { add } from "./arithmetic.js";
import { inserted } from "./axes.js";
import { batchAt } from "./batching.js";
import { broadcastInDim, full } from "./broadcast.js";
import { lt } from "./compare.js";
import { convertElementType } from "./convert.js";
import { batchGather, batchScatter } from "./gather.js";
import type { GatherDimensionNumbers, IndexingParams } from "./indexing.js";
import { writingNumbers } from "./indexing.js";
import { reshape, squeeze } from "./layout.js";
import { operand, operandsAlike } from "./operands.js";
import { checkSameDType } from "./pointwise.js";
import { scatterP } from "./scatter.js";
import { select } from "./select.js";
import { concatenate } from "./slice.js";

export interface DynamicSliceParams {
  readonly sliceSizes: readonly number[];
}

function checkStarts(op: string, x: Aval, starts: readonly Aval[], sizes: readonly number[]): void {
  const fits = sizes.length === x.shape.length && sizes.every((n, k) => Number.isInteger(n) && n >= 0 && n <= x.shape[k]);
  if (!fits || starts.length !== x.shape.length || starts.some((start) => start.shape.length > 0)) {
    throw new ShapeError({
      op,
      expected: `a scalar start and a size for each axis of ${showAval(x)}, no size above the axis's own`,
      received: `sizes ${showShape(sizes)}, starts ${starts.map(showAval).join(", ")}`,
      remedy: "give a start for every axis (0 for those taken whole) and sizes that fit",
    });
  }
  if (starts.every((start) => isInteger(start.dtype) && start.dtype === starts[0].dtype)) return;
  throw new DTypeError({
    op,
    expected: "starts of one integer dtype",
    received: starts.map(showAval).join(", "),
    remedy: `convert them with x.astype("int32")`,
  });
}

// With starts that differ by example, a slice is a gather of one window, and an update a scatter of one.
const oneWindow = (ndim: number): GatherDimensionNumbers => ({
  offsetDims: range(0, ndim),
  collapsedSliceDims: [],
  startIndexMap: range(0, ndim),
  operandBatchingDims: [],
  startIndicesBatchingDims: [],
});
const clipped: IndexingParams = { indicesAreSorted: true, uniqueIndices: true, mode: "clip" };

/** The starts of all examples as index vectors: `[size, axes]`. */
const startVectors = (size: number, starts: readonly NDArray[], dims: readonly BatchDim[]): NDArray =>
  concatenate(
    starts.map((start, k) => broadcastInDim(batchAt(start, dims[k], size, 0), [size, 1], [0])),
    1,
  );

export const dynamicSliceP: Primitive<"dynamic_slice", DynamicSliceParams> = primitive("dynamic_slice")<DynamicSliceParams>({
  type: ([x, ...starts], { sliceSizes }) => {
    checkStarts("dynamicSlice", x, starts, sliceSizes);
    return [aval(sliceSizes, x.dtype)];
  },
  derivative: {
    tag: "operands",
    rules: (_, count) => [
      linear((ct, [x, ...starts]) => updateAt(full(x.aval.shape, 0, ct.dtype), ct, starts.map(known))),
      ...new Array<typeof none>(count - 1).fill(none),
    ],
  },
  batch: batched((size, [x, ...starts], [dim, ...startDims], { sliceSizes }) => {
    if (startDims.some((d) => d !== null)) {
      const dimensionNumbers = oneWindow(sliceSizes.length);
      return batchGather(size, x, startVectors(size, starts, startDims), [dim, 0], {
        ...clipped,
        dimensionNumbers,
        sliceSizes,
        fillValue: null,
      });
    }
    if (dim === null) return [sliceAt(x, starts, sliceSizes), null];
    return [sliceAt(x, inserted(starts, dim, zeroLike(starts)), inserted(sliceSizes, dim, size)), dim];
  }),
  reference: ([x, ...starts], params) => [reading.dynamicSlice(x, starts, params)],
});

const zeroLike = (starts: readonly NDArray[]): NDArray => scalar(0, starts.length === 0 ? "int32" : starts[0].dtype);

const sliceAt = (x: NDArray, starts: readonly NDArray[], sliceSizes: readonly number[]): NDArray =>
  bind(dynamicSliceP, [x, ...starts], { sliceSizes });

const updateAt = (x: NDArray, update: NDArray, starts: readonly NDArray[]): NDArray =>
  bind(dynamicUpdateSliceP, [x, update, ...starts], {});

export const dynamicUpdateSliceP: Primitive<"dynamic_update_slice", object> = primitive("dynamic_update_slice")<object>({
  type: ([x, update, ...starts]) => {
    checkSameDType("dynamicUpdateSlice", [x, update]);
    checkStarts("dynamicUpdateSlice", x, starts, update.shape);
    return [aval(x.shape, x.dtype)];
  },
  derivative: {
    tag: "jointlyLinear",
    linearIn: (count) => range(0, count).map((i) => i < 2),
    transpose: (ct, [x, update, ...starts]) => {
      const at = starts.map((start: TransposeOperand) => known(start));
      return [
        x instanceof Linear ? updateAt(ct, full(update.aval.shape, 0, ct.dtype), at) : null,
        update instanceof Linear ? sliceAt(ct, at, update.aval.shape) : null,
        ...starts.map(() => null),
      ];
    },
  },
  batch: batched((size, [x, update, ...starts], [dim, updateDim, ...startDims]) => {
    const at = dim ?? updateDim ?? 0;
    if (startDims.some((d) => d !== null)) {
      const params = { ...clipped, dimensionNumbers: writingNumbers(oneWindow(starts.length)) };
      return batchScatter(scatterP, size, [x, startVectors(size, starts, startDims), update], [dim, 0, updateDim], params);
    }
    return [updateAt(batchAt(x, dim, size, at), batchAt(update, updateDim, size, at), inserted(starts, at, zeroLike(starts))), at];
  }),
  reference: ([x, update, ...starts]) => [writing.dynamicUpdateSlice(x, update, starts)],
});

export interface DynamicOptions {
  /** Whether negative starts count from the end (the default); `false` saves the test where none is negative. */
  readonly allowNegativeIndices?: boolean;
}

function startsOf(op: string, starts: readonly ArrayLike[], x: NDArray, options: DynamicOptions): NDArray[] {
  checkOptions(op, options, ["allowNegativeIndices"]);
  checkFlags(op, options, ["allowNegativeIndices"]);
  const { allowNegativeIndices = true } = options;
  const given = starts.map((start, k) => startOf(op, start, x.shape[k] ?? 0, allowNegativeIndices));
  const strong = given.find((_, k) => typeof starts[k] !== "number");
  // Numbers take the dtype of the arrays beside them.
  return given.map((start, k) => (typeof starts[k] === "number" && strong !== undefined ? startIn(strong.dtype, start.item()) : start));
}

/** A number as a start; where the dtype does not hold it, the nearest one, because slices are moved inside. */
const startIn = (dtype: DType, start: number): NDArray => scalar(Math.min(Math.max(start, lowest(dtype)), highest(dtype)), dtype);

function startOf(op: string, start: ArrayLike, size: number, wraps: boolean): NDArray {
  if (typeof start === "number") {
    if (Number.isInteger(start)) return startIn("int32", start < 0 && wraps ? start + size : start);
    throw new ShapeError({ op, expected: "integer starts", received: String(start), remedy: "round it first" });
  }
  const array = asArray(start, op);
  // A dtype of one byte does not hold every position, and a number that is traced has none of integers yet.
  const narrow = array.dtype === "int8" || array.dtype === "uint8" || array.aval.weak === "integer";
  const index = narrow ? convertElementType(array, "int32") : array;
  return wraps && index.dtype === "int32" ? select(lt(index, 0), add(index, scalar(size, "int32")), index) : index;
}

/**
 * The slice of `sliceSizes` of `x` that begins at `startIndices`, a scalar integer for each axis, moved inside where it would
 * stick out. Same as `jax.lax.dynamic_slice`.
 *
 * @throws ShapeError unless there is a start and a fitting size for each axis; DTypeError unless starts are integers.
 * @example lax.dynamicSlice(np.arange(10), [8], [4]) // [6, 7, 8, 9]
 */
export function dynamicSlice(
  x: ArrayLike,
  startIndices: readonly ArrayLike[],
  sliceSizes: readonly number[],
  options: DynamicOptions = {},
): NDArray {
  const array = operand(x, "dynamicSlice");
  return sliceAt(array, startsOf("dynamicSlice", startIndices, array, options), [...sliceSizes]);
}

/**
 * `x` with `update` written at `startIndices`, a scalar integer for each axis, moved inside where it would stick out. Same as
 * `jax.lax.dynamic_update_slice`.
 *
 * @throws ShapeError unless there is a start for each axis and `update` fits into `x`; DTypeError when dtypes do not fit.
 * @example lax.dynamicUpdateSlice(np.zeros([4]), np.ones([2]), [1]) // [0, 1, 1, 0]
 */
export function dynamicUpdateSlice(
  x: ArrayLike,
  update: ArrayLike,
  startIndices: readonly ArrayLike[],
  options: DynamicOptions = {},
): NDArray {
  const [array, part] = operandsAlike("dynamicUpdateSlice", x, update);
  return updateAt(array, part, startsOf("dynamicUpdateSlice", startIndices, array, options));
}

/**
 * Element `index` of `x` along an axis, which disappears; an index out of bounds gives the nearest.
 *
 * @throws ShapeError for an axis that `x` has not; DTypeError unless the index is an integer.
 */
export function dynamicIndexInDim(x: NDArray, index: ArrayLike, axis = 0, options: DynamicOptions = {}): NDArray {
  const at = normalizeAxis(axis, x.ndim, "dynamicIndexInDim");
  const taken = dynamicSlice(
    x,
    x.shape.map((_, k) => (k === at ? index : 0)),
    x.shape.map((n, k) => (k === at ? 1 : n)),
    options,
  );
  return squeeze(taken, [at]);
}

/**
 * `x` with `update` (which lacks the axis) written at `index` of an axis; an index out of bounds writes to the nearest.
 *
 * @throws ShapeError for an axis that `x` has not, or an update that does not fit; DTypeError unless the index is an integer.
 */
export function dynamicUpdateIndexInDim(x: NDArray, update: NDArray, index: ArrayLike, axis = 0, options: DynamicOptions = {}): NDArray {
  const at = normalizeAxis(axis, x.ndim, "dynamicUpdateIndexInDim");
  const whole = sameShape(update.shape, x.shape.toSpliced(at, 1)) ? reshape(update, x.shape.toSpliced(at, 1, 1)) : update;
  return dynamicUpdateSlice(
    x,
    whole,
    x.shape.map((_, k) => (k === at ? index : 0)),
    options,
  );
}
