// The grammar of structured steps: what they access is inside, of their dtype, and no two results fall together.

import { sizeOf } from "../core/shape.js";
import { type Axes, type Grammar, isInjective } from "./grammar.js";
import type {
  Branch,
  ConvStep,
  Dot,
  Finished,
  HostStep,
  IndexedWindows,
  Loop,
  MatrixAccess,
  Nest,
  Row,
  Rows,
  Running,
  SelectWindow,
  Sort,
  Step,
  TensorAccess,
} from "./ir.js";

/** Checks one structured step. */
export function checkStructured(grammar: Grammar, step: Exclude<Step, Nest | Finished | Rows | HostStep | Loop | Branch>): void {
  switch (step.kind) {
    case "dot":
      return checkDot(grammar, step);
    case "conv":
    case "conv_input_gradient":
    case "conv_kernel_gradient":
      return checkConv(grammar, step);
    case "select_window":
      return checkSelectWindow(grammar, step);
    case "running":
      return checkRunning(grammar, step);
    case "gather":
      grammar.row(step.operand, 0, step.dtype);
      grammar.row({ buffer: step.target, offset: 0 }, step.where.windows * sizeOf(step.where.sizes), step.dtype);
      return checkWindows(grammar, step.where, step.operand);
    case "scatter":
      grammar.row({ buffer: step.target, offset: 0 }, 0, step.dtype);
      grammar.row(step.updates, step.where.windows * sizeOf(step.where.sizes), step.dtype);
      return checkWindows(grammar, step.where, { buffer: step.target, offset: 0 });
    case "sort":
      return checkSort(grammar, step);
    default:
      return step satisfies never;
  }
}

function checkDot(grammar: Grammar, dot: Dot): void {
  const { batch, m, n, k, a, b, c, dtype } = dot;
  const matrix = (x: MatrixAccess, rows: number, columns: number): Axes => {
    const axes = [
      [batch, x.batch],
      [rows, x.row],
      [columns, x.column],
    ] as const;
    grammar.must(grammar.buffer(x.buffer).dtype === dtype, `matrices of ${dtype}`, grammar.buffer(x.buffer).dtype);
    grammar.inside(x.buffer, x.offset, axes);
    return axes;
  };
  matrix(a, m, k);
  matrix(b, k, n);
  grammar.must(isInjective(matrix(c, m, n)), "a place for each element of the product", `strides ${c.batch}, ${c.row}, ${c.column}`);
}

function checkConv(grammar: Grammar, step: ConvStep): void {
  const { dtype, batch, groups, features, outputs, axes } = step;
  const kernelSizes = [groups * outputs, features, ...axes.map((axis) => axis.window)];
  const tensor = ({ buffer, offset, outer, feature, space }: TensorAccess, sizes: readonly number[]): Axes => {
    const strides = [outer, feature, ...space];
    const walked = sizes.map((n, k) => [n, strides[k]] as const);
    grammar.must(grammar.buffer(buffer).dtype === dtype, `tensors of ${dtype}`, grammar.buffer(buffer).dtype);
    grammar.must(strides.length === sizes.length, `${sizes.length} strides`, `${strides.length}`);
    grammar.inside(buffer, offset, walked);
    return walked;
  };
  const image = tensor(step.image, [batch, groups * features, ...axes.map((axis) => axis.size)]);
  const result = tensor(step.result, [batch, groups * outputs, ...axes.map((axis) => axis.places)]);
  if (step.kind === "conv_kernel_gradient") {
    grammar.row({ buffer: step.partials, offset: 0 }, step.chunks * sizeOf(kernelSizes), dtype);
    return grammar.must(step.chunks >= 1 && step.chunks <= batch, `1 … ${batch} chunks`, `${step.chunks}`);
  }
  if (step.kind === "conv") tensor(step.kernel, kernelSizes);
  else {
    const { buffer, offset, outer, feature, space, group } = step.kernel;
    grammar.inside(
      buffer,
      offset,
      [groups, outputs, ...kernelSizes.slice(1)].map((n, k) => [n, [group, outer, feature, ...space][k]] as const),
    );
  }
  grammar.must(isInjective(step.kind === "conv" ? result : image), "a place for each element of the convolution", "strides that meet");
}

function checkSelectWindow(grammar: Grammar, { axes, dtype, direction, operand, source, target }: SelectWindow): void {
  const [elements, places] = [sizeOf(axes.map((axis) => axis.size)), sizeOf(axes.map((axis) => axis.places))];
  grammar.row(operand, elements, dtype);
  grammar.row(source, direction === "gather" ? elements : places, dtype);
  grammar.row({ buffer: target, offset: 0 }, direction === "gather" ? places : elements, dtype);
}

function checkRunning(grammar: Grammar, { fold, dtype, outer, size, inner, inputs, target }: Running): void {
  const count = fold === "linear" ? 2 : 1;
  grammar.must(inputs.length === count, `${count} inputs of a running ${fold}`, `${inputs.length}`);
  for (const row of [...inputs, { buffer: target, offset: 0 }]) grammar.row(row, outer * size * inner, dtype);
}

function checkSort(grammar: Grammar, { outer, size, inner, count, keys, moved, positions, pairs }: Sort): void {
  grammar.must(keys.length > 0, "a key to sort by", "none");
  grammar.must(count <= size, `${size} elements of a line at most`, `${count}`);
  for (const { row, dtype } of [...keys, ...moved]) grammar.row(row, outer * size * inner, dtype);
  for (const { target, dtype } of moved) grammar.row({ buffer: target, offset: 0 }, outer * count * inner, dtype);
  if (positions !== undefined) grammar.row({ buffer: positions, offset: 0 }, outer * count * inner, "int32");
  if (pairs !== undefined) grammar.row({ buffer: pairs, offset: 0 }, 4 * size, "int32");
}

/** Windows at the least and the greatest index vectors lie inside of what is indexed, where there are any that do. */
function checkWindows(grammar: Grammar, { windows, indices, indexDtype, axes, batch, sizes, strides }: IndexedWindows, indexed: Row): void {
  grammar.row(indices, windows * axes.length, indexDtype);
  grammar.must(sizes.length === strides.length, `${sizes.length} strides of a window`, `${strides.length}`);
  if (windows === 0 || axes.some(({ last }) => last < 0)) return;
  const starts = [
    ...axes.map(({ last, stride }) => [last + 1, stride] as const),
    ...batch.map(({ size, stride }) => [size, stride] as const),
  ];
  grammar.inside(indexed.buffer, indexed.offset, [...starts, ...sizes.map((n, k) => [n, strides[k]] as const)]);
}
