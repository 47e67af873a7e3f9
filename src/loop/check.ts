// The grammar of the loop IR as a program: buffers exist and are used for what they are, accesses stay inside for every
// index, bodies are in order and well typed, no two indices of a nest write one element, temporaries are written before
// they are read. Runs after each pass in tests and in debug mode.

import { type DType, holds } from "../core/dtype.js";
import { JaxprError } from "../core/errors.js";
import { sizeOf } from "../core/shape.js";
import {
  type Access,
  type Buffer,
  type BufferId,
  type ConvStep,
  type Dot,
  type HostStep,
  type IndexedWindows,
  type LoopProgram,
  type MatrixAccess,
  type Nest,
  type Node,
  type Row,
  type Running,
  type SelectWindow,
  type Sort,
  type Step,
  type TensorAccess,
  readsOf,
  writesOf,
} from "./ir.js";
import { reduces, resultOf } from "./types.js";

/**
 * The program, if it keeps the grammar.
 *
 * @throws JaxprError that names the step and what is wrong with it.
 */
export function checkLoops(program: LoopProgram): LoopProgram {
  new Checker(program).check();
  return program;
}

/** Lengths and strides of the axes along which something moves. */
type Axes = readonly (readonly [size: number, stride: number])[];

/** Each stride leaps over all that the smaller ones reach: enough for places to be distinct. */
function isInjective(axes: Axes): boolean {
  if (axes.some(([n]) => n === 0)) return true;
  let reach = 0;
  for (const [size, stride] of axes.filter(([n]) => n > 1).toSorted((a, b) => Math.abs(a[1]) - Math.abs(b[1]))) {
    if (Math.abs(stride) <= reach) return false;
    reach += (size - 1) * Math.abs(stride);
  }
  return true;
}

class Checker {
  readonly #written = new Set<BufferId>();
  #where = "program";

  constructor(readonly program: LoopProgram) {}

  check(): void {
    this.program.steps.forEach((step, i) => {
      this.#where = `step ${i} (${step.kind === "host" ? step.equation.primitive.name : step.kind})`;
      this.#uses(step);
      this.#step(step);
      for (const b of writesOf(step)) this.#written.add(b);
    });
    this.#where = "program";
    this.program.buffers.forEach(({ role, size }, b) => {
      if (role === "output" && size > 0) this.#must(this.#written.has(b), "every output to be written", `none in %${b}`);
    });
  }

