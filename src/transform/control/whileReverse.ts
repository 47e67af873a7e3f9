// Linearisation and transposition of an open-ended loop. With a bound on its steps it is a scan of that many steps, each of
// which does nothing once the condition fails; without one nothing can be kept for the way back.

import type { NDArray } from "../../core/array.js";
import { aval } from "../../core/aval.js";
import type { ClosedJaxpr } from "../../core/closed.js";
import { withoutEffects } from "../../core/effects.js";
import { NotDifferentiableError } from "../../core/errors.js";
import { evaluateJaxpr } from "../../core/evaluate.js";
import type { Primitive, Stage, Tangent, TransposeOperand } from "../../core/primitive.js";
import { stage as stageProgram } from "../../core/staging.js";
import { bindAll } from "../../core/trace.js";
import { convertElementType } from "../../ops/convert.js";
import { remembered, splitOfProgram } from "../programs.js";
import { condP } from "./cond.js";
import type { ScanParams, WhileParams } from "./params.js";
import { count, fixpoint, kept, merged, needed, opposite, parts, programNumber } from "./programs.js";
import { scanKey, scanP } from "./scan.js";
import { transposeScan } from "./scanTranspose.js";

/** The body of the scan: a step where the condition holds, else the carry as it is. */
const guardedBody = remembered(
  (condJaxpr: ClosedJaxpr, condConsts: number, bodyConsts: number) => `${programNumber(condJaxpr)}:${condConsts}:${bodyConsts}`,
  (bodyJaxpr, condJaxpr: ClosedJaxpr, condConsts: number, bodyConsts: number): ClosedJaxpr => {
    const avals = [...condJaxpr.inAvals.slice(0, condConsts), ...bodyJaxpr.inAvals].map((a) => aval(a.shape, a.dtype));
    const idle = stageProgram("while", bodyJaxpr.inAvals, (...xs) => xs.slice(bodyConsts));
    return stageProgram("while", avals, (...xs) => {
      const [forCond, forBody, carry] = parts(xs, condConsts, bodyConsts);
      const [goesOn] = evaluateJaxpr(condJaxpr, [...forCond, ...carry]);
      return bindAll(condP, [convertElementType(goesOn, "int32"), ...forBody, ...carry], { branches: [idle, bodyJaxpr] });
    });
  },
);

const asScan = ({ condJaxpr, bodyJaxpr, condConsts, bodyConsts }: WhileParams, maxSteps: number): ScanParams => ({
  jaxpr: guardedBody(bodyJaxpr, condJaxpr, condConsts, bodyConsts),
  length: maxSteps,
  reverse: false,
  unroll: 1,
  numConsts: condConsts + bodyConsts,
  numCarry: bodyJaxpr.jaxpr.outvars.length,
});

export function linearizeWhile(
  self: Primitive<string, WhileParams>,
  args: readonly NDArray[],
  unknown: readonly boolean[],
  params: WhileParams,
  stage: Stage,
): readonly NDArray[] {
  const { condJaxpr, bodyJaxpr, condConsts, bodyConsts, maxSteps } = params;
  const [unknownCond, unknownBody, starts] = parts(unknown, condConsts, bodyConsts);
  const carry = fixpoint(starts, (mask) => splitOfProgram(bodyJaxpr, [...unknownBody, ...mask], mask).isOutUnknown);
  const condition = splitOfProgram(condJaxpr, [...unknownCond, ...carry]);
  if (condition.isOutUnknown[0]) return stage(self, args, params);
  if (maxSteps !== undefined) return linearizeBounded(args, unknown, params, maxSteps, stage);
  const isKnown = opposite(carry);
  const [givenCond, givenBody] = [opposite(unknownCond), opposite(unknownBody)];
  // The known carries are a loop of their own, with all effects; the unknown part runs the whole loop again, forward.
  const { known } = splitOfProgram(bodyJaxpr, [...unknownBody, ...carry], carry);
  const withoutResiduals = known.jaxpr.outvars.map((_, i) => i < count(isKnown));
  const [forCond, forBody, carried] = parts(args, condConsts, bodyConsts);
  if (!isKnown.includes(true)) return stage(self, args, params);
  const outs = bindAll(self, [...kept(forCond, givenCond), ...kept(forBody, givenBody), ...kept(carried, isKnown)], {
    condJaxpr: condition.known,
    bodyJaxpr: needed(known, withoutResiduals).program,
    condConsts: count(givenCond),
    bodyConsts: count(givenBody),
  });
  const again = { ...params, condJaxpr: withoutEffects(condJaxpr), bodyJaxpr: withoutEffects(bodyJaxpr) };
  return merged(carry, outs, kept(stage(self, args, again), carry));
}

const linearizeBounded = (
  args: readonly NDArray[],
  unknown: readonly boolean[],
  params: WhileParams,
  maxSteps: number,
  stage: Stage,
): readonly NDArray[] => scanP.linearize?.(args, unknown, asScan(params, maxSteps), stage) ?? [];

export function transposeWhile(
  cts: readonly Tangent[],
  operands: readonly TransposeOperand[],
  params: WhileParams,
): readonly (Tangent | null)[] {
  const { maxSteps } = params;
  if (maxSteps === undefined) throw unbounded();
  const scan = asScan(params, maxSteps);
  return transposeScan(scanP, cts, operands, scan, scanKey(scan));
}

const unbounded = (): NotDifferentiableError =>
  new NotDifferentiableError({
    op: "whileLoop",
    expected: "a bound on the number of steps: reverse mode keeps something of every step",
    received: "a loop without one (a whileLoop, or a foriLoop with traced bounds)",
    remedy:
      "give whileLoop the option { maxSteps }, use foriLoop with bounds that are numbers, or scan; forward mode (jvp, jacfwd) needs no bound",
  });
