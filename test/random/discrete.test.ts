import { describe, expect, it } from "vitest";
import { DTypeError, type NDArray, OptionError, jit, numpy as np, random, vmap } from "../../src/index.js";
import { elements } from "../ops/rules.js";

const key = random.key(21);
const int = (values: number | number[]): NDArray => np.array(values, { dtype: "int32" });

/** Whether counts of equally likely outcomes fit, by their chi-square: its mean is the degrees of freedom, its variance twice that. */
function expectEven(counts: readonly number[]): void {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length;
  const chiSquare = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  const freedom = counts.length - 1;
  expect(chiSquare).toBeLessThan(freedom + 5 * Math.sqrt(2 * freedom));
}

const histogram = (xs: readonly number[], low: number, size: number): number[] =>
  Array.from({ length: size }, (_, i) => xs.filter((x) => x === low + i).length);

describe("randint", () => {
  it("is even over its interval, and stays in it", () => {
    const xs = elements(random.randint(key, [7000], -3, 4));
    const counts = histogram(xs, -3, 7);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(7000);
    expectEven(counts);
  });

  it.each(["int32", "uint32", "int8", "uint8"] as const)("covers all of %s", (dtype) => {
    const { min, max } = np.iinfo(dtype);
    const xs = random.randint(key, [4000], min, max + 1, { dtype });
    expect(xs.dtype).toBe(dtype);
    const counts = new Array<number>(16).fill(0);
    for (const x of elements(xs)) counts[Math.floor(((x - min) / (max - min + 1)) * 16)]++;
    expectEven(counts);
  });

  it("takes arrays as bounds, gives the lower one of an empty interval, and is the same compiled and mapped", () => {
    const f = (k: NDArray, high: NDArray): NDArray => random.randint(k, [3], int([0, 10, 20]), high);
    const high = int([1, 11, 15]);
    expect(f(key, high).toArray()).toEqual([0, 10, 20]);
    const wide = int([1000, 1000, 1000]);
    expect(jit(f)(key, wide).toArray()).toEqual(f(key, wide).toArray());
    const keys = random.splitKeys(key, 3);
    const mapped = vmap(f, { inAxes: [0, null] })(random.split(key, 3), wide);
    expect(mapped.toArray()).toEqual(keys.map((k) => f(k, wide).toArray()));
    expect(jit((k: NDArray, n: NDArray) => random.randint(k, [4], 0, n))(key, 9).toArray()).toEqual(
      random.randint(key, [4], 0, 9).toArray(),
    );
  });

  it("refuses float bounds and those that the dtype does not hold", () => {
    expect(() => random.randint(key, [2], 0, 1.5)).toThrow(
      "randint: expected an integer maxval from -2147483648 to 2147483647 (or one more), got 1.5",
    );
    expect(() => random.randint(key, [2], np.array(0.0), 5)).toThrow("randint: expected an integer minval that int32 holds, got float32[]");
    expect(() => random.randint(key, [2], -1, 5, { dtype: "uint8" })).toThrow(DTypeError);
    expect(() => random.randint(key, [2], 0, int(5), { dtype: "int8" })).toThrow("maxval that int8 holds, got int32[]");
    expect(() => random.randint(key, [2], 0, 5, { dtype: "float32" })).toThrow("randint: expected an integer dtype, got float32");
  });
});

describe("bernoulli and rademacher", () => {
  it("hold with their probability", () => {
    const share = random.bernoulli(key, 0.3, [5000]).astype("float32").mean().item();
    expect(Math.abs(share - 0.3)).toBeLessThan(5 * Math.sqrt(0.21 / 5000));
    expect(elements(random.bernoulli(key, np.array([0, 1]), [50, 2])).every((x, i) => x === i % 2)).toBe(true);
    const signs = elements(random.rademacher(key, [1000], { dtype: "int8" }));
    expect(new Set(signs)).toEqual(new Set([-1, 1]));
    expectEven(histogram(signs, -1, 3).filter((_, i) => i !== 1));
  });

  it("refuse what is no probability, and dtypes without −1", () => {
    expect(() => random.bernoulli(key, 1.5)).toThrow("bernoulli: expected a probability from 0 to 1, got 1.5");
    expect(() => random.bernoulli(key, int(1))).toThrow("bernoulli: expected a probability of a floating-point dtype, got int32[]");
    expect(() => random.rademacher(key, [2], { dtype: "uint8" })).toThrow("rademacher: expected a dtype that holds −1, got uint8");
    // Compiled, the value cannot be looked at.
    expect(jit((p: NDArray) => random.bernoulli(key, p, [3]))(2).toArray()).toEqual([true, true, true]);
  });
});

