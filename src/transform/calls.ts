// Primitives that run a program of their own: `jit`, which hands it to the compiler, and `checkpoint`, whose residuals
// are computed again in the backward pass instead of being kept. Their rules transform the program inside.

import type { ConcreteArray, NDArray } from "../core/array.js";
import { type Aval, sameType, showAval } from "../core/aval.js";
import type { ClosedJaxpr } from "../core/closed.js";
import { executableOf } from "../core/executable.js";
import { JaxprError } from "../core/errors.js";
import { Linear, type Primitive, type Tangent, type TransposeOperand, Zero, primitive } from "../core/primitive.js";
import { bindAll } from "../core/trace.js";
import { type CheckpointPolicy, checkpointPolicies } from "./policies.js";
import { batchOfProgram, jvpOfProgram, splitOfProgram, transposeOfProgram } from "./programs.js";
import { cutForRecomputation } from "./recomputation.js";

export interface CallParams {
  readonly jaxpr: ClosedJaxpr;
  /** The user's function. */
  readonly name: string;
}

/** The types of a call: those of the program inside. */
export function callType(avals: readonly Aval[], { jaxpr }: Pick<CallParams, "jaxpr">): readonly Aval[] {
  const expected = jaxpr.inAvals;
  if (expected.length === avals.length && expected.every((a, i) => sameType(a, avals[i]))) return jaxpr.outAvals;
  throw new JaxprError({
    op: "call",
    expected: expected.map(showAval).join(" "),
    received: avals.map(showAval).join(" "),
    remedy: "this is a fault of the library: please report the program",
  });
}

const isZero = (t: Tangent): t is Zero => t instanceof Zero;
const present = (ts: readonly (Tangent | null)[]): readonly NDArray[] => ts.filter((t): t is NDArray => t !== null && !(t instanceof Zero));

/** The rules that both kinds of call share. */
function callRules<Name extends string, P extends CallParams>(
  self: () => Primitive<Name, P>,
): Omit<Primitive<Name, P>, "name" | "linearize"> {
  return {
    type: callType,
    derivative: {
      tag: "custom",
      jvp: (primals, tangents, params) => {
        const hasTangent = tangents.map((t) => !isZero(t));
        const form = jvpOfProgram(params.jaxpr, hasTangent);
        const results = bindAll(self(), [...primals, ...present(tangents)], { ...params, jaxpr: form.program });
        const outAvals = params.jaxpr.outAvals;
        let next = outAvals.length;
        return [results.slice(0, outAvals.length), outAvals.map((a, i) => (form.present[i] ? results[next++] : new Zero(a)))];
      },
      transpose: (cts, operands, params) => transposeCall(self(), cts, operands, params),
    },
    batch: {
      tag: "rule",
      rule: (size, xs, dims, params) => {
        const form = batchOfProgram(params.jaxpr, size, dims);
        return [bindAll(self(), xs, { ...params, jaxpr: form.program }), form.outDims];
      },
    },
    // The evaluator hands over arrays with their elements: HostArrays that are ConcreteArrays.
    reference: (inputs, { jaxpr }) => executableOf(jaxpr).run(inputs as readonly ConcreteArray[]),
    isCall: true,
  };
}

/** The cotangents of a call's linear operands, by a call of the transposed program. */
export function transposeCall<P extends CallParams>(
  self: Primitive<string, P>,
  cts: readonly Tangent[],
  operands: readonly TransposeOperand[],
  params: P,
): readonly (Tangent | null)[] {
  const isLinear = operands.map((x) => x instanceof Linear);
  const form = transposeOfProgram(
    params.jaxpr,
    isLinear,
    cts.map((ct) => !isZero(ct)),
  );
  const known = operands.filter((x): x is NDArray => !(x instanceof Linear));
  const results = bindAll(self, [...known, ...present(cts)], { ...params, jaxpr: form.program });
  let next = 0;
  return operands.map((x, i) => (form.present[i] ? results[next++] : isLinear[i] ? new Zero(x.aval) : null));
}

export const jitP: Primitive<"jit", CallParams> = primitive("jit")<CallParams>({
  ...callRules<"jit", CallParams>(() => jitP),
  linearize: (args, unknown, params, stage) => {
    const { known, unknown: rest, isOutUnknown, residuals } = splitOfProgram(params.jaxpr, unknown);
    const knownArgs = args.filter((_, i) => !unknown[i]);
    const results = bindAll(jitP, knownArgs, { ...params, jaxpr: known });
    let nextResidual = isOutUnknown.filter((u) => !u).length;
    const residualValues = residuals.map((from) => (from === "computed" ? results[nextResidual++] : args[from]));
    const staged = stage(jitP, [...residualValues, ...args.filter((_, i) => unknown[i])], { ...params, jaxpr: rest });
    return merge(isOutUnknown, results, staged);
  },
});

export interface CheckpointParams extends CallParams {
  /** Which values are kept for the backward pass; none unless given. */
  readonly policy?: CheckpointPolicy;
  /** False where no pass could merge the recomputation with the forward pass, so that it needs no barrier. */
  readonly preventCse?: boolean;
}

export const checkpointP: Primitive<"checkpoint", CheckpointParams> = primitive("checkpoint")<CheckpointParams>({
  ...callRules<"checkpoint", CheckpointParams>(() => checkpointP),
  linearize: (args, unknown, params, stage) => {
    const { jaxpr, policy = checkpointPolicies.nothingSaveable, preventCse = true } = params;
    const cut = cutForRecomputation(jaxpr, unknown, policy, preventCse);
    const knownArgs = args.filter((_, i) => !unknown[i]);
    const results = bindAll(checkpointP, knownArgs, { ...params, jaxpr: cut.known });
    const kept = results.slice(cut.isOutUnknown.filter((u) => !u).length);
    const unknownArgs = args.filter((_, i) => unknown[i]);
    const staged = stage(checkpointP, [...knownArgs, ...kept, ...unknownArgs], { ...params, jaxpr: cut.unknown });
    return merge(cut.isOutUnknown, results, staged);
  },
});

function merge(isUnknown: readonly boolean[], known: readonly NDArray[], unknown: readonly NDArray[]): readonly NDArray[] {
  let [k, u] = [0, 0];
  return isUnknown.map((isU) => (isU ? unknown[u++] : known[k++]));
}
