// The elementary functions of float64 vectors, by the names of their primitives, each within 2 ulp everywhere.

import type { BinaryVectorFunction, VectorFunction } from "../formula.js";
import { erf, erfc } from "./errorFunction.js";
import { exp, exp2, expm1, logistic } from "./exponential.js";
import { acosh, asinh, atanh, cosh, sinh, tanh } from "./hyperbolic.js";
import { acos, asin, atan, atan2 } from "./inverse.js";
import { erfInv } from "./inverseErrorFunction.js";
import { log, log1p } from "./logarithm.js";
import { pow } from "./power.js";
import { cbrt, rsqrt } from "./root.js";
import { cos, sin, tan } from "./trigonometric.js";
import { nextAfter } from "../nextAfter.js";

export const float64 = {
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
export const binaryFloat64 = { pow, atan2, nextafter: nextAfter("f64x2") } satisfies Record<string, BinaryVectorFunction>;
