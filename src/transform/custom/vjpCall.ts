// The primitive under `customVjp`: `custom_vjp_call`, the function. Differentiated, it runs the forward rule and leaves
// `custom_lin`. Where a JVP was given too, the derivative is a call of that rule's program, values and tangents at once; only
// where it is linearised does the forward rule run, and then the program of the tangents stands in `custom_lin`.

import type { NDArray } from "../../core/array.js";
import { strong } from "../../core/aval.js";
import { ClosedJaxpr } from "../../core/closed.js";
import { isFloat } from "../../core/dtype.js";
import { evaluateJaxpr } from "../../core/evaluate.js";
import { Var } from "../../core/jaxpr.js";
import { type BatchDim, type Primitive, type Stage, type Tangent, Zero, primitive } from "../../core/primitive.js";
import { stage as stageProgram } from "../../core/staging.js";
import { bindAll } from "../../core/trace.js";
import { callType, jitP, transposeCall } from "../calls.js";
import { closeOver } from "../jit.js";
import { instantiate, jvpFlat } from "../jvp.js";
import { silentPart } from "../programs.js";
import { checkCaptured } from "./arguments.js";
import { batchedForward, batchedJvp, batchedProgram } from "./batched.js";
import { type CustomCallParams, programOf, runCustom } from "./jvpCall.js";
import { type LinParams, batchLin, customLinP, linParams } from "./linCall.js";
import { type FlatForward, type FlatJvp, present, refilled } from "./rules.js";

export interface VjpCallParams extends CustomCallParams {
  readonly forward: FlatForward;
  readonly jvp: FlatJvp | undefined;
  /** Of a derivative by the JVP rule: the program is the rule's. */
  readonly primal?: PrimalPart;
}

/** Operands `[...primals, ...captured, ...tangents]`, results `[...values, ...tangents of the floats among them]`. */
interface PrimalPart {
  readonly hasTangent: readonly boolean[];
  /** Primals, and what the JVP rule closes over. */
  readonly fixed: number;
  readonly results: number;
}

/** The values of a derivative, and the application of `custom_lin` that gives the tangents. */
interface Cut {
  readonly outs: readonly NDArray[];
  readonly operands: readonly NDArray[];
  readonly lin: LinParams;
}

const isZero = (t: Tangent): t is Zero => t instanceof Zero;

export const customVjpCallP: Primitive<"custom_vjp_call", VjpCallParams> = primitive("custom_vjp_call")<VjpCallParams>({
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
  hidden: () => ["captured", "forward", "jvp", "primal", "refusal"],
});

function jvpOfCall(
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  params: VjpCallParams,
): readonly [readonly NDArray[], readonly Tangent[]] {
  const { name, captured, forward, jvp } = params;
  if (params.primal !== undefined) {
    const program = programOf(params);
    return jvpFlat(`jvp of ${name}`, (...xs) => evaluateJaxpr(program, xs), primals, tangents);
  }
  checkCaptured(`customVjp of ${name}`, captured, tangents);
  if (jvp !== undefined) return callJvp(params, jvp, primals, tangents);
  const { outs, residuals, backward } = forward(primals);
  const lin = linParams(
    name,
    backward,
    outs,
    tangents.map((t) => !isZero(t)),
  );
  const outTangents = bindAll(customLinP, [...residuals, ...present(tangents)], {
    ...lin,
    jaxpr: undefined,
    residualCount: residuals.length,
    fixedCount: residuals.length,
  });
  return [outs, withZeros(outs, outTangents)];
}

/** Values and tangents by the JVP rule, in one call. */
function callJvp(
  params: VjpCallParams,
  jvp: FlatJvp,
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
): readonly [readonly NDArray[], readonly Tangent[]] {
  const { jaxpr, captured, results } = jvpProgram(params.name, jvp, primals, tangents);
  const fixed = [...primals, ...captured];
  const found = bindAll(customVjpCallP, [...fixed, ...present(tangents)], {
    ...params,
    jaxpr,
    jvp: undefined,
    primal: { hasTangent: tangents.map((t) => !isZero(t)), fixed: fixed.length, results },
  });
  const outs = found.slice(0, results);
  return [outs, withZeros(outs, found.slice(results))];
}

