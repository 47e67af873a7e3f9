// The cross product of vectors along an axis.

import type { ArrayLike, NDArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { ShapeError } from "../core/errors.js";
import { mul, sub } from "../ops/arithmetic.js";
import { moveAxis, squeeze } from "../ops/layout.js";
import { concatenate, sliceInDim } from "../ops/slice.js";
import { checkOptions } from "../core/options.js";
import { broadcastTogether, promote } from "./promote.js";

/** Options of `cross`. */
export interface CrossOptions {
  /** The axis that holds the vectors; the last by default. */
  readonly axis?: number;
}

/**
 * The cross product of vectors of 3 elements along an axis; of vectors of 2 elements, the third component alone, without
 * the axis. Other axes broadcast.
 *
 * @throws ShapeError unless the axis has size 2 or 3 in both (3 in one and 2 in the other is refused).
 * @example np.cross(np.array([1, 0, 0]), np.array([0, 1, 0])) // [0, 0, 1]
 */
export function cross(x: ArrayLike, y: ArrayLike, options: CrossOptions = {}): NDArray {
  checkOptions("cross", options, ["axis"]);
  const { axis = -1 } = options;
  const [a, b] = promote("cross", x, y);
  const [u, v] = [a, b].map((z) => (z.ndim === 0 ? z : moveAxis(z, axis, -1)));
  const size = u.shape.at(-1);
  if (size !== v.shape.at(-1) || (size !== 2 && size !== 3)) {
    throw new ShapeError({
      op: "cross",
      expected: "vectors of 2 or of 3 elements in both arrays",
      received: `${showAval(a.aval)} and ${showAval(b.aval)} along axis ${axis}`,
      remedy: "append a zero to vectors of 2 elements to make them vectors of 3",
    });
  }
  const [p, q] = broadcastTogether("cross", u, v);
  const last = p.ndim - 1;
  const part = (z: NDArray, k: number): NDArray => sliceInDim(z, k % 3, (k % 3) + 1, 1, last);
  const component = (k: number): NDArray => sub(mul(part(p, k + 1), part(q, k + 2)), mul(part(p, k + 2), part(q, k + 1)));
  if (size === 2) return squeeze(sub(mul(part(p, 0), part(q, 1)), mul(part(p, 1), part(q, 0))), [last]);
  return moveAxis(concatenate([component(0), component(1), component(2)], last), -1, axis);
}
