// Small facts that tutorials check: gradients of gradients, losses with `where`, and convolution kernels' gradients
// against the sums that define them.

import { describe, expect, it } from "vitest";
import { grad, hessian, jit, lax, numpy as np, random, type NDArray } from "cotangent";

const wide = (values: number[] | number): NDArray => np.array(values, { dtype: "float64" });

describe("gradients of gradients", () => {
  it("differentiates x³ three times", () => {
    const cube = (x: NDArray): NDArray => x.mul(x).mul(x);
    expect(grad(cube)(wide(2)).item()).toBe(12);
    expect(grad(grad(cube))(wide(2)).item()).toBe(12);
    expect(grad(jit(grad(grad(cube))))(wide(2)).item()).toBe(6);
  });

  it("gives a quadratic form its matrix as Hessian", () => {
    const a = np.array([
      [2, 1],
      [1, 3],
    ]);
    const form = (x: NDArray): NDArray => x.dot(a.matmul(x)).mul(0.5);
    expect(hessian(form)(np.array([0.3, -0.7])).toArray()).toEqual([
      [2, 1],
      [1, 3],
    ]);
  });
});

describe("a loss that is quadratic near zero and linear beyond", () => {
  const loss = (d: NDArray): NDArray => np.where(d.abs().less(1), d.square(), d).sum();

  it("has the derivative of the branch that holds", () => {
    expect(grad(loss)(wide([-0.5, 0, 0.25, 1, 3])).toArray()).toEqual([-1, 0, 0.5, 1, 1]);
  });

  it("agrees with itself under jit", () => {
    const d = wide([-2, -0.5, 0.99, 1.01]);
    expect(jit(grad(loss))(d).toArray()).toEqual(grad(loss)(d).toArray());
  });
});

describe("the gradient of a convolution's kernel", () => {
  const images = random.normal(random.key(1), [2, 3, 5, 6], { dtype: "float64" });
  const cotangent = (shape: readonly number[]): NDArray => random.normal(random.key(2), shape, { dtype: "float64" });

  it.each([1, 3])("is the sum over batch and places of input times cotangent: %ix%i", (size) => {
    const kernel = random.normal(random.key(3), [4, 3, size, size], { dtype: "float64" });
    const [h, w] = [5 - size + 1, 6 - size + 1];
    const ct = cotangent([2, 4, h, w]);
    const loss = (k: NDArray): NDArray =>
      lax
        .convGeneralDilated(images, k, { windowStrides: [1, 1], padding: "VALID" })
        .mul(ct)
        .sum();
    const found = grad(loss)(kernel).toTypedArray();
    const [x, c] = [images.toTypedArray(), ct.toTypedArray()];
    let place = 0;
    for (let o = 0; o < 4; o++) {
      for (let i = 0; i < 3; i++) {
        for (let u = 0; u < size; u++) {
          for (let v = 0; v < size; v++) {
            let sum = 0;
            for (let n = 0; n < 2; n++) {
              for (let r = 0; r < h; r++) {
                for (let s = 0; s < w; s++) sum += x[((n * 3 + i) * 5 + r + u) * 6 + s + v] * c[((n * 4 + o) * h + r) * w + s];
              }
            }
            expect(found[place++]).toBeCloseTo(sum, 9);
          }
        }
      }
    }
  });
});
