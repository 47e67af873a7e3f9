// Runs a loop program in plain JavaScript, node by node over all indices: the meaning of the loop IR. Elements round to
// their dtype at every node, and pointwise operations are the reference implementations of their primitives.

import { type DType, type TypedArray, highest, isFloat, lowest, typedArray } from "../core/dtype.js";
import { sizeOf } from "../core/shape.js";
import type { AnyPrimitive } from "../core/primitive.js";
import type { Access, BufferId, Dot, HostStep, LoopProgram, MatrixAccess, Nest, Node, PointwiseOp, Reduction, Step, Store } from "./ir.js";
import { runConv } from "./convolve.js";
import { rowsOf } from "./rows.js";
import { type Memory, runBranch, runLoop } from "./control.js";
import { runGather, runRunning, runScatter, runSelectWindow, runSort } from "./structured.js";

/** The primitives by name: they say what a pointwise operation means. */
export type Meanings = Readonly<Record<string, AnyPrimitive>>;

/** Runs the steps on `given` (the elements of arguments and constants, by buffer); returns the elements of all buffers. */
export function runLoops(
  { buffers, steps }: LoopProgram,
  given: ReadonlyMap<BufferId, TypedArray>,
  meanings: Meanings,
): readonly TypedArray[] {
  const memory = buffers.map(({ dtype, size }, b) => given.get(b) ?? typedArray(dtype, size));
  runSteps(steps, memory, meanings);
  return memory;
}

function runSteps(steps: readonly Step[], memory: Memory, meanings: Meanings): void {
  for (const step of steps) runStep(step, memory, meanings);
}

function runStep(step: Step, memory: Memory, meanings: Meanings): void {
  switch (step.kind) {
    case "nest":
      return runNest(step, memory, meanings);
    case "finished":
      runStep(step.product, memory, meanings);
      return runNest(step.finish, memory, meanings);
    case "rows":
      for (let row = 0; row < step.rows; row += step.block) {
        const count = Math.min(step.block, step.rows - row);
        for (const nest of step.nests) runNest(rowsOf(nest, row, count), memory, meanings);
      }
      return;
    case "dot":
      return runDot(step, memory);
    case "conv":
    case "conv_input_gradient":
    case "conv_kernel_gradient":
      return runConv(step, memory);
    case "select_window":
      return runSelectWindow(step, memory);
    case "running":
      return runRunning(step, memory);
    case "gather":
      return runGather(step, memory);
    case "scatter":
      return runScatter(step, memory);
    case "sort":
      return runSort(step, memory);
    case "host":
      return runHost(step, memory);
    case "loop":
      return runLoop(step, memory, (steps) => runSteps(steps, memory, meanings));
    case "branch":
      return runBranch(step, memory, (steps) => runSteps(steps, memory, meanings));
    default:
      return step satisfies never;
  }
}

/** For each index of a nest, in order: the element that an access means. */
function placesOf({ offset, strides }: Access, sizes: readonly number[]): Int32Array {
  let places = Int32Array.of(offset);
  sizes.forEach((n, k) => {
    places = Int32Array.from({ length: places.length * n }, (_, i) => places[Math.floor(i / n)] + (i % n) * strides[k]);
  });
  return places;
}

function runNest({ sizes, nodes, stores }: Nest, memory: readonly TypedArray[], meanings: Meanings): void {
  const values: TypedArray[] = [];
  for (const node of nodes) values.push(nodeValues(node, { sizes, values, nodes, memory, meanings }));
  for (const store of stores)
    runStore(store, values[store.node], nodes[store.node].dtype, placesOf(store.access, sizes), memory[store.access.buffer]);
}

interface Body {
  readonly sizes: readonly number[];
  readonly nodes: readonly Node[];
  /** Of the nodes so far. */
  readonly values: readonly TypedArray[];
  readonly memory: readonly TypedArray[];
  readonly meanings: Meanings;
}

