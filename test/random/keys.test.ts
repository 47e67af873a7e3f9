import { describe, expect, it } from "vitest";
import { DTypeError, type NDArray, ShapeError, jit, numpy as np, random, vmap } from "../../src/index.js";
import { treeStructure } from "../../src/tree/index.js";
import { elements } from "../ops/rules.js";

const int = (values: number | number[]): NDArray => np.array(values, { dtype: "int32" });

describe("key", () => {
  it.each([
    [0, [0, 0]],
    [7, [0, 7]],
    [-1, [0, 2 ** 32 - 1]],
    [2 ** 32 - 1, [0, 2 ** 32 - 1]],
    [2 ** 32, [1, 0]],
    [5 * 2 ** 32 + 9, [5, 9]],
    [-(2 ** 33), [2 ** 32 - 2, 0]],
  ])("of %d has the words %j", (seed, words) => {
    const key = random.key(seed);
    expect(key.dtype).toBe("uint32");
    expect(key.toArray()).toEqual(words);
  });

  it("is the same of a number, an array and a traced value", () => {
    for (const seed of [
      2 ** 31,
      2 ** 32 - 1,
      2 ** 32,
      5 * 2 ** 32 + 9,
      1_760_000_000_123,
      -(2 ** 31),
      -(2 ** 31) - 1,
      -(2 ** 33),
      -(2 ** 53) + 1,
    ])
      expect(jit(random.key)(seed).toArray()).toEqual(random.key(seed).toArray());
    for (const seed of [7, -3]) {
      const words = random.key(seed).toArray();
      expect(random.key(int(seed)).toArray()).toEqual(words);
      expect(jit(random.key)(seed).toArray()).toEqual(words);
      expect(jit(random.key)(int(seed)).toArray()).toEqual(words);
    }
    expect(vmap(random.key)(int([1, 2])).toArray()).toEqual([
      [0, 1],
      [0, 2],
    ]);
  });

  it("refuses what is no integer", () => {
    expect(() => random.key(0.5)).toThrow("key: expected an integer, got 0.5");
    expect(() => random.key(2 ** 60)).toThrow(DTypeError);
    expect(() => random.key(np.array(1.0))).toThrow("key: expected an integer, got float32[]");
    expect(() => random.key(int([1, 2]))).toThrow("vmap((n) => random.key(n))");
  });
});

describe("split and foldIn", () => {
  const key = random.key(7);

  it("split gives as many keys as are asked for, in any shape, the same ones", () => {
    const six = random.split(key, 6);
    expect(six.shape).toEqual([6, 2]);
    expect(elements(random.split(key, [2, 3]))).toEqual(elements(six));
    expect(random.split(key).shape).toEqual([2, 2]);
    expect(random.split(key, 0).shape).toEqual([0, 2]);
    expect(random.splitKeys(key, 3).map((k) => k.toArray())).toEqual(random.split(key, 3).toArray());
  });

  it("splitLike gives each leaf of a tree a key of its own, the ones of split", () => {
    const tree = { b: np.zeros([3]), layers: [{ w: np.zeros([2]) }, { w: np.zeros([]) }] };
    const keys = random.splitLike(key, tree);
    expect([keys.b, keys.layers[1].w].map((k) => k.dtype)).toEqual(["uint32", "uint32"]);
    expect(treeStructure(keys).key).toBe(treeStructure(tree).key);
    expect([keys.b, keys.layers[0].w, keys.layers[1].w].map(elements)).toEqual(random.splitKeys(key, 3).map(elements));
    expect(elements(jit((k: NDArray) => random.splitLike(k, tree).b)(key))).toEqual(elements(keys.b));
    expect(random.splitLike(key, [])).toEqual([]);
    expect(() => random.splitLike(key, { name: "x" } as unknown)).toThrow(/^splitLike: /);
    expect(() => random.splitLike(np.zeros([2]), tree)).toThrow(DTypeError);
  });

  it("split keys differ from each other, from their source, and from folded ones", () => {
    const keys = [...random.splitKeys(key, 100), key, ...Array.from({ length: 100 }, (_, i) => random.foldIn(random.key(8), i))];
    expect(new Set(keys.map(String)).size).toBe(201);
  });

  it("streams of split keys are uncorrelated", () => {
    const n = 10_000;
    const [a, b] = random.splitKeys(key).map((k) => random.normal(k, [n]));
    const correlation = a.mul(b).mean().item();
    expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(n));
  });

  it("foldIn is the same of a number, an array and a traced value", () => {
    const folded = random.foldIn(key, 12).toArray();
    expect(random.foldIn(key, int(12)).toArray()).toEqual(folded);
    expect(jit(random.foldIn)(key, 12).toArray()).toEqual(folded);
    expect(jit(random.foldIn)(key, int(12)).toArray()).toEqual(folded);
    const many = vmap((i: NDArray) => random.foldIn(key, i))(int([11, 12])).toArray();
    expect(many).toEqual([random.foldIn(key, 11).toArray(), folded]);
  });

  it("refuses what is no key", () => {
    const remedy = "make a key of a seed with random.key(seed)";
    expect(() => random.split(np.zeros([2]))).toThrow("split: expected one key: an array uint32[2], got float32[2]");
    expect(() => random.split(np.zeros([2]))).toThrow(remedy);
    expect(() => random.normal(int([0, 1]), [3])).toThrow(`normal: expected one key: an array uint32[2], got int32[2]`);
    expect(() => random.uniform(random.split(key, 3), [2])).toThrow("vmap((key) => random.uniform(key, ...))(keys)");
    // A seed in the place of a key, as JavaScript would pass it.
    const seed: unknown = 7;
    expect(() => random.uniform(seed as NDArray, [2])).toThrow("uniform: expected one key: an array uint32[2], got the number 7");
  });

  it("refuses counts and data that make no sense", () => {
    expect(() => random.split(key, -1)).toThrow(ShapeError);
    expect(() => random.foldIn(key, -1)).toThrow("foldIn: expected an integer, got -1, not one from 0 to 2^32 − 1");
    expect(() => random.foldIn(key, 0.5)).toThrow(DTypeError);
    expect(() => random.foldIn(key, np.array(1.5))).toThrow("foldIn: expected an integer, got float32[]");
  });
});
