// The primitive under `customBatching`: a call that runs the user's rule where it meets a batch. Its derivative is such a
// call too, of values and tangents together, with the rule's derivative; what is transposed is batched like any program.

import type { NDArray } from "../../core/array.js";
import { ClosedJaxpr } from "../../core/closed.js";
import { evaluateJaxpr } from "../../core/evaluate.js";
import { type BatchDim, type Primitive, type Stage, type Tangent, Zero, primitive } from "../../core/primitive.js";
import { bindAll } from "../../core/trace.js";
import { batchFlat, materializeBatch } from "../batch.js";
import { callType, jitP, transposeCall } from "../calls.js";
import { instantiate, jvpFlat } from "../jvp.js";
import { jvpOfProgram, silentPart, splitOfProgram } from "../programs.js";
import { type CustomCallParams, programOf, runCustom } from "./jvpCall.js";
import { present } from "./rules.js";

/** From operands that carry the batch first where `isBatched` says, to results, and whether each carries it. */
export type FlatBatch = (
  size: number,
  isBatched: readonly boolean[],
  operands: readonly NDArray[],
) => readonly [outs: readonly NDArray[], isOutBatched: readonly boolean[]];

export interface VmapCallParams extends CustomCallParams {
  readonly batch: FlatBatch;
  /** Of a derivative: how many leading operands and results are the values' own, and what the call of these has. */
  readonly primal?: { readonly operands: number; readonly results: number; readonly call: Pick<VmapCallParams, "batch" | "primal"> };
}

export const customVmapCallP: Primitive<"custom_vmap_call", VmapCallParams> = primitive("custom_vmap_call")<VmapCallParams>({
  type: (avals, params) => callType(avals, { jaxpr: programOf(params) }),
  derivative: {
    tag: "custom",
    jvp: jvpOfCall,
    transpose: (cts, operands, params) => transposeCall(jitP, cts, operands, { jaxpr: programOf(params), name: params.name }),
  },
  batch: { tag: "rule", rule: batchCall },
  linearize: linearizeCall,
  reference: runCustom,
  isCall: true,
  hidden: () => ["captured", "batch", "primal", "refusal"],
});

function batchCall(
  size: number,
  xs: readonly NDArray[],
  dims: readonly BatchDim[],
  params: VmapCallParams,
): readonly [readonly NDArray[], readonly BatchDim[]] {
  const { primal, batch } = params;
  const operands = xs.map((x, i) => (dims[i] === null ? x : materializeBatch(size, x, dims[i], 0)));
  const isBatched = dims.map((dim) => dim !== null);
  const [outs, isOutBatched] = batch(size, isBatched, operands);
  const outDims = isOutBatched.map((is): BatchDim => (is ? 0 : null));
  if (primal === undefined || isBatched.slice(0, primal.operands).includes(true)) return [outs, outDims];
  // Many tangents at one point: its values are no batch.
  const { jaxpr, consts } = silentPart(
    programOf(params),
    outs.map((_, i) => i < primal.results),
  );
  const ofValues = new ClosedJaxpr({ ...jaxpr, invars: jaxpr.invars.slice(0, primal.operands) }, consts);
  const { name, captured } = params;
  const values = bindAll(customVmapCallP, xs.slice(0, primal.operands), { ...primal.call, jaxpr: ofValues, name, captured });
  return [
    [...values, ...outs.slice(primal.results)],
    [...values.map(() => null), ...outDims.slice(primal.results)],
  ];
}

function jvpOfCall(
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  params: VmapCallParams,
): readonly [readonly NDArray[], readonly Tangent[]] {
  const { batch, primal } = params;
  const program = programOf(params);
  const { outAvals } = program;
  const hasTangent = tangents.map((t) => !(t instanceof Zero));
  const form = jvpOfProgram(program, hasTangent);
  const results = bindAll(customVmapCallP, [...primals, ...present(tangents)], {
    ...params,
    jaxpr: form.program,
    batch: batchWithTangents(batch, hasTangent, form.present),
    primal: { operands: primals.length, results: outAvals.length, call: primal === undefined ? { batch } : { batch, primal } },
  });
  let next = outAvals.length;
  return [results.slice(0, next), outAvals.map((a, i) => (form.present[i] ? results[next++] : new Zero(a)))];
}

