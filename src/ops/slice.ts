// Parts and surroundings: slice and pad, each the other's transpose, and concatenate, whose transpose is slices.

import { type ArrayLike, type NDArray, scalar } from "../core/array.js";
import { type Aval, aval, showAval } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { Linear, batched, linear, operands, primitive } from "../core/primitive.js";
import { type Shape, normalizeAxis, sameShape, showShape } from "../core/shape.js";
import { bind } from "../core/trace.js";
import * as kernels from "../kernels/layout.js";
import { type PaddingConfig, paddedSize } from "../kernels/layout.js";
import { inserted } from "./axes.js";
import { batchAt, firstBatchDim } from "./batching.js";
import { broadcastInDim, full, reduceSum } from "./broadcast.js";
import { operand, operandsAlike } from "./operands.js";
import { checkSameDType } from "./pointwise.js";
import { select } from "./select.js";

export type { PaddingConfig } from "../kernels/layout.js";

export interface SliceParams {
  readonly startIndices: readonly number[];
  readonly limitIndices: readonly number[];
  readonly strides: readonly number[] | null;
}

export const sliceP = primitive("slice")<SliceParams>({
  type: ([x], params) => {
    checkSlice(x, params);
    const { startIndices, limitIndices, strides } = params;
    return [
      aval(
        x.shape.map((_, k) => Math.ceil((limitIndices[k] - startIndices[k]) / (strides?.[k] ?? 1))),
        x.dtype,
      ),
    ];
  },
  derivative: operands(
    linear((ct, [x], { startIndices, strides }) => {
      const config = x.aval.shape.map((n, k): [number, number, number] => {
        const stride = strides?.[k] ?? 1;
        const taken = ct.shape[k] === 0 ? 0 : (ct.shape[k] - 1) * stride + 1;
        return [startIndices[k], n - startIndices[k] - taken, stride - 1];
      });
      return pad(ct, scalar(0, ct.dtype), config);
    }),
  ),
  batch: batched((size, [x], [dim], { startIndices, limitIndices, strides }) => {
    if (dim === null) return [slice(x, startIndices, limitIndices, strides), null];
    const steps = strides === null ? null : inserted(strides, dim, 1);
    return [slice(x, inserted(startIndices, dim, 0), inserted(limitIndices, dim, size), steps), dim];
  }),
  reference: ([x], params) => [kernels.slice(x, params)],
});

function checkSlice(x: Aval, { startIndices, limitIndices, strides }: SliceParams): void {
  const { shape } = x;
  const lengths = [startIndices, limitIndices, strides ?? startIndices].every((list) => list.length === shape.length);
  const within = (n: number, k: number): boolean => {
    const [start, limit, stride] = [startIndices[k], limitIndices[k], strides === null ? 1 : strides[k]];
    return [start, limit, stride].every(Number.isInteger) && start >= 0 && start <= limit && limit <= n && stride >= 1;
  };
  if (lengths && shape.every(within)) return;
  throw new ShapeError({
    op: "slice",
    expected: "for each axis integers 0 ≤ start ≤ limit ≤ size, and strides of at least 1",
    received: `start ${showShape(startIndices)}, limit ${showShape(limitIndices)}, strides ${showShape(strides ?? [])} for ${showAval(x)}`,
    remedy: "keep the bounds inside of the array; negative steps are a reverse and a slice",
  });
}

/**
 * The elements from `starts` up to, not including, `limits` along each axis, every `strides`-th of them.
 *
 * @throws ShapeError unless `0 ≤ start ≤ limit ≤ size` and `stride ≥ 1` for every axis.
 * @example lax.slice(np.arange(10), [2], [9], [3]) // [2, 5, 8]
 */
export function slice(
  x: ArrayLike,
  starts: readonly number[],
  limits: readonly number[],
  strides: readonly number[] | null = null,
): NDArray {
  const array = operand(x, "slice");
  const steps = strides === null || (strides.every((n) => n === 1) && strides.length === array.ndim) ? null : [...strides];
  const whole = steps === null && starts.length === array.ndim && starts.every((n) => n === 0) && sameShape(limits, array.shape);
  return whole ? array : bind(sliceP, [array], { startIndices: [...starts], limitIndices: [...limits], strides: steps });
}

/** The elements `start … limit - 1` of `x` along one axis, every `stride`-th of them. */
export function sliceInDim(x: NDArray, start: number, limit: number, stride = 1, axis = 0): NDArray {
  const at = normalizeAxis(axis, x.ndim, "sliceInDim");
  const put = (of: readonly number[], value: number): number[] => of.map((n, k) => (k === at ? value : n));
  const zeros = x.shape.map(() => 0);
  return slice(
    x,
    put(zeros, start),
    put(x.shape, limit),
    stride === 1
      ? null
      : put(
          x.shape.map(() => 1),
          stride,
        ),
  );
}

export interface PadParams {
  readonly paddingConfig: PaddingConfig;
}

export const padP = primitive("pad")<PadParams>({
  type: ([x, value], { paddingConfig }) => {
    checkSameDType("pad", [x, value]);
    checkPad(x, value, paddingConfig);
    return [
      aval(
        x.shape.map((n, k) => paddedSize(n, paddingConfig[k])),
        x.dtype,
      ),
    ];
  },
  derivative: {
    tag: "jointlyLinear",
    transpose: (ct, [x, value], { paddingConfig }) => [
      x instanceof Linear ? unpad(ct, x.aval.shape, paddingConfig) : null,
      // What is padding, and no element: summed alone, so that nothing has to cancel.
      value instanceof Linear ? reduceSum(select(placesOf(x.aval.shape, paddingConfig), scalar(0, ct.dtype), ct)) : null,
    ],
  },
  batch: batched((size, [x, value], [dim, valueDim], { paddingConfig }) => {
    if (valueDim === null) {
      return dim === null ? [pad(x, value, paddingConfig), null] : [pad(x, value, inserted(paddingConfig, dim, [0, 0, 0] as const)), dim];
    }
    const at = dim ?? 0;
    const stacked = batchAt(x, dim, size, at);
    const config = inserted(paddingConfig, at, [0, 0, 0] as const);
    const padded = pad(stacked, scalar(0, x.dtype), config);
    return [select(placesOf(stacked.shape, config), padded, broadcastInDim(value, padded.shape, [at])), at];
  }),
  reference: ([x, value], params) => [kernels.pad(x, value, params)],
});

