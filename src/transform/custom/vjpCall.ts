// The primitives under `customVjp`. `custom_vjp_call` is the function; differentiated, it runs the forward rule and leaves
// `custom_lin`, the linear map from tangents to tangents of which only the transpose is known: the backward rule. Where a
// JVP was given too, its program stands in that equation, so that forward mode can run it.

import type { NDArray } from "../../core/array.js";
import { type Aval, aval } from "../../core/aval.js";
import { ClosedJaxpr } from "../../core/closed.js";
import { isFloat } from "../../core/dtype.js";
import { NotDifferentiableError } from "../../core/errors.js";
import { evaluateJaxpr } from "../../core/evaluate.js";
import { type Primitive, type Tangent, Linear, Zero, primitive } from "../../core/primitive.js";
import { type Source, captureSource, withSource } from "../../core/source.js";
import { stage } from "../../core/staging.js";
import { bindAll } from "../../core/trace.js";
import { callType, jitP, transposeCall } from "../calls.js";
import { closeOver } from "../jit.js";
import { instantiate, jvpFlat } from "../jvp.js";
import { checkCaptured } from "./arguments.js";
import { batchedBackward, batchedForward, batchedJvp, batchedProgram } from "./batched.js";
import { type CustomCallParams, programOf, runCustom } from "./jvpCall.js";
import { type FlatBackward, type FlatForward, type FlatJvp, present, refilled } from "./rules.js";

export interface VjpCallParams extends CustomCallParams {
  readonly forward: FlatForward;
  readonly jvp: FlatJvp | undefined;
}

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

const isZero = (t: Tangent): t is Zero => t instanceof Zero;

export const customVjpCallP: Primitive<"custom_vjp_call", VjpCallParams> = primitive("custom_vjp_call")<VjpCallParams>({
  type: (avals, params) => callType(avals, { jaxpr: programOf(params) }),
  derivative: {
    tag: "custom",
    jvp: linearizeByRule,
    transpose: (cts, operands, params) => transposeCall(jitP, cts, operands, { jaxpr: programOf(params), name: params.name }),
  },
  batch: {
    tag: "rule",
    rule: (size, xs, dims, params) => {
      const description = `vmap of ${params.name}`;
      const outs = bindAll(customVjpCallP, xs, {
        ...params,
        jaxpr: batchedProgram(description, size, dims, programOf(params)),
        forward: batchedForward(description, size, dims, params.forward),
        jvp: params.jvp && batchedJvp(description, size, dims, params.jvp),
      });
      return [outs, outs.map(() => 0)];
    },
  },
  reference: runCustom,
  isCall: true,
  hidden: () => ["captured", "forward", "jvp", "refusal"],
});

function linearizeByRule(
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  { name, captured, forward, jvp }: VjpCallParams,
): readonly [readonly NDArray[], readonly Tangent[]] {
  checkCaptured(`customVjp of ${name}`, captured, tangents);
  const { outs, residuals, backward } = forward(primals);
  const avals = outs.map((y) => aval(y.shape, y.dtype));
  const outAvals = avals.filter((a) => isFloat(a.dtype));
  const forwardMode = jvp === undefined ? undefined : tangentProgram(name, jvp, residuals, primals, tangents);
  const fixed = forwardMode?.fixed ?? residuals;
  const lin = bindAll(customLinP, [...fixed, ...present(tangents)], {
    name,
    jaxpr: forwardMode?.jaxpr,
    outAvals,
    residualCount: residuals.length,
    fixedCount: fixed.length,
    backward: forTangents(
      backward,
      avals,
      tangents.map((t) => !isZero(t)),
    ),
    source: captureSource(),
  });
  let next = 0;
  return [outs, avals.map((a) => (isFloat(a.dtype) ? lin[next++] : new Zero(a)))];
}

/** The backward rule between those values and operands that have (co)tangents; programs keep it, so it holds no array. */
const forTangents =
  (backward: FlatBackward, avals: readonly Aval[], hasTangent: readonly boolean[]): FlatBackward =>
  (residuals, cts) => {
    let next = 0;
    const all = avals.map((a) => (isFloat(a.dtype) ? cts[next++] : new Zero(a)));
    return backward(residuals, all).filter((_, i) => hasTangent[i]);
  };

/** The program of a JVP rule's tangents, with what it needs before the tangents. */
function tangentProgram(
  name: string,
  jvp: FlatJvp,
  residuals: readonly NDArray[],
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
): { readonly jaxpr: ClosedJaxpr; readonly fixed: readonly NDArray[] } {
  const given = [...residuals, ...primals, ...present(tangents)];
  const staged = stage(
    `jvp of ${name}`,
    given.map((x) => aval(x.shape, x.dtype)),
    (...xs) => {
      const first = residuals.length + primals.length;
      const [, outTangents] = jvp(xs.slice(residuals.length, first), refilled(tangents, xs.slice(first)));
      return outTangents.filter((t) => isFloat(t instanceof Zero ? t.aval.dtype : t.dtype)).map(instantiate);
    },
  );
  const { program, captured } = closeOver(staged);
  // What the rule closes over goes after the residuals, which the backward rule takes first.
  const { jaxpr, consts } = program;
  const [c, r] = [captured.length, residuals.length];
  const invars = [...jaxpr.invars.slice(c, c + r), ...jaxpr.invars.slice(0, c), ...jaxpr.invars.slice(c + r)];
  return { jaxpr: new ClosedJaxpr({ ...jaxpr, invars }, consts), fixed: [...residuals, ...captured, ...primals] };
}

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
      const description = `vmap of ${params.name}`;
      const { residualCount, fixedCount, jaxpr } = params;
      const outs = bindAll(customLinP, xs, {
        ...params,
        jaxpr: jaxpr && batchedProgram(description, size, dims, jaxpr),
        outAvals: params.outAvals.map((a) => aval([size, ...a.shape], a.dtype)),
        backward: batchedBackward(description, size, dims.slice(0, residualCount), dims.slice(fixedCount), params.backward),
      });
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
