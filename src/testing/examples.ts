// Further examples of a function's arguments, made of the given one: floats change by some percent and keep their sign,
// integers and bools change places, so that they stay what the function can take (indices, labels, masks).

import type { NDArray } from "../core/array.js";
import { fromTypedArray } from "../core/array.js";
import { isFloat, typedArray } from "../core/dtype.js";
import { elementsOf } from "./flat.js";
import { numbersOf } from "./noise.js";

const SPREAD = 0.05;

/** An array like `x` with other elements. */
export function variation(x: NDArray, seed: number, ...labels: readonly number[]): NDArray {
  const next = numbersOf(seed, ...labels);
  const values = elementsOf(x);
  if (isFloat(x.dtype))
    return fromTypedArray(
      typedArray(
        x.dtype,
        values.map((v) => v * (1 + SPREAD * (2 * next() - 1))),
      ),
      x.shape,
      x.dtype,
    );
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [values[i], values[j]] = [values[j], values[i]];
  }
  return fromTypedArray(typedArray(x.dtype, values), x.shape, x.dtype);
}

/** Arrays of one type as one array with a new axis. */
export function stackAt(xs: readonly NDArray[], axis: number): NDArray {
  const [{ shape, dtype }] = xs;
  const inner = shape.slice(axis).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const out = typedArray(dtype, inner * outer * xs.length);
  xs.forEach((x, n) => {
    const values = elementsOf(x);
    for (let o = 0; o < outer; o++) out.set(values.subarray(o * inner, (o + 1) * inner), (o * xs.length + n) * inner);
  });
  return fromTypedArray(out, shape.toSpliced(axis, 0, xs.length), dtype);
}
