// The transpose of a loop that is linear in its carry: the same loop backwards. It carries the cotangent of the carry, and
// the sums of the cotangents of linear consts; cotangents of ys come in as xs, and those of linear xs leave as ys.

import type { NDArray } from "../../core/array.js";
import type { ClosedJaxpr } from "../../core/closed.js";
import { evaluateJaxpr } from "../../core/evaluate.js";
import { Linear, type Primitive, type Tangent, type TransposeOperand, Zero } from "../../core/primitive.js";
import { stage } from "../../core/staging.js";
import { bindAll } from "../../core/trace.js";
import { add } from "../../ops/arithmetic.js";
import { full } from "../../ops/layout.js";
import { instantiate } from "../jvp.js";
import { type Partial, bits, remembered, splitOfProgram, transposeOfProgram } from "../programs.js";
import { transposeMixed } from "../transpose.js";
import type { ScanParams } from "./params.js";
import { application, count, fixpoint, isZero, kept, opposite, parts } from "./programs.js";

const isLinear = (x: TransposeOperand): x is Linear => x instanceof Linear;

interface Backward {
  /** From `[known consts, sums, carry's cotangents, known xs, ys' cotangents]` to `[sums, carry's, xs' cotangents]`. */
  readonly program: ClosedJaxpr;
  readonly constsHave: readonly boolean[];
  readonly carryHas: readonly boolean[];
  readonly xsHave: readonly boolean[];
}

const backwardOfBody = remembered(
  (linear: readonly boolean[], hasCt: readonly boolean[], numConsts: number, numCarry: number) =>
    `${bits(linear)}:${bits(hasCt)}:${numConsts}:${numCarry}`,
  (jaxpr, linear: readonly boolean[], hasCt: readonly boolean[], numConsts: number, numCarry: number): Backward => {
    const [carryStarts, ysHave] = parts(hasCt, numCarry);
    const [constsLinear, , xsLinear] = parts(linear, numConsts, numCarry);
    const none = constsLinear.map(() => false);
    const formFor = (carry: readonly boolean[]): Partial => transposeOfProgram(jaxpr, linear, [...carry, ...ysHave], [...none, ...carry]);
    const carryHas = fixpoint(carryStarts, (carry) => formFor(carry).present.slice(numConsts, numConsts + numCarry));
    const { program, present } = formFor(carryHas);
    const [constsHave, , xsHave] = parts(present, numConsts, numCarry);
    const [consts, carry, xs] = parts(jaxpr.inAvals, numConsts, numCarry);
    const groups = [
      kept(consts, opposite(constsLinear)),
      kept(consts, constsHave),
      kept(carry, carryHas),
      kept(xs, opposite(xsLinear)),
      kept(jaxpr.outAvals.slice(numCarry), ysHave),
    ];
    const body = (...inputs: NDArray[]): readonly NDArray[] => {
      const [knownConsts, sums, carryCts, knownXs, ysCts] = parts(inputs, ...groups.map((g) => g.length));
      const found = evaluateJaxpr(program, [...knownConsts, ...knownXs, ...carryCts, ...ysCts]);
      return [...sums.map((sum, i) => add(sum, found[i])), ...found.slice(sums.length)];
    };
    return { program: stage("transpose of scan", groups.flat(), body), constsHave, carryHas, xsHave };
  },
);

export function transposeScan(
  self: Primitive<string, ScanParams>,
  cts: readonly Tangent[],
  operands: readonly TransposeOperand[],
  params: ScanParams,
  key: string,
): readonly (Tangent | null)[] {
  const { jaxpr, numConsts, numCarry } = params;
  const [consts, carry, xs] = parts(operands, numConsts, numCarry);
  const carryLinear = fixpoint(carry.map(isLinear), (mask) =>
    splitOfProgram(jaxpr, [...consts.map(isLinear), ...mask, ...xs.map(isLinear)], mask).isOutUnknown.slice(0, numCarry),
  );
  // A carry that no linear operand reaches belongs to a loop of its own, which runs first.
  if (carryLinear.includes(false)) {
    const avals = operands.map((x) => x.aval);
    return transposeMixed(application(jaxpr, self, params, avals, key), operands, cts);
  }
  const linear = [...consts.map(isLinear), ...carryLinear, ...xs.map(isLinear)];
  const hasCt = cts.map((ct) => !isZero(ct));
  const { program, constsHave, carryHas, xsHave } = backwardOfBody(jaxpr, linear, hasCt, numConsts, numCarry);
  const known = (list: readonly TransposeOperand[]): NDArray[] => list.filter((x): x is NDArray => !isLinear(x));
  const [carryCts, ysCts] = parts(cts, numCarry);
  const sums = kept(consts, constsHave).map(({ aval }) => full(aval.shape, 0, aval.dtype));
  const carried = [...sums, ...kept(carryCts, carryHas).map(instantiate)];
  const outs = bindAll(self, [...known(consts), ...carried, ...known(xs), ...ysCts.filter((ct): ct is NDArray => !isZero(ct))], {
    ...params,
    jaxpr: program,
    reverse: !params.reverse,
    numConsts: known(consts).length,
    numCarry: carried.length,
  });
  const [constOuts, carryOuts, xsOuts] = parts(outs, sums.length, count(carryHas));
  return [...ctsOf(consts, constsHave, constOuts), ...ctsOf(carry, carryHas, carryOuts), ...ctsOf(xs, xsHave, xsOuts)];
}

/** For each linear operand its cotangent, the next of those found or zero; for known ones nothing. */
export function ctsOf(operands: readonly TransposeOperand[], has: readonly boolean[], found: readonly NDArray[]): (Tangent | null)[] {
  let next = 0;
  return operands.map((x, i) => {
    const ct = has[i] ? found[next++] : new Zero(x.aval);
    return isLinear(x) ? ct : null;
  });
}
