// Sorting and the largest elements: one step that orders the positions of each line by its keys.

import { range, sizeOf } from "../core/shape.js";
import type { SortParams, TopKParams } from "../ops/sort.js";
import { type Rule, rowOf } from "./lowering.js";
import { wholeView } from "./views.js";

/** Longer lines would take too much scratch memory: 16 bytes an element, for each thread. */
const MOST = 1 << 22;

const sort: Rule = (lowering, equation, inputs) => {
  const { dimension, numKeys } = equation.params as SortParams;
  const { shape } = inputs[0];
  if (sizeOf(shape) === 0) return inputs;
  if (shape[dimension] > MOST) return undefined;
  const rows = inputs.map((x) => ({ dtype: x.dtype, row: rowOf(lowering.contiguous(x)) }));
  const targets = inputs.map((x) => lowering.buffer(x.dtype, sizeOf(shape)));
  lowering.steps.push({
    kind: "sort",
    outer: sizeOf(shape.slice(0, dimension)),
    size: shape[dimension],
    inner: sizeOf(shape.slice(dimension + 1)),
    count: shape[dimension],
    descending: false,
    keys: rows.slice(0, numKeys),
    moved: rows.map((row, k) => ({ ...row, target: targets[k] })),
  });
  return targets.map((target, k) => wholeView(target, shape, inputs[k].dtype));
};

const topK: Rule = (lowering, equation, [x]) => {
  const { k } = equation.params as TopKParams;
  const { shape } = equation.outputs[0].aval;
  if (sizeOf(shape) === 0) return equation.outputs.map(({ aval }) => ({ kind: "splat", value: 0, shape, dtype: aval.dtype }));
  const last = x.shape.length - 1;
  if (x.shape[last] > MOST) return undefined;
  const row = { dtype: x.dtype, row: rowOf(lowering.contiguous(x)) };
  const [values, positions] = [lowering.buffer(x.dtype, sizeOf(shape)), lowering.buffer("int32", sizeOf(shape))];
  const outer = sizeOf(range(0, last).map((axis) => x.shape[axis]));
  lowering.steps.push({
    kind: "sort",
    outer,
    size: x.shape[last],
    inner: 1,
    count: k,
    descending: true,
    keys: [row],
    moved: [{ ...row, target: values }],
    positions,
  });
  return [wholeView(values, shape, x.dtype), wholeView(positions, shape, "int32")];
};

export const sortRules: readonly (readonly [string, Rule])[] = [
  ["sort", sort],
  ["top_k", topK],
];
