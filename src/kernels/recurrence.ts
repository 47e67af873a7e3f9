// The first-order linear recurrence along one axis. Runs in float64, rounded at each store.

import type { CumulativeParams } from "./cumulative.js";
import { axisView, zeros } from "./host.js";
import type { HostArray } from "./host.js";

/**
 * `t[r] = a[r] · t[r − 1] + b[r]` from the first element of the axis on (from the last where `reverse`), where
 * `t = b`, and `a` is not read. `a` and `b` have one shape.
 *
 * @example linearRecurrence(stored("float32", [3], [9, 2, 3]), stored("float32", [3], [1, 1, 1]), { axis: 0 }).data // [1, 3, 10]
 */
export function linearRecurrence(a: HostArray, b: HostArray, { axis, reverse = false }: CumulativeParams): HostArray {
  const { outer, size, inner } = axisView(b.shape, axis);
  const result = zeros(b.dtype, b.shape);
  const stride = reverse ? -inner : inner;
  if (size === 0) return result;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let at = (o * size + (reverse ? size - 1 : 0)) * inner + i;
      let t = b.data[at];
      result.data[at] = t;
      for (let r = 1; r < size; r++) {
        at += stride;
        t = a.data[at] * t + b.data[at];
        result.data[at] = t;
      }
    }
  }
  return result;
}
