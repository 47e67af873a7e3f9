// The primitive under `customBatching`: a call that runs the user's rule where it meets a batch. Its tangents are such a
// call too, with the rule's derivative; what is transposed is batched like any program.

import type { NDArray } from "../../core/array.js";
import { type BatchDim, type Primitive, type Tangent, Zero, primitive } from "../../core/primitive.js";
import { bindAll } from "../../core/trace.js";
import { materializeBatch } from "../batch.js";
import { callType, jitP, transposeCall } from "../calls.js";
import { instantiate, jvpFlat } from "../jvp.js";
import { jvpOfProgram, restrictedProgram } from "../programs.js";
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
}

export const customVmapCallP: Primitive<"custom_vmap_call", VmapCallParams> = primitive("custom_vmap_call")<VmapCallParams>({
  type: (avals, params) => callType(avals, { jaxpr: programOf(params) }),
  derivative: {
    tag: "custom",
    jvp: jvpOfCall,
    transpose: (cts, operands, params) => transposeCall(jitP, cts, operands, { jaxpr: programOf(params), name: params.name }),
  },
  batch: {
    tag: "rule",
    rule: (size, xs, dims, { batch }) => {
      const operands = xs.map((x, i) => (dims[i] === null ? x : materializeBatch(size, x, dims[i], 0)));
      const isBatched = dims.map((dim) => dim !== null);
      const [outs, isOutBatched] = batch(size, isBatched, operands);
      return [outs, isOutBatched.map((is): BatchDim => (is ? 0 : null))];
    },
  },
  reference: runCustom,
  isCall: true,
  hidden: () => ["captured", "batch", "refusal"],
});

function jvpOfCall(
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  params: VmapCallParams,
): readonly [readonly NDArray[], readonly Tangent[]] {
  const outs = bindAll(customVmapCallP, primals, params);
  const hasTangent = tangents.map((t) => !(t instanceof Zero));
  const form = jvpOfProgram(programOf(params), hasTangent);
  const isTangent = form.program.outAvals.map((_, i) => i >= outs.length);
  const found = bindAll(customVmapCallP, [...primals, ...present(tangents)], {
    ...params,
    jaxpr: restrictedProgram(form.program, isTangent),
    batch: batchOfTangents(params.batch, hasTangent, form.present),
  });
  let next = 0;
  return [outs, outs.map((y, i) => (form.present[i] ? found[next++] : new Zero(y.aval)))];
}

/** The rule of the tangents of a call: forward mode through the rule of its values. */
const batchOfTangents =
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
    const [, outTangents] = jvpFlat("jvp of a batching rule", run, primals, tangents);
    return [outTangents.filter((_, i) => hasOutTangent[i]).map(instantiate), isOutBatched.filter((_, i) => hasOutTangent[i])];
  };
