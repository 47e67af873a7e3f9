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
  const contexts = new WeakMap<Code, FunctionContext>();
  const emit = (code: Code, value: Local, place: Place): void => {
    const constants = contexts.get(code) ?? new FunctionContext(code, heap, fma);
    contexts.set(code, constants);
    new Body(constants, nest, accesses, dtype === "float64" ? "float64" : "float32", place).emit(target, value);
  };
  // Accesses are named by their parameters, so that products with epilogues that differ in buffers alone share a function.
  const named = (name: string, field: unknown): unknown => {
    if (typeof field === "number") return numberText(field);
    if (name !== "access") return field;
    const { buffer, strides } = field as Access;
    return buffer === target ? "target" : [accesses.findIndex((a) => sameAccess(a, field as Access)), strides.slice(1)];
  };
  const key = JSON.stringify([dtype, nest.nodes, nest.stores], named);
  return { epilogue: { key, params: accesses.map(() => "i32"), emit }, accesses };
}

/** The body at one place. */
class Body {
  readonly #code: Code;
  readonly #schedule: Schedule;
  readonly #pointers: readonly Local[];

  constructor(
    readonly constants: FunctionContext,
    readonly nest: Nest,
    readonly accesses: readonly Beside[],
    readonly dtype: "float32" | "float64",
    readonly place: Place,
  ) {
    this.#code = constants.code;
    const lanes = dtype === "float64" ? 2 : 4;
    this.#schedule = { lanes, order: [0, ROW, COLUMN], vectorAxis: COLUMN, reduced: new Set(), unroll: 1 };
    this.#pointers = accesses.map((access, i) => this.#pointer(access, place.extras[i]));
  }

  /** The address of an access's first lane. */
  #pointer({ strides, bytes }: Beside, start: Local): Local {
    const code = this.#code;
    const { row, column } = this.place;
    const pointer = code.local("i32");
    code.get(start);
    const move = (index: Local, stride: number): void => {
      if (stride === 0) return;
      code
        .get(index)
        .i32(stride * bytes)
        .op("i32.mul", "i32.add");
    };
    move(row, strides[ROW]);
    move(column, strides[COLUMN]);
    code.set(pointer);
    return pointer;
  }

  #pointerOf(access: Access): Local {
    return this.#pointers[this.accesses.findIndex((a) => sameAccess(a, access))];
  }

  /** Runs the nodes and stores on `value`, a vector or a single element, and leaves the target's new value in it. */
  emit(target: BufferId, value: Local): void {
    const code = this.#code;
    const { constants, nest, place } = this;
    const lanes = lanesOf(this.dtype);
    const single = place.lanes === 1;
    const sums = single ? code.local("v128") : value;
    if (single) code.get(value).op(lanes.splat).set(sums);
    const values = new Map<number, Local>();
    const schedule = this.#schedule;
    nest.nodes.forEach((node, i) => {
      if (node.kind === "load" && node.access.buffer === target) return values.set(i, sums);
      const pointer = node.kind === "load" ? this.#pointerOf(node.access) : -1;
      const index = node.kind === "index" ? [-1, place.row, place.column][node.axis] : -1;
      return values.set(
        i,
        emitNode({ target: { code, constants }, nest, schedule, values, pointer, index, u: 0, count: place.lanes }, node),
      );
    });
    let result = sums;
    for (const { node, access } of nest.stores) {
      const x = values.get(node) as Local;
      if (access.buffer === target) result = x;
      else {
        const to = { pointer: this.#pointerOf(access), offset: 0, stride: access.strides[COLUMN], count: place.lanes };
        emitStore(code, constants, nest.nodes[node].dtype, schedule.lanes, x, to);
      }
    }
    code.get(result);
    if (single) code.lane(lanes.extract, 0);
    code.set(value);
  }
}
