// Gathers, scatters and slices at computed starts: steps that read or write windows at index vectors. Indices and windows are
// put in rows first; where the result's axes are in another order, it is a view.

import { type DType, isFloat, lowest } from "../core/dtype.js";
import type { Equation } from "../core/jaxpr.js";
import { type Shape, range, sizeOf, stridesOf } from "../core/shape.js";
import { type GatherDimensionNumbers, windowsToPlaces } from "../kernels/gather.js";
import type { IndexedWindows, Scatter, Store } from "../loop/ir.js";
import type { DynamicSliceParams } from "../ops/dynamic.js";
import { type GatherParams, type IndexMode, type ScatterParams, readingNumbers } from "../ops/indexing.js";
import { NestBody } from "./body.js";
import { type Lowering, type Rule, loadNode, rowOf } from "./lowering.js";
import { type Value, type View, transposeView, wholeView } from "./views.js";

/** Windows of `sizes` in an array of `shape`, at the index vectors along the last axis of `indices`. */
function windowsAt(
  lowering: Lowering,
  shape: Shape,
  sizes: readonly number[],
  indices: Value,
  numbers: GatherDimensionNumbers,
  mode: IndexMode,
): IndexedWindows {
  const strides = stridesOf(shape);
  const batchShape = indices.shape.slice(0, -1);
  const batchStrides = stridesOf(batchShape);
  return {
    windows: sizeOf(batchShape),
    indices: rowOf(lowering.contiguous(indices)),
    indexDtype: indices.dtype,
    axes: numbers.startIndexMap.map((axis) => ({ stride: strides[axis], last: shape[axis] - sizes[axis] })),
    batch: numbers.operandBatchingDims.map((axis, k) => {
      const along = numbers.startIndicesBatchingDims[k];
      return { stride: strides[axis], divisor: batchStrides[along], size: batchShape[along] };
    }),
    sizes,
    strides,
    clip: mode === "clip",
  };
}

const gather: Rule = (lowering, equation, [x, indices]) => {
  const { dimensionNumbers: numbers, sliceSizes, mode, fillValue } = equation.params as GatherParams;
  const { shape, dtype } = equation.outputs[0].aval;
  if (mode === "checked") return undefined;
  if (sizeOf(shape) === 0) return [{ kind: "splat", value: 0, shape, dtype }];
  const fill = fillValue ?? (isFloat(dtype) ? NaN : lowest(dtype));
  if (sizeOf(x.shape) === 0) return [{ kind: "splat", value: fill, shape, dtype }];
  const where = windowsAt(lowering, x.shape, sliceSizes, indices, numbers, mode);
  const operand = rowOf(lowering.contiguous(x));
  const target = lowering.buffer(dtype, sizeOf(shape));
  lowering.steps.push({ kind: "gather", dtype, where, operand, fill, target });
  const dropped = [...numbers.collapsedSliceDims, ...numbers.operandBatchingDims];
  const found = [...indices.shape.slice(0, -1), ...sliceSizes.filter((_, axis) => !dropped.includes(axis))];
  return [transposeView(wholeView(target, found, dtype), windowsToPlaces(found.length, numbers.offsetDims))];
};

/** A copy of the value that may be written to. */
const copied = (lowering: Lowering, x: Value): View => lowering.nest(x.shape, [loadNode(x, x.shape)], x.dtype);

const scatter =
  (combine: Scatter["combine"]): Rule =>
  (lowering, equation, [x, indices, updates]) => {
    const { dimensionNumbers, mode } = equation.params as ScatterParams;
    if (mode === "checked") return undefined;
    if (sizeOf(updates.shape) === 0 || sizeOf(x.shape) === 0) return [x];
    const { dtype } = x;
    const numbers = readingNumbers(dimensionNumbers);
    const dropped = [...numbers.collapsedSliceDims, ...numbers.operandBatchingDims];
    let k = 0;
    const sizes = x.shape.map((_, axis) => (dropped.includes(axis) ? 1 : updates.shape[numbers.offsetDims[k++]]));
    const where = windowsAt(lowering, x.shape, sizes, indices, numbers, mode);
    const others = range(0, updates.shape.length).filter((axis) => !numbers.offsetDims.includes(axis));
    const rows = lowering.contiguous(transposeView(updates, [...others, ...numbers.offsetDims]));
    const out = copied(lowering, x);
    lowering.steps.push({ kind: "scatter", combine, dtype, where, updates: rowOf(rows), target: out.buffer });
    return [out];
  };

/** Scalars side by side, as one index vector. */
function indexVector(lowering: Lowering, starts: readonly Value[], dtype: DType): View {
  const view = wholeView(lowering.buffer(dtype, starts.length), [starts.length], dtype);
  const body = new NestBody([]);
  const stores = starts.map((start, k): Store => ({ node: body.value(start), access: { buffer: view.buffer, offset: k, strides: [] } }));
  lowering.steps.push({ kind: "nest", sizes: [], nodes: body.nodes, stores });
  return view;
}

/** One window of `sizes`, moved inside where it sticks out. */
function oneWindow(lowering: Lowering, shape: Shape, sizes: readonly number[], starts: readonly Value[]): IndexedWindows {
  const axes = range(0, shape.length);
  const indices = indexVector(lowering, starts, starts[0].dtype);
  const numbers = { offsetDims: axes, collapsedSliceDims: [], startIndexMap: axes, operandBatchingDims: [], startIndicesBatchingDims: [] };
  return windowsAt(lowering, shape, sizes, indices, numbers, "clip");
}

const dynamicSlice: Rule = (lowering, equation, [x, ...starts]) => {
  const { sliceSizes } = equation.params as DynamicSliceParams;
  const { shape, dtype } = equation.outputs[0].aval;
  if (shape.length === 0) return [x];
  if (sizeOf(shape) === 0) return [{ kind: "splat", value: 0, shape, dtype }];
  const where = oneWindow(lowering, x.shape, sliceSizes, starts);
  const operand = rowOf(lowering.contiguous(x));
  const target = lowering.buffer(dtype, sizeOf(shape));
  lowering.steps.push({ kind: "gather", dtype, where, operand, fill: 0, target });
  return [wholeView(target, shape, dtype)];
};

const dynamicUpdateSlice: Rule = (lowering, equation: Equation, [x, update, ...starts]) => {
  const { shape, dtype } = equation.outputs[0].aval;
  if (shape.length === 0) return [update];
  if (sizeOf(update.shape) === 0) return [x];
  const where = oneWindow(lowering, shape, update.shape, starts);
  const updates = rowOf(lowering.contiguous(update));
  const out = copied(lowering, x);
  lowering.steps.push({ kind: "scatter", combine: "update", dtype, where, updates, target: out.buffer });
  return [out];
};

export const indexedRules: readonly (readonly [string, Rule])[] = [
  ["gather", gather],
  ["scatter", scatter("update")],
  ["scatter_add", scatter("add")],
  ["scatter_mul", scatter("mul")],
  ["scatter_min", scatter("min")],
  ["scatter_max", scatter("max")],
  ["dynamic_slice", dynamicSlice],
  ["dynamic_update_slice", dynamicUpdateSlice],
];
