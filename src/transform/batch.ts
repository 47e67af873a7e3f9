// Batching: each tracer stands for one example of a batch, and knows which axis of its value carries the batch. Each
// primitive's batching rule applies it to all examples at once; values that do not depend on the batch stay as they are.

import type { NDArray } from "../core/array.js";
import { type Aval, aval } from "../core/aval.js";
import type { AnyPrimitive, BatchDim, Params } from "../core/primitive.js";
import { range } from "../core/shape.js";
import { Trace, Tracer, bindAll, currentTrace, withOuter, withTrace } from "../core/trace.js";
import { broadcastInDim, moveAxis } from "../ops/layout.js";

class BatchTracer extends Tracer {
  readonly aval: Aval;

  constructor(
    trace: BatchTrace,
    readonly value: NDArray,
    readonly dim: number,
  ) {
    super(trace);
    this.aval = aval(value.shape.toSpliced(dim, 1), value.dtype);
  }
}

class BatchTrace extends Trace {
  constructor(
    readonly parent: Trace,
    readonly size: number,
    readonly description: string,
  ) {
    super();
  }

  get records(): boolean {
    return this.parent.records;
  }

  wrap(value: NDArray, dim: BatchDim): NDArray {
    return dim === null ? value : new BatchTracer(this, value, dim);
  }

  unwrap(x: NDArray): readonly [NDArray, BatchDim] {
    return x instanceof BatchTracer && x.trace === this ? [x.value, x.dim] : [x, null];
  }

  process(primitive: AnyPrimitive, args: readonly NDArray[], params: Params): readonly NDArray[] {
    const values = args.map((x) => this.unwrap(x)[0]);
    const dims = args.map((x) => this.unwrap(x)[1]);
    return withOuter(this.parent, () => {
      if (dims.every((d) => d === null)) return bindAll(primitive, values, params);
      // Operands that do not fit are refused by the types of one example: those are what the user sees.
      primitive.type(
        args.map((x) => x.aval),
        params,
      );
      const { batch } = primitive;
      if (batch.tag === "rule") {
        const [outs, outDims] = batch.rule(this.size, values, dims, params);
        return outs.map((out, i) => this.wrap(out, outDims[i]));
      }
      const [operands, dim] = alignPointwise(this.size, values, dims);
      return bindAll(primitive, operands, params).map((out) => this.wrap(out, dim));
    });
  }
}

/**
 * Operands of a pointwise primitive with their batch axes at one place. Unbatched scalars stay scalars.
 */
export function alignPointwise(size: number, values: readonly NDArray[], dims: readonly BatchDim[]): readonly [readonly NDArray[], number] {
  const ranks = values.map((x, i) => x.ndim - (dims[i] === null ? 0 : 1));
  const rank = Math.max(...ranks);
  const batchedDims = new Set(dims.filter((d, i) => d !== null && ranks[i] === rank));
  // Where all full operands carry the batch at one place, nothing moves.
  const [dim] = batchedDims.size === 1 ? [...batchedDims] : [0];
  const target = dim ?? 0;
  const shape = values.find((_, i) => ranks[i] === rank);
  const example = shape === undefined ? [] : unbatchedShape(shape, dims[values.indexOf(shape)]);
  const full = example.toSpliced(target, 0, size);
  const operands = values.map((x, i) => {
    const d = dims[i];
    if (d === null) return ranks[i] === 0 ? x : broadcastInDim(x, full, range(0, rank + 1).toSpliced(target, 1));
    if (ranks[i] < rank) return broadcastInDim(x, full, [target]);
    return d === target ? x : moveAxis(x, d, target);
  });
  return [operands, target];
}

const unbatchedShape = (x: NDArray, dim: BatchDim): readonly number[] => (dim === null ? x.shape : x.shape.toSpliced(dim, 1));

/** A value with its batch at `to`, broadcast there if it has none. */
export function materializeBatch(size: number, x: NDArray, dim: BatchDim, to: number): NDArray {
  if (dim === null) return broadcastInDim(x, x.shape.toSpliced(to, 0, size), range(0, x.ndim + 1).toSpliced(to, 1));
  return dim === to ? x : moveAxis(x, dim, to);
}

/** Runs `f` on values of which some carry a batch axis; gives the outputs and where each carries it. */
export function batchFlat(
  description: string,
  size: number,
  f: (...xs: NDArray[]) => readonly NDArray[],
  values: readonly NDArray[],
  dims: readonly BatchDim[],
): readonly [readonly NDArray[], readonly BatchDim[]] {
  const trace = new BatchTrace(currentTrace(), size, description);
  try {
    const inputs = values.map((x, i) => trace.wrap(x, dims[i]));
    const outs = withTrace(trace, () => f(...inputs)).map((y) => trace.unwrap(y));
    return [outs.map(([y]) => y), outs.map(([, d]) => d)];
  } finally {
    trace.live = false;
  }
}
