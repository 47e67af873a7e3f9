// The pointers of a nest: for each place that it reads or writes, a local with the byte address of the element at hand.
// A loop that moves some of them has copies of its own.

import { bytesOf } from "../core/dtype.js";
import { accessesOf, sameAccess } from "../loop/access.js";
import type { Access, BufferId, Nest } from "../loop/ir.js";
import type { Code, Local } from "./module.js";

/** Pointers by access: equal accesses share one, and a level that does not move one keeps its parent's. */
export type Pointers = ReadonlyMap<Access, Local>;

export class PointerTable {
  readonly #distinct: readonly Access[];

  constructor(
    readonly code: Code,
    readonly nest: Nest,
  ) {
    const distinct: Access[] = [];
    for (const a of accessesOf(nest)) if (!distinct.some((b) => sameAccess(a, b))) distinct.push(a);
    this.#distinct = distinct;
  }

  /** Pointers to the first elements; the function's parameters are the addresses of the buffers. */
  start(parameters: readonly BufferId[]): Pointers {
    const pointers = new Map<Access, Local>();
    for (const access of this.#distinct) {
      const pointer = this.code.local("i32");
      const bytes = access.offset * this.#bytes(access);
      this.code.get(parameters.indexOf(access.buffer)).i32(bytes).op("i32.add").set(pointer);
      pointers.set(access, pointer);
    }
    return pointers;
  }

  /** Moves pointers on by as many turns as a local holds. */
  skip(pointers: Pointers, axis: number, turns: Local, elements: number): void {
    for (const [access, pointer] of pointers) {
      const bytes = access.strides[axis] * elements * this.#bytes(access);
      if (bytes !== 0) this.code.get(pointer).get(turns).i32(bytes).op("i32.mul", "i32.add").set(pointer);
    }
  }

  #bytes(access: Access): number {
    const { nodes, stores } = this.nest;
    for (const node of nodes) if (node.kind === "load" && node.access.buffer === access.buffer) return bytesOf(node.dtype);
    const store = stores.find((s) => s.access.buffer === access.buffer);
    return store === undefined ? 0 : bytesOf(nodes[store.node].dtype);
  }

  /** The pointer of an access. */
  of(pointers: Pointers, access: Access): Local {
    return pointers.get(this.#distinct.find((a) => sameAccess(a, access)) as Access) as Local;
  }

  /** Pointers of its own for a loop over `axis`, where they move. */
  copied(pointers: Pointers, axis: number): Pointers {
    const copies = new Map(pointers);
    for (const [access, pointer] of pointers) {
      if (access.strides[axis] === 0) continue;
      const copy = this.code.local("i32");
      this.code.get(pointer).set(copy);
      copies.set(access, copy);
    }
    return copies;
  }

  /** Moves pointers on by elements along an axis. */
  advance(pointers: Pointers, axis: number, elements: number): void {
    for (const [access, pointer] of pointers) {
      const bytes = access.strides[axis] * elements * this.#bytes(access);
      if (bytes !== 0) this.code.get(pointer).i32(bytes).op("i32.add").set(pointer);
    }
  }
}
