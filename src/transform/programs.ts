// Transforms of whole programs, for calls: a program goes in, its derivative, batched, split or transposed form comes
// out. Each form is built once for a program and kept with it.

import type { NDArray } from "../core/array.js";
import { type Aval, aval } from "../core/aval.js";
import { ClosedJaxpr } from "../core/closed.js";
import { evaluateJaxpr } from "../core/evaluate.js";
import { type BatchDim, Linear, type Tangent, Zero } from "../core/primitive.js";
import { stage } from "../core/staging.js";
import { batchFlat } from "./batch.js";
import { withoutDeadCode } from "./deadcode.js";
import { jvpFlat } from "./jvp.js";
import { type Split, splitProgram } from "./partial.js";
import { transposeMixed } from "./transpose.js";

/** Keeps the results of a transform of programs, by program and by a key for the rest of its arguments. */
function remembered<A extends readonly unknown[], R>(key: (...args: A) => string, build: (program: ClosedJaxpr, ...args: A) => R) {
  const cache = new WeakMap<ClosedJaxpr, Map<string, R>>();
  return (program: ClosedJaxpr, ...args: A): R => {
    let forms = cache.get(program);
    if (forms === undefined) cache.set(program, (forms = new Map<string, R>()));
    const k = key(...args);
    let form = forms.get(k);
    if (form === undefined) forms.set(k, (form = build(program, ...args)));
    return form;
  };
}

const bits = (mask: readonly boolean[]): string => mask.map((b) => (b ? "1" : "0")).join("");

/** A program that gives only some of its outputs. */
export interface Partial {
  readonly program: ClosedJaxpr;
  /** Which outputs it gives. */
  readonly present: readonly boolean[];
}

/** From primals, then the tangents that exist, to outputs, then the tangents that exist. */
export const jvpOfProgram = remembered(bits, (program, hasTangent: readonly boolean[]): Partial => {
  const avals = program.inAvals;
  const count = avals.length;
  let present: readonly boolean[] = [];
  const body = (...xs: NDArray[]): readonly NDArray[] => {
    let next = count;
    const tangents = avals.map((a, i): Tangent => (hasTangent[i] ? xs[next++] : new Zero(a)));
    const [outs, outTangents] = jvpFlat("jvp of a call", (...ys) => evaluateJaxpr(program, ys), xs.slice(0, count), tangents);
    present = outTangents.map((t) => !(t instanceof Zero));
    return [...outs, ...outTangents.filter((t): t is NDArray => !(t instanceof Zero))];
  };
  const tangentAvals = avals.filter((_, i) => hasTangent[i]).map((a) => aval(a.shape, a.dtype));
  return { program: stage("jvp of a call", [...avals, ...tangentAvals], body), present };
});

/** The program on a batch: inputs carry it at `dims`; gives where the outputs carry it. */
export const batchOfProgram = remembered(
  (size: number, dims: readonly BatchDim[]) => `${size}:${dims.join()}`,
  (program, size: number, dims: readonly BatchDim[]): { readonly program: ClosedJaxpr; readonly outDims: readonly BatchDim[] } => {
    let outDims: readonly BatchDim[] = [];
    const avals = program.inAvals.map((a, i): Aval => {
      const dim = dims[i];
      return dim === null ? a : aval(a.shape.toSpliced(dim, 0, size), a.dtype);
    });
    const batchedProgram = stage("vmap of a call", avals, (...xs) => {
      const [outs, found] = batchFlat("vmap of a call", size, (...ys) => evaluateJaxpr(program, ys), xs, dims);
      outDims = found;
      return outs;
    });
    return { program: batchedProgram, outDims };
  },
);

/** The program cut by which inputs are unknown. */
export const splitOfProgram: (program: ClosedJaxpr, isUnknown: readonly boolean[]) => Split = remembered(bits, splitProgram);

/** From known operands, then the cotangents that exist, to the cotangents of the linear operands that exist. */
export const transposeOfProgram = remembered(
  (isLinear: readonly boolean[], hasCotangent: readonly boolean[]) => `${bits(isLinear)}:${bits(hasCotangent)}`,
  (program, isLinear: readonly boolean[], hasCotangent: readonly boolean[]): Partial => {
    const { inAvals, outAvals } = program;
    let present: readonly boolean[] = [];
    const known = inAvals.filter((_, i) => !isLinear[i]);
    const body = (...xs: NDArray[]): readonly NDArray[] => {
      let next = 0;
      const operands = inAvals.map((a, i) => (isLinear[i] ? new Linear(a) : xs[next++]));
      const cts = outAvals.map((a, i): Tangent => (hasCotangent[i] ? xs[next++] : new Zero(a)));
      const found = transposeMixed(program, operands, cts);
      present = found.map((ct) => ct !== null && !(ct instanceof Zero));
      return found.filter((ct): ct is NDArray => ct !== null && !(ct instanceof Zero));
    };
    const avals = [...known, ...outAvals.filter((_, i) => hasCotangent[i])];
    return { program: stage("transpose of a call", avals, body), present };
  },
);

/** The program with only some of its outputs. */
export const restrictedProgram = remembered(bits, (program, keep: readonly boolean[]): ClosedJaxpr => {
  const { jaxpr } = program;
  const outvars = jaxpr.outvars.filter((_, i) => keep[i]);
  return withoutDeadCode(new ClosedJaxpr({ ...jaxpr, outvars }, program.consts));
});
