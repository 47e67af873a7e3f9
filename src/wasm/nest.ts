// A nest as a WebAssembly function: takes the byte address of each buffer and a range of the outermost loop, runs the loops.
// One axis is cut into vectors; what does not change along it is computed before its loop. The axes that reductions run
// over are innermost, so ranges of the outermost loop never share an element, and results do not depend on how it is cut.

import { bytesOf } from "../core/dtype.js";
import type { BufferId, Nest, Node } from "../loop/ir.js";
import { emitStore } from "./access.js";
import type { Code, Local } from "./module.js";
import { emitNode } from "./nodes.js";
import { type Pointers, PointerTable } from "./pointers.js";
import { Accumulator, identityLocal, laneMask } from "./reduction.js";
import { type Schedule, extentOf, parametersOf, scheduleOf, withAxis, withinRows } from "./schedule.js";
import type { VectorTarget } from "./vector.js";

/**
 * Emits the body of a function whose parameters are the addresses of `parametersOf(nest)`, then the first turn of the
 * outermost loop, and the one after the last.
 */
export function emitNest(target: VectorTarget, whole: Nest): void {
  const nest = withAxis(whole);
  const emitter = new NestEmitter(target, nest, scheduleOf(nest));
  emitter.emit(parametersOf(whole), extentOf(whole));
}

/** As `emitNest`, with the first axis as the outermost loop: the function does rows from the first to the one after the last. */
export function emitRows(target: VectorTarget, whole: Nest): void {
  const nest = withinRows(whole);
  new NestEmitter(target, nest, scheduleOf(nest, true)).emit(parametersOf(whole), whole.sizes[0]);
}

/** Whether a nest is one loop without reductions, so that its code can do without knowing its length. */
export const isFlat = ({ sizes, stores }: Nest): boolean => sizes.length === 1 && stores.every((s) => s.reduction === undefined);

/** As `emitNest` for a flat nest; the function takes the length, which is at least 1, as its last parameter. */
export function emitFlatNest(target: VectorTarget, nest: Nest): void {
  new NestEmitter(target, nest, scheduleOf(nest)).emitFlat(parametersOf(nest));
}

/** The range of the outermost loop that this call runs. */
interface Range {
  readonly begin: Local;
  readonly end: Local;
  readonly extent: number;
}

class NestEmitter {
  readonly #code: Code;
  /** The counter of each axis whose index a node reads. */
  readonly #indices = new Map<number, Local>();
  readonly #pointers: PointerTable;
  #accumulators: readonly (readonly (Accumulator | undefined)[])[] = [];

  constructor(
    readonly target: VectorTarget,
    readonly nest: Nest,
    readonly schedule: Schedule,
  ) {
    this.#code = target.code;
    this.#pointers = new PointerTable(target.code, nest);
    for (const node of nest.nodes) if (node.kind === "index") this.#indices.set(node.axis, this.#code.local("i32"));
  }

  /** The whole function of a flat nest: turns of the vector loop, then vectors and single elements that are left. */
  emitFlat(parameters: readonly BufferId[]): void {
    const pointers = this.#pointers.start(parameters);
    const [begin, end, length] = [0, 1, 2].map((i) => parameters.length + i);
    const { lanes, unroll } = this.schedule;
    const step = lanes * unroll;
    const code = this.#code;
    const index = this.#indices.get(0);
    const [turns, count] = [code.local("i32"), code.local("i32")];
    this.#pointers.skip(pointers, 0, begin, step);
    if (index !== undefined) code.get(begin).i32(step).op("i32.mul").set(index);
    const invariant = this.#invariants(pointers);
    const turn = (vectors: number, each: number): void => {
      this.#turn(0, pointers, vectors, each, invariant);
      this.#pointers.advance(pointers, 0, vectors * each);
      if (index !== undefined)
        code
          .get(index)
          .i32(vectors * each)
          .op("i32.add")
          .set(index);
    };
    // `count` holds how often.
    const times = (body: () => void): void => {
      code.get(count).i32(0).op("i32.gt_s");
      code.if(() => code.doWhile(body, () => code.get(count).i32(1).op("i32.sub").tee(count)));
    };
    code.get(length).i32(step).op("i32.div_u").set(turns);
    code.get(end).get(turns).get(end).get(turns).op("i32.lt_u", "select").get(begin).op("i32.sub").set(count);
    times(() => turn(unroll, lanes));
    // A nest shorter than a turn has one turn that is all rest.
    code.get(end).get(turns).i32(1).get(turns).op("select", "i32.eq");
    code.if(() => {
      if (unroll > 1) {
        code.get(length).i32(step).op("i32.rem_u").i32(lanes).op("i32.div_u").set(count);
        times(() => turn(1, lanes));
      }
      code.get(length).i32(lanes).op("i32.rem_u").set(count);
      times(() => turn(1, 1));
    });
  }

