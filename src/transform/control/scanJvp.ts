// Forward mode through a loop: one scan that carries values and tangents side by side. A carry has a tangent if its first
// value has one, or any turn of the body gives it one: a fixed point over the carry.

import type { NDArray } from "../../core/array.js";
import { strong } from "../../core/aval.js";
import type { ClosedJaxpr } from "../../core/closed.js";
import { type Primitive, type Tangent, Zero } from "../../core/primitive.js";
import { range } from "../../core/shape.js";
import { bindAll } from "../../core/trace.js";
import { instantiate } from "../jvp.js";
import { bits, jvpOfProgram, remembered } from "../programs.js";
import type { ScanParams } from "./params.js";
import { count, fixpoint, isZero, kept, parts, rearranged } from "./programs.js";

interface ScanJvp {
  /** From `[consts, their tangents, carry, its tangents, xs, their tangents]` to `[carry, tangents, ys, tangents]`. */
  readonly program: ClosedJaxpr;
  readonly carryHas: readonly boolean[];
  readonly ysHave: readonly boolean[];
}

/** The body's derivative, for a loop whose operands have the tangents marked. */
const jvpOfBody = remembered(
  (has: readonly boolean[], numConsts: number, numCarry: number) => `${bits(has)}:${numConsts}:${numCarry}`,
  (jaxpr, has: readonly boolean[], numConsts: number, numCarry: number): ScanJvp => {
    const [constsHave, carryStarts, xsHave] = parts(has, numConsts, numCarry);
    const formFor = (carry: readonly boolean[]) => jvpOfProgram(jaxpr, [...constsHave, ...carry, ...xsHave], carry);
    const carryHas = fixpoint(carryStarts, (carry) => formFor(carry).present.slice(0, numCarry));
    const { program, present } = formFor(carryHas);
    const ysHave = present.slice(numCarry);
    const [ins, outs] = [jaxpr.jaxpr.invars.length, jaxpr.jaxpr.outvars.length];
    const order = interleaved([numConsts, numCarry, xsHave.length], [count(constsHave), count(carryHas), count(xsHave)], ins);
    const outOrder = interleaved([numCarry, ysHave.length], [count(carryHas), count(ysHave)], outs);
    return { program: rearranged(program, order, outOrder), carryHas, ysHave };
  },
);

/** Places of groups of values and groups of tangents, which stand one after the other, taken in turns. */
function interleaved(values: readonly number[], tangents: readonly number[], total: number): number[] {
  let [value, tangent] = [0, total];
  return values.flatMap((n, k) => [...range(value, (value += n)), ...range(tangent, (tangent += tangents[k]))]);
}

export function jvpScan(
  self: Primitive<string, ScanParams>,
  primals: readonly NDArray[],
  tangents: readonly Tangent[],
  params: ScanParams,
): readonly [readonly NDArray[], readonly Tangent[]] {
  const { jaxpr, numConsts, numCarry } = params;
  const { program, carryHas, ysHave } = jvpOfBody(
    jaxpr,
    tangents.map((t) => !isZero(t)),
    numConsts,
    numCarry,
  );
  const [consts, carry, xs] = parts(primals, numConsts, numCarry);
  const [dconsts, dcarry, dxs] = parts(tangents, numConsts, numCarry);
  const given = (ts: readonly Tangent[]): readonly NDArray[] => ts.filter((t): t is NDArray => !isZero(t));
  const [constsIn, carryIn] = [
    [...consts, ...given(dconsts)],
    [...carry, ...kept(dcarry, carryHas).map(instantiate)],
  ];
  const outs = bindAll(self, [...constsIn, ...carryIn, ...xs, ...given(dxs)], {
    ...params,
    jaxpr: program,
    numConsts: constsIn.length,
    numCarry: carryIn.length,
  });
  const [carryOut, dcarryOut, ys, dys] = parts(outs, numCarry, count(carryHas), ysHave.length);
  return [
    [...carryOut, ...ys],
    [...tangentsOf(carryOut, carryHas, dcarryOut), ...tangentsOf(ys, ysHave, dys)],
  ];
}

/** A tangent for each value: the next of those that there are, or zero. */
export function tangentsOf(values: readonly NDArray[], has: readonly boolean[], tangents: readonly NDArray[]): Tangent[] {
  let next = 0;
  return values.map((y, i) => (has[i] ? tangents[next++] : new Zero(strong(y.aval))));
}
