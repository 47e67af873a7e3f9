// A nest as the epilogue of a product: its body on each vector of results, from loads beside them to stores. What the nest
// reads of the target is the value at hand, and what it stores there is what the kernel writes.

import { type DType, bytesOf } from "../../core/dtype.js";
import { sameAccess } from "../../loop/access.js";
import type { Access, BufferId, Nest, Node } from "../../loop/ir.js";
import { numberText } from "../../loop/numberText.js";
import { emitStore } from "../access.js";
import { type Constants, FunctionContext } from "../math/context.js";
import type { Code, Local } from "../module.js";
import { emitNode } from "../nodes.js";
import type { Schedule } from "../schedule.js";
import type { Epilogue, Place } from "./epilogue.js";
import { lanesOf } from "./product.js";

/** Axes of the nest. */
const [ROW, COLUMN] = [1, 2];

/** A place that the nest reads or writes beside the target, and the bytes of its elements. */
interface Beside extends Access {
  readonly bytes: number;
}

/** The epilogue, and what its parameters are for: the addresses of the first elements, of one product or image. */
export interface NestEpilogue {
  readonly epilogue: Epilogue;
  readonly accesses: readonly Beside[];
}

/** What emitted mathematics needs of the machine. */
export interface Mathematics {
  readonly heap: Constants;
  readonly fma: boolean;
}

/** The epilogue of a product of `dtype` that writes `target`; the nest runs over batch, rows and columns. */
export function nestEpilogue(nest: Nest, target: BufferId, dtype: DType, { heap, fma }: Mathematics): NestEpilogue {
  const accesses: Beside[] = [];
  const add = (access: Access, { dtype }: Node): void => {
    if (access.buffer !== target && !accesses.some((a) => sameAccess(a, access))) accesses.push({ ...access, bytes: bytesOf(dtype) });
  };
  for (const node of nest.nodes) if (node.kind === "load") add(node.access, node);
  for (const { access, node } of nest.stores) add(access, nest.nodes[node]);
  const bodies = new WeakMap<Code, Body>();
  const begin: Epilogue["begin"] = (code, row) => {
    const constants = new FunctionContext(code, heap, fma);
    bodies.set(code, new Body(constants, nest, target, accesses, dtype === "float64" ? "float64" : "float32", row));
  };
  const emit: Epilogue["emit"] = (code, value, place) => bodies.get(code)?.emit(value, place);
  // Accesses are named by their parameters, so that products with epilogues that differ in buffers alone share a function.
  const named = (name: string, field: unknown): unknown => {
    if (typeof field === "number") return numberText(field);
    if (name !== "access") return field;
    const { buffer, strides } = field as Access;
    return buffer === target ? "target" : [accesses.findIndex((a) => sameAccess(a, field as Access)), strides.slice(1)];
  };
  const key = JSON.stringify([dtype, nest.nodes, nest.stores], named);
  return { epilogue: { key, params: accesses.map(() => "i32"), begin, emit }, accesses };
}

/** The body in the function of a row: what is the same in all of the row's vectors is computed when it is made. */
class Body {
  readonly #code: Code;
  readonly #schedule: Schedule;
  /** Where each access is in column 0. */
  readonly #starts: readonly Local[];
  readonly #invariant = new Map<number, Local>();

  constructor(
    readonly constants: FunctionContext,
    readonly nest: Nest,
    readonly target: BufferId,
    readonly accesses: readonly Beside[],
    readonly dtype: "float32" | "float64",
    { row, extras }: Pick<Place, "row" | "extras">,
  ) {
    const code = constants.code;
    this.#code = code;
    const lanes = dtype === "float64" ? 2 : 4;
    this.#schedule = { lanes, order: [0, ROW, COLUMN], vectorAxis: COLUMN, reduced: new Set(), unroll: 1 };
    this.#starts = accesses.map(({ strides, bytes }, i) => this.#moved(extras[i], row, strides[ROW] * bytes));
    nest.nodes.forEach((node, i) => {
      if (this.#isFixed(node)) this.#invariant.set(i, this.#node(node, this.#invariant, this.#starts, row, lanes));
    });
  }

  /** Whether a node is the same in all columns. */
  #isFixed(node: Node): boolean {
    if (node.kind === "load") return node.access.buffer !== this.target && node.access.strides[COLUMN] === 0;
    if (node.kind === "index") return node.axis !== COLUMN;
    return node.kind === "constant" || node.args.every((a) => this.#invariant.has(a));
  }

  /** The address `index · bytes` further on. */
  #moved(start: Local, index: Local, bytes: number): Local {
    if (bytes === 0) return start;
    const code = this.#code;
    const moved = code.local("i32");
    code.get(start).get(index).i32(bytes).op("i32.mul", "i32.add").set(moved);
    return moved;
  }

  #node(node: Node, values: ReadonlyMap<number, Local>, pointers: readonly Local[], index: Local, count: number): Local {
    const { constants, nest } = this;
    const pointer = node.kind === "load" ? pointers[this.#placeOf(node.access)] : -1;
    const place = { target: { code: this.#code, constants }, nest, schedule: this.#schedule, values, pointer, index, u: 0, count };
    return emitNode(place, node);
  }

  #placeOf(access: Access): number {
    return this.accesses.findIndex((a) => sameAccess(a, access));
  }

  /** Runs the nodes and stores on `value`, a vector or a single element, and leaves the target's new value in it. */
  emit(value: Local, { lanes: count, column }: Place): void {
    const code = this.#code;
    const { constants, nest, target } = this;
    const lanes = lanesOf(this.dtype);
    const single = count === 1;
    const sums = single ? code.local("v128") : value;
    if (single) code.get(value).op(lanes.splat).set(sums);
    const values = new Map(this.#invariant);
    const pointers = this.accesses.map(({ strides, bytes }, i) => this.#moved(this.#starts[i], column, strides[COLUMN] * bytes));
    nest.nodes.forEach((node, i) => {
      if (values.has(i)) return;
      if (node.kind === "load" && node.access.buffer === target) values.set(i, sums);
      else values.set(i, this.#node(node, values, pointers, column, count));
    });
    let result = sums;
    for (const { node, access } of nest.stores) {
      const x = values.get(node) as Local;
      if (access.buffer === target) result = x;
      else {
        const to = { pointer: pointers[this.#placeOf(access)], offset: 0, stride: access.strides[COLUMN], count };
        emitStore(code, constants, nest.nodes[node].dtype, this.#schedule.lanes, x, to);
      }
    }
    code.get(result);
    if (single) code.lane(lanes.extract, 0);
    code.set(value);
  }
}
