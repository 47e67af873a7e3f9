// The primitive under `customJvp`: a call whose derivative is the user's rule. Where nothing is differentiated it is its
// program, like any call.

import type { NDArray } from "../../core/array.js";
import type { ClosedJaxpr } from "../../core/closed.js";
import type { ConcretizationError } from "../../core/errors.js";
import { evaluateJaxpr } from "../../core/evaluate.js";
import { type HostArray, type Primitive, primitive } from "../../core/primitive.js";
import { bindAll, evalTrace, withTrace } from "../../core/trace.js";
import { callType, jitP, transposeCall } from "../calls.js";
import { checkCaptured } from "./arguments.js";
import { batchedJvp, batchedProgram } from "./batched.js";
import type { FlatJvp } from "./rules.js";

export interface CustomCallParams {
  /** The function itself; where it reads values it has no program, and `refusal` says why. */
  readonly jaxpr: ClosedJaxpr | undefined;
  readonly refusal?: ConcretizationError;
  readonly name: string;
  /** How many leading operands the function closes over. */
  readonly captured: number;
}

export interface JvpCallParams extends CustomCallParams {
  readonly jvp: FlatJvp;
}

/**
 * The function's program.
 *
 * @throws ConcretizationError when it reads values.
 */
export function programOf({ jaxpr, refusal }: CustomCallParams): ClosedJaxpr {
  if (jaxpr !== undefined) return jaxpr;
  throw refusal ?? new TypeError("a custom call without a program");
}

/** Evaluation operation by operation: a program that serves one call is not worth a compilation. */
export const runCustom = (inputs: readonly HostArray[], params: CustomCallParams): readonly HostArray[] =>
  // The evaluator hands over arrays with their elements: HostArrays that are ConcreteArrays.
  withTrace(evalTrace, () => evaluateJaxpr(programOf(params), inputs as unknown as readonly NDArray[])) as unknown as readonly HostArray[];

export const customJvpCallP: Primitive<"custom_jvp_call", JvpCallParams> = primitive("custom_jvp_call")<JvpCallParams>({
  type: (avals, params) => callType(avals, { jaxpr: programOf(params) }),
  derivative: {
    tag: "custom",
    jvp: (primals, tangents, { jvp, name, captured }) => {
      checkCaptured(`customJvp of ${name}`, captured, tangents);
      return jvp(primals, tangents);
    },
    transpose: (cts, operands, params) => transposeCall(jitP, cts, operands, { jaxpr: programOf(params), name: params.name }),
  },
  batch: {
    tag: "rule",
    rule: (size, xs, dims, params) => {
      const description = `vmap of ${params.name}`;
      const jaxpr = batchedProgram(description, size, dims, programOf(params));
      const outs = bindAll(customJvpCallP, xs, { ...params, jaxpr, jvp: batchedJvp(description, size, dims, params.jvp) });
      return [outs, outs.map(() => 0)];
    },
  },
  reference: runCustom,
  isCall: true,
  hidden: () => ["captured", "jvp", "refusal"],
});
