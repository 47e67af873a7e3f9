// Primitives that run a program of their own: `jit`, which hands it to the compiler, and `checkpoint`, whose residuals
// are computed again in the backward pass instead of being kept. Their rules transform the program inside.

import type { ConcreteArray, NDArray } from "../core/array.js";
import { type Aval, sameType, showAval } from "../core/aval.js";
import type { ClosedJaxpr } from "../core/closed.js";
import { executableOf } from "../core/executable.js";
import { JaxprError } from "../core/errors.js";
import { Linear, type Primitive, type Tangent, type TransposeOperand, Zero, primitive } from "../core/primitive.js";
import { bindAll } from "../core/trace.js";
import { batchOfProgram, jvpOfProgram, restrictedProgram, splitOfProgram, transposeOfProgram } from "./programs.js";

export interface CallParams {
  readonly jaxpr: ClosedJaxpr;
  /** The user's function. */
  readonly name: string;
}

function callType(avals: readonly Aval[], { jaxpr }: CallParams): readonly Aval[] {
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
function callRules<Name extends string>(self: () => Primitive<Name, CallParams>): Omit<Primitive<Name, CallParams>, "name" | "linearize"> {
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

function transposeCall(
  self: Primitive<string, CallParams>,
  cts: readonly Tangent[],
  operands: readonly TransposeOperand[],
  params: CallParams,
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
  ...callRules(() => jitP),
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

export const checkpointP: Primitive<"checkpoint", CallParams> = primitive("checkpoint")<CallParams>({
  ...callRules(() => checkpointP),
  linearize: (args, unknown, params, stage) => {
    const { isOutUnknown } = splitOfProgram(params.jaxpr, unknown);
    const knownOuts = restrictedProgram(
      params.jaxpr,
      isOutUnknown.map((u) => !u),
    );
    // Known outputs read no unknown input, so any value of the right type may stand there.
    const split = splitOfProgram(knownOuts, unknown);
    const results = bindAll(
      checkpointP,
      args.filter((_, i) => !unknown[i]),
      { ...params, jaxpr: split.known },
    );
    const staged = stage(checkpointP, args, { ...params, jaxpr: restrictedProgram(params.jaxpr, isOutUnknown) });
    return merge(isOutUnknown, results, staged);
  },
});

function merge(isUnknown: readonly boolean[], known: readonly NDArray[], unknown: readonly NDArray[]): readonly NDArray[] {
  let [k, u] = [0, 0];
  return isUnknown.map((isU) => (isU ? unknown[u++] : known[k++]));
}