/** The rule of the values of a call and their tangents: forward mode through the rule of its values. */
const batchWithTangents =
  (batch: FlatBatch, hasTangent: readonly boolean[], hasOutTangent: readonly boolean[]): FlatBatch =>
  (size, isBatched, operands) => {
    let next = hasTangent.length;
    const places = hasTangent.map((has) => (has ? next++ : undefined));
    // A primal and its tangent carry the batch together.
    const together = places.map((place, i) => isBatched[i] || (place !== undefined && isBatched[place]));
    const operand = (at: number, asBatch: boolean): NDArray =>
      asBatch && !isBatched[at] ? materializeBatch(size, operands[at], null, 0) : operands[at];
    const primals = together.map((asBatch, i) => operand(i, asBatch));
    const tangents = places.map((place, i) => (place === undefined ? new Zero(primals[i].aval) : operand(place, together[i])));
    let isOutBatched: readonly boolean[] = [];
    const run = (...xs: NDArray[]): readonly NDArray[] => {
      const [outs, found] = batch(size, together, xs);
      isOutBatched = found;
      return outs;
    };
    const [outs, outTangents] = jvpFlat("jvp of a batching rule", run, primals, tangents);
    return [
      [...outs, ...outTangents.filter((_, i) => hasOutTangent[i]).map(instantiate)],
      [...isOutBatched, ...isOutBatched.filter((_, i) => hasOutTangent[i])],
    ];
  };

/** Cuts a derivative: values and residuals are computed now, once; what is staged takes the tangents, and has no rule. */
function linearizeCall(args: readonly NDArray[], unknown: readonly boolean[], params: VmapCallParams, stage: Stage): readonly NDArray[] {
  const { primal, name, captured } = params;
  if (primal === undefined || unknown.slice(0, primal.operands).includes(true)) return stage(customVmapCallP, args, params);
  const program = programOf(params);
  const isTangent = args.map((_, i) => i >= primal.operands);
  const isOutTangent = program.outAvals.map((_, i) => i >= primal.results);
  const { known, unknown: rest, residuals } = splitOfProgram(program, isTangent, isOutTangent);
  const batch = batchWithResiduals(primal.call.batch, primal.results, known);
  const results = bindAll(customVmapCallP, args.slice(0, primal.operands), { ...primal.call, jaxpr: known, name, captured, batch });
  let next = primal.results;
  const values = residuals.map((from) => (from === "computed" ? results[next++] : args[from]));
  return [...results.slice(0, primal.results), ...stage(jitP, [...values, ...args.slice(primal.operands)], { jaxpr: rest, name })];
}

/** The rule of a call that gives residuals after its values: the values are the rule's, the residuals the function's own. */
const batchWithResiduals =
  (batch: FlatBatch, results: number, known: ClosedJaxpr): FlatBatch =>
  (size, isBatched, operands) => {
    const [outs, isOutBatched] = batch(size, isBatched, operands);
    const program = silentPart(
      known,
      known.outAvals.map((_, i) => i >= results),
    );
    const run = (...xs: NDArray[]): readonly NDArray[] => evaluateJaxpr(program, xs);
    const [residuals, dims] = batchFlat(
      "residuals of a call",
      size,
      run,
      operands,
      isBatched.map((is): BatchDim => (is ? 0 : null)),
    );
    return [
      [...outs, ...residuals.map((y, i) => (dims[i] === null ? y : materializeBatch(size, y, dims[i], 0)))],
      [...isOutBatched, ...dims.map((dim) => dim !== null)],
    ];
  };
