// Reading windows at indices, and its transpose, adding windows at indices: gather and scatter_add.
// Both are linear in the arrays that they read or add; through indices no tangent flows.

import { type ArrayLike, type NDArray, kindOf } from "../core/array.js";
import type { Aval } from "../core/aval.js";
import { OptionError } from "../core/errors.js";
import {
  type BatchDim,
  type Derivative,
  Linear,
  type Primitive,
  batched,
  known,
  linear,
  none,
  operands,
  primitive,
} from "../core/primitive.js";
import { bind } from "../core/trace.js";
import * as reading from "../kernels/gather.js";
import * as writing from "../kernels/scatter.js";
import { inserted } from "./axes.js";
import { batchAt } from "./batching.js";
import { full } from "./broadcast.js";
import {
  type GatherDimensionNumbers,
  type GatherParams,
  type IndexMode,
  type IndexingParams,
  type ScatterDimensionNumbers,
  type ScatterParams,
  batchInWindow,
  batchOfBoth,
  batchOfIndices,
  gatherType,
  readingNumbers,
  scatterType,
  unchecked,
  windowSizes,
  writingNumbers,
} from "./indexing.js";
import { moveAxis } from "./layout.js";
import { operand as operandOf, operandsAlike } from "./operands.js";
import { checkFlags, checkOptions } from "../core/options.js";
import { type Accepts, checkDTypes } from "./pointwise.js";

const indexingOf = ({ indicesAreSorted, uniqueIndices, mode }: IndexingParams): IndexingParams => ({
  indicesAreSorted,
  uniqueIndices,
  mode,
});

export const gatherP: Primitive<"gather", GatherParams> = primitive("gather")<GatherParams>({
  type: ([x, indices], params) => [gatherType(x, indices, params)],
  derivative: operands<GatherParams>(
    linear(
      (ct, [x, indices], params) =>
        bindScatterAdd(full(x.aval.shape, 0, ct.dtype), known(indices), ct, {
          ...indexingOf(params),
          dimensionNumbers: writingNumbers(params.dimensionNumbers),
        }),
      // What is filled in does not depend on the operand, so its tangent is zero.
      (dx, [, indices], _, params) => bind(gatherP, [dx, indices], { ...params, fillValue: params.mode === "clip" ? null : 0 }),
    ),
    none,
  ),
  batch: batched((size, [x, indices], dims, params) => batchGather(size, x, indices, dims, params)),
  staged: unchecked,
  reference: ([x, indices], { dimensionNumbers, sliceSizes, mode, fillValue }) => [
    reading.gather(x, indices, { dimensionNumbers, sliceSizes, mode, fillValue: fillValue ?? undefined }),
  ],
});

/** The batching rule of gather, which dynamic slices share. */
export function batchGather(
  size: number,
  x: NDArray,
  indices: NDArray,
  [xDim, indexDim]: readonly BatchDim[],
  params: GatherParams,
): readonly [NDArray, BatchDim] {
  const { dimensionNumbers: numbers, sliceSizes } = params;
  if (indexDim === null) {
    if (xDim === null) return [bind(gatherP, [x, indices], params), null];
    const { numbers: dimensionNumbers, target } = batchInWindow(numbers, x.ndim - 1, xDim);
    return [bind(gatherP, [x, indices], { ...params, dimensionNumbers, sliceSizes: inserted(sliceSizes, xDim, size) }), target];
  }
  const first = moveAxis(indices, indexDim, 0);
  const { numbers: dimensionNumbers, target } = xDim === null ? batchOfIndices(numbers) : batchOfBoth(numbers, xDim);
  const sizes = xDim === null ? sliceSizes : inserted(sliceSizes, xDim, 1);
  return [bind(gatherP, [x, first], { ...params, dimensionNumbers, sliceSizes: sizes }), target];
}

/** The gather that reads, for each update of a scatter, what it would meet; zero where the update is dropped. */
export function gatherUpdates(x: NDArray, indices: NDArray, updates: Aval, params: ScatterParams): NDArray {
  return bind(gatherP, [x, indices], {
    ...indexingOf(params),
    dimensionNumbers: readingNumbers(params.dimensionNumbers),
    sliceSizes: windowSizes(x.aval, updates, params.dimensionNumbers),
    fillValue: params.mode === "clip" ? null : 0,
  });
}

