// cond: one of several programs of one type, chosen by an index that is clamped to them. Operands [index, ...operands].

import type { Aval } from "../../core/aval.js";
import { showAval } from "../../core/aval.js";
import { hasEffects } from "../../core/effects.js";
import { JaxprError } from "../../core/errors.js";
import { executableOf } from "../../core/executable.js";
import { type HostArray, type Primitive, type Pruned, primitive } from "../../core/primitive.js";
import { range } from "../../core/shape.js";
import { batchCond, jvpCond, linearizeCond, transposeCond } from "./condRules.js";
import type { CondParams } from "./params.js";
import { checkOperands, concrete, needed, programNumber, rearranged, runApplication } from "./programs.js";

/** What of the parameters does not show in the first branch. */
export const condKey = ({ branches }: CondParams): string => branches.map(programNumber).join();

function condType([index, ...operands]: readonly Aval[], { branches }: CondParams): readonly Aval[] {
  if (index.dtype !== "int32" || index.shape.length > 0) {
    throw new JaxprError({
      op: "cond",
      expected: "an index int32[]",
      received: showAval(index),
      remedy: "this is a fault of the library: please report the program",
    });
  }
  for (const branch of branches) {
    checkOperands("cond", branch.inAvals, operands);
    checkOperands("cond", branches[0].outAvals, branch.outAvals);
  }
  return branches[0].outAvals;
}

/** Without a choice in the compiled module: the branch as a compiled program. */
function runCond([index, ...operands]: readonly HostArray[], { branches }: CondParams): readonly HostArray[] {
  const branch = branches[Math.min(Math.max(index.data[0], 0), branches.length - 1)];
  const avals = branch.inAvals;
  return executableOf(branch).run(operands.map((x, i) => concrete(x, avals[i])));
}

/** Outputs that nobody reads go, and operands that no branch reads any more. */
function pruneCond({ branches }: CondParams, used: readonly boolean[]): Pruned<CondParams> | undefined {
  if (branches.some(({ jaxpr }) => hasEffects(jaxpr))) return undefined;
  const forms = branches.map((branch) => needed(branch, used));
  const reads = forms[0].inputs.map((_, i) => forms.some(({ inputs }) => inputs[i]));
  const places = [...reads.keys()].filter((i) => reads[i]);
  const outs = range(0, forms[0].program.jaxpr.outvars.length);
  return { params: { branches: forms.map(({ program }) => rearranged(program, places, outs)) }, inputs: [true, ...reads], outputs: used };
}

export const condP: Primitive<"cond", CondParams> = primitive("cond")<CondParams>({
  type: condType,
  derivative: {
    tag: "custom",
    jvp: (primals, tangents, params) => jvpCond(condP, primals, tangents, params),
    transpose: (cts, operands, params) => transposeCond(condP, cts, operands, params),
  },
  batch: { tag: "rule", rule: (size, xs, dims, params) => batchCond(condP, size, xs, dims, params) },
  linearize: (args, unknown, params, stage) => linearizeCond(condP, args, unknown, params, stage, condKey(params)),
  prune: pruneCond,
  reference: runCond,
  evaluate: (args, params) => runApplication(params.branches[0], condP, params, args, condKey(params)),
});