function nodeValues(node: Node, { sizes, values, nodes, memory, meanings }: Body): TypedArray {
  const count = sizeOf(sizes);
  switch (node.kind) {
    case "load": {
      const elements = memory[node.access.buffer];
      return typedArray(
        node.dtype,
        Array.from(placesOf(node.access, sizes), (place) => elements[place]),
      );
    }
    case "constant":
      return typedArray(node.dtype, new Array<number>(count).fill(node.value));
    case "index":
      return typedArray(node.dtype, placesOf({ buffer: 0, offset: 0, strides: sizes.map((_, k) => (k === node.axis ? 1 : 0)) }, sizes));
    case "apply": {
      const shape = [count];
      const args = node.args.map((a) => ({ data: values[a], shape, dtype: nodes[a].dtype }));
      if (node.op === "rotate_left")
        return typedArray(
          node.dtype,
          Array.from(values[node.args[0]], (x, i) => rotated(x, values[node.args[1]][i])),
        );
      const [primitive, params] = meaningOf(node.op, node.dtype, meanings);
      return primitive.reference(args, params, [{ shape, dtype: node.dtype }])[0].data;
    }
    default:
      return node satisfies never;
  }
}

/** A store into 32 bits wraps, whether the number is signed or not. */
const rotated = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

/** The primitives of operations that have another name, or parameters. */
const otherMeanings: Readonly<Partial<Record<PointwiseOp, readonly [primitive: string, params: object]>>> = {
  select: ["select_n", {}],
  round: ["round", { roundingMethod: "toNearestEven" }],
  random_gamma: ["random_gamma", { logSpace: false }],
  log_random_gamma: ["random_gamma", { logSpace: true }],
  random_gamma_grad: ["random_gamma_grad", { logSpace: false }],
  log_random_gamma_grad: ["random_gamma_grad", { logSpace: true }],
};

function meaningOf(op: Exclude<PointwiseOp, "rotate_left">, dtype: DType, meanings: Meanings): readonly [AnyPrimitive, object] {
  if (op === "convert") return [meanings["convert_element_type"], { newDtype: dtype, weakType: false }];
  const [primitive, params] = otherMeanings[op] ?? [op, {}];
  return [meanings[primitive], params];
}

function runStore({ reduction }: Store, values: TypedArray, dtype: DType, places: Int32Array, target: TypedArray): void {
  if (reduction === undefined) {
    places.forEach((place, i) => (target[place] = values[i]));
    return;
  }
  const combine = combination(reduction, dtype);
  const totals = new Map<number, number>();
  places.forEach((place, i) => totals.set(place, combine(totals.get(place) ?? identityOf(reduction, dtype), values[i])));
  for (const [place, total] of totals) target[place] = total;
}

function identityOf(kind: Reduction, dtype: DType): number {
  if (kind === "sum" || kind === "or") return 0;
  if (kind === "prod") return 1;
  if (kind === "and") return dtype === "bool" ? 1 : -1;
  return kind === "max" ? lowest(dtype) : highest(dtype);
}

/** Float sums and products are carried in float64, and rounded when they are stored; integers wrap. */
function combination(kind: Reduction, dtype: DType): (x: number, y: number) => number {
  const wrapped = (f: (x: number, y: number) => number) => (x: number, y: number) => (isFloat(dtype) ? f(x, y) : f(x, y) | 0);
  switch (kind) {
    case "sum":
      return wrapped((x, y) => x + y);
    case "prod":
      return isFloat(dtype) ? (x, y) => x * y : Math.imul;
    case "max":
      return Math.max;
    case "min":
      return Math.min;
    case "and":
      return (x, y) => x & y;
    case "or":
      return (x, y) => x | y;
    default:
      return kind satisfies never;
  }
}

const at = (x: MatrixAccess, batch: number, row: number, column: number): number =>
  x.offset + batch * x.batch + row * x.row + column * x.column;

function runDot({ batch, m, n, k, a, b, c }: Dot, memory: readonly TypedArray[]): void {
  const [x, y, z] = [a, b, c].map(({ buffer }) => memory[buffer]);
  for (let q = 0; q < batch; q++)
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++) sum += x[at(a, q, i, p)] * y[at(b, q, p, j)];
        z[at(c, q, i, j)] = sum;
      }
}

function runHost({ equation, inputs, outputs }: HostStep, memory: readonly TypedArray[]): void {
  const args = equation.inputs.map(({ aval }, i) => ({ data: memory[inputs[i]], shape: aval.shape, dtype: aval.dtype }));
  const found = equation.primitive.reference(
    args,
    equation.params,
    equation.outputs.map((v) => v.aval),
  );
  found.forEach((out, i) => memory[outputs[i]].set(out.data));
}
