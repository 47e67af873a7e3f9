// L-BFGS (Liu and Nocedal 1989): the gradient times an approximation of the inverse Hessian, which the last differences of
// parameters (s) and of gradients (y) make. Memories are stacked along a first axis, the newest last; scalar products are
// float64.

import type { NDArray } from "../core/array.js";
import { checkOptions } from "../core/options.js";
import { div, min, mul, sub } from "../ops/arithmetic.js";
import { bitAnd } from "../ops/bitwise.js";
import { gt } from "../ops/compare.js";
import { convertElementType } from "../ops/convert.js";
import { expandDims, full, squeeze, zerosLike } from "../ops/layout.js";
import { select } from "../ops/select.js";
import { concatenate, sliceInDim } from "../ops/slice.js";
import { divisor, innerProduct, squaredNorm, wideNorm } from "./norms.js";
import { checkCount, requireParams } from "./requirements.js";
import { type Transformation, mapLeaves, noSteps, oneMore, transformation, zerosOf } from "./transformation.js";

export interface LbfgsState<Params> {
  /** Updates done. */
  readonly count: NDArray;
  /** Those of the last update. */
  readonly params: Params;
  /** The gradients of the last update. */
  readonly updates: Params;
  /** The last differences of parameters, in each leaf stacked along its first axis, the newest last. */
  readonly diffParamsMemory: Params;
  /** The last differences of gradients. */
  readonly diffUpdatesMemory: Params;
  /** `1 / ⟨s, y⟩` for each pair, 0 where there is none: float64. */
  readonly weightsMemory: NDArray;
}

export interface ScaleByLbfgsOptions {
  /** How many differences are kept; 10 by default. */
  readonly memorySize?: number;
  /** Whether the first approximation is scaled by `⟨s, y⟩ / ⟨y, y⟩` of the newest pair; true by default. */
  readonly scaleInitPrecond?: boolean;
}

/** The memory with `newest` at its end and without its oldest. */
const pushed = (memory: NDArray, newest: NDArray): NDArray =>
  concatenate([sliceInDim(memory, 1, memory.shape[0]), expandDims(newest, [0])], 0);

const entry = (memory: NDArray, i: number): NDArray => squeeze(sliceInDim(memory, i, i + 1), [0]);

/** `x − factor · y`, leaf by leaf. */
const lessBy = <T>(x: T, factor: NDArray, y: T): T => mapLeaves((a, b) => sub(a, mul(b, convertElementType(factor, b.dtype))), x, y);

/** The two-loop recursion (Nocedal and Wright 2006, algorithm 7.4): the inverse Hessian times `grads`. */
function precondition<Params>(grads: Params, s: Params, y: Params, weights: NDArray, scale: NDArray): Params {
  const pairs = Array.from({ length: weights.shape[0] }, (_, i) => ({
    s: mapLeaves((memory) => entry(memory, i), s),
    y: mapLeaves((memory) => entry(memory, i), y),
    weight: entry(weights, i),
  }));
  let direction = grads;
  const alphas = pairs.toReversed().map((pair) => {
    const alpha = mul(pair.weight, innerProduct("lbfgs", pair.s, direction));
    direction = lessBy(direction, alpha, pair.y);
    return alpha;
  });
  direction = mapLeaves((q) => mul(q, convertElementType(scale, q.dtype)), direction);
  pairs.forEach((pair, i) => {
    const beta = mul(pair.weight, innerProduct("lbfgs", pair.y, direction));
    direction = lessBy(direction, sub(beta, alphas[alphas.length - 1 - i]), pair.s);
  });
  return direction;
}

/** Below this ⟨s, y⟩ its inverse, or what that is multiplied by, may be infinite in float64. */
const SMALLEST_CURVATURE = 1e-300;

/** What the newest pair says of the curvature: its weight, and the scale of the first approximation. */
function curvature(s: unknown, y: unknown, grads: unknown, scaled: boolean): { readonly weight: NDArray; readonly scale: NDArray } {
  const [inner, length] = [innerProduct("lbfgs", s, y), squaredNorm("lbfgs", y)];
  const convex = gt(inner, SMALLEST_CURVATURE);
  // Without curvature (the first step, and where the loss is not convex along it) no step is longer than 1.
  const cautious = min(div(1, divisor(wideNorm("lbfgs", grads))), 1);
  return {
    weight: select(convex, div(1, divisor(inner)), 0),
    scale: scaled ? select(bitAnd(convex, gt(length, 0)), div(inner, divisor(length)), cautious) : full([], 1, "float64"),
  };
}

/**
 * Updates multiplied by the L-BFGS approximation of the inverse Hessian. A pair of differences without positive curvature
 * counts for nothing. `update` needs the parameters; a line search should follow. As `optax.scale_by_lbfgs`.
 *
 * @throws OptionError for an unknown option, or a memory that is no positive integer; TypeMismatchError when `update` gets no
 * parameters.
 * @example optim.chain(optim.scaleByLbfgs(), optim.scale(-1), optim.scaleByZoomLinesearch({ maxLinesearchSteps: 20 }))
 */
export function scaleByLbfgs<Params = unknown>(options: ScaleByLbfgsOptions = {}): Transformation<Params, LbfgsState<Params>> {
  const op = "scaleByLbfgs";
  checkOptions(op, options, ["memorySize", "scaleInitPrecond"]);
  const { memorySize = 10, scaleInitPrecond = true } = options;
  checkCount(op, "memorySize", memorySize);
  const emptyMemory = (params: Params): Params => mapLeaves((p) => full([memorySize, ...p.shape], 0, p.dtype), params);
  return transformation<Params, LbfgsState<Params>>({
    floating: op,
    like: (state) => state.params,
    init: (params) => ({
      count: noSteps(),
      params: zerosOf(params),
      updates: zerosOf(params),
      diffParamsMemory: emptyMemory(params),
      diffUpdatesMemory: emptyMemory(params),
      weightsMemory: full([memorySize], 0, "float64"),
    }),
    update: (grads, state, given) => {
      const params = requireParams(op, given);
      const begun = gt(state.count, 0);
      const difference = (x: NDArray, before: NDArray): NDArray => select(begun, sub(x, before), zerosLike(x));
      const [s, y] = [mapLeaves(difference, params, state.params), mapLeaves(difference, grads, state.updates)];
      const { weight, scale } = curvature(s, y, grads, scaleInitPrecond);
      const diffParamsMemory = mapLeaves(pushed, state.diffParamsMemory, s);
      const diffUpdatesMemory = mapLeaves(pushed, state.diffUpdatesMemory, y);
      const weightsMemory = pushed(state.weightsMemory, weight);
      const direction = precondition(grads, diffParamsMemory, diffUpdatesMemory, weightsMemory, scale);
      return [direction, { count: oneMore(state.count), params, updates: grads, diffParamsMemory, diffUpdatesMemory, weightsMemory }];
    },
  });
}