  emit(parameters: readonly BufferId[], extent: number): void {
    const pointers = this.#pointers.start(parameters);
    const range = { begin: parameters.length, end: parameters.length + 1, extent };
    const { order, vectorAxis, reduced } = this.schedule;
    if (reduced.has(order[0])) this.#level(0, pointers);
    else if (order[0] === vectorAxis) this.#vectorLoop(0, pointers, range);
    else this.#outerLoop(pointers, range);
  }

  /** The outermost loop, where it is not cut into vectors. */
  #outerLoop(pointers: Pointers, range: Range): void {
    const axis = this.schedule.order[0];
    const moved = this.#pointers.copied(pointers, axis);
    this.#pointers.skip(moved, axis, range.begin, 1);
    const index = this.#indices.get(axis);
    if (index !== undefined) this.#code.get(range.begin).set(index);
    this.#timesBetween(range, () => {
      this.#level(1, moved);
      this.#pointers.advance(moved, axis, 1);
      if (index !== undefined) this.#code.get(index).i32(1).op("i32.add").set(index);
    });
  }

  #timesBetween({ begin, end }: Range, body: () => void): void {
    const counter = this.#code.local("i32");
    this.#code.get(end).get(begin).op("i32.sub").tee(counter).i32(0).op("i32.gt_s");
    this.#code.if(() => this.#code.doWhile(body, () => this.#code.get(counter).i32(1).op("i32.sub").tee(counter)));
  }

  /** Whether this is the outermost of the loops that reductions run over, with the vector axis among them. */
  #startsReduction(depth: number): boolean {
    const { order, reduced, vectorAxis } = this.schedule;
    return reduced.has(vectorAxis) && reduced.has(order[depth]) && (depth === 0 || !reduced.has(order[depth - 1]));
  }

  #level(depth: number, pointers: Pointers): void {
    if (!this.#startsReduction(depth)) return this.#loop(depth, pointers);
    this.#accumulators = Array.from({ length: this.schedule.unroll }, () => this.#makeAccumulators(1));
    for (const set of this.#accumulators) for (const a of set) a?.start();
    this.#loop(depth, pointers);
    const [first, ...rest] = this.#accumulators;
    for (const set of rest) set.forEach((a, i) => a !== undefined && first[i]?.join(a));
    this.#storeReductions(first, pointers, 1, true);
  }

  #makeAccumulators(count: number): readonly (Accumulator | undefined)[] {
    const { lanes } = this.schedule;
    return this.nest.stores.map(({ reduction, node }) =>
      reduction === undefined
        ? undefined
        : new Accumulator(this.#code, this.target.constants, reduction, this.nest.nodes[node].dtype, lanes, count > 0),
    );
  }

  #loop(depth: number, pointers: Pointers): void {
    const { order, vectorAxis } = this.schedule;
    const axis = order[depth];
    if (axis === vectorAxis) return this.#vectorLoop(depth, pointers);
    const moved = this.#pointers.copied(pointers, axis);
    const index = this.#indices.get(axis);
    if (index !== undefined) this.#code.i32(0).set(index);
    this.#times(this.nest.sizes[axis], () => {
      this.#level(depth + 1, moved);
      this.#pointers.advance(moved, axis, 1);
      if (index !== undefined) this.#code.get(index).i32(1).op("i32.add").set(index);
    });
  }

  #times(count: number, body: () => void): void {
    if (count === 0) return;
    if (count === 1) return body();
    const counter = this.#code.local("i32");
    this.#code.i32(count).set(counter);
    this.#code.doWhile(body, () => this.#code.get(counter).i32(1).op("i32.sub").tee(counter));
  }

  #vectorLoop(depth: number, pointers: Pointers, range?: Range): void {
    const { lanes, unroll, vectorAxis } = this.schedule;
    const size = this.nest.sizes[vectorAxis];
    const moved = this.#pointers.copied(pointers, vectorAxis);
    const index = this.#indices.get(vectorAxis);
    const step = lanes * unroll;
    if (range !== undefined) this.#pointers.skip(moved, vectorAxis, range.begin, step);
    if (index !== undefined) {
      if (range === undefined) this.#code.i32(0).set(index);
      else this.#code.get(range.begin).i32(step).op("i32.mul").set(index);
    }
    const invariant = depth === this.schedule.order.length - 1 ? this.#invariants(moved) : new Map<number, Local>();
    const turn = (vectors: number, count: number): void => {
      this.#turn(depth, moved, vectors, count, invariant);
      this.#pointers.advance(moved, vectorAxis, vectors * lanes);
      if (index !== undefined)
        this.#code
          .get(index)
          .i32(vectors * lanes)
          .op("i32.add")
          .set(index);
    };
    const rest = (): void => {
      this.#times(Math.floor((size % step) / lanes), () => turn(1, lanes));
      if (size % lanes > 0) turn(1, size % lanes);
    };
    if (range === undefined || size < step) {
      this.#times(Math.floor(size / step), () => turn(unroll, lanes));
      // A short axis has one turn that is all rest.
      if (range === undefined) rest();
      else this.#code.get(range.begin).op("i32.eqz").if(rest);
      return;
    }
    this.#timesBetween(range, () => turn(unroll, lanes));
    if (size % step > 0) this.#code.get(range.end).i32(range.extent).op("i32.eq").if(rest);
  }

  /** One turn: `vectors` vectors of `count` lanes each, and all of the loops inside. */
  #turn(depth: number, pointers: Pointers, vectors: number, count: number, invariant: ReadonlyMap<number, Local>): void {
    const { order, reduced, vectorAxis } = this.schedule;
    if (depth === order.length - 1) {
      for (let u = 0; u < vectors; u++) this.#body(pointers, u, count, invariant, this.#accumulators[u]);
      return;
    }
    // Reductions across the vector axis: each lane is an element, the loops over the reduced axes are inside.
    const before = this.#accumulators;
    const across = reduced.size > 0 && !reduced.has(vectorAxis);
    if (across) {
      const reducedCount = [...reduced].reduce((n, k) => n * this.nest.sizes[k], 1);
      this.#accumulators = Array.from({ length: vectors }, () => this.#makeAccumulators(reducedCount > 64 ? 1 : 0));
      for (const set of this.#accumulators) for (const a of set) a?.start();
    }
    this.#inner(depth + 1, pointers, vectors, count);
    if (across) this.#accumulators.forEach((set, u) => this.#storeReductions(set, pointers, count, false, u));
    this.#accumulators = before;
  }

  /** The loops inside of the vector loop. */
  #inner(depth: number, pointers: Pointers, vectors: number, count: number): void {
    const { order } = this.schedule;
    if (depth === order.length) {
      for (let u = 0; u < vectors; u++) this.#body(pointers, u, count, new Map(), this.#accumulators[u]);
      return;
    }
    const axis = order[depth];
    const moved = this.#pointers.copied(pointers, axis);
    const index = this.#indices.get(axis);
    if (index !== undefined) this.#code.i32(0).set(index);
    this.#times(this.nest.sizes[axis], () => {
      this.#inner(depth + 1, moved, vectors, count);
      this.#pointers.advance(moved, axis, 1);
      if (index !== undefined) this.#code.get(index).i32(1).op("i32.add").set(index);
    });
  }

  /** Nodes that do not change along the vector axis, computed before its loop. */
  #invariants(pointers: Pointers): ReadonlyMap<number, Local> {
    const { vectorAxis } = this.schedule;
    const found = new Map<number, Local>();
    this.nest.nodes.forEach((node, i) => {
      const fixed =
        node.kind === "constant" ||
        (node.kind === "load" && node.access.strides[vectorAxis] === 0) ||
        (node.kind === "index" && node.axis !== vectorAxis) ||
        (node.kind === "apply" && node.args.every((a) => found.has(a)));
      if (fixed) found.set(i, this.#node(node, found, pointers, 0, this.schedule.lanes));
    });
    return found;
  }

  #body(
    pointers: Pointers,
    u: number,
    count: number,
    invariant: ReadonlyMap<number, Local>,
    accumulators: readonly (Accumulator | undefined)[] | undefined,
  ): void {
    const { lanes, vectorAxis, reduced } = this.schedule;
    const values = new Map(invariant);
    this.nest.nodes.forEach((node, i) => {
      if (!values.has(i)) values.set(i, this.#node(node, values, pointers, u, count));
    });
    this.nest.stores.forEach((store, i) => {
      const { dtype } = this.nest.nodes[store.node];
      const value = values.get(store.node) as Local;
      const accumulator = accumulators?.[i];
      if (accumulator !== undefined) {
        accumulator.add(
          count < lanes && reduced.has(vectorAxis) && store.reduction !== undefined
            ? this.#masked(value, store.reduction, i, count)
            : value,
        );
        return;
      }
      const stride = store.access.strides[vectorAxis];
      const offset = u * lanes * stride * bytesOf(dtype);
      emitStore(this.#code, this.target.constants, dtype, lanes, value, {
        pointer: this.#pointers.of(pointers, store.access),
        offset,
        stride,
        count,
      });
    });
  }

  /** Lanes past the end of the row do not take part. */
  #masked(value: Local, kind: NonNullable<Nest["stores"][number]["reduction"]>, store: number, count: number): Local {
    const { dtype } = this.nest.nodes[this.nest.stores[store].node];
    const result = this.#code.local("v128");
    const identity = identityLocal(this.target.constants, kind, dtype);
    this.#code
      .get(value)
      .get(identity)
      .get(laneMask(this.#code, dtype, count))
      .op("v128.bitselect")
      .set(result);
    return result;
  }

  /** Emits one node; gives the local that holds its vector. */
  #node(node: Node, values: ReadonlyMap<number, Local>, pointers: Pointers, u: number, count: number): Local {
    const { target, nest, schedule } = this;
    const pointer = node.kind === "load" ? this.#pointers.of(pointers, node.access) : -1;
    const index = node.kind === "index" ? (this.#indices.get(node.axis) as Local) : -1;
    return emitNode({ target, nest, schedule, values, pointer, index, u, count }, node);
  }

  #storeReductions(set: readonly (Accumulator | undefined)[], pointers: Pointers, count: number, along: boolean, u = 0): void {
    const { lanes, vectorAxis } = this.schedule;
    this.nest.stores.forEach((store, i) => {
      const accumulator = set[i];
      if (accumulator === undefined) return;
      const value = this.#code.local("v128");
      if (along) accumulator.combined();
      else accumulator.vector();
      this.#code.set(value);
      const { dtype } = this.nest.nodes[store.node];
      const stride = along ? 1 : store.access.strides[vectorAxis];
      const offset = u * lanes * stride * bytesOf(dtype);
      emitStore(this.#code, this.target.constants, dtype, lanes, value, {
        pointer: this.#pointers.of(pointers, store.access),
        offset,
        stride,
        count,
      });
    });
  }
}