function checkPad(x: Aval, value: Aval, config: PaddingConfig): void {
  const fits =
    config.length === x.shape.length && config.every((axis) => axis.length === 3 && axis.every(Number.isInteger) && axis[2] >= 0);
  const sizes = fits ? x.shape.map((n, k) => config[k][0] + config[k][1] + n + Math.max(0, n - 1) * config[k][2]) : [];
  if (fits && value.shape.length === 0 && sizes.every((n) => n >= 0)) return;
  throw new ShapeError({
    op: "pad",
    expected: `a scalar padding value and [low, high, interior] for each of ${x.shape.length} axes, interior ≥ 0, no size negative`,
    received: `${JSON.stringify(config)} and ${showAval(value)} for ${showAval(x)}`,
    remedy: "give integers for each axis; negative low and high crop, but no more than there is",
  });
}

// The transpose of padding: elements are read back from where they were put, and cropped ones get zero.
function unpad(ct: NDArray, shape: Shape, config: PaddingConfig): NDArray {
  const uncropped = pad(
    ct,
    scalar(0, ct.dtype),
    config.map(([low, high]) => [-low, -high, 0] as const),
  );
  if (shape.includes(0)) return full(shape, 0, ct.dtype);
  return slice(
    uncropped,
    shape.map(() => 0),
    uncropped.shape,
    config.map(([, , interior]) => interior + 1),
  );
}

/** True where the padded array holds an element of the operand, false where it holds padding. */
const placesOf = (shape: Shape, config: PaddingConfig): NDArray => pad(full(shape, true, "bool"), scalar(false, "bool"), config);

/**
 * `x` with `paddingValue` (a scalar) around and between its elements: `config` gives `[low, high, interior]` for each
 * axis; negative `low` and `high` crop. Same as `jax.lax.pad`.
 *
 * @throws ShapeError when `config` does not fit or crops too much; DTypeError when the dtypes differ.
 * @example lax.pad(np.array([1, 2]), 0, [[1, 0, 1]]) // [0, 1, 0, 2]
 */
export function pad(x: ArrayLike, paddingValue: ArrayLike, config: PaddingConfig): NDArray {
  const [array, value] = operandsAlike("pad", x, paddingValue);
  const unpadded = config.length === array.ndim && config.every((axis) => axis.every((n) => n === 0)) && value.ndim === 0;
  return unpadded
    ? array
    : bind(padP, [array, value], { paddingConfig: config.map(([low, high, interior]) => [low, high, interior] as const) });
}

export interface ConcatenateParams {
  readonly dimension: number;
}

export const concatenateP = primitive("concatenate")<ConcatenateParams>({
  type: (avals, { dimension }) => {
    checkSameDType("concatenate", avals);
    const [first] = avals;
    const agree = avals.every(
      (a) => a.shape.length === first.shape.length && a.shape.every((n, k) => k === dimension || n === first.shape[k]),
    );
    if (agree && dimension < first.shape.length) {
      return [
        aval(
          first.shape.map((n, k) => (k === dimension ? avals.reduce((sum, a) => sum + a.shape[k], 0) : n)),
          first.dtype,
        ),
      ];
    }
    throw new ShapeError({
      op: "concatenate",
      expected: `arrays of one shape, but for axis ${dimension}`,
      received: avals.map(showAval).join(" and "),
      remedy: "make the other sizes agree, or choose another axis; np.stack joins scalars and makes a new axis",
    });
  },
  derivative: {
    tag: "jointlyLinear",
    transpose: (ct, xs, { dimension }) => {
      let start = 0;
      return xs.map((x) => {
        const limit = start + x.aval.shape[dimension];
        const part = x instanceof Linear ? sliceInDim(ct, start, limit, 1, dimension) : null;
        start = limit;
        return part;
      });
    },
  },
  batch: batched((size, xs, dims, { dimension }) => {
    const at = firstBatchDim(dims);
    const stacked = xs.map((x, i) => batchAt(x, dims[i], size, at));
    return [concatenate(stacked, dimension >= at ? dimension + 1 : dimension), at];
  }),
  reference: (xs, params) => [kernels.concatenate(xs, params)],
});

/**
 * The arrays one after the other along an axis that they have.
 *
 * @throws ShapeError for no arrays, or when their other sizes differ; DTypeError when their dtypes differ.
 * @example lax.concatenate([np.array([1]), np.array([2, 3])], 0) // [1, 2, 3]
 */
export function concatenate(xs: readonly ArrayLike[], dimension: number): NDArray {
  if (xs.length === 0) {
    throw new ShapeError({
      op: "concatenate",
      expected: "at least one array",
      received: "an empty list",
      remedy: "pass the arrays to join",
    });
  }
  const arrays = operandsAlike("concatenate", ...xs);
  const axis = normalizeAxis(dimension, arrays[0].ndim, "concatenate");
  return arrays.length === 1 ? arrays[0] : bind(concatenateP, arrays, { dimension: axis });
}
