// The elementary functions of float32 vectors, by the names of their primitives. Largest errors over all of float32, in ulp:
// see the table that test/wasm/math.test.ts prints; 2 is the bound, 3 for tanh and pow.

import type { BinaryVectorFunction, VectorFunction } from "../formula.js";
import { erf, erfc } from "./errorFunction.js";
import { exp, exp2, expm1, logistic } from "./exponential.js";
import { erfInv } from "./inverseErrorFunction.js";
import { acosh, asinh, atanh, cosh, sinh, tanh } from "./hyperbolic.js";
import { acos, asin, atan, atan2 } from "./inverse.js";
import { log, log1p } from "./logarithm.js";
import { cbrt, pow, rsqrt } from "./power.js";
import { cos, sin, tan } from "./trigonometric.js";
import { nextAfter } from "../nextAfter.js";

export const float32 = {
  exp,
  exp2,
  expm1,
  log,
  log1p,
  logistic,
  sin,
  cos,
  tan,
  asin,
  acos,
  atan,
  sinh,
  cosh,
  tanh,
  asinh,
  acosh,
  atanh,
  erf,
  erfc,
  erf_inv: erfInv,
  cbrt,
  rsqrt,
} satisfies Record<string, VectorFunction>;

/** Functions of two operands; atan2 takes y first. */
export const binaryFloat32 = { pow, atan2, nextafter: nextAfter("f32x4") } satisfies Record<string, BinaryVectorFunction>;
