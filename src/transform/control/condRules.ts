// The transforms of a choice: each branch is transformed, then all are brought to one type, the union of what each gives:
// zeros stand for a tangent or cotangent that only other branches have.

import type { NDArray } from "../../core/array.js";
import { type BatchDim, Linear, type Primitive, type Stage, type Tangent, type TransposeOperand } from "../../core/primitive.js";
import { range } from "../../core/shape.js";
import { bindAll } from "../../core/trace.js";
import { eq, ge } from "../../ops/compare.js";
import { broadcastInDim } from "../../ops/layout.js";
import { select } from "../../ops/select.js";
import { evaluateJaxpr } from "../../core/evaluate.js";
import { batchOfProgram, jvpOfProgram, transposeOfProgram } from "../programs.js";
import { splitOfBranches } from "./condSplit.js";
import type { CondParams } from "./params.js";
import { isZero, kept, merged, opposite } from "./programs.js";
import { tangentsOf } from "./scanJvp.js";
import { ctsOf } from "./scanTranspose.js";

type Self = Primitive<string, CondParams>;

/** What is marked in any of the masks. */
const anyOf = (masks: readonly (readonly boolean[])[]): boolean[] => masks[0].map((_, i) => masks.some((mask) => mask[i]));

export function jvpCond(
  self: Self,
  primals: readonly NDArray[],
  [, ...tangents]: readonly Tangent[],
  { branches }: CondParams,
): readonly [readonly NDArray[], readonly Tangent[]] {
  const has = tangents.map((t) => !isZero(t));
  const present = anyOf(branches.map((branch) => jvpOfProgram(branch, has).present));
  const given = tangents.filter((t): t is NDArray => !isZero(t));
  const outs = bindAll(self, [...primals, ...given], { branches: branches.map((branch) => jvpOfProgram(branch, has, present).program) });
  const values = outs.slice(0, present.length);
  return [values, tangentsOf(values, present, outs.slice(present.length))];
}

export function batchCond(
  self: Self,
  size: number,
  [index, ...operands]: readonly NDArray[],
  [indexDim, ...dims]: readonly BatchDim[],
  { branches }: CondParams,
): readonly [readonly NDArray[], readonly BatchDim[]] {
  if (indexDim !== null) return batchByIndex(size, index, operands, dims, branches);
  const batched = anyOf(branches.map((branch) => batchOfProgram(branch, size, dims).outDims.map((dim) => dim !== null)));
  const forms = branches.map((branch) => batchOfProgram(branch, size, dims, batched));
  return [bindAll(self, [index, ...operands], { branches: forms.map(({ program }) => program) }), forms[0].outDims];
}

/** Where examples choose differently, all branches are computed, and their outputs chosen one by one. */
function batchByIndex(
  size: number,
  index: NDArray,
  operands: readonly NDArray[],
  dims: readonly BatchDim[],
  branches: CondParams["branches"],
): readonly [readonly NDArray[], readonly BatchDim[]] {
  // An output that is the same operand in every branch needs no choice.
  const same = branches[0].jaxpr.outvars.map((_, k) => {
    const places = branches.map(({ jaxpr }) => jaxpr.invars.findIndex((v) => v === jaxpr.outvars[k]));
    return places[0] >= 0 && places.every((place) => place === places[0]) ? places[0] : undefined;
  });
  const must = same.map((place) => place === undefined);
  const outs = branches.map((branch) => evaluateJaxpr(batchOfProgram(branch, size, dims, must).program, operands));
  const chosen = range(1, branches.length).map((k) => (k === branches.length - 1 ? ge(index, k) : eq(index, k)));
  const results = same.map((place, k) => {
    if (place !== undefined) return operands[place];
    const [first, ...others] = outs.map((list) => list[k]);
    return others.reduce((result, y, i) => select(along(chosen[i], y), y, result), first);
  });
  return [results, same.map((place) => (place === undefined ? 0 : dims[place]))];
}

const along = (which: NDArray, y: NDArray): NDArray => broadcastInDim(which, y.shape, [0]);

export function transposeCond(
  self: Self,
  cts: readonly Tangent[],
  [index, ...operands]: readonly TransposeOperand[],
  { branches }: CondParams,
): readonly (Tangent | null)[] {
  if (index instanceof Linear) throw new TypeError("an index has no cotangent");
  const linear = operands.map((x) => x instanceof Linear);
  const hasCt = cts.map((ct) => !isZero(ct));
  const present = anyOf(branches.map((branch) => transposeOfProgram(branch, linear, hasCt).present));
  const known = operands.filter((x): x is NDArray => !(x instanceof Linear));
  const given = cts.filter((ct): ct is NDArray => !isZero(ct));
  const programs = branches.map((branch) => transposeOfProgram(branch, linear, hasCt, present).program);
  const found = bindAll(self, [index, ...known, ...given], { branches: programs });
  return [null, ...ctsOf(operands, present, found)];
}

export function linearizeCond(
  self: Self,
  args: readonly NDArray[],
  unknown: readonly boolean[],
  params: CondParams,
  stage: Stage,
  key: string,
): readonly NDArray[] {
  const [index, ...operands] = args;
  const [unknownIndex, ...rest] = unknown;
  if (unknownIndex) return stage(self, args, params);
  const split = splitOfBranches(params.branches[0], params.branches, rest, key);
  const known = split.known.length === 0 ? [] : bindAll(self, [index, ...kept(operands, opposite(rest))], { branches: split.known });
  const residuals = [...known.slice(split.knownOuts), ...split.direct.map((i) => operands[i])];
  const staged = stage(self, [index, ...residuals, ...kept(operands, rest)], { branches: split.unknown });
  return merged(split.isOutUnknown, known, staged);
}
