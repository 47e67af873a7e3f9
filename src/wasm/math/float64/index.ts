// The elementary functions of float64 vectors, by the names of their primitives, each within 2 ulp everywhere. (erf, erfc and
// pow are not among them.)

import type { BinaryVectorFunction, VectorFunction } from "../formula.js";
import { exp, exp2, expm1, logistic } from "./exponential.js";
import { acosh, asinh, atanh, cosh, sinh, tanh } from "./hyperbolic.js";
import { acos, asin, atan, atan2 } from "./inverse.js";
import { log, log1p } from "./logarithm.js";
import { cbrt, rsqrt } from "./root.js";
import { cos, sin, tan } from "./trigonometric.js";

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
  cbrt,
  rsqrt,
} satisfies Record<string, VectorFunction>;

/** atan2 takes y first. */
export const binaryFloat64 = { atan2 } satisfies Record<string, BinaryVectorFunction>;
