// Loops and branches: bodies that mix what is differentiable with what is not, consts, carries and slices.

import * as fc from "fast-check";
import type { NDArray } from "../../../src/core/array.js";
import { type DType, isFloat } from "../../../src/core/dtype.js";
import { add, sub } from "../../../src/ops/arithmetic.js";
import { gt, lt } from "../../../src/ops/compare.js";
import { convertElementType } from "../../../src/ops/convert.js";
import { exp } from "../../../src/ops/exponential.js";
import { select } from "../../../src/ops/select.js";
import { cos } from "../../../src/ops/trigonometric.js";
import type { CondParams, ScanParams, WhileParams } from "../../../src/transform/control/params.js";
import { makeJaxpr, shapeDtype } from "../../../src/transform/makeJaxpr.js";
import { type Case, any, smooth } from "../case.js";
import { filled, shapes } from "../arbitraries.js";
import { bent, half, plus, times, total } from "./ring.js";

/** Carries: a value, a sum of its own that nothing reads, a count; ys: a product, the count before. */
const body = (a: NDArray, x: NDArray, sum: NDArray, n: NDArray, slice: NDArray): NDArray[] => {
  const factor = isFloat(a.dtype) ? cos(a) : a;
  const next = plus(bent(times(x, factor)), half(slice));
  return [next, plus(sum, total(slice)), add(n, 1), times(select(gt(n, 0), next, x), convertElementType(n, x.dtype)), n];
};

const scanCase: Case<ScanParams> = {
  dtypes: any,
  spec: (dtype) =>
    fc.tuple(shapes({ maxRank: 2 }), fc.integer({ min: 0, max: 3 }), fc.boolean()).map(([shape, length, reverse]) => {
      const x = shapeDtype(shape, dtype);
      const jaxpr = makeJaxpr(body)(x, x, shapeDtype([], dtype), shapeDtype([], "int32"), x);
      return {
        params: { jaxpr, length, reverse, unroll: 1, numConsts: 1, numCarry: 3 },
        operands: fc.tuple(
          filled(dtype, shape),
          filled(dtype, shape),
          filled(dtype, []),
          filled("int32", [], fc.integer({ min: -3, max: 3 })),
          filled(dtype, [length, ...shape]),
        ),
      };
    }),
  derivative: smooth,
};

const branches = (dtype: DType, shape: readonly number[]) =>
  [
    (x: NDArray, y: NDArray, n: NDArray): NDArray[] => [times(bent(x), y), n, y],
    (x: NDArray, _y: NDArray, n: NDArray): NDArray[] => [isFloat(dtype) ? sub(half(x), exp(half(x))) : bent(x), add(n, 1), times(x, x)],
    (_x: NDArray, y: NDArray, n: NDArray): NDArray[] => [bent(y), n, y],
  ].map((f) => makeJaxpr(f)(shapeDtype(shape, dtype), shapeDtype(shape, dtype), shapeDtype([], "int32")));

const condCase: Case<CondParams> = {
  dtypes: any,
  spec: (dtype) =>
    fc.tuple(shapes({ maxRank: 2 }), fc.integer({ min: 1, max: 3 })).map(([shape, count]) => ({
      params: { branches: branches(dtype, shape).slice(0, count) },
      operands: fc.tuple(
        filled("int32", [], fc.integer({ min: -1, max: 3 })),
        filled(dtype, shape),
        filled(dtype, shape),
        filled("int32", []),
      ),
    })),
  derivative: smooth,
};

/** Runs until the count reaches the limit; the value is multiplied on the way. */
const whileCase: Case<WhileParams> = {
  dtypes: any,
  spec: (dtype) =>
    shapes({ maxRank: 2 }).map((shape) => {
      const [x, n] = [shapeDtype(shape, dtype), shapeDtype([], "int32")];
      return {
        params: {
          condJaxpr: makeJaxpr((limit: NDArray, count: NDArray, _x: NDArray) => lt(count, limit))(n, n, x),
          bodyJaxpr: makeJaxpr((a: NDArray, count: NDArray, y: NDArray) => [add(count, 1), times(bent(y), plus(a, half(y)))])(x, n, x),
          condConsts: 1,
          bodyConsts: 1,
          maxSteps: 3,
        },
        operands: fc.tuple(
          filled("int32", [], fc.integer({ min: -2, max: 4 })),
          filled(dtype, shape),
          filled("int32", [], fc.integer({ min: -2, max: 4 })),
          filled(dtype, shape),
        ),
      };
    }),
  derivative: smooth,
};

export const control = { scan: scanCase, cond: condCase, while: whileCase };
