// scan: one program run `length` times, its carry handed on from step to step, its xs read and its ys written slice by
// slice along a leading axis. Operands [...consts, ...carry, ...xs], outputs [...final carry, ...ys].

import { ConcreteArray } from "../../core/array.js";
import { type Aval, aval } from "../../core/aval.js";
import { hasEffects } from "../../core/effects.js";
import { type TypedArray, typedArray } from "../../core/dtype.js";
import { executableOf } from "../../core/executable.js";
import { type HostArray, type Primitive, type Pruned, primitive } from "../../core/primitive.js";
import { sizeOf } from "../../core/shape.js";
import type { ScanParams } from "./params.js";
import { checkOperands, concrete, count, fixpoint, needed, parts, rearranged, runApplication } from "./programs.js";
import { batchScan } from "./scanBatch.js";
import { jvpScan } from "./scanJvp.js";
import { linearizeScan } from "./scanLinearize.js";
import { transposeScan } from "./scanTranspose.js";

/** What of the parameters does not show in the program inside. */
export const scanKey = ({ length, reverse, unroll, numConsts, numCarry }: ScanParams): string =>
  [length, reverse, unroll, numConsts, numCarry].join();

const stacked = (a: Aval, length: number): Aval => aval([length, ...a.shape], a.dtype);

function scanType(avals: readonly Aval[], { jaxpr, length, numConsts, numCarry }: ScanParams): readonly Aval[] {
  const [consts, carry, slices] = parts(jaxpr.inAvals, numConsts, numCarry);
  checkOperands("scan", [...consts, ...carry, ...slices.map((a) => stacked(a, length))], avals);
  const [carryOut, ys] = parts(jaxpr.outAvals, numCarry);
  checkOperands("scan", carry, carryOut);
  return [...carry, ...ys.map((a) => stacked(a, length))];
}

/** Without a loop in the compiled module: step by step, the body as a compiled program. */
function runScan(inputs: readonly HostArray[], params: ScanParams, outs: readonly Aval[]): readonly HostArray[] {
  const { jaxpr, length, reverse, numConsts, numCarry } = params;
  const body = executableOf(jaxpr);
  const avals = jaxpr.inAvals;
  const first = numConsts + numCarry;
  const args = inputs.slice(0, first).map((x, i) => concrete(x, avals[i]));
  const xs = inputs.slice(first).map(({ data }, k) => ({ data, aval: avals[first + k], size: sizeOf(avals[first + k].shape) }));
  const ys = outs.slice(numCarry).map((a): TypedArray => typedArray(a.dtype, sizeOf(a.shape)));
  for (let step = 0; step < length; step++) {
    const i = reverse ? length - 1 - step : step;
    for (const [k, { data, aval: a, size }] of xs.entries())
      args[first + k] = new ConcreteArray(a, data.subarray(i * size, (i + 1) * size));
    const results = body.run(args);
    for (let k = 0; k < numCarry; k++) args[numConsts + k] = results[k];
    for (const [k, y] of ys.entries()) y.set(results[numCarry + k].data, (i * y.length) / length);
  }
  return outs.map(({ shape, dtype }, k) =>
    k < numCarry ? { data: args[numConsts + k].data, shape, dtype } : { data: ys[k - numCarry], shape, dtype },
  );
}

/** Ys that nobody reads go, and carries that only feed themselves, with what only they need. */
function pruneScan(params: ScanParams, used: readonly boolean[]): Pruned<ScanParams> | undefined {
  const { jaxpr, numConsts, numCarry } = params;
  if (hasEffects(jaxpr.jaxpr)) return undefined;
  const [usedCarry, usedYs] = parts(used, numCarry);
  const readBy = (mask: readonly boolean[]): readonly boolean[] => needed(jaxpr, [...mask, ...usedYs]).inputs;
  const carry = fixpoint(usedCarry, (mask) => readBy(mask).slice(numConsts, numConsts + numCarry));
  const outputs = [...carry, ...usedYs];
  const inputs = readBy(carry).map((read, i) => (i >= numConsts && i < numConsts + numCarry ? carry[i - numConsts] : read));
  if (!outputs.includes(false)) return undefined;
  const { program } = needed(jaxpr, outputs);
  const places = [...inputs.keys()].filter((i) => inputs[i]);
  const counts = { numConsts: count(inputs.slice(0, numConsts)), numCarry: count(carry) };
  return { params: { ...params, ...counts, jaxpr: rearranged(program, places, [...program.jaxpr.outvars.keys()]) }, inputs, outputs };
}

export const scanP: Primitive<"scan", ScanParams> = primitive("scan")<ScanParams>({
  type: scanType,
  derivative: {
    tag: "custom",
    jvp: (primals, tangents, params) => jvpScan(scanP, primals, tangents, params),
    transpose: (cts, operands, params) => transposeScan(scanP, cts, operands, params, scanKey(params)),
  },
  batch: { tag: "rule", rule: (size, xs, dims, params) => batchScan(scanP, size, xs, dims, params) },
  linearize: (args, unknown, params, stage) => linearizeScan(scanP, args, unknown, params, stage),
  prune: pruneScan,
  reference: runScan,
  evaluate: (args, params) => runApplication(params.jaxpr, scanP, params, args, scanKey(params)),
});
