// Choosing element by element: select_n and clamp.

import { type ArrayLike, type NDArray, asArray, scalar } from "../core/array.js";
import { aval, showAval } from "../core/aval.js";
import { DTypeError } from "../core/errors.js";
import { Linear, type Params, known, operands, partial, pointwise, primitive } from "../core/primitive.js";
import { bind } from "../core/trace.js";
import * as kernels from "../kernels/arithmetic.js";
import { bitAnd } from "./bitwise.js";
import { gt, le } from "./compare.js";
import { operandsAlike } from "./operands.js";
import { checkSameDType, pointwiseShape } from "./pointwise.js";

// select_n(which, onFalse, onTrue), in JAX's order of cases; any of the three may be a scalar.
export const selectP = primitive("select_n")<Params>({
  type: (avals) => {
    const [which, ...cases] = avals;
    checkSameDType("select", cases);
    if (which.dtype === "bool") return [aval(pointwiseShape("select", avals), cases[0].dtype)];
    throw new DTypeError({
      op: "select",
      expected: "a bool predicate",
      received: showAval(which),
      remedy: "compare first, for example x.greater(0)",
    });
  },
  derivative: {
    tag: "jointlyLinear",
    linearIn: () => [false, true, true],
    transpose: (ct, [which, onFalse, onTrue]) => {
      const zero = scalar(0, ct.dtype);
      return [
        null,
        onFalse instanceof Linear ? select(known(which), zero, ct) : null,
        onTrue instanceof Linear ? select(known(which), ct, zero) : null,
      ];
    },
  },
  batch: pointwise,
  reference: ([which, x, y]) => [kernels.selectN(which, x, y)],
});

/**
 * `onTrue` where `which` holds, `onFalse` elsewhere, element by element; each is of one shape or a scalar.
 *
 * @throws DTypeError unless `which` is bool and both cases have one dtype; ShapeError when shapes differ.
 */
export function select(which: ArrayLike, onTrue: ArrayLike, onFalse: ArrayLike): NDArray {
  const [x, y] = operandsAlike("select", onFalse, onTrue);
  return bind(selectP, [asArray(which, "select"), x, y], {});
}

export const clampP = primitive("clamp")<Params>({
  type: (avals) => {
    checkSameDType("clamp", avals);
    return [aval(pointwiseShape("clamp", avals), avals[0].dtype)];
  },
  // The tangent flows to the operand within the bounds (both included), else to the bound that cuts.
  derivative: operands(
    partial((dlow, [low, x]) => gated(dlow, gt(low, x))),
    partial((dx, [low, x, high]) => gated(dx, bitAnd(le(low, x), le(x, high)))),
    partial((dhigh, [, x, high]) => gated(dhigh, gt(x, high))),
  ),
  batch: pointwise,
  reference: ([low, x, high]) => [kernels.clamp(low, x, high)],
});

const gated = (dx: NDArray, open: NDArray): NDArray => select(open, dx, scalar(0, dx.dtype));

/** `x` limited to `low … high`, as `jax.lax.clamp`: `min(max(x, low), high)`. NaN stays NaN. */
export const clamp = (low: ArrayLike, x: ArrayLike, high: ArrayLike): NDArray => bind(clampP, operandsAlike("clamp", low, x, high), {});
