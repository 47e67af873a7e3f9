// Reductions over sliding windows: sum, max and min, and the two companions of max and min in derivatives. The tangent of
// a maximum is the tangent at the element that attains it (select_and_gather_add); backwards, the cotangent of each window
// is added at that element (select_and_scatter_add). These two are each other's transpose. Of equal elements the first counts.

import { type ArrayLike, type NDArray, scalar } from "../core/array.js";
import { type Aval, aval, showAval } from "../core/aval.js";
import { OptionError, ShapeError } from "../core/errors.js";
import {
  type BatchDim,
  type Derivative,
  type Primitive,
  batched,
  known,
  linear,
  none,
  operands,
  partial,
  primitive,
} from "../core/primitive.js";
import { sameShape, showShape } from "../core/shape.js";
import { bind } from "../core/trace.js";
import * as kernels from "../kernels/window.js";
import { inserted } from "./axes.js";
import { batchAt, firstBatchDim } from "./batching.js";
import { type Padding, type PaddingMode, dilatedSize, paddingPairs, transposedPadding } from "./convolutionDimensions.js";
import { operand } from "./operands.js";
import { checkOptions } from "../core/options.js";
import { perAxis } from "./options.js";
import { checkDTypes, checkSameDType } from "./pointwise.js";
import { pad } from "./slice.js";

export interface WindowParams {
  readonly windowDimensions: readonly number[];
  readonly windowStrides: readonly number[];
  readonly padding: Padding;
  readonly baseDilation: readonly number[];
  readonly windowDilation: readonly number[];
}

export interface SelectWindowParams extends WindowParams {
  /** What the selected element is to the others of its window. */
  readonly selectPrim: "ge" | "le";
}

export type WindowReduction = "sum" | "max" | "min";

function windowsOf(op: string, x: Aval, params: WindowParams): Aval {
  const lists = [params.windowDimensions, params.windowStrides, params.padding, params.baseDilation, params.windowDilation];
  const positive = [params.windowDimensions, params.windowStrides, params.baseDilation, params.windowDilation].flat();
  const valid = lists.every((list) => list.length === x.shape.length) && positive.every((n) => Number.isInteger(n) && n >= 1);
  if (!valid) {
    throw new ShapeError({
      op,
      expected: "window, strides, padding and dilations for each axis of the operand, all but padding positive",
      received: `${showAval(x)} with ${JSON.stringify(params)}`,
      remedy: "use 1 for the axes that the window does not slide along",
    });
  }
  const shape = x.shape.map((n, k) => {
    const [low, high] = params.padding[k];
    const room = dilatedSize(n, params.baseDilation[k]) + low + high - dilatedSize(params.windowDimensions[k], params.windowDilation[k]);
    return room < 0 ? 0 : Math.floor(room / params.windowStrides[k]) + 1;
  });
  return aval(shape, x.dtype);
}

// The batch is an axis along which the window is a single element.
const aroundBatch = <P extends WindowParams>(params: P, dim: number): P => ({
  ...params,
  windowDimensions: inserted(params.windowDimensions, dim, 1),
  windowStrides: inserted(params.windowStrides, dim, 1),
  padding: inserted(params.padding, dim, [0, 0] as const),
  baseDilation: inserted(params.baseDilation, dim, 1),
  windowDilation: inserted(params.windowDilation, dim, 1),
});

const windowReduction = <const Name extends string>(
  name: Name,
  computation: WindowReduction,
  derivative: Derivative<WindowParams>,
  apply: (x: NDArray, params: WindowParams) => NDArray,
): Primitive<Name, WindowParams> =>
  primitive(name)<WindowParams>({
    type: ([x], params) => {
      checkDTypes("reduceWindow", [x], computation === "sum" ? "number" : "any");
      return [windowsOf("reduceWindow", x, params)];
    },
    derivative,
    batch: batched((_, [x], [dim], params) => [apply(x, dim === null ? params : aroundBatch(params, dim)), dim]),
    reference: ([x], params) => [kernels.reduceWindow(x, { ...params, computation })],
  });

