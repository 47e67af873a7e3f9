import { describe, expect, it } from "vitest";
import { IndexError, type NDArray, grad, jit, nn, numpy as np, random as rng, vmap } from "../../src/index.js";
import { arrayOf, elements, expectDerivatives, random } from "../ops/rules.js";

const int = (...values: number[]): NDArray => np.array(values, { dtype: "int32" });
const expectClose = (x: NDArray, y: NDArray, digits = 10): void => {
  expect(x.shape).toEqual(y.shape);
  elements(x).forEach((v, i) => expect(v).toBeCloseTo(elements(y)[i], digits));
};

describe("dense", () => {
  it("is x w + b, for any number of leading axes", () => {
    const [x, w, b] = [random([2, 3, 4]), random([4, 5], 2), random([5], 3)];
    expectClose(nn.dense(x, w, b), np.add(np.matmul(x, w), b));
    expectClose(nn.dense(x, w), np.matmul(x, w));
    expectDerivatives((...args) => [nn.dense(args[0], args[1], args[2])], [x, w, b]);
    expect(() => nn.dense(x, w.T)).toThrow(
      "dense: expected x of shape [..., inputs] and w of shape [inputs, outputs], got float64[2,3,4] and float64[5,4]",
    );
  });
});

describe("embed", () => {
  const table = arrayOf("float64", [1, 2, 3, 4, 5, 6], [3, 2]);

  it("reads rows, and adds up their gradients", () => {
    expect(nn.embed(table, np.array([[2, 0]], { dtype: "int32" })).toArray()).toEqual([
      [
        [5, 6],
        [1, 2],
      ],
    ]);
    expect(nn.embed(table, 1).toArray()).toEqual([3, 4]);
    const slopes = grad((t: NDArray) => nn.embed(t, int(1, 1, 0)).sum())(table);
    expect(slopes.toArray()).toEqual([
      [1, 1],
      [2, 2],
      [0, 0],
    ]);
    expect(vmap((id: NDArray) => nn.embed(table, id))(int(2, 1)).toArray()).toEqual([
      [5, 6],
      [3, 4],
    ]);
  });

  it("never reads a neighbour", () => {
    for (const id of [3, -1]) {
      expect(() => nn.embed(table, int(id))).toThrow(IndexError);
      expect(elements(jit((ids: NDArray) => nn.embed(table, ids))(int(id)))).toEqual([NaN, NaN]);
    }
    expect(() => nn.embed(table, np.array([0.5]))).toThrow("embed: expected integers, got float32[1]");
  });
});

