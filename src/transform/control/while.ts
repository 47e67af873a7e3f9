// while: one program run as long as another says so, at most `maxSteps` times if that is given. Operands
// [...consts of the condition, ...consts of the body, ...carry], outputs: the final carry.

import type { Aval } from "../../core/aval.js";
import { aval } from "../../core/aval.js";
import { hasEffects } from "../../core/effects.js";
import { executableOf } from "../../core/executable.js";
import { type HostArray, type Primitive, type Pruned, primitive } from "../../core/primitive.js";
import { range } from "../../core/shape.js";
import type { WhileParams } from "./params.js";
import { checkOperands, concrete, count, fixpoint, needed, parts, programNumber, rearranged, runApplication } from "./programs.js";
import { batchWhile, jvpWhile } from "./whileForward.js";
import { linearizeWhile, transposeWhile } from "./whileReverse.js";

/** What of the parameters does not show in the body. */
const whileKey = ({ condJaxpr, condConsts, bodyConsts, maxSteps }: WhileParams): string =>
  [programNumber(condJaxpr), condConsts, bodyConsts, maxSteps].join();

function whileType(avals: readonly Aval[], { condJaxpr, bodyJaxpr, condConsts, bodyConsts }: WhileParams): readonly Aval[] {
  const carry = bodyJaxpr.outAvals;
  checkOperands("while", [...condJaxpr.inAvals.slice(0, condConsts), ...bodyJaxpr.inAvals], avals);
  checkOperands("while", bodyJaxpr.inAvals.slice(bodyConsts), carry);
  checkOperands("while", condJaxpr.inAvals.slice(condConsts), carry);
  checkOperands("while", [aval([], "bool")], condJaxpr.outAvals);
  return carry;
}

/** Without a loop in the compiled module: condition and body as compiled programs, in turns. */
function runWhile(inputs: readonly HostArray[], params: WhileParams, outs: readonly Aval[]): readonly HostArray[] {
  const { condJaxpr, bodyJaxpr, condConsts, bodyConsts, maxSteps = Infinity } = params;
  const [condition, body] = [executableOf(condJaxpr), executableOf(bodyJaxpr)];
  const avals = [...condJaxpr.inAvals.slice(0, condConsts), ...bodyJaxpr.inAvals];
  const [forCond, forBody, start] = parts(
    inputs.map((x, i) => concrete(x, avals[i])),
    condConsts,
    bodyConsts,
  );
  const [condArgs, bodyArgs] = [
    [...forCond, ...start],
    [...forBody, ...start],
  ];
  for (let step = 0; step < maxSteps && condition.run(condArgs)[0].data[0] !== 0; step++) {
    for (const [k, x] of body.run(bodyArgs).entries()) condArgs[condConsts + k] = bodyArgs[bodyConsts + k] = x;
  }
  return outs.map(({ shape, dtype }, k) => ({ data: bodyArgs[bodyConsts + k].data, shape, dtype }));
}

/** Carries that only feed themselves go, with what only they need. */
function pruneWhile(params: WhileParams, used: readonly boolean[]): Pruned<WhileParams> | undefined {
  const { condJaxpr, bodyJaxpr, condConsts, bodyConsts } = params;
  if (hasEffects(condJaxpr.jaxpr) || hasEffects(bodyJaxpr.jaxpr)) return undefined;
  const condition = needed(condJaxpr, [true]);
  const [readConsts, readCarry] = parts(condition.inputs, condConsts);
  const starts = used.map((u, i) => u || readCarry[i]);
  const carry = fixpoint(starts, (mask) => needed(bodyJaxpr, mask).inputs.slice(bodyConsts));
  if (!carry.includes(false)) return undefined;
  const { program, inputs } = needed(bodyJaxpr, carry);
  const usedConsts = inputs.slice(0, bodyConsts);
  const places = (mask: readonly boolean[]): number[] => range(0, mask.length).filter((i) => mask[i]);
  return {
    params: {
      ...params,
      condJaxpr: rearranged(condition.program, places([...readConsts, ...carry]), [0]),
      bodyJaxpr: rearranged(program, places([...usedConsts, ...carry]), range(0, count(carry))),
      condConsts: count(readConsts),
      bodyConsts: count(usedConsts),
    },
    inputs: [...readConsts, ...usedConsts, ...carry],
    outputs: carry,
  };
}

export const whileP: Primitive<"while", WhileParams> = primitive("while")<WhileParams>({
  type: whileType,
  derivative: {
    tag: "custom",
    jvp: (primals, tangents, params) => jvpWhile(whileP, primals, tangents, params),
    transpose: (cts, operands, params) => transposeWhile(cts, operands, params),
  },
  batch: { tag: "rule", rule: (size, xs, dims, params) => batchWhile(whileP, size, xs, dims, params) },
  linearize: (args, unknown, params, stage) => linearizeWhile(whileP, args, unknown, params, stage),
  prune: pruneWhile,
  reference: runWhile,
  evaluate: (args, params) => runApplication(params.bodyJaxpr, whileP, params, args, whileKey(params)),
});
