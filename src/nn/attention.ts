// Scaled dot-product attention. Queries, keys and values come as [batch, length, heads, size], as jax.nn has them.

import { type ArrayLike, type NDArray, asArray } from "../core/array.js";
import { showAval } from "../core/aval.js";
import { DTypeError, ShapeError } from "../core/errors.js";
import { largestFinite } from "../core/dtype.js";
import { sameShape, broadcastShapes } from "../core/shape.js";
import { checkOptions } from "../core/options.js";
import { broadcastTrailing, floatOf, promoteFloat, toDType } from "../numpy/promote.js";
import { add, mul } from "../ops/arithmetic.js";
import { ge } from "../ops/compare.js";
import { dotGeneral } from "../ops/dot.js";
import { expandDims, iota, reshape, squeeze, transpose } from "../ops/layout.js";
import { select } from "../ops/select.js";
import { softmax } from "./softmax.js";

export interface AttentionOptions {
  /** Added to the scaled scores; broadcasts to `[B, N, T, S]`. */
  readonly bias?: ArrayLike;
  /** Which keys each query may see, as bool; broadcasts to `[B, N, T, S]`. */
  readonly mask?: ArrayLike;
  /** Whether each query sees only the keys up to its own place. */
  readonly isCausal?: boolean;
  /** The factor of the scores; `1 / √H` by default. */
  readonly scale?: number;
}

function checkShapes(q: NDArray, k: NDArray, v: NDArray): void {
  const fits =
    q.ndim === 4 &&
    k.ndim === 4 &&
    sameShape(k.shape.slice(0, 3), v.shape.slice(0, 3)) &&
    v.ndim === 4 &&
    q.shape[0] === k.shape[0] &&
    q.shape[3] === k.shape[3] &&
    k.shape[2] > 0 &&
    q.shape[2] % k.shape[2] === 0;
  if (fits) return;
  throw new ShapeError({
    op: "dotProductAttention",
    expected: "query [B, T, N, H], key [B, S, K, H] and value [B, S, K, V], where K divides N (all without B, or all with it)",
    received: [q, k, v].map((x) => showAval(x.aval)).join(", "),
    remedy: "reshape them so that heads are the last axis but one",
  });
}

/** `[B, T, N, H]` as `[B, K, N/K · T, H]`: the queries of all heads that share a key's. */
function grouped(q: NDArray, kvHeads: number): NDArray {
  const [batch, length, heads, size] = q.shape;
  return reshape(transpose(q, [0, 2, 1, 3]), [batch, kvHeads, (heads / kvHeads) * length, size]);
}

/**
 * Attention: `softmax(scale · query keyᵀ + bias) value` over the keys that mask and order allow. Shapes are `[B, T, N, H]`
 * for queries and `[B, S, K, H]` for keys and values (or all without B); each key head serves `N / K` query heads. A query
 * that may see nothing gets the mean of all values, as in JAX.
 *
 * @throws ShapeError when shapes do not fit; DTypeError for a mask that is not bool; OptionError for an unknown option.
 * @example
 * const x = random.normal(random.key(0), [2, 5, 4, 8]);
 * nn.dotProductAttention(x, x, x, { isCausal: true }).shape // [2, 5, 4, 8]
 */
export function dotProductAttention(query: ArrayLike, key: ArrayLike, value: ArrayLike, options: AttentionOptions = {}): NDArray {
  const op = "dotProductAttention";
  checkOptions(op, options, ["bias", "mask", "isCausal", "scale"]);
  const given = promoteFloat(op, query, key, value);
  const unbatched = given.every((x) => x.ndim === 3);
  const [q, k, v] = unbatched ? given.map((x) => expandDims(x, 0)) : given;
  checkShapes(q, k, v);
  const [batch, length, heads, size] = q.shape;
  const [, keys, kvHeads] = k.shape;
  // With a key head for each query head nothing has to move: heads are a batch axis where they stand.
  const [queries, headAxis] = heads === kvHeads ? [q, 2] : [grouped(q, kvHeads), 1];
  const scores = dotGeneral(queries, k, [
    [[3], [3]],
    [
      [0, headAxis],
      [0, 2],
    ],
  ]);
  const weights = softmax(restricted(reshape(scores, [batch, heads, length, keys]), options, options.scale ?? 1 / Math.sqrt(size)));
  const mixed = dotGeneral(reshape(weights, scores.shape), v, [
    [[3], [1]],
    [
      [0, 1],
      [0, 2],
    ],
  ]);
  const out = transpose(reshape(mixed, [batch, heads, length, v.shape[3]]), [0, 2, 1, 3]);
  return unbatched ? squeeze(out, [0]) : out;
}

/** Scores scaled and biased; a large negative number where a query may not look. */
function restricted(scores: NDArray, { bias, mask, isCausal = false }: AttentionOptions, scale: number): NDArray {
  const op = "dotProductAttention";
  const { shape, dtype } = scores;
  const fitted = (name: string, x: NDArray): NDArray => {
    if (sameShape(broadcastShapes([x.shape, shape], op), shape)) return broadcastTrailing(x, shape);
    throw new ShapeError({
      op,
      expected: `a ${name} that broadcasts to [B, N, T, S]`,
      received: showAval(x.aval),
      remedy: "give it those axes, or size 1 for some",
    });
  };
  let result = mul(scores, scale);
  if (bias !== undefined) result = add(result, fitted("bias", toDType(op, bias, dtype)));
  const never = -0.7 * largestFinite(floatOf(dtype));
  if (mask !== undefined) {
    const allowed = asArray(mask, op);
    if (allowed.dtype !== "bool") {
      throw new DTypeError({
        op,
        expected: "a mask of dtype bool",
        received: showAval(allowed.aval),
        remedy: "compare first, or pass what is to be added as bias",
      });
    }
    result = select(fitted("mask", allowed), result, never);
  }
  return isCausal ? select(ge(iota("int32", shape, 2), iota("int32", shape, 3)), result, never) : result;
}
