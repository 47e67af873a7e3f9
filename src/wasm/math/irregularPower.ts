// The cases of pow that are not 2 to the power of y log₂ x: float32 or float64 lanes, as C's pow has them.

import type { Formula, Term, Variable } from "./formula.js";

/** Where x is not positive and finite, or y not finite. */
export function isIrregularPower(v: Formula, x: Variable, y: Variable): Term {
  return v.or(v.not(v.lt(0, x)), v.not(v.and(v.lt(x, Infinity), v.lt(v.abs(y), Infinity))));
}

/** |x| to the power of y, times ±1, for all lanes, given `regular` = |x| to the power of y where that is regular. */
export function irregularPower(v: Formula, x: Variable, y: Variable, regular: Term): Term {
  const a = v.let(v.abs(x));
  // y log|x| where one of them is infinite: only its sign counts.
  const direction = v.select(v.lt(a, 1), v.neg(y), y);
  const extreme = v.select(v.lt(direction, 0), 0, Infinity);
  const infinite = v.or(v.or(v.eq(a, 0), v.eq(a, Infinity)), v.eq(v.abs(y), Infinity));
  const magnitude = v.let(v.select(infinite, extreme, regular));
  const half = v.let(v.mul(y, 0.5));
  const integer = v.let(v.eq(v.trunc(y), y));
  const odd = v.let(v.and(integer, v.ne(v.trunc(half), half)));
  const value = v.let(v.or(magnitude, v.and(v.signOf(x), odd)));
  const undefinedPower = v.and(v.and(v.lt(x, 0), v.lt(-Infinity, x)), v.not(integer));
  const missing = v.or(undefinedPower, v.or(v.ne(x, x), v.ne(y, y)));
  const one = v.or(v.or(v.eq(y, 0), v.eq(x, 1)), v.and(v.eq(a, 1), v.eq(v.abs(y), Infinity)));
  return v.select(one, 1, v.select(missing, NaN, value));
}
