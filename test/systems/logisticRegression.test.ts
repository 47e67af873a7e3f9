// The regularised logistic model of the computational-graph tutorials: E = ½ (σ(wx + b) − t)² + ½ λ w², with the gradients
// that one derives by hand: with y = σ(z), ∂E/∂w = (y − t) y (1 − y) x + λ w and ∂E/∂b = (y − t) y (1 − y).

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { grad, jvp, nn, numpy as np, vjp, type NDArray } from "cotangent";

const lambda = 0.3;
const energy = (w: NDArray, b: NDArray, x: NDArray, t: NDArray): NDArray =>
  nn
    .sigmoid(w.mul(x).add(b))
    .sub(t)
    .square()
    .mul(0.5)
    .add(w.square().mul(0.5 * lambda));

const number = fc.double({ min: -3, max: 3, noNaN: true });

describe("regularised logistic regression", () => {
  it("has the gradients derived by hand", () => {
    fc.assert(
      fc.property(number, number, number, number, (w, b, x, t) => {
        const [w64, b64, x64, t64] = [w, b, x, t].map((v) => np.array(v, { dtype: "float64" }));
        const y = 1 / (1 + Math.exp(-(w * x + b)));
        const delta = (y - t) * y * (1 - y);
        const [dw, db] = grad(energy, { argnums: [0, 1] })(w64, b64, x64, t64);
        expect(dw.item()).toBeCloseTo(delta * x + lambda * w, 10);
        expect(db.item()).toBeCloseTo(delta, 10);
      }),
    );
  });

  it("has one pullback that may be called again, and agrees with forward mode", () => {
    const args = [0.5, -1, 2, 1].map((v) => np.array(v, { dtype: "float64" })) as [NDArray, NDArray, NDArray, NDArray];
    const [, pullback] = vjp(energy, args);
    const one = np.ones([], { dtype: "float64" });
    const first = pullback(one).map((g) => g.item());
    expect(pullback(one).map((g) => g.item())).toEqual(first);
    expect(pullback(one.mul(2)).map((g) => g.item())).toEqual(first.map((g) => 2 * g));
    const tangents = [1, 2, 3, 4].map((v) => np.array(v, { dtype: "float64" })) as [NDArray, NDArray, NDArray, NDArray];
    const [, de] = jvp(energy, args, tangents);
    expect(de.item()).toBeCloseTo(
      first.reduce((sum, g, i) => sum + g * (i + 1), 0),
      12,
    );
  });
});
