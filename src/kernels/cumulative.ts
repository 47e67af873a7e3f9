// Running folds along one axis: element r of the result folds elements 0 … r (from the end where `reverse`).
// Floats run in float64 and are rounded at each store; integers wrap at 32 bits.

import { highest, isFloat, lowest } from "../core/dtype.js";
import { axisView, zeros } from "./host.js";
import type { HostArray } from "./host.js";
import { logAddExp } from "./scalars.js";

export interface CumulativeParams {
  readonly axis: number;
  readonly reverse?: boolean;
}

type Step = (acc: number, x: number) => number;

function scan(x: HostArray, { axis, reverse = false }: CumulativeParams, initial: number, step: Step): HostArray {
  const { outer, size, inner } = axisView(x.shape, axis);
  const result = zeros(x.dtype, x.shape);
  const [source, target] = [x.data, result.data];
  const stride = reverse ? -inner : inner;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      let at = (o * size + (reverse ? size - 1 : 0)) * inner + i;
      let acc = initial;
      for (let r = 0; r < size; r++, at += stride) target[at] = acc = step(acc, source[at]);
    }
  }
  return result;
}

const plus: Step = (a, b) => a + b;
const plusWrapped: Step = (a, b) => (a + b) | 0;
const times: Step = (a, b) => a * b;

/** Running sums; on bool, running "or". */
export const cumsum = (x: HostArray, params: CumulativeParams): HostArray =>
  scan(x, params, 0, x.dtype === "bool" ? Math.max : isFloat(x.dtype) ? plus : plusWrapped);

/** Running products; on bool, running "and". */
export const cumprod = (x: HostArray, params: CumulativeParams): HostArray => scan(x, params, 1, isFloat(x.dtype) ? times : Math.imul);

/** Running maxima; NaN from the first NaN on. */
export const cummax = (x: HostArray, params: CumulativeParams): HostArray => scan(x, params, lowest(x.dtype), Math.max);

/** Running minima; NaN from the first NaN on. */
export const cummin = (x: HostArray, params: CumulativeParams): HostArray => scan(x, params, highest(x.dtype), Math.min);

/** Running `log Σ exp`. */
export const cumlogsumexp = (x: HostArray, params: CumulativeParams): HostArray => scan(x, params, -Infinity, logAddExp);