  #step(step: Step): void {
    switch (step.kind) {
      case "nest":
        return this.#nest(step);
      case "dot":
        return this.#dot(step);
      case "conv":
      case "conv_input_gradient":
      case "conv_kernel_gradient":
        return this.#conv(step);
      case "select_window":
        return this.#selectWindow(step);
      case "running":
        return this.#running(step);
      case "gather":
        this.#row(step.operand, 0, step.dtype);
        this.#row({ buffer: step.target, offset: 0 }, step.where.windows * sizeOf(step.where.sizes), step.dtype);
        return this.#windows(step.where, step.operand);
      case "scatter":
        this.#row({ buffer: step.target, offset: 0 }, 0, step.dtype);
        this.#row(step.updates, step.where.windows * sizeOf(step.where.sizes), step.dtype);
        return this.#windows(step.where, { buffer: step.target, offset: 0 });
      case "sort":
        return this.#sort(step);
      case "host":
        return this.#host(step);
      default:
        return step satisfies never;
    }
  }

  #must(holds: boolean, expected: string, received: string): void {
    if (holds) return;
    throw new JaxprError({
      op: `loop IR, ${this.#where}`,
      expected,
      received,
      remedy: "this is a fault of the library: please report the program",
    });
  }

  #buffer(b: BufferId): Buffer {
    const buffer = this.program.buffers[b];
    this.#must(buffer !== undefined, `one of ${this.program.buffers.length} buffers`, `%${b}`);
    return buffer;
  }

  #uses(step: Step): void {
    for (const b of readsOf(step)) {
      const { role, size } = this.#buffer(b);
      const given = role === "argument" || role === "constant";
      this.#must(
        given || size === 0 || this.#written.has(b) || isEmpty(step) || isUnread(step, b),
        "a buffer written before it is read",
        `%${b}`,
      );
    }
    const read = new Set(readsOf(step));
    for (const b of writesOf(step)) {
      const { role } = this.#buffer(b);
      this.#must(role === "temporary" || role === "output", "stores into temporaries and outputs", `one into the ${role} %${b}`);
      // Updates fold into what is there.
      this.#must(!read.has(b) || step.kind === "scatter" || isEmpty(step), "a step that does not read what it writes", `%${b} both ways`);
    }
  }

  #inside(b: BufferId, offset: number, axes: Axes): void {
    if (axes.some(([n]) => n === 0)) return;
    let [low, high] = [offset, offset];
    for (const [n, stride] of axes) {
      if (stride < 0) low += (n - 1) * stride;
      else high += (n - 1) * stride;
    }
    const { size } = this.#buffer(b);
    this.#must(low >= 0 && high < size, `elements within 0 … ${size - 1} of %${b}`, `${low} … ${high}`);
  }

  #access({ buffer, offset, strides }: Access, sizes: readonly number[]): Axes {
    this.#must(strides.length === sizes.length, `${sizes.length} strides`, `${strides.length}`);
    const axes = sizes.map((n, k) => [n, strides[k]] as const);
    this.#inside(buffer, offset, axes);
    return axes;
  }

  #nest(nest: Nest): void {
    nest.nodes.forEach((node, i) => this.#node(nest, node, i));
    let reduced: string | undefined;
    for (const { node, access, reduction } of nest.stores) {
      const stored = nest.nodes[node];
      this.#must(stored !== undefined, `a store of one of ${nest.nodes.length} nodes`, `node ${node}`);
      const { dtype } = this.#buffer(access.buffer);
      this.#must(dtype === stored.dtype, `a store of ${dtype}, as %${access.buffer} holds`, stored.dtype);
      const axes = this.#access(access, nest.sizes);
      const repeated = axes.flatMap(([n, stride], k) => (n > 1 && stride === 0 ? [k] : []));
      if (reduction === undefined)
        this.#must(isInjective(axes), "a store into an element for each index", `strides ${access.strides.join()}`);
      else {
        this.#must(reduces(reduction, dtype), `a dtype that has a ${reduction}`, dtype);
        this.#must(
          isInjective(axes.filter((_, k) => !repeated.includes(k))),
          "elements apart for indices that are not combined",
          `strides ${access.strides.join()}`,
        );
        this.#must(reduced === undefined || reduced === repeated.join(), `reductions over axes ${reduced}`, `one over ${repeated.join()}`);
        reduced = repeated.join();
        this.#must(
          nest.stores.filter((s) => s.access.buffer === access.buffer).length === 1,
          "one store into a reduction's buffer",
          "several",
        );
      }
    }
  }

  #node({ nodes, sizes }: Nest, node: Node, i: number): void {
    switch (node.kind) {
      case "load": {
        const { dtype } = this.#buffer(node.access.buffer);
        this.#must(dtype === node.dtype, `a load of ${dtype}, as %${node.access.buffer} holds`, node.dtype);
        this.#access(node.access, sizes);
        return;
      }
      case "constant":
        return this.#must(holds(node.dtype, node.value), `a constant of ${node.dtype}`, String(node.value));
      case "index":
        this.#must(node.axis >= 0 && node.axis < sizes.length, `one of ${sizes.length} axes`, `axis ${node.axis}`);
        return this.#must(node.dtype !== "bool", "an index as a number", "bool");
      case "apply": {
        const { op, args, dtype } = node;
        this.#must(
          args.every((a) => a >= 0 && a < i),
          `operands of node ${i} among the earlier ones`,
          args.join(),
        );
        const result = resultOf(
          op,
          args.map((a) => nodes[a].dtype),
          dtype,
        );
        if (typeof result === "string") return this.#must(result === dtype, `${op} to give ${result}`, dtype);
        return this.#must(false, result.fault, `${op} of ${args.map((a) => nodes[a].dtype).join(", ")}`);
      }
      default:
        return node satisfies never;
    }
  }

  #dot(dot: Dot): void {
    const { batch, m, n, k, a, b, c, dtype } = dot;
    const matrix = (x: MatrixAccess, rows: number, columns: number): Axes => {
      const axes = [
        [batch, x.batch],
        [rows, x.row],
        [columns, x.column],
      ] as const;
      this.#must(this.#buffer(x.buffer).dtype === dtype, `matrices of ${dtype}`, this.#buffer(x.buffer).dtype);
      this.#inside(x.buffer, x.offset, axes);
      return axes;
    };
    matrix(a, m, k);
    matrix(b, k, n);
    this.#must(isInjective(matrix(c, m, n)), "a place for each element of the product", `strides ${c.batch}, ${c.row}, ${c.column}`);
  }

  #conv(step: ConvStep): void {
    const { dtype, batch, groups, features, outputs, axes } = step;
    const kernelSizes = [groups * outputs, features, ...axes.map((axis) => axis.window)];
    const tensor = ({ buffer, offset, outer, feature, space }: TensorAccess, sizes: readonly number[]): Axes => {
      const strides = [outer, feature, ...space];
      const walked = sizes.map((n, k) => [n, strides[k]] as const);
      this.#must(this.#buffer(buffer).dtype === dtype, `tensors of ${dtype}`, this.#buffer(buffer).dtype);
      this.#must(strides.length === sizes.length, `${sizes.length} strides`, `${strides.length}`);
      this.#inside(buffer, offset, walked);
      return walked;
    };
    const image = tensor(step.image, [batch, groups * features, ...axes.map((axis) => axis.size)]);
    const result = tensor(step.result, [batch, groups * outputs, ...axes.map((axis) => axis.places)]);
    if (step.kind === "conv_kernel_gradient") {
      this.#row({ buffer: step.partials, offset: 0 }, step.chunks * sizeOf(kernelSizes), dtype);
      return this.#must(step.chunks >= 1 && step.chunks <= batch, `1 … ${batch} chunks`, `${step.chunks}`);
    }
    if (step.kind === "conv") tensor(step.kernel, kernelSizes);
    else {
      const { buffer, offset, outer, feature, space, group } = step.kernel;
      this.#inside(
        buffer,
        offset,
        [groups, outputs, ...kernelSizes.slice(1)].map((n, k) => [n, [group, outer, feature, ...space][k]] as const),
      );
    }
    this.#must(isInjective(step.kind === "conv" ? result : image), "a place for each element of the convolution", "strides that meet");
  }

  /** `count` elements of a dtype in a row. */
  #row({ buffer, offset }: Row, count: number, dtype: DType): void {
    this.#must(this.#buffer(buffer).dtype === dtype, `elements of ${dtype} in %${buffer}`, this.#buffer(buffer).dtype);
    this.#inside(buffer, offset, [[count, 1]]);
  }

  #selectWindow({ axes, dtype, direction, operand, source, target }: SelectWindow): void {
    const [elements, places] = [sizeOf(axes.map((axis) => axis.size)), sizeOf(axes.map((axis) => axis.places))];
    this.#row(operand, elements, dtype);
    this.#row(source, direction === "gather" ? elements : places, dtype);
    this.#row({ buffer: target, offset: 0 }, direction === "gather" ? places : elements, dtype);
  }

  #running({ fold, dtype, outer, size, inner, inputs, target }: Running): void {
    const count = fold === "linear" ? 2 : 1;
    this.#must(inputs.length === count, `${count} inputs of a running ${fold}`, `${inputs.length}`);
    for (const row of [...inputs, { buffer: target, offset: 0 }]) this.#row(row, outer * size * inner, dtype);
  }

  #sort({ outer, size, inner, count, keys, moved, positions }: Sort): void {
    this.#must(keys.length > 0, "a key to sort by", "none");
    this.#must(count <= size, `${size} elements of a line at most`, `${count}`);
    for (const { row, dtype } of [...keys, ...moved]) this.#row(row, outer * size * inner, dtype);
    for (const { target, dtype } of moved) this.#row({ buffer: target, offset: 0 }, outer * count * inner, dtype);
    if (positions !== undefined) this.#row({ buffer: positions, offset: 0 }, outer * count * inner, "int32");
  }

  /** Windows at the least and the greatest index vectors lie inside of what is indexed, where there are any that do. */
  #windows({ windows, indices, indexDtype, axes, batch, sizes, strides }: IndexedWindows, indexed: Row): void {
    this.#row(indices, windows * axes.length, indexDtype);
    this.#must(sizes.length === strides.length, `${sizes.length} strides of a window`, `${strides.length}`);
    if (windows === 0 || axes.some(({ last }) => last < 0)) return;
    const starts = [
      ...axes.map(({ last, stride }) => [last + 1, stride] as const),
      ...batch.map(({ size, stride }) => [size, stride] as const),
    ];
    this.#inside(indexed.buffer, indexed.offset, [...starts, ...sizes.map((n, k) => [n, strides[k]] as const)]);
  }

  #host({ equation, inputs, outputs }: HostStep): void {
    const sides = [
      [equation.inputs, inputs],
      [equation.outputs, outputs],
    ] as const;
    for (const [atoms, buffers] of sides) {
      this.#must(atoms.length === buffers.length, `${atoms.length} buffers`, `${buffers.length}`);
      atoms.forEach(({ aval }, i) => {
        const { size, dtype } = this.#buffer(buffers[i]);
        this.#must(size === sizeOf(aval.shape), `${sizeOf(aval.shape)} elements in %${buffers[i]}`, String(size));
        // A number that came as an argument is held in float64, whatever its type says.
        this.#must(dtype === aval.dtype || (aval.weak !== undefined && dtype === "float64"), `%${buffers[i]} of ${aval.dtype}`, dtype);
      });
    }
  }
}

/** The factors of a recurrence over one element: the first is never read. */
const isUnread = (step: Step, b: BufferId): boolean =>
  step.kind === "running" && step.fold === "linear" && step.size === 1 && step.inputs[0].buffer === b;

/** A step that touches no element. */
const isEmpty = (step: Step): boolean => step.kind === "nest" && step.sizes.includes(0);
