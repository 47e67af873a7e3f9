// Means divided by the root of a mean of squares, with the small number that keeps the quotient finite in one of its places.

import type { NDArray } from "../core/array.js";
import { add, div } from "../ops/arithmetic.js";
import { sqrt } from "../ops/exponential.js";
import { type Scalar, beside } from "./scalars.js";

export interface RootOptions {
  /** What frees the mean of squares of its beginning. */
  readonly free?: (nu: NDArray) => NDArray;
  /** Added to the root. */
  readonly eps: Scalar;
  /** Added under the root. */
  readonly epsRoot?: Scalar;
}

/** `x + c`, nothing where `c` is the number 0. */
export function added(c: Scalar): (x: NDArray) => NDArray {
  if (c === 0) return (x) => x;
  const by = beside(c);
  return (x) => add(x, by(x));
}

/** `x / (√(nu + epsRoot) + eps)`, with `nu` freed of its beginning first. */
export function overRoot({ free = (nu) => nu, eps, epsRoot = 0 }: RootOptions): (x: NDArray, nu: NDArray) => NDArray {
  const [under, beyond] = [added(epsRoot), added(eps)];
  return (x, nu) => div(x, beyond(sqrt(under(free(nu)))));
}
