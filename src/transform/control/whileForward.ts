// Forward mode and batching of an open-ended loop. Tangents are carried beside values, and the condition never sees them.
// Where examples of a batch end at different times, the loop runs until all have ended, and those that have keep their carry.

import type { NDArray } from "../../core/array.js";
import type { ClosedJaxpr } from "../../core/closed.js";
import { evaluateJaxpr } from "../../core/evaluate.js";
import type { BatchDim, Primitive, Tangent } from "../../core/primitive.js";
import { aval } from "../../core/aval.js";
import { range } from "../../core/shape.js";
import { stage } from "../../core/staging.js";
import { bindAll } from "../../core/trace.js";
import { broadcastInDim } from "../../ops/layout.js";
import { reduceOr } from "../../ops/reduce.js";
import { select } from "../../ops/select.js";
import { materializeBatch } from "../batch.js";
import { instantiate } from "../jvp.js";
import { batchOfProgram, bits, jvpOfProgram, remembered } from "../programs.js";
import type { WhileParams } from "./params.js";
import { count, fixpoint, isZero, kept, parts, programNumber, rearranged, widened } from "./programs.js";
import { tangentsOf } from "./scanJvp.js";

type Self = Primitive<string, WhileParams>;

export function jvpWhile(
  self: Self,
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  params: WhileParams,
): readonly [readonly NDArray[], readonly Tangent[]] {
  const { condJaxpr, bodyJaxpr, condConsts, bodyConsts } = params;
  const [, dconsts, dcarry] = parts(tangents, condConsts, bodyConsts);
  const constsHave = dconsts.map((t) => !isZero(t));
  const formFor = (carry: readonly boolean[]) => jvpOfProgram(bodyJaxpr, [...constsHave, ...carry], carry);
  const has = fixpoint(
    dcarry.map((t) => !isZero(t)),
    (carry) => formFor(carry).present,
  );
  const carried = count(has);
  const total = bodyConsts + dcarry.length;
  const order = [
    ...range(0, bodyConsts),
    ...range(total, total + count(constsHave)),
    ...range(bodyConsts, total),
    ...range(total + count(constsHave), total + count(constsHave) + carried),
  ];
  const avals = condJaxpr.inAvals;
  const given = dconsts.filter((t): t is NDArray => !isZero(t));
  const [forCond, forBody, carry] = parts(primals, condConsts, bodyConsts);
  const outs = bindAll(self, [...forCond, ...forBody, ...given, ...carry, ...kept(dcarry, has).map(instantiate)], {
    ...params,
    condJaxpr: widened(condJaxpr, [...avals, ...kept(avals.slice(condConsts), has)], range(0, avals.length)),
    bodyJaxpr: rearranged(formFor(has).program, order, range(0, has.length + carried)),
    bodyConsts: bodyConsts + given.length,
  });
  const values = outs.slice(0, has.length);
  return [values, tangentsOf(values, has, outs.slice(has.length))];
}

export function batchWhile(
  self: Self,
  size: number,
  operands: readonly NDArray[],
  dims: readonly BatchDim[],
  params: WhileParams,
): readonly [readonly NDArray[], readonly BatchDim[]] {
  const { condJaxpr, bodyJaxpr, condConsts, bodyConsts } = params;
  const [condDims, bodyDims, carryDims] = parts(dims, condConsts, bodyConsts);
  const atFront = (mask: readonly boolean[]): BatchDim[] => mask.map((b) => (b ? 0 : null));
  const condFor = (mask: readonly boolean[]) => batchOfProgram(condJaxpr, size, [...condDims, ...atFront(mask)], []);
  const bodyFor = (mask: readonly boolean[]) => batchOfProgram(bodyJaxpr, size, [...bodyDims, ...atFront(mask)], mask);
  const { invars, outvars } = bodyJaxpr.jaxpr;
  const batched = fixpoint(
    carryDims.map((dim) => dim !== null),
    (mask) => {
      // Where the batched condition stops an example, all that the body changes is the example's own.
      const differs = condFor(mask).outDims[0] !== null;
      return bodyFor(mask).outDims.map((dim, i) => dim !== null || (differs && outvars[i] !== invars[bodyConsts + i]));
    },
  );
  const [forCond, forBody, carry] = parts(operands, condConsts, bodyConsts);
  const carried = carry.map((x, i) => (batched[i] ? materializeBatch(size, x, carryDims[i], 0) : x));
  const condition = condFor(batched);
  const differs = condition.outDims[0] !== null;
  const next = bodyFor(batched).program;
  const results = differs
    ? bindAll(self, [...forCond, ...forCond, ...forBody, ...carried], {
        ...params,
        condJaxpr: whileAny(condition.program),
        bodyJaxpr: selective(next, condition.program, condConsts, batched),
        bodyConsts: condConsts + bodyConsts,
      })
    : bindAll(self, [...forCond, ...forBody, ...carried], { ...params, condJaxpr: condition.program, bodyJaxpr: next });
  return [results, atFront(batched)];
}

/** Whether any example goes on. */
const whileAny = remembered(
  () => "any",
  (condition) => stage("vmap of while", condition.inAvals, (...xs) => [reduceOr(evaluateJaxpr(condition, xs)[0])]),
);

/** The body on a batch, examples that have ended keeping their carry; the condition's consts come before its own. */
const selective = remembered(
  (condition: ClosedJaxpr, condConsts: number, batched: readonly boolean[]) => `${programNumber(condition)}:${condConsts}:${bits(batched)}`,
  (body, condition: ClosedJaxpr, condConsts: number, batched: readonly boolean[]) => {
    const bodyConsts = body.jaxpr.invars.length - batched.length;
    const avals = [...condition.inAvals.slice(0, condConsts), ...body.inAvals].map((a) => aval(a.shape, a.dtype));
    return stage("vmap of while", avals, (...xs) => {
      const [forCond, forBody, carry] = parts(xs, condConsts, bodyConsts);
      const [goesOn] = evaluateJaxpr(condition, [...forCond, ...carry]);
      const next = evaluateJaxpr(body, [...forBody, ...carry]);
      return next.map((y, i) => (batched[i] && y !== carry[i] ? select(broadcastInDim(goesOn, y.shape, [0]), y, carry[i]) : y));
    });
  },
);
