// A batch of loops is one loop over batches. A carry is batched if its first value is, or any turn of the body makes it so:
// a fixed point over the carry. Batched carries have their batch at axis 0; xs and ys have theirs behind the axis of steps.

import type { NDArray } from "../../core/array.js";
import type { BatchDim, Primitive } from "../../core/primitive.js";
import { bindAll } from "../../core/trace.js";
import { moveAxis } from "../../ops/layout.js";
import { materializeBatch } from "../batch.js";
import { batchOfProgram } from "../programs.js";
import type { ScanParams } from "./params.js";
import { fixpoint, parts } from "./programs.js";

export function batchScan(
  self: Primitive<string, ScanParams>,
  size: number,
  operands: readonly NDArray[],
  dims: readonly BatchDim[],
  params: ScanParams,
): readonly [readonly NDArray[], readonly BatchDim[]] {
  const { jaxpr, numConsts, numCarry } = params;
  const [consts, carry, xs] = parts(operands, numConsts, numCarry);
  const [constDims, carryDims, xsDims] = parts(dims, numConsts, numCarry);
  const sliceDims = xsDims.map((dim) => (dim === null ? null : Math.max(0, dim - 1)));
  const formFor = (batched: readonly boolean[]) =>
    batchOfProgram(jaxpr, size, [...constDims, ...batched.map((b) => (b ? 0 : null)), ...sliceDims], batched);
  const batched = fixpoint(
    carryDims.map((dim) => dim !== null),
    (mask) =>
      formFor(mask)
        .outDims.slice(0, numCarry)
        .map((dim) => dim !== null),
  );
  const { program, outDims } = formFor(batched);
  const outs = bindAll(
    self,
    [
      ...consts,
      ...carry.map((x, i) => (batched[i] ? materializeBatch(size, x, carryDims[i], 0) : x)),
      ...xs.map((x, i) => (xsDims[i] === 0 ? moveAxis(x, 0, 1) : x)),
    ],
    { ...params, jaxpr: program },
  );
  return [outs, outDims.map((dim, i) => (i < numCarry || dim === null ? dim : dim + 1))];
}
