// 2u / (1 + u²) of a rational function u: the hyperbolic tangent of twice an argument whose hyperbolic tangent is u.

import type { Formula, Term, Variable } from "../formula.js";

/** 2u / (1 + u²) for u = x P(x²) / 2Q(x²), kept within [−1, 1]; one division. */
export function doubled(v: Formula, x: Variable, p: readonly number[], q: readonly number[]): Term {
  const z = v.let(v.mul(x, x));
  const numerator = v.let(v.mul(x, v.polynomial(z, p)));
  const denominator = v.let(v.polynomial(z, q));
  const norm = v.madd(v.mul(numerator, numerator), 0.25, v.mul(denominator, denominator));
  const value = v.let(v.div(v.mul(numerator, denominator), norm));
  return v.atMost(v.atLeast(value, -1), 1);
}
