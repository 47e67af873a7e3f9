// Transforms of whole programs, for calls: a program goes in, its derivative, batched, split or transposed form comes
// out. Each form is built once for a program and kept with it.

import type { NDArray } from "../core/array.js";
import { type Aval, aval } from "../core/aval.js";
import { ClosedJaxpr } from "../core/closed.js";
import { withoutEffects } from "../core/effects.js";
import { evaluateJaxpr } from "../core/evaluate.js";
import { type BatchDim, Linear, type Tangent, Zero } from "../core/primitive.js";
import { stage } from "../core/staging.js";
import { batchFlat, materializeBatch } from "./batch.js";
import { withoutDeadCode } from "./deadcode.js";
import { instantiate, jvpFlat } from "./jvp.js";
import { type Split, splitProgram } from "./partial.js";
import { transposeMixed } from "./transpose.js";

/** Keeps the results of a transform of programs, by program and by a key for the rest of its arguments. */
export function remembered<A extends readonly unknown[], R>(key: (...args: A) => string, build: (program: ClosedJaxpr, ...args: A) => R) {
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

/** A mask as part of a key. */
export const bits = (mask: readonly boolean[]): string => mask.map((b) => (b ? "1" : "0")).join("");

/** The key of two masks. */
const bothBits = (mask: readonly boolean[], must: readonly boolean[] = []): string => `${bits(mask)}:${bits(must)}`;

/** A program that gives only some of its outputs. */
export interface Partial {
  readonly program: ClosedJaxpr;
  /** Which outputs it gives. */
  readonly present: readonly boolean[];
}

/**
 * From primals, then the tangents that exist, to outputs, then the tangents that exist; those of the outputs marked in
 * `must` always do, as zeros if need be.
 */
export const jvpOfProgram = remembered(bothBits, (program, hasTangent: readonly boolean[], must: readonly boolean[] = []): Partial => {
  const avals = program.inAvals;
  const count = avals.length;
  let present: readonly boolean[] = [];
  const body = (...xs: NDArray[]): readonly NDArray[] => {
    let next = count;
    const tangents = avals.map((a, i): Tangent => (hasTangent[i] ? xs[next++] : new Zero(a)));
    const [outs, outTangents] = jvpFlat("jvp of a call", (...ys) => evaluateJaxpr(program, ys), xs.slice(0, count), tangents);
    present = outTangents.map((t, i) => must[i] || !(t instanceof Zero));
    return [...outs, ...outTangents.filter((_, i) => present[i]).map(instantiate)];
  };
  const tangentAvals = avals.filter((_, i) => hasTangent[i]).map((a) => aval(a.shape, a.dtype));
  return { program: stage("jvp of a call", [...avals, ...tangentAvals], body), present };
});

/**
 * The program on a batch: inputs carry it at `dims`; gives where the outputs carry it. Those marked in `must` carry it
 * at axis 0, repeated if need be.
 */
export const batchOfProgram = remembered(
  (size: number, dims: readonly BatchDim[], must: readonly boolean[] = []) => `${size}:${dims.join()}:${bits(must)}`,
  (
    program,
    size: number,
    dims: readonly BatchDim[],
    must: readonly boolean[] = [],
  ): { readonly program: ClosedJaxpr; readonly outDims: readonly BatchDim[] } => {
    let outDims: readonly BatchDim[] = [];
    const avals = program.inAvals.map((a, i): Aval => {
      const dim = dims[i];
      return dim === null ? a : aval(a.shape.toSpliced(dim, 0, size), a.dtype);
    });
    const batchedProgram = stage("vmap of a call", avals, (...xs) => {
      const [outs, found] = batchFlat("vmap of a call", size, (...ys) => evaluateJaxpr(program, ys), xs, dims);
      outDims = found.map((dim, i) => (must[i] ? 0 : dim));
      return outs.map((y, i) => (must[i] ? materializeBatch(size, y, found[i], 0) : y));
    });
    return { program: batchedProgram, outDims };
  },
);

/** The program cut by which inputs are unknown; the outputs marked in `must` count as unknown in any case. */
export const splitOfProgram: (program: ClosedJaxpr, isUnknown: readonly boolean[], must?: readonly boolean[]) => Split = remembered(
  bothBits,
  splitProgram,
);

/**
 * From known operands, then the cotangents that exist, to the cotangents of the linear operands that exist; those of the
 * operands marked in `must` always do, as zeros if need be.
 */
export const transposeOfProgram = remembered(
  (isLinear: readonly boolean[], hasCotangent: readonly boolean[], must: readonly boolean[] = []) =>
    `${bits(isLinear)}:${bothBits(hasCotangent, must)}`,
  (program, isLinear: readonly boolean[], hasCotangent: readonly boolean[], must: readonly boolean[] = []): Partial => {
    const { inAvals, outAvals } = program;
    let present: readonly boolean[] = [];
    const known = inAvals.filter((_, i) => !isLinear[i]);
    const body = (...xs: NDArray[]): readonly NDArray[] => {
      let next = 0;
      const operands = inAvals.map((a, i) => (isLinear[i] ? new Linear(a) : xs[next++]));
      const cts = outAvals.map((a, i): Tangent => (hasCotangent[i] ? xs[next++] : new Zero(a)));
      const found = transposeMixed(program, operands, cts);
      present = found.map((ct, i) => ct !== null && (must[i] || !(ct instanceof Zero)));
      return found.filter((ct, i): ct is Tangent => ct !== null && present[i]).map(instantiate);
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

/** The same for outputs that are computed beside the values: what the program does (a print) was done with these. */
export const silentPart = (program: ClosedJaxpr, keep: readonly boolean[]): ClosedJaxpr => restrictedProgram(withoutEffects(program), keep);
