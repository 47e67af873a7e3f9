// Loops and branches step by step, with the programs inside run by whatever runs programs: noise goes into every operation
// of every turn.

import type { ClosedJaxpr } from "../../src/core/closed.js";
import { typedArray } from "../../src/core/dtype.js";
import type { Equation } from "../../src/core/jaxpr.js";
import type { HostArray } from "../../src/core/primitive.js";
import { sizeOf } from "../../src/core/shape.js";
import type { CondParams, ScanParams, WhileParams } from "../../src/transform/control/params.js";

type Run = (program: ClosedJaxpr, args: readonly HostArray[]) => readonly HostArray[];

function scan({ params, outputs }: Equation, args: readonly HostArray[], run: Run): readonly HostArray[] {
  const { jaxpr, length, reverse, numConsts, numCarry } = params as ScanParams;
  const consts = args.slice(0, numConsts);
  let carry = args.slice(numConsts, numConsts + numCarry);
  const ys = outputs
    .slice(numCarry)
    .map(({ aval: { shape, dtype } }): HostArray => ({ data: typedArray(dtype, sizeOf(shape)), shape, dtype }));
  for (let turn = 0; turn < length; turn++) {
    const i = reverse ? length - 1 - turn : turn;
    const slices = args.slice(numConsts + numCarry).map(({ data, shape, dtype }): HostArray => {
      const size = sizeOf(shape) / length;
      return { data: data.slice(i * size, (i + 1) * size), shape: shape.slice(1), dtype };
    });
    const outs = run(jaxpr, [...consts, ...carry, ...slices]);
    carry = outs.slice(0, numCarry);
    ys.forEach(({ data }, k) => data.set(outs[numCarry + k].data, (i * data.length) / length));
  }
  return [...carry, ...ys];
}

function whileLoop({ params }: Equation, args: readonly HostArray[], run: Run): readonly HostArray[] {
  const { condJaxpr, bodyJaxpr, condConsts, bodyConsts, maxSteps } = params as WhileParams;
  const [forCondition, forBody] = [args.slice(0, condConsts), args.slice(condConsts, condConsts + bodyConsts)];
  let carry = args.slice(condConsts + bodyConsts);
  for (let turn = 0; turn < (maxSteps ?? Infinity); turn++) {
    if (run(condJaxpr, [...forCondition, ...carry])[0].data[0] === 0) break;
    carry = [...run(bodyJaxpr, [...forBody, ...carry])];
  }
  return carry;
}

function cond({ params }: Equation, [index, ...operands]: readonly HostArray[], run: Run): readonly HostArray[] {
  const { branches } = params as CondParams;
  return run(branches[Math.max(0, Math.min(index.data[0], branches.length - 1))], operands);
}

const kinds: Readonly<Record<string, (equation: Equation, args: readonly HostArray[], run: Run) => readonly HostArray[]>> = {
  scan,
  while: whileLoop,
  cond,
};

/** The results of a loop or branch, or `undefined` for other primitives. */
export const runControl = (equation: Equation, args: readonly HostArray[], run: Run): readonly HostArray[] | undefined =>
  kinds[equation.primitive.name]?.(equation, args, run);
