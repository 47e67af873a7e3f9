// Where a polynomial through what is known of a function has its minimum; no number where it has none.

import type { NDArray } from "../../core/array.js";
import { add, div, mul, square, sub } from "../../ops/arithmetic.js";
import { sqrt } from "../../ops/exponential.js";

/** A place on the line, and the function's value there. */
export interface Place {
  readonly step: NDArray;
  readonly value: NDArray;
}

/** A place at which the slope is known too. */
export interface SlopedPlace extends Place {
  readonly slope: NDArray;
}

/** The minimum of the parabola through `a`, with its slope, and `b`. */
export function parabolaMinimum(a: SlopedPlace, b: Place): NDArray {
  const width = sub(b.step, a.step);
  const curvature = div(sub(sub(b.value, a.value), mul(a.slope, width)), square(width));
  return sub(a.step, div(a.slope, mul(curvature, 2)));
}

/** The minimum of the cubic through `a`, with its slope, `b` and `c` (Nocedal and Wright 2006, section 3.5). */
export function cubicMinimum(a: SlopedPlace, b: Place, c: Place): NDArray {
  const [toB, toC] = [sub(b.step, a.step), sub(c.step, a.step)];
  // What the tangent at a leaves over: A x³ + B x².
  const restB = sub(sub(b.value, a.value), mul(a.slope, toB));
  const restC = sub(sub(c.value, a.value), mul(a.slope, toC));
  const [overB, overC] = [div(restB, square(toB)), div(restC, square(toC))];
  const cubic = div(sub(overB, overC), sub(toB, toC));
  const quadratic = sub(overB, mul(cubic, toB));
  const radical = sub(square(quadratic), mul(mul(cubic, a.slope), 3));
  return add(a.step, div(sub(sqrt(radical), quadratic), mul(cubic, 3)));
}
