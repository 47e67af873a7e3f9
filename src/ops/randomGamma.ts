// Gamma samples: a key (its two words) and a shape parameter for each element enter, a sample or its logarithm leaves.
// A primitive, because rejection takes as many draws as it takes. The derivative in the parameter holds the sample's
// probability fixed; that derivative is a primitive too, and ends there.

import type { NDArray } from "../core/array.js";
import { type Aval, aval, showAval } from "../core/aval.js";
import type { TypedArray } from "../core/dtype.js";
import { DTypeError } from "../core/errors.js";
import { type HostArray, type Primitive, none, opaque, operands, partial, pointwise, primitive } from "../core/primitive.js";
import { sizeOf } from "../core/shape.js";
import { bind } from "../core/trace.js";
import { mapBinary } from "../kernels/elementwise.js";
import { gammaLogSlope } from "../kernels/gammaQuantile.js";
import { gammaSample } from "../kernels/randomGamma.js";
import { mul } from "./arithmetic.js";
import { checkDTypes, checkSameDType, pointwiseShape } from "./pointwise.js";

export interface RandomGammaParams {
  /** Whether the sample's logarithm is meant. */
  readonly logSpace: boolean;
}

export const randomGammaP: Primitive<"random_gamma", RandomGammaParams> = primitive("random_gamma")<RandomGammaParams>({
  type: ([key0, key1, alpha]) => {
    checkWords([key0, key1]);
    checkDTypes("randomGamma", [alpha], "float");
    return [aval(pointwiseShape("randomGamma", [key0, key1, alpha]), alpha.dtype)];
  },
  derivative: operands<RandomGammaParams>(
    none,
    none,
    partial((dalpha, [, , alpha], y, params) => mul(dalpha, bind(randomGammaGradP, [alpha, y], params))),
  ),
  batch: pointwise,
  reference: (inputs, { logSpace }, [out]) => {
    const size = sizeOf(out.shape);
    const dtype = out.dtype === "float64" ? "float64" : "float32";
    const [key0, key1, alpha] = inputs.map((x) => elementsOf(x));
    const data = dtype === "float64" ? new Float64Array(size) : new Float32Array(size);
    for (let i = 0; i < size; i++) data[i] = gammaSample(key0(i), key1(i), alpha(i), dtype, logSpace);
    return [{ data, shape: out.shape, dtype }];
  },
});

/** The elements by their place in the result; a scalar has the same everywhere. */
function elementsOf({ data, shape }: HostArray): (i: number) => number {
  const elements: TypedArray = data;
  return shape.length === 0 ? () => elements[0] : (i) => elements[i];
}

function checkWords(words: readonly Aval[]): void {
  const other = words.find((a) => a.dtype !== "uint32");
  if (other === undefined) return;
  throw new DTypeError({
    op: "randomGamma",
    expected: "two key words of dtype uint32",
    received: showAval(other),
    remedy: `convert it with x.astype("uint32")`,
  });
}

export const randomGammaGradP: Primitive<"random_gamma_grad", RandomGammaParams> = primitive("random_gamma_grad")<RandomGammaParams>({
  type: (avals) => {
    checkSameDType("randomGammaGrad", avals);
    checkDTypes("randomGammaGrad", avals, "float");
    return [aval(pointwiseShape("randomGammaGrad", avals), avals[0].dtype)];
  },
  derivative: opaque("the second derivative of a gamma sample in its parameter has no rule"),
  batch: pointwise,
  reference: ([alpha, y], { logSpace }, [out]) => [
    mapBinary(alpha, y, logSpace ? gammaLogSlope : (a, x) => (x === 0 ? 0 : x * gammaLogSlope(a, Math.log(x))), out.dtype),
  ],
});

/**
 * A gamma sample (or its logarithm) for each place, with a key of two uint32 words and a parameter `alpha` of its own;
 * scalars stand for all places. NaN for a negative parameter. Differentiable once in `alpha`.
 *
 * @throws DTypeError unless the words are uint32 and `alpha` is floating point; ShapeError when shapes differ.
 * @example randomGamma(np.uint32(0), np.uint32(7), np.array([2.5, 0.5]), false).shape // [2]
 */
export const randomGamma = (key0: NDArray, key1: NDArray, alpha: NDArray, logSpace: boolean): NDArray =>
  bind(randomGammaP, [key0, key1, alpha], { logSpace });
