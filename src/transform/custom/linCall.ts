// The primitive that a differentiated `customVjp` leaves: `custom_lin`, the linear map from tangents to tangents of which only
// the transpose is known, the backward rule. Where a JVP was given too, it has a program of its own, so that tangents can be
// pushed through it.

import type { NDArray } from "../../core/array.js";
import { type Aval, aval, strong } from "../../core/aval.js";
import type { ClosedJaxpr } from "../../core/closed.js";
import { isFloat } from "../../core/dtype.js";
import { NotDifferentiableError } from "../../core/errors.js";
import { evaluateJaxpr } from "../../core/evaluate.js";
import { type BatchDim, type Primitive, Linear, Zero, primitive } from "../../core/primitive.js";
import { type Source, captureFarSource, withSource } from "../../core/source.js";
import { bindAll } from "../../core/trace.js";
import { jvpFlat } from "../jvp.js";
import { batchedBackward, batchedProgram } from "./batched.js";
import { runCustom } from "./jvpCall.js";
import type { FlatBackward } from "./rules.js";

/** Operands `[...fixed, ...tangents]`, where `fixed` begins with the residuals. */
export interface LinParams {
  readonly name: string;
  /** From all operands to the tangents of the values, where forward mode is possible. */
  readonly jaxpr: ClosedJaxpr | undefined;
  readonly outAvals: readonly Aval[];
  readonly residualCount: number;
  readonly fixedCount: number;
  /** From residuals and cotangents of the outputs to cotangents of the tangents. */
  readonly backward: FlatBackward;
  readonly source: Source;
}

/** The parameters that follow from a backward rule, the values, and which operands of the function have tangents. */
export function linParams(
  name: string,
  backward: FlatBackward,
  outs: readonly NDArray[],
  hasTangent: readonly boolean[],
): Pick<LinParams, "name" | "outAvals" | "backward" | "source"> {
  const avals = outs.map((y) => strong(y.aval));
  return {
    name,
    outAvals: avals.filter((a) => isFloat(a.dtype)),
    backward: forTangents(backward, avals, hasTangent),
    source: captureFarSource(),
  };
}

/** The backward rule between those values and operands that have (co)tangents; programs keep it, so it holds no array. */
const forTangents =
  (backward: FlatBackward, avals: readonly Aval[], hasTangent: readonly boolean[]): FlatBackward =>
  (residuals, cts) => {
    let next = 0;
    const all = avals.map((a) => (isFloat(a.dtype) ? cts[next++] : new Zero(a)));
    return backward(residuals, all).filter((_, i) => hasTangent[i]);
  };

/** Forward mode met a function of which only the backward rule is known. */
const forwardModeError = ({ name, source }: LinParams): NotDifferentiableError =>
  withSource(
    source,
    () =>
      new NotDifferentiableError({
        op: `customVjp of ${name}`,
        expected: "reverse mode, which its rule is for",
        received: "forward mode (jvp, jacfwd, hessian's inner derivative, or a derivative of its tangent)",
        remedy: "give a jvp beside forward and backward: customVjp(f, { forward, backward, jvp })",
      }),
  );

export const customLinP: Primitive<"custom_lin", LinParams> = primitive("custom_lin")<LinParams>({
  type: (_, { outAvals }) => outAvals,
  derivative: {
    tag: "custom",
    jvp: (primals, tangents, params) => {
      const { jaxpr } = params;
      if (jaxpr === undefined) throw forwardModeError(params);
      return jvpFlat(`jvp of ${params.name}`, (...xs) => evaluateJaxpr(jaxpr, xs), primals, tangents);
    },
    transpose: (cts, operands, { residualCount, fixedCount, backward, name }) => {
      const residuals = operands.slice(0, residualCount).map((x) => {
        if (x instanceof Linear) throw notLinear(name);
        return x;
      });
      return [...operands.slice(0, fixedCount).map(() => null), ...backward(residuals, cts)];
    },
  },
  batch: {
    tag: "rule",
    rule: (size, xs, dims, params) => {
      const outs = batchLin(size, xs, dims, params);
      return [outs, outs.map(() => 0)];
    },
  },
  reference: (inputs, params) => {
    if (params.jaxpr === undefined) throw forwardModeError(params);
    return runCustom(inputs, { jaxpr: params.jaxpr, name: params.name, captured: 0 });
  },
  isCall: true,
  hidden: () => ["outAvals", "residualCount", "fixedCount", "backward", "source"],
});

const notLinear = (name: string): NotDifferentiableError =>
  new NotDifferentiableError({
    op: "linearTranspose",
    expected: "a function linear in its inputs",
    received: `one that takes the derivative of ${name} at a point that depends on them`,
    remedy: "differentiate it with vjp instead",
  });

/** The map on a batch of tangents, and of points if need be; its results carry the batch first. */
export function batchLin(size: number, xs: readonly NDArray[], dims: readonly BatchDim[], params: LinParams): readonly NDArray[] {
  const description = `vmap of ${params.name}`;
  const { residualCount, fixedCount, jaxpr } = params;
  return bindAll(customLinP, xs, {
    ...params,
    jaxpr: jaxpr && batchedProgram(description, size, dims, jaxpr),
    outAvals: params.outAvals.map((a) => aval([size, ...a.shape], a.dtype)),
    backward: batchedBackward(description, size, dims.slice(0, residualCount), dims.slice(fixedCount), params.backward),
  });
}