export const reduceWindowSumP = windowReduction(
  "reduce_window_sum",
  "sum",
  // Each element was added to the windows that held it: the sum of their cotangents, spread by the strides.
  operands(
    linear((ct, [x], params) => {
      const { windowDimensions, windowStrides: strides, padding, baseDilation, windowDilation } = params;
      const pairs = transposedPadding(x.aval.shape, windowDimensions, ct.shape, { strides, padding, baseDilation, windowDilation });
      const spread = pad(
        ct,
        scalar(0, ct.dtype),
        pairs.map(([low, high], k) => [low, high, strides[k] - 1] as const),
      );
      const ones = strides.map(() => 1);
      return windowSum(spread, {
        windowDimensions,
        windowStrides: baseDilation,
        padding: strides.map(() => [0, 0] as const),
        baseDilation: ones,
        windowDilation,
      });
    }),
  ),
  (x, params) => windowSum(x, params),
);

const windowSum = (x: NDArray, params: WindowParams): NDArray => bind(reduceWindowSumP, [x], params);

const extremal = (selectPrim: "ge" | "le"): Derivative<WindowParams> =>
  operands(partial((dx, [x], _, params) => selectAndGatherAdd(dx, x, { ...params, selectPrim })));

export const reduceWindowMaxP = windowReduction("reduce_window_max", "max", extremal("ge"), (x, params) => windowMax(x, params));

const windowMax = (x: NDArray, params: WindowParams): NDArray => bind(reduceWindowMaxP, [x], params);

export const reduceWindowMinP = windowReduction("reduce_window_min", "min", extremal("le"), (x, params) => windowMin(x, params));

const windowMin = (x: NDArray, params: WindowParams): NDArray => bind(reduceWindowMinP, [x], params);

/** Dilations that dilate nothing: JAX's primitive does not have them, ours prints them where they matter. */
const plainDilations = ({ baseDilation, windowDilation }: WindowParams): readonly string[] =>
  [...baseDilation, ...windowDilation].every((n) => n === 1) ? ["baseDilation", "windowDilation"] : [];

/** Both operands with their batch at one axis. */
function together(
  size: number,
  xs: readonly NDArray[],
  dims: readonly BatchDim[],
  params: SelectWindowParams,
): [NDArray, NDArray, SelectWindowParams, number] {
  const at = firstBatchDim(dims);
  return [batchAt(xs[0], dims[0], size, at), batchAt(xs[1], dims[1], size, at), aroundBatch(params, at), at];
}

export const selectAndGatherAddP: Primitive<"select_and_gather_add", SelectWindowParams> = primitive(
  "select_and_gather_add",
)<SelectWindowParams>({
  type: ([tangents, x], params) => {
    checkDTypes("selectAndGatherAdd", [tangents, x], "number");
    checkSameDType("selectAndGatherAdd", [tangents, x]);
    checkShapes("selectAndGatherAdd", tangents, x.shape);
    return [windowsOf("selectAndGatherAdd", x, params)];
  },
  derivative: operands<SelectWindowParams>(
    linear((ct, [, x], params) => selectAndScatterAdd(ct, known(x), params)),
    none,
  ),
  batch: batched((size, xs, dims, params) => {
    const [tangents, x, around, at] = together(size, xs, dims, params);
    return [selectAndGatherAdd(tangents, x, around), at];
  }),
  reference: ([tangents, x], { selectPrim: select, ...params }) => [kernels.selectAndGatherAdd(tangents, x, { ...params, select })],
});

/** For each window of `x`, the element of `tangents` that stands where the window's largest (`"ge"`) or smallest (`"le"`) does. */
const selectAndGatherAdd = (tangents: NDArray, x: NDArray, params: SelectWindowParams): NDArray =>
  bind(selectAndGatherAddP, [tangents, x], params);

