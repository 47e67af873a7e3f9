// The body of a nest while a rule writes it: nodes by number, in the order of their computation.

import type { DType } from "../core/dtype.js";
import type { Shape } from "../core/shape.js";
import type { Access, Node, PointwiseOp } from "../loop/ir.js";
import { loadNode } from "./lowering.js";
import type { Value } from "./views.js";

/** Collects the nodes of a nest over `shape`; methods give the number of the node that they add. */
export class NestBody {
  readonly nodes: Node[] = [];

  constructor(readonly shape: Shape) {}

  #add(node: Node): number {
    return this.nodes.push(node) - 1;
  }

  /** The value at the nest's index; a scalar is read at every index. */
  value(x: Value): number {
    return this.#add(loadNode(x, this.shape));
  }

  load(access: Access, dtype: DType): number {
    return this.#add({ kind: "load", access, dtype });
  }

  constant(value: number, dtype: DType): number {
    return this.#add({ kind: "constant", value, dtype });
  }

  index(axis: number, dtype: DType): number {
    return this.#add({ kind: "index", axis, dtype });
  }

  apply(op: PointwiseOp, dtype: DType, ...args: readonly number[]): number {
    return this.#add({ kind: "apply", op, args, dtype });
  }
}
