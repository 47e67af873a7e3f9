// The commonest elementwise operations as whole loops, two to five times quicker than a map of a function of numbers.
// Operands have one dtype and one shape, or shape []; integers wrap, and on bool sum is "or", product is "and".

import { isFloat } from "../core/dtype.js";
import type { DType } from "../core/dtype.js";
import { mapLoop } from "./elementwise.js";
import type { Loop } from "./elementwise.js";
import { zeros } from "./host.js";
import type { HostArray } from "./host.js";
import { truncatedDivide } from "./scalars.js";

const loops = {
  add: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i] + y[i];
  },
  sub: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i] - y[i];
  },
  mul: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i] * y[i];
  },
  // The product of two 32-bit integers does not fit in a float64; imul keeps its low 32 bits.
  imul: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = Math.imul(x[i], y[i]);
  },
  div: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i] / y[i];
  },
  idiv: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = truncatedDivide(x[i], y[i]);
  },
  max: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = Math.max(x[i], y[i]);
  },
  min: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = Math.min(x[i], y[i]);
  },
  eq: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i] === y[i] ? 1 : 0;
  },
  ne: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i] !== y[i] ? 1 : 0;
  },
  lt: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i] < y[i] ? 1 : 0;
  },
  le: (n, out, x, y) => {
    for (let i = 0; i < n; i++) out[i] = x[i] <= y[i] ? 1 : 0;
  },
  neg: (n, out, x) => {
    for (let i = 0; i < n; i++) out[i] = -x[i];
  },
  select: (n, out, which, x, y) => {
    for (let i = 0; i < n; i++) out[i] = which[i] !== 0 ? y[i] : x[i];
  },
  // NaN in any operand stays NaN; where the bounds cross, the upper one wins, as in XLA.
  clamp: (n, out, low, x, high) => {
    for (let i = 0; i < n; i++) out[i] = Math.min(Math.max(low[i], x[i]), high[i]);
  },
} satisfies Record<string, Loop>;

const sameDType =
  (loop: Loop) =>
  (x: HostArray, y: HostArray): HostArray =>
    mapLoop(loop, [x, y], x.dtype);
const comparison =
  (loop: Loop) =>
  (x: HostArray, y: HostArray): HostArray =>
    mapLoop(loop, [x, y], "bool");
const byDType =
  (choose: (dtype: DType) => Loop) =>
  (x: HostArray, y: HostArray): HostArray =>
    mapLoop(choose(x.dtype), [x, y], x.dtype);

/** `x + y`; on bool, `x or y`. */
export const add = byDType((dtype) => (dtype === "bool" ? loops.max : loops.add));

/** `x - y`. */
export const sub = sameDType(loops.sub);

/** `x * y`; on bool, `x and y`. */
export const mul = byDType((dtype) => (isFloat(dtype) || dtype === "bool" ? loops.mul : loops.imul));

/** `x / y`; on integers truncated toward zero, and all bits set where `y` is 0. */
export const div = byDType((dtype) => (isFloat(dtype) ? loops.div : loops.idiv));

/** The larger of two; NaN if either is. */
export const max = sameDType(loops.max);

/** The smaller of two; NaN if either is. */
export const min = sameDType(loops.min);

/** `-x`. */
export const neg = (x: HostArray): HostArray => mapLoop(loops.neg, [x], x.dtype);

export const eq = comparison(loops.eq);
export const ne = comparison(loops.ne);
export const lt = comparison(loops.lt);
export const le = comparison(loops.le);
export const gt = (x: HostArray, y: HostArray): HostArray => lt(y, x);
export const ge = (x: HostArray, y: HostArray): HostArray => le(y, x);

/** `x` kept between `low` and `high`; the bounds have the shape of `x`, or `[]`. */
export const clamp = (low: HostArray, x: HostArray, high: HostArray): HostArray => mapLoop(loops.clamp, [low, x, high], x.dtype);

/**
 * Element by element the case that `which` (bool, or int32 counting the cases) names: 0 or false means the first.
 * `which` may have shape `[]`; an int32 outside of the cases takes the nearest one.
 *
 * @example selectN(stored("bool", [2], [0, 1]), stored("int8", [2], [1, 2]), stored("int8", [2], [3, 4])).data // [1, 4]
 */
export function selectN(which: HostArray, ...cases: readonly HostArray[]): HostArray {
  if (which.dtype === "bool" && cases.length === 2) return mapLoop(loops.select, [which, cases[0], cases[1]], cases[0].dtype);
  const shape = [which, ...cases].find((x) => x.shape.length > 0)?.shape ?? [];
  const result = zeros(cases[0].dtype, shape);
  const at = (x: HostArray, i: number): number => x.data[x.shape.length === 0 ? 0 : i];
  for (let i = 0; i < result.data.length; i++) {
    const k = Math.min(Math.max(at(which, i), 0), cases.length - 1);
    result.data[i] = at(cases[k], i);
  }
  return result;
}