export const selectAndScatterAddP: Primitive<"select_and_scatter_add", SelectWindowParams> = primitive(
  "select_and_scatter_add",
)<SelectWindowParams>({
  type: ([source, x], params) => {
    checkDTypes("selectAndScatterAdd", [source, x], "number");
    checkSameDType("selectAndScatterAdd", [source, x]);
    checkShapes("selectAndScatterAdd", source, windowsOf("selectAndScatterAdd", x, params).shape);
    return [aval(x.shape, x.dtype)];
  },
  derivative: operands<SelectWindowParams>(
    linear((ct, [, x], params) => selectAndGatherAdd(ct, known(x), params)),
    none,
  ),
  batch: batched((size, xs, dims, params) => {
    const [source, x, around, at] = together(size, xs, dims, params);
    return [selectAndScatterAdd(source, x, around), at];
  }),
  hidden: plainDilations,
  reference: ([source, x], { selectPrim: select, ...params }) => [kernels.selectAndScatterAdd(source, x, { ...params, select })],
});

/** Zeros like `x`, to which each element of `source` is added where its window's largest (`"ge"`) or smallest (`"le"`) element stands. */
const selectAndScatterAdd = (source: NDArray, x: NDArray, params: SelectWindowParams): NDArray =>
  bind(selectAndScatterAddP, [source, x], params);

function checkShapes(op: string, x: Aval, shape: readonly number[]): void {
  if (sameShape(x.shape, shape)) return;
  throw new ShapeError({
    op,
    expected: `an operand of shape ${showShape(shape)}`,
    received: showAval(x),
    remedy: "give one value for each window or element",
  });
}

export interface WindowOptions {
  readonly windowDimensions: readonly number[];
  /** Ones if not given. */
  readonly windowStrides?: readonly number[];
  readonly padding: PaddingMode | Padding;
  /** Distance of the operand's elements, holes between them; ones if not given. */
  readonly baseDilation?: readonly number[];
  /** Distance of the window's elements; ones if not given. */
  readonly windowDilation?: readonly number[];
}

export const windowOptionNames: readonly string[] = ["windowDimensions", "windowStrides", "padding", "baseDilation", "windowDilation"];

const reductions = { sum: reduceWindowSumP, max: reduceWindowMaxP, min: reduceWindowMinP };

/**
 * The sum, maximum or minimum over windows that slide along every axis of `x`. Padding takes no part: a window without
 * elements gives 0, or the lowest or highest value of the dtype. Of equal elements the first carries the derivative.
 *
 * @throws ShapeError when windows, strides or padding do not fit; OptionError for an unknown option or reduction.
 * @example lax.reduceWindow(np.array([1, 3, 2, 5]), "max", { windowDimensions: [2], windowStrides: [2], padding: "VALID" }) // [3, 5]
 */
export function reduceWindow(x: ArrayLike, reduction: WindowReduction, options: WindowOptions): NDArray {
  const op = "reduceWindow";
  checkOptions(op, options, windowOptionNames);
  if (!Object.hasOwn(reductions, reduction)) {
    throw new OptionError({ op, expected: `"sum", "max" or "min"`, received: JSON.stringify(reduction), remedy: "name one of these" });
  }
  const array = operand(x, op);
  return bind(reductions[reduction], [array], windowParamsOf(op, array, options));
}

/** The parameters that options stand for, those left out filled in. */
export function windowParamsOf(op: string, { shape, ndim }: NDArray, options: WindowOptions): WindowParams {
  const windowDimensions = perAxis(op, "windowDimensions", options.windowDimensions, ndim);
  const windowStrides = perAxis(op, "windowStrides", options.windowStrides, ndim);
  const baseDilation = perAxis(op, "baseDilation", options.baseDilation, ndim);
  const windowDilation = perAxis(op, "windowDilation", options.windowDilation, ndim);
  const sizes = shape.map((n, k) => dilatedSize(n, baseDilation[k]));
  const window = windowDimensions.map((n, k) => dilatedSize(n, windowDilation[k]));
  const padding = paddingPairs(op, options.padding, sizes, window, windowStrides);
  return { windowDimensions, windowStrides, padding, baseDilation, windowDilation };
}
