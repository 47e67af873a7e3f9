// The normalised sinc function, exact at 0 to every order that its series has.

import { abs, add, div, mul } from "../ops/arithmetic.js";
import { lt } from "../ops/compare.js";
import { sin } from "../ops/trigonometric.js";
import { fullLike } from "../ops/layout.js";
import { select } from "../ops/select.js";
import { floatUnary } from "./pointwise.js";

// sin(y)/y = Σ (−1)^k y^2k / (2k+1)!. For |y| < 1 fifteen terms keep seven derivatives at full precision, where the
// quotient's would cancel.
const series = Array.from({ length: 15 }, (_, k) => {
  let coefficient = k % 2 === 0 ? 1 : -1;
  for (let i = 2; i <= 2 * k + 1; i++) coefficient /= i;
  return coefficient;
});

/**
 * `sin(πx) / (πx)`, and 1 at 0; its derivatives are right there too. Integers become float32.
 *
 * @example np.sinc(np.array([0, 0.5])) // [1, 0.63661975]
 */
export const sinc = floatUnary("sinc", (x) => {
  const y = mul(x, Math.PI);
  const small = lt(abs(y), 1);
  // Each branch sees a harmless argument where the other one is taken: no NaN enters the derivative.
  const near = select(small, y, 0);
  const far = select(small, 1, y);
  const square = mul(near, near);
  const [last, ...rest] = series.toReversed();
  const polynomial = rest.reduce((sum, coefficient) => add(mul(sum, square), coefficient), fullLike(x, last));
  return select(small, polynomial, div(sin(far), far));
});
