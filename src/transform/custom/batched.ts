// Programs and rules on a batch, for calls with rules of their own: inputs carry the batch where `dims` says, results carry
// it first, all of them, so that a function and its rules agree.

import type { NDArray } from "../../core/array.js";
import { type Aval, aval } from "../../core/aval.js";
import type { ClosedJaxpr } from "../../core/closed.js";
import { evaluateJaxpr } from "../../core/evaluate.js";
import { type BatchDim, type Tangent, Zero } from "../../core/primitive.js";
import { stage } from "../../core/staging.js";
import { reduceSum } from "../../ops/reduce.js";
import { batchFlat, materializeBatch } from "../batch.js";
import { type FlatBackward, type FlatForward, type FlatJvp, present, refilled } from "./rules.js";

const withBatch = (a: Aval, size: number, dim: BatchDim): Aval => (dim === null ? a : aval(a.shape.toSpliced(dim, 0, size), a.dtype));

/** `f` on a batch, its results with the batch first. */
function batchFirst(
  description: string,
  size: number,
  f: (...xs: NDArray[]) => readonly NDArray[],
  xs: readonly NDArray[],
  dims: readonly BatchDim[],
): readonly NDArray[] {
  const [outs, outDims] = batchFlat(description, size, f, xs, dims);
  return outs.map((y, i) => materializeBatch(size, y, outDims[i], 0));
}

/** The program on a batch. */
export const batchedProgram = (description: string, size: number, dims: readonly BatchDim[], program: ClosedJaxpr): ClosedJaxpr =>
  stage(
    description,
    program.inAvals.map((a, i) => withBatch(a, size, dims[i])),
    (...xs) => batchFirst(description, size, (...ys) => evaluateJaxpr(program, ys), xs, dims),
  );

/** A JVP rule on a batch; a tangent carries the batch where its primal does. */
export const batchedJvp =
  (description: string, size: number, dims: readonly BatchDim[], jvp: FlatJvp): FlatJvp =>
  (primals, tangents) => {
    const count = primals.length;
    const unbatched = tangents.map((t, i) => (t instanceof Zero ? new Zero(exampleAval(t.aval, dims[i])) : t));
    let [outCount, pattern]: [number, readonly Tangent[]] = [0, []];
    const run = (...xs: NDArray[]): readonly NDArray[] => {
      const [outs, outTangents] = jvp(xs.slice(0, count), refilled(unbatched, xs.slice(count)));
      [outCount, pattern] = [outs.length, outTangents];
      return [...outs, ...present(outTangents)];
    };
    const allDims = [...dims, ...dims.filter((_, i) => !(tangents[i] instanceof Zero))];
    const results = batchFirst(description, size, run, [...primals, ...present(tangents)], allDims);
    const zero = (z: Zero): Zero => new Zero(withBatch(z.aval, size, 0));
    return [results.slice(0, outCount), refilled(pattern, results.slice(outCount), zero)];
  };

const exampleAval = (a: Aval, dim: BatchDim): Aval => (dim === null ? a : aval(a.shape.toSpliced(dim, 1), a.dtype));

/** A forward rule on a batch, with its backward rule. */
export const batchedForward =
  (description: string, size: number, dims: readonly BatchDim[], forward: FlatForward): FlatForward =>
  (args) => {
    let [outCount, backward]: [number, FlatBackward] = [0, () => []];
    const run = (...xs: NDArray[]): readonly NDArray[] => {
      const result = forward(xs);
      [outCount, backward] = [result.outs.length, result.backward];
      return [...result.outs, ...result.residuals];
    };
    const [values, found] = batchFlat(description, size, run, args, dims);
    const residualDims = found.slice(outCount);
    return {
      outs: values.slice(0, outCount).map((y, i) => materializeBatch(size, y, found[i], 0)),
      residuals: values.slice(outCount),
      backward: batchedBackward(description, size, residualDims, dims, backward),
    };
  };

/**
 * A backward rule on a batch: cotangents carry the batch first, those it gives carry it where the operands do. An operand
 * that all examples share gets the sum of its cotangents.
 */
export const batchedBackward =
  (
    description: string,
    size: number,
    residualDims: readonly BatchDim[],
    operandDims: readonly BatchDim[],
    backward: FlatBackward,
  ): FlatBackward =>
  (residuals, cts) => {
    const count = residuals.length;
    const examples = cts.map((ct) => (ct instanceof Zero ? new Zero(exampleAval(ct.aval, 0)) : ct));
    let pattern: readonly Tangent[] = [];
    const run = (...xs: NDArray[]): readonly NDArray[] => {
      pattern = backward(xs.slice(0, count), refilled(examples, xs.slice(count)));
      return present(pattern);
    };
    const dims = [...residualDims, ...present(cts).map(() => 0)];
    const [values, found] = batchFlat(description, size, run, [...residuals, ...present(cts)], dims);
    let next = 0;
    return pattern.map((ct, i) => {
      const dim = operandDims[i];
      if (ct instanceof Zero) return new Zero(withBatch(ct.aval, size, dim));
      const [value, at] = [values[next], found[next]];
      next++;
      return dim === null ? reduceSum(materializeBatch(size, value, at, 0), [0]) : materializeBatch(size, value, at, dim);
    });
  };
