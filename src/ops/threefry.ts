// The Threefry-2x32 block function: a key and counters enter, random bits leave.
// Pointwise in four words; scalars stand for the other operands' shape, so one key serves an array of counters.

import type { NDArray } from "../core/array.js";
import { aval, showAval } from "../core/aval.js";
import type { TypedArray } from "../core/dtype.js";
import { DTypeError } from "../core/errors.js";
import { type HostArray, type Params, constant, pointwise, primitive } from "../core/primitive.js";
import { sizeOf } from "../core/shape.js";
import { bindAll } from "../core/trace.js";
import { threefry2x32 as blocks } from "../kernels/threefry.js";
import { pointwiseShape } from "./pointwise.js";

export const threefry2x32P = primitive("threefry2x32")<Params>({
  type: (avals) => {
    const other = avals.find((a) => a.dtype !== "uint32");
    if (other === undefined) {
      const word = aval(pointwiseShape("threefry2x32", avals), "uint32");
      return [word, word];
    }
    throw new DTypeError({
      op: "threefry2x32",
      expected: "four operands of dtype uint32",
      received: showAval(other),
      remedy: `convert it with x.astype("uint32")`,
    });
  },
  derivative: constant,
  batch: pointwise,
  reference: (words, _, [out]) => {
    const size = sizeOf(out.shape);
    const spread = ({ data, shape }: HostArray): TypedArray =>
      shape.length === out.shape.length ? data : new Uint32Array(size).fill(data[0]);
    const [key0, key1, counts0, counts1] = words;
    const results = blocksOfKeys(spread(key0), spread(key1), spread(counts0), spread(counts1));
    return results.map((data) => ({ data, shape: out.shape, dtype: out.dtype }));
  },
});

/** The blocks of counters that have a key each; neighbours with the same key are computed together. */
function blocksOfKeys(keys0: TypedArray, keys1: TypedArray, counts0: TypedArray, counts1: TypedArray): [Uint32Array, Uint32Array] {
  const size = counts0.length;
  const [out0, out1] = [new Uint32Array(size), new Uint32Array(size)];
  for (let start = 0, end = 1; start < size; start = end++) {
    while (end < size && keys0[end] === keys0[start] && keys1[end] === keys1[start]) end++;
    const [words0, words1] = blocks(keys0[start], keys1[start], counts0.subarray(start, end), counts1.subarray(start, end));
    out0.set(words0, start);
    out1.set(words1, start);
  }
  return [out0, out1];
}

/**
 * Two arrays of random bits: for each place, the two words of the Threefry-2x32 block (20 rounds) of the counter
 * `(count0, count1)` under the key `(key0, key1)`. Operands are uint32, scalars or of one shape.
 *
 * @throws DTypeError unless all are uint32; ShapeError when shapes differ and neither is a scalar.
 * @example threefry2x32(np.uint32(0), np.uint32(7), np.uint32(0), np.uint32(0)) // [3625411723, 1954958720]
 */
export function threefry2x32(key0: NDArray, key1: NDArray, count0: NDArray, count1: NDArray): readonly [NDArray, NDArray] {
  const [word0, word1] = bindAll(threefry2x32P, [key0, key1, count0, count1], {});
  return [word0, word1];
}