interface ScatterSpec {
  readonly op: string;
  readonly kind: writing.ScatterKind;
  readonly accepts: Accepts;
  readonly derivative: Derivative<ScatterParams>;
}

/** Declares a scatter: operand, indices and updates enter, the operand with the updates written leaves. */
export const scatterPrimitive = <const Name extends string>(
  name: Name,
  { op, kind, accepts, derivative }: ScatterSpec,
): Primitive<Name, ScatterParams> => {
  const declared: Primitive<Name, ScatterParams> = primitive(name)<ScatterParams>({
    type: ([x, indices, updates], params) => {
      checkDTypes(op, [x], accepts);
      return [scatterType(op, x, indices, updates, params)];
    },
    derivative,
    batch: batched((size, xs, dims, params) => batchScatter(declared, size, xs, dims, params)),
    staged: unchecked,
    reference: ([x, indices, updates], { dimensionNumbers, mode }) => [
      writing.scatter(x, indices, updates, { dimensionNumbers, kind, mode, op }),
    ],
  });
  return declared;
};

/** The batching rule of every scatter: the operand and the updates carry the batch, the indices where they differ by example. */
export function batchScatter(
  scatterP: Primitive<string, ScatterParams>,
  size: number,
  [x, indices, updates]: readonly NDArray[],
  [xDim, indexDim, updateDim]: readonly BatchDim[],
  params: ScatterParams,
): readonly [NDArray, BatchDim] {
  const at = xDim ?? 0;
  const whole = batchAt(x, xDim, size, at);
  const given = readingNumbers(params.dimensionNumbers);
  const { numbers, target } = indexDim === null ? batchInWindow(given, whole.ndim - 1, at) : batchOfBoth(given, at);
  const first = indexDim === null ? indices : moveAxis(indices, indexDim, 0);
  const written = batchAt(updates, updateDim, size, target);
  return [bind(scatterP, [whole, first, written], { ...params, dimensionNumbers: writingNumbers(numbers) }), at];
}

export const scatterAddP = scatterPrimitive("scatter_add", {
  op: "scatterAdd",
  kind: "add",
  accepts: "number",
  derivative: {
    tag: "jointlyLinear",
    linearIn: () => [true, false, true],
    transpose: (ct, [x, indices, updates], params) => [
      x instanceof Linear ? ct : null,
      null,
      updates instanceof Linear ? gatherUpdates(ct, known(indices), updates.aval, params) : null,
    ],
  },
});

const bindScatterAdd = (x: NDArray, indices: NDArray, updates: NDArray, params: ScatterParams): NDArray =>
  bind(scatterAddP, [x, indices, updates], params);

/** Dimension numbers as users give them: the batching axes may be left out. */
export type Given<N, K extends keyof N> = Omit<N, K> & Partial<Pick<N, K>>;
export type GivenGatherNumbers = Given<GatherDimensionNumbers, "operandBatchingDims" | "startIndicesBatchingDims">;
export type GivenScatterNumbers = Given<ScatterDimensionNumbers, "operandBatchingDims" | "scatterIndicesBatchingDims">;

const gatherNumbersOf = (given: GivenGatherNumbers): GatherDimensionNumbers => ({
  offsetDims: [...given.offsetDims],
  collapsedSliceDims: [...given.collapsedSliceDims],
  startIndexMap: [...given.startIndexMap],
  operandBatchingDims: [...(given.operandBatchingDims ?? [])],
  startIndicesBatchingDims: [...(given.startIndicesBatchingDims ?? [])],
});

const scatterNumbersOf = (given: GivenScatterNumbers): ScatterDimensionNumbers => ({
  updateWindowDims: [...given.updateWindowDims],
  insertedWindowDims: [...given.insertedWindowDims],
  scatterDimsToOperandDims: [...given.scatterDimsToOperandDims],
  operandBatchingDims: [...(given.operandBatchingDims ?? [])],
  scatterIndicesBatchingDims: [...(given.scatterIndicesBatchingDims ?? [])],
});

