// Sorting and the largest elements: one step that orders the positions of each line by its keys. The pairs that it sorts stand
// in each thread's scratch, or, of long lines, in one temporary of the program.

import { range, sizeOf } from "../core/shape.js";
import type { Sort } from "../loop/ir.js";
import type { SortParams, TopKParams } from "../ops/sort.js";
import { type Lowering, type Rule, rowOf } from "./lowering.js";
import { wholeView } from "./views.js";

/** Longer lines would take too much scratch memory: 16 bytes an element, for each thread. */
const LONGEST = 1 << 22;

/** Room for the pairs of a line that is longer than `longest`. */
const roomFor = (lowering: Lowering, size: number, longest: number): Pick<Sort, "pairs"> =>
  size > longest ? { pairs: lowering.buffer("int32", 4 * size) } : {};

const sort =
  (longest: number): Rule =>
  (lowering, equation, inputs) => {
    const { dimension, numKeys } = equation.params as SortParams;
    const { shape } = inputs[0];
    if (sizeOf(shape) === 0) return inputs;
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
      ...roomFor(lowering, shape[dimension], longest),
    });
    return targets.map((target, k) => wholeView(target, shape, inputs[k].dtype));
  };

const topK =
  (longest: number): Rule =>
  (lowering, equation, [x]) => {
    const { k } = equation.params as TopKParams;
    const { shape } = equation.outputs[0].aval;
    if (sizeOf(shape) === 0) return equation.outputs.map(({ aval }) => ({ kind: "splat", value: 0, shape, dtype: aval.dtype }));
    const last = x.shape.length - 1;
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
      ...roomFor(lowering, x.shape[last], longest),
    });
    return [wholeView(values, shape, x.dtype), wholeView(positions, shape, "int32")];
  };

/** The rules of sorts whose lines are sorted in threads' scratch up to a length. */
export const sortsInScratch = (longest: number): readonly (readonly [string, Rule])[] => [
  ["sort", sort(longest)],
  ["top_k", topK(longest)],
];

export const sortRules = sortsInScratch(LONGEST);