describe("oneHot", () => {
  it("has a one at the class, and none for numbers that are no class", () => {
    expect(nn.oneHot(int(1, -1, 3, 0), 3).toArray()).toEqual([
      [0, 1, 0],
      [0, 0, 0],
      [0, 0, 0],
      [1, 0, 0],
    ]);
    expect(nn.oneHot(int(1, 0), 3, { axis: 0, dtype: "int8" }).toArray()).toEqual([
      [0, 1],
      [1, 0],
      [0, 0],
    ]);
    expect(nn.oneHot(int(1), 2, { dtype: "bool" }).toArray()).toEqual([[false, true]]);
    expect(nn.oneHot(2, 3).toArray()).toEqual([0, 0, 1]);
    expect(nn.oneHot(np.array([255], { dtype: "uint8" }), 2).toArray()).toEqual([[0, 0]]);
    expect(vmap((i: NDArray) => nn.oneHot(i, 2))(int(0, 1)).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(() => nn.oneHot(int(1), 2.5)).toThrow("oneHot: expected a whole number of classes, got 2.5");
    expect(() => nn.oneHot(np.ones([2]), 3)).toThrow("oneHot: expected integers, got float32[2]");
  });
});

describe("dropout", () => {
  const key = rng.key(1);

  it("drops the given share, keeps the mean and the derivative", () => {
    const x = np.ones([4000]);
    const y = nn.dropout(key, x, 0.25);
    const kept = elements(y).filter((v) => v !== 0);
    expect(new Set(kept)).toEqual(new Set([Math.fround(1 / 0.75)]));
    expect(Math.abs(kept.length / 4000 - 0.75)).toBeLessThan(5 * Math.sqrt(0.1875 / 4000));
    expect(elements(grad((v: NDArray) => nn.dropout(key, v, 0.25).sum())(x))).toEqual(elements(y));
    expect(jit((k: NDArray) => nn.dropout(k, x, 0.25))(key).toArray()).toEqual(y.toArray());
  });

  it("does nothing when deterministic or at rate 0, and drops all at rate 1", () => {
    const x = np.array([1, NaN]);
    expect(nn.dropout(key, x, 0.9, { deterministic: true }).toArray()).toEqual([1, NaN]);
    expect(nn.dropout(key, x, 0).toArray()).toEqual([1, NaN]);
    expect(nn.dropout(key, x, 1).toArray()).toEqual([0, 0]);
    expect(() => nn.dropout(key, x, 1.5)).toThrow("dropout: expected a rate from 0 to 1, got 1.5");
  });
});

describe("dotProductAttention", () => {
  const [q, k, v] = [random([2, 4, 6, 3], 1, 2), random([2, 5, 2, 3], 2, 2), random([2, 5, 2, 7], 3)];

  /** One query's head, by the definition. */
  const byLoops = (b: number, t: number, n: number, allowed: (s: number) => boolean): number[] => {
    const read = (x: NDArray, ...index: number[]): number => elements(x)[index.reduce((place, i, axis) => place * x.shape[axis] + i, 0)];
    const scores = Array.from({ length: 5 }, (_, s) =>
      allowed(s)
        ? [0, 1, 2].reduce((sum, h) => sum + read(q, b, t, n, h) * read(k, b, s, Math.floor(n / 3), h), 0) / Math.sqrt(3)
        : -Infinity,
    );
    const weights = scores.map((score) => Math.exp(score - Math.max(...scores)));
    const total = weights.reduce((a, c) => a + c, 0);
    return Array.from({ length: 7 }, (_, h) => weights.reduce((sum, w, s) => sum + (w / total) * read(v, b, s, Math.floor(n / 3), h), 0));
  };

  const allByLoops = (allowed: (t: number, s: number) => boolean): number[] =>
    [0, 1].flatMap((b) => [0, 1, 2, 3].flatMap((t) => [0, 1, 2, 3, 4, 5].flatMap((n) => byLoops(b, t, n, (s) => allowed(t, s)))));

  const expectEqual = (x: NDArray, expected: readonly number[]): void => {
    expect(x.shape).toEqual([2, 4, 6, 7]);
    elements(x).forEach((value, i) => expect(value).toBeCloseTo(expected[i], 10));
  };

  it("is the definition, with grouped heads, order and mask", () => {
    expectEqual(
      nn.dotProductAttention(q, k, v),
      allByLoops(() => true),
    );
    expectEqual(
      nn.dotProductAttention(q, k, v, { isCausal: true }),
      allByLoops((t, s) => s <= t),
    );
    const mask = np.array([true, false, true, true, false]);
    expectEqual(
      nn.dotProductAttention(q, k, v, { mask }),
      allByLoops((_, s) => s !== 1 && s !== 4),
    );
    const bias = np.where(mask, 0, -1e9);
    expectEqual(
      nn.dotProductAttention(q, k, v, { bias }),
      allByLoops((_, s) => s !== 1 && s !== 4),
    );
  });

  it("agrees with and without groups, and without a batch", () => {
    const spread = (x: NDArray): NDArray => np.repeat(x, 3, 2);
    expectClose(nn.dotProductAttention(q, spread(k), spread(v)), nn.dotProductAttention(q, k, v));
    const first = (x: NDArray): NDArray => np.take(x, 0, 0);
    expectClose(nn.dotProductAttention(first(q), first(k), first(v)), first(nn.dotProductAttention(q, k, v)));
    expectClose(nn.dotProductAttention(q, k, v, { scale: 0 }), nn.dotProductAttention(q.mul(0), k, v));
  });

  it("gives a query that may see nothing the mean, and no NaN", () => {
    const none = np.zeros([1, 1, 4, 5], { dtype: "bool" });
    const f = (x: NDArray): NDArray => nn.dotProductAttention(x, k, v, { mask: none });
    const mean = np.mean(v, 1, { keepdims: true });
    expectClose(
      np.take(f(q), np.array([0], { dtype: "int32" }), 2),
      np.broadcastTo(np.take(mean, np.array([0], { dtype: "int32" }), 2), [2, 4, 1, 7]),
    );
    expect(elements(grad((x: NDArray) => f(x).sum())(q)).every((g) => g === 0)).toBe(true);
  });

  it("has its derivatives, and maps", () => {
    expectDerivatives(
      (a, b, c) => [nn.dotProductAttention(a, b, c, { isCausal: true })],
      [random([1, 3, 2, 2]), random([1, 3, 1, 2], 2), random([1, 3, 1, 2], 3)],
    );
    const mapped = vmap((a: NDArray, b: NDArray, c: NDArray) => nn.dotProductAttention(a, b, c))(q, k, v);
    expectClose(mapped, nn.dotProductAttention(q, k, v));
  });

  it("refuses shapes and masks that do not fit", () => {
    expect(() => nn.dotProductAttention(q, k, q)).toThrow("dotProductAttention: expected query [B, T, N, H], key [B, S, K, H]");
    expect(() => nn.dotProductAttention(q, k, v, { mask: np.ones([5]) })).toThrow(
      "dotProductAttention: expected a mask of dtype bool, got float32[5]",
    );
    expect(() => nn.dotProductAttention(q, k, v, { bias: np.ones([1, 1, 1, 1, 5]) })).toThrow(
      "expected a bias that broadcasts to [B, N, T, S]",
    );
  });
});