export interface IndexingOptions {
  /** What becomes of windows out of bounds; `"checked"` if not given. */
  readonly mode?: IndexMode;
  readonly indicesAreSorted?: boolean;
  readonly uniqueIndices?: boolean;
}

export interface GatherOptions extends IndexingOptions {
  /** What is read out of bounds; NaN, or the lowest value of integers, if not given. */
  readonly fillValue?: number;
}

const modes: readonly string[] = ["checked", "fill", "clip"] satisfies readonly IndexMode[];

/** Options with their defaults. */
export function indexingParams(op: string, options: IndexingOptions): IndexingParams {
  checkFlags(op, options, ["indicesAreSorted", "uniqueIndices"]);
  const { mode = "checked", indicesAreSorted = false, uniqueIndices = false } = options;
  if (modes.includes(mode)) return { mode, indicesAreSorted, uniqueIndices };
  throw new OptionError({
    op,
    expected: `mode ${modes.join(", ")}`,
    received: String(mode),
    remedy: "np.take and x.at(…) know the mode wrap",
  });
}

/**
 * The windows of `sliceSizes` of `operand` that start at the index vectors along the last axis of `startIndices`. Same as
 * `jax.lax.gather`, but an index out of bounds throws, unless `mode` says otherwise or the function is compiled.
 *
 * @throws ShapeError when dimension numbers or sizes do not fit; DTypeError unless indices are integers; IndexError out of bounds.
 * @example
 * const numbers = { offsetDims: [1], collapsedSliceDims: [0], startIndexMap: [0] };
 * lax.gather(np.ones([5, 3]), np.array([[4], [0]], "int32"), numbers, [1, 3]).shape // [2, 3]
 */
export function gather(
  operand: ArrayLike,
  startIndices: NDArray,
  dimensionNumbers: GivenGatherNumbers,
  sliceSizes: readonly number[],
  options: GatherOptions = {},
): NDArray {
  checkOptions("gather", options, ["mode", "fillValue", "indicesAreSorted", "uniqueIndices"]);
  const { fillValue } = options;
  if (fillValue !== undefined && typeof fillValue !== "number") {
    throw new OptionError({
      op: "gather",
      expected: "fillValue: a number",
      received: kindOf(fillValue),
      remedy: "pass a JavaScript number, or leave it out",
    });
  }
  return bind(gatherP, [operandOf(operand, "gather"), startIndices], {
    ...indexingParams("gather", options),
    dimensionNumbers: gatherNumbersOf(dimensionNumbers),
    sliceSizes: [...sliceSizes],
    fillValue: fillValue ?? null,
  });
}

/** What the user's function of a scatter does; see the functions that are made of it. */
export const scatterFunction =
  (op: string, scatterP: Primitive<string, ScatterParams>) =>
  (
    operand: ArrayLike,
    indices: NDArray,
    updates: ArrayLike,
    dimensionNumbers: GivenScatterNumbers,
    options: IndexingOptions = {},
  ): NDArray => {
    checkOptions(op, options, ["mode", "indicesAreSorted", "uniqueIndices"]);
    const [x, u] = operandsAlike(op, operand, updates);
    return bind(scatterP, [x, indices, u], {
      ...indexingParams(op, options),
      dimensionNumbers: scatterNumbersOf(dimensionNumbers),
    });
  };

/**
 * `operand` with each window of `updates` added at its index vector. Same as `jax.lax.scatter_add`, but an index out of
 * bounds throws, unless `mode` says otherwise or the function is compiled.
 *
 * @throws ShapeError when dimension numbers or sizes do not fit; DTypeError when dtypes do not; IndexError out of bounds.
 * @example
 * const numbers = { updateWindowDims: [], insertedWindowDims: [0], scatterDimsToOperandDims: [0] };
 * lax.scatterAdd(np.zeros([3]), np.array([[1], [1]], "int32"), np.array([2, 3]), numbers) // [0, 5, 0]
 */
export const scatterAdd = scatterFunction("scatterAdd", scatterAddP);
