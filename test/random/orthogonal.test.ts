// Random orthogonal matrices: orthonormal to the last bits, uniformly distributed, the same compiled, mapped and in batches, of a
// program whose size does not grow with the matrix.

import { describe, expect, it } from "vitest";
import { type NDArray, jit, makeJaxpr, nn, numpy as np, random, vmap } from "../../src/index.js";
import { orthonormalFactor } from "../../src/random/orthogonal.js";
import { arrayOf, elements } from "../ops/rules.js";

const key = random.key(0);
const ulp = { float32: 2 ** -23, float64: 2 ** -52 };

/** How far the columns are from orthonormal: the largest element of |QᵀQ − 1|, in float64. */
function deviation(q: NDArray): number {
  const wide = q.astype("float64");
  const gram = np.matmul(np.matrixTranspose(wide), wide);
  return np.max(np.abs(gram.sub(np.eye(q.shape[q.ndim - 1], { dtype: "float64" })))).item();
}

describe("orthogonal", () => {
  it.each(["float32", "float64"] as const)("gives orthonormal columns, or rows where these are fewer, to a few ulps: %s", (dtype) => {
    for (const [n, m] of [
      [1, 1],
      [2, 2],
      [5, 3],
      [3, 5],
      [16, 16],
      [64, 1],
      [33, 64],
      [64, 64],
    ]) {
      const q = random.orthogonal(key, n, { m, dtype });
      expect([q.shape, q.dtype]).toEqual([[n, m], dtype]);
      expect(deviation(n < m ? q.T : q)).toBeLessThan(8 * ulp[dtype]);
    }
  });

  it("draws batches, each matrix that of its own normal numbers", () => {
    const [n, m] = [7, 4];
    const batch = random.orthogonal(key, n, { m, shape: [2, 3], dtype: "float64" });
    expect(batch.shape).toEqual([2, 3, n, m]);
    expect(deviation(batch)).toBeLessThan(8 * ulp.float64);
    const normals = random.normal(key, [6, n, m], { dtype: "float64" });
    const singly = Array.from({ length: 6 }, (_, i) => elements(orthonormalFactor(np.take(normals, i, 0)))).flat();
    expect(elements(batch)).toEqual(singly.map((x) => expect.closeTo(x, 14)));
    expect(random.orthogonal(key, 0).shape).toEqual([0, 0]);
    expect(random.orthogonal(key, 3, { shape: [0] }).shape).toEqual([0, 3, 3]);
  });

  it("has a triangular factor with a positive diagonal", () => {
    const x = random.normal(key, [9, 6], { dtype: "float64" });
    const triangle = np.matmul(orthonormalFactor(x).T, x);
    for (let i = 0; i < 6; i++) {
      expect(np.take(np.take(triangle, i, 0), i, 0).item()).toBeGreaterThan(0);
      for (let j = 0; j < i; j++) expect(Math.abs(np.take(np.take(triangle, i, 0), j, 0).item())).toBeLessThan(1e-14);
    }
  });

  it("is the same compiled and mapped", () => {
    const draw = (k: NDArray): NDArray => random.orthogonal(k, 6, { dtype: "float64" });
    const keys = random.split(key, 3);
    const wanted = [0, 1, 2].flatMap((i) => elements(draw(np.take(keys, i, 0)))).map((x) => expect.closeTo(x, 13));
    expect(elements(vmap(draw)(keys))).toEqual(wanted);
    expect(elements(jit(vmap(draw))(keys))).toEqual(wanted);
  });

  it("has a program of one size for every size of the matrix, and so have initial values", () => {
    const equations = (f: (k: NDArray) => NDArray): number => String(makeJaxpr(f)(key)).split(" = ").length;
    const sizes = [2, 5, 64].map((n) => equations((k) => random.orthogonal(k, n)));
    expect(new Set(sizes).size).toBe(1);
    const initial = nn.initializers.orthogonal();
    expect(equations((k) => initial(k, [64, 64]))).toBe(equations((k) => initial(k, [2, 2])));
  });

  it("is uniform: the traces of 4×4 matrices have mean 0, variance 1 and fourth moment 3", () => {
    const count = 20_000;
    const traces = random
      .orthogonal(random.key(7), 4, { shape: [count] })
      .mul(np.eye(4))
      .sum([1, 2]);
    const moment = (power: number): number => elements(traces).reduce((sum, x) => sum + x ** power, 0) / count;
    // Diaconis and Shahshahani 1994: the first moments are those of a normal number. Bounds of five standard errors.
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(count));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / count));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / count));
  });

  it("stays orthonormal where the matrix has no full rank", () => {
    for (const x of [np.zeros([3, 3]), np.ones([4, 3]), arrayOf("float32", [0, 0, 0, 1, 0, 0, 1, 0, 0], [3, 3])]) {
      expect(deviation(orthonormalFactor(x))).toBeLessThan(8 * ulp.float32);
    }
  });

  it("makes of one normal number its sign", () => {
    for (const k of [0, 1, 2, 3].map((seed) => random.key(seed))) {
      expect(random.orthogonal(k, 1).item()).toBe(Math.sign(random.normal(k, [1, 1]).item()));
    }
    expect(() => random.orthogonal(key, 1.5)).toThrow("orthogonal: expected whole numbers of rows and columns");
  });
});