/** The tangents of all outputs, from those of the floats. */
function withZeros(outs: readonly NDArray[], floats: readonly NDArray[]): readonly Tangent[] {
  let next = 0;
  return outs.map((y) => (isFloat(y.dtype) ? floats[next++] : new Zero(strong(y.aval))));
}

/** Cuts a derivative by the JVP rule: the forward rule gives the values, and `custom_lin`, by its parameters, the tangents. */
function cut(args: readonly NDArray[], params: VjpCallParams, { hasTangent, fixed, results }: PrimalPart): Cut {
  const { outs, residuals, backward } = params.forward(args.slice(0, hasTangent.length));
  const program = programOf(params);
  const { jaxpr, consts } = silentPart(
    program,
    program.outAvals.map((_, i) => i >= results),
  );
  const unread = residuals.map((x) => new Var(strong(x.aval)));
  return {
    outs,
    operands: [...residuals, ...args],
    lin: {
      ...linParams(params.name, backward, outs, hasTangent),
      jaxpr: new ClosedJaxpr({ ...jaxpr, invars: [...unread, ...jaxpr.invars] }, consts),
      residualCount: residuals.length,
      fixedCount: residuals.length + fixed,
    },
  };
}

function linearizeCall(args: readonly NDArray[], unknown: readonly boolean[], params: VjpCallParams, stage: Stage): readonly NDArray[] {
  const { primal } = params;
  if (primal === undefined || unknown.slice(0, primal.fixed).includes(true)) return stage(customVjpCallP, args, params);
  const { outs, operands, lin } = cut(args, params, primal);
  return [...outs, ...stage(customLinP, operands, lin)];
}

function batchCall(
  size: number,
  xs: readonly NDArray[],
  dims: readonly BatchDim[],
  params: VjpCallParams,
): readonly [readonly NDArray[], readonly BatchDim[]] {
  const { primal, forward, jvp } = params;
  if (primal !== undefined && dims.slice(0, primal.fixed).every((dim) => dim === null)) {
    // Many tangents at one point: its values are no batch.
    const { outs, operands, lin } = cut(xs, params, primal);
    const tangents = batchLin(size, operands, [...operands.slice(xs.length).map(() => null), ...dims], lin);
    return [
      [...outs, ...tangents],
      [...outs.map(() => null), ...tangents.map(() => 0)],
    ];
  }
  const description = `vmap of ${params.name}`;
  const outs = bindAll(customVjpCallP, xs, {
    ...params,
    jaxpr: batchedProgram(description, size, dims, programOf(params)),
    forward: batchedForward(description, size, dims.slice(0, primal?.hasTangent.length), forward),
    jvp: jvp && batchedJvp(description, size, dims, jvp),
  });
  return [outs, outs.map(() => 0)];
}

/** The program of a JVP rule, from primals, what the rule closes over, and tangents. */
function jvpProgram(
  name: string,
  jvp: FlatJvp,
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
): { readonly jaxpr: ClosedJaxpr; readonly captured: readonly NDArray[]; readonly results: number } {
  const given = [...primals, ...present(tangents)];
  const p = primals.length;
  let results = 0;
  const staged = stageProgram(
    `jvp of ${name}`,
    given.map((x) => strong(x.aval)),
    (...xs) => {
      const [outs, outTangents] = jvp(xs.slice(0, p), refilled(tangents, xs.slice(p)));
      results = outs.length;
      return [...outs, ...outTangents.filter((_, i) => isFloat(outs[i].dtype)).map(instantiate)];
    },
  );
  const { program, captured } = closeOver(staged);
  const { jaxpr, consts } = program;
  const c = captured.length;
  const invars = [...jaxpr.invars.slice(c, c + p), ...jaxpr.invars.slice(0, c), ...jaxpr.invars.slice(c + p)];
  return { jaxpr: new ClosedJaxpr({ ...jaxpr, invars }, consts), captured, results };
}