describe("categorical", () => {
  const logits = np.log(np.array([0.1, 0.2, 0.7]));

  it("draws classes by their probability", () => {
    const xs = elements(random.categorical(key, logits, { shape: [5000] }));
    histogram(xs, 0, 3).forEach((n, i) => {
      const p = [0.1, 0.2, 0.7][i];
      expect(Math.abs(n / 5000 - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / 5000));
    });
  });

  it("keeps the batch's shape, whichever axis the classes are", () => {
    const batch = np.stack([logits, logits, logits, logits]);
    expect(random.categorical(key, batch).shape).toEqual([4]);
    expect(random.categorical(key, batch.T, { axis: 0 }).shape).toEqual([4]);
    expect(random.categorical(key, batch, { shape: [5, 4] }).shape).toEqual([5, 4]);
    const never = np.array([-Infinity, 0, -Infinity]);
    expect(new Set(elements(random.categorical(key, never, { shape: [20] })))).toEqual(new Set([1]));
    expect(() => random.categorical(key, batch, { shape: [5] })).toThrow("categorical: expected");
    expect(() => random.categorical(key, logits, { axis: 1 })).toThrow("categorical");
  });
});

describe("permutation", () => {
  it("is a permutation, and each is equally likely", () => {
    expect(elements(random.permutation(key, 100)).sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const orders = vmap((k: NDArray) => random.permutation(k, 3))(random.split(key, 1200));
    const codes = elements(orders.mul(int([9, 3, 1])).sum(-1));
    const counts = [...new Set(codes)].map((code) => codes.filter((c) => c === code).length);
    expect(counts.length).toBe(6);
    expectEven(counts);
  });

  it("moves whole slices, or each row in its own order", () => {
    const x = np.arange(12).reshape([3, 4]);
    const rows = random.permutation(key, x).toArray();
    expect([...(rows as number[][])].sort((a, b) => a[0] - b[0])).toEqual(x.toArray());
    const columns = random.permutation(key, x, { axis: 1 });
    expect(elements(np.sort(columns, 1))).toEqual(elements(x));
    expect(
      new Set(
        elements(
          columns
            .at([0])
            .get()
            .sub(columns.at([1]).get()),
        ),
      ),
    ).toEqual(new Set([-4]));
    const independent = random.permutation(key, np.arange(40).reshape([2, 20]), { axis: 1, independent: true });
    expect(elements(np.sort(independent, 1))).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(
      new Set(
        elements(
          independent
            .at([1])
            .get()
            .sub(independent.at([0]).get()),
        ),
      ).size,
    ).toBeGreaterThan(1);
    expect(random.permutation(key, 0).shape).toEqual([0]);
  });

  it("refuses a count that is not known", () => {
    expect(() => random.permutation(key, 2.5)).toThrow("permutation: expected an array with axes, or a whole number");
    expect(() => jit((n: NDArray) => random.permutation(key, n))(5)).toThrow("make the argument static (staticArgnums)");
  });
});

describe("choice", () => {
  const population = np.array([10, 20, 30, 40]);

  it("draws with replacement, evenly or by probability", () => {
    const even = elements(random.choice(key, population, [4000]));
    expectEven([10, 20, 30, 40].map((v) => even.filter((x) => x === v).length));
    const p = [0.1, 0, 0.3, 0.6];
    const weighted = elements(random.choice(key, population, [5000], { p: np.array(p) }));
    p.forEach((share, i) => {
      const n = weighted.filter((x) => x === 10 * (i + 1)).length;
      expect(Math.abs(n / 5000 - share)).toBeLessThanOrEqual(5 * Math.sqrt((share * (1 - share)) / 5000));
    });
  });

  it("draws without replacement each at most once", () => {
    const all = elements(random.choice(key, 50, [50], { replace: false })).sort((a, b) => a - b);
    expect(all).toEqual(Array.from({ length: 50 }, (_, i) => i));
    const some = elements(random.choice(key, 4, [3], { replace: false, p: np.array([0.3, 0, 0.3, 0.4]) })).sort((a, b) => a - b);
    expect(some).toEqual([0, 2, 3]);
  });

  it("takes slices along an axis, and is the same compiled and mapped", () => {
    const x = np.arange(12).reshape([3, 4]);
    expect(random.choice(key, x, [2, 5], { axis: 1 }).shape).toEqual([3, 2, 5]);
    expect(random.choice(key, x, [], { axis: 0 }).shape).toEqual([4]);
    const f = (k: NDArray): NDArray => random.choice(k, 6, [4], { p: np.array([1, 2, 3, 4, 5, 6]).div(21) });
    const keys = random.splitKeys(key, 3);
    expect(jit(f)(key).toArray()).toEqual(f(key).toArray());
    expect(vmap(f)(random.split(key, 3)).toArray()).toEqual(keys.map((k) => f(k).toArray()));
  });

  it("refuses what cannot be drawn", () => {
    expect(() => random.choice(key, 3, [4], { replace: false })).toThrow(OptionError);
    expect(() => random.choice(key, 3, [4], { replace: false })).toThrow(
      "choice: expected at most 3 draws without replacement, got 4 draws from 3 elements",
    );
    expect(() => random.choice(key, 0, [1])).toThrow("choice: expected something to draw from");
    expect(() => random.choice(key, 3, [1], { p: np.array([0.5, 0.5]) })).toThrow("choice: expected p of shape [3], got float32[2]");
  });
});
