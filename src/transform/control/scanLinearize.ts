// Linearisation of a loop: the known loop is bound now, in the trace outside, and the unknown one staged, reading the
// residuals. See scanSplit.ts for how the body is cut.

import type { NDArray } from "../../core/array.js";
import type { ClosedJaxpr } from "../../core/closed.js";
import { hasEffects } from "../../core/effects.js";
import { evaluateJaxpr } from "../../core/evaluate.js";
import type { Primitive, Stage } from "../../core/primitive.js";
import { range } from "../../core/shape.js";
import { bindAll } from "../../core/trace.js";
import { bits, remembered } from "../programs.js";
import type { ScanParams } from "./params.js";
import { count, kept, merged, opposite, parts, rearranged } from "./programs.js";
import { type Residual, splitOfBody } from "./scanSplit.js";

/** The body with those carries as consts that no turn changes, so that what depends on them alone is computed once. */
const withoutIdleCarries = remembered(
  (numConsts: number, idle: readonly boolean[]) => `${numConsts}:${bits(idle)}`,
  (jaxpr, numConsts: number, idle: readonly boolean[]): ClosedJaxpr => {
    const { invars, outvars } = jaxpr.jaxpr;
    return rearranged(
      jaxpr,
      idleFirst(range(0, invars.length), numConsts, idle),
      range(0, outvars.length).filter((i) => !idle[i]),
    );
  },
);

/** A list over all operands, idle carries moved to the end of the consts. */
function idleFirst<T>(list: readonly T[], numConsts: number, idle: readonly boolean[]): T[] {
  const [consts, carry, xs] = parts(list, numConsts, idle.length);
  return [...consts, ...kept(carry, idle), ...kept(carry, opposite(idle)), ...xs];
}

export function linearizeScan(
  self: Primitive<string, ScanParams>,
  args: readonly NDArray[],
  unknown: readonly boolean[],
  params: ScanParams,
  stage: Stage,
): readonly NDArray[] {
  const { jaxpr, numConsts, numCarry } = params;
  const { invars, outvars } = jaxpr.jaxpr;
  const idle = range(0, numCarry).map((i) => outvars[i] === invars[numConsts + i]);
  if (!idle.includes(true)) return linearizeActive(self, args, unknown, params, stage);
  const outs = linearizeActive(
    self,
    idleFirst(args, numConsts, idle),
    idleFirst(unknown, numConsts, idle),
    {
      ...params,
      jaxpr: withoutIdleCarries(jaxpr, numConsts, idle),
      numConsts: numConsts + count(idle),
      numCarry: count(opposite(idle)),
    },
    stage,
  );
  const [carry, ys] = parts(outs, count(opposite(idle)));
  return [...merged(idle, carry, kept(args.slice(numConsts), idle)), ...ys];
}

function linearizeActive(
  self: Primitive<string, ScanParams>,
  args: readonly NDArray[],
  unknown: readonly boolean[],
  params: ScanParams,
  stage: Stage,
): readonly NDArray[] {
  const { jaxpr, numConsts, numCarry } = params;
  const split = splitOfBody(jaxpr, unknown, numConsts, numCarry);
  const [consts, carry, xs] = parts(args, numConsts, numCarry);
  const [unknownConsts, , unknownXs] = parts(unknown, numConsts, numCarry);
  const before = evaluateJaxpr(split.before, kept(consts, opposite(unknownConsts)));
  const values = { operand: args, before, ys: [] as readonly NDArray[] };
  const valueOf = ({ of, index }: Residual): NDArray => values[of][index];
  if (split.known.jaxpr.outvars.length > 0 || hasEffects(split.known.jaxpr)) {
    const operands = [...split.knownConsts.map(valueOf), ...kept(carry, split.knownCarry), ...kept(xs, opposite(unknownXs))];
    values.ys = bindAll(self, operands, {
      ...params,
      jaxpr: split.known,
      numConsts: split.knownConsts.length,
      numCarry: count(split.knownCarry),
    });
  }
  const fixed = [...split.fixed.map(valueOf), ...kept(consts, unknownConsts)];
  const carried = kept(carry, opposite(split.knownCarry));
  const staged = stage(self, [...fixed, ...carried, ...split.moving.map(valueOf), ...kept(xs, unknownXs)], {
    ...params,
    jaxpr: split.unknown,
    numConsts: fixed.length,
    numCarry: carried.length,
  });
  return merged(split.isOutUnknown, values.ys, staged);
}
