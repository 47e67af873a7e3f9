// Primitives that run a program or a rule of the user's, and those that only mark values or act.

import * as fc from "fast-check";
import type { NDArray } from "../../../src/core/array.js";
import { aval } from "../../../src/core/aval.js";
import { type DType, isFloat } from "../../../src/core/dtype.js";
import type { Params } from "../../../src/core/primitive.js";
import { captureSource } from "../../../src/core/source.js";
import { add, mul } from "../../../src/ops/arithmetic.js";
import type { NameParams } from "../../../src/ops/checkpointName.js";
import { convertElementType } from "../../../src/ops/convert.js";
import type { DebugCallbackParams } from "../../../src/ops/debugCallback.js";
import { cos } from "../../../src/ops/trigonometric.js";
import type { CallParams } from "../../../src/transform/calls.js";
import type { CustomCallParams, JvpCallParams } from "../../../src/transform/custom/jvpCall.js";
import type { FlatJvp } from "../../../src/transform/custom/rules.js";
import type { LinParams } from "../../../src/transform/custom/linCall.js";
import type { VjpCallParams } from "../../../src/transform/custom/vjpCall.js";
import type { VmapCallParams } from "../../../src/transform/custom/vmapCall.js";
import { batchFlat } from "../../../src/transform/batch.js";
import { jvpFlat } from "../../../src/transform/jvp.js";
import { makeJaxpr, shapeDtype } from "../../../src/transform/makeJaxpr.js";
import { vjpFlat } from "../../../src/transform/vjp.js";
import { type Case, any, floats, pointwiseOperands, smooth, zero } from "../case.js";
import { filled, shapes } from "../arbitraries.js";
import { bent, times, total } from "./ring.js";

/**
 * A program of two inputs with three outputs: one differentiable in both, one in neither, one that is linear in the first. The numbers
 * in it are weak.
 */
const program = (x: NDArray, y: NDArray): NDArray[] => [
  times(bent(x), isFloat(y.dtype) ? add(y, 0.5) : y),
  convertElementType(total(y), "int32"),
  x.dtype === "bool" ? x : mul(3, x),
];
const run = (...[x, y]: NDArray[]): NDArray[] => program(x, y);

const call = <P extends Params>(extra: P): Case<CallParams & P> => ({
  dtypes: any,
  spec: (dtype) =>
    shapes().map((shape) => ({
      params: { jaxpr: makeJaxpr(program)(shapeDtype(shape, dtype), shapeDtype(shape, dtype)), name: "program", ...extra },
      operands: fc.tuple(filled(dtype, shape), filled(dtype, shape)),
    })),
  derivative: smooth,
});

const jvp: FlatJvp = (primals, tangents) => jvpFlat("test", run, primals, tangents);

const forward: VjpCallParams["forward"] = (xs) => ({
  outs: run(...xs),
  residuals: xs,
  backward: (rs, cts) =>
    vjpFlat(
      "test",
      run,
      rs,
      rs.map(() => true),
    ).pullback(cts),
});

const batch: VmapCallParams["batch"] = (size, isBatched, xs) => {
  const [outs, dims] = batchFlat(
    "test",
    size,
    run,
    xs,
    isBatched.map((is) => (is ? 0 : null)),
  );
  return [outs, dims.map((dim) => dim !== null)];
};

/** The derivative of sine, with its transpose as a rule. */
const lin: Case<LinParams> = {
  dtypes: floats,
  spec: (dtype: DType) =>
    shapes().map((shape) => {
      const type = shapeDtype(shape, dtype);
      return {
        params: {
          name: "sin",
          jaxpr: makeJaxpr((x: NDArray, dx: NDArray) => [mul(cos(x), dx)])(type, type),
          outAvals: [aval(shape, dtype)],
          residualCount: 1,
          fixedCount: 1,
          backward: ([x], [ct]) => [mul(cos(x), ct as NDArray)],
          source: captureSource(),
        },
        operands: fc.tuple(filled(dtype, shape), filled(dtype, shape)),
      };
    }),
  derivative: smooth,
};

const marked = <P extends Params>(params: P, derivative = smooth): Case<P> => ({
  dtypes: any,
  spec: (dtype) => pointwiseOperands([(shape) => filled(dtype, shape)]).map((operands) => ({ params, operands })),
  derivative,
});

const barrier: Case = {
  dtypes: any,
  spec: (dtype) => fc.tuple(shapes(), shapes()).map(([a, b]) => ({ params: {}, operands: fc.tuple(filled(dtype, a), filled(dtype, b)) })),
  derivative: smooth,
};

const custom: Pick<CustomCallParams, "captured"> = { captured: 0 };

export const calls = {
  jit: call({}),
  checkpoint: call({}),
  custom_jvp_call: call<Pick<JvpCallParams, "captured" | "jvp">>({ ...custom, jvp }),
  custom_vjp_call: call<Pick<VjpCallParams, "captured" | "forward" | "jvp">>({ ...custom, forward, jvp }),
  custom_vmap_call: call<Pick<VmapCallParams, "captured" | "batch">>({ ...custom, batch }),
  custom_lin: lin,
  name: marked<NameParams>({ name: "value" }),
  optimization_barrier: barrier,
  debug_callback: marked<DebugCallbackParams>({ callback: () => undefined }, zero),
};
