// Activations at their kinks, at infinities and at NaN, in values and derivatives, as JAX has them; smooth ones to second order.

import { describe, expect, it } from "vitest";
import { type NDArray, grad, jit, makeJaxpr, nn, numpy as np, vmap } from "../../src/index.js";
import { arrayOf, elements, expectDerivatives } from "../ops/rules.js";

type Activation = (x: NDArray) => NDArray;

const kinked: Readonly<Record<string, { f: Activation; points: readonly (readonly [x: number, y: number, slope: number])[] }>> = {
  relu: {
    f: nn.relu,
    points: [
      [0, 0, 0],
      [-0, 0, 0],
      [2, 2, 1],
      [-2, 0, 0],
      [Infinity, Infinity, 1],
      [-Infinity, 0, 0],
    ],
  },
  relu6: {
    f: nn.relu6,
    points: [
      [0, 0, 0],
      [6, 6, 0],
      [3, 3, 1],
      [7, 6, 0],
      [Infinity, 6, 0],
      [-Infinity, 0, 0],
    ],
  },
  leakyRelu: {
    f: (x) => nn.leakyRelu(x),
    points: [
      [0, 0, 1],
      [-2, -0.02, 0.01],
      [Infinity, Infinity, 1],
      [-Infinity, -Infinity, 0.01],
    ],
  },
  elu: {
    f: (x) => nn.elu(x),
    points: [
      [0, 0, 1],
      [1000, 1000, 1],
      [-Infinity, -1, 0],
      [Infinity, Infinity, 1],
    ],
  },
  celu: {
    f: (x) => nn.celu(x, { alpha: 2 }),
    points: [
      [0, 0, 1],
      [1000, 1000, 1],
      [-Infinity, -2, 0],
    ],
  },
  hardTanh: {
    f: nn.hardTanh,
    points: [
      [1, 1, 1],
      [-1, -1, 1],
      [2, 1, 0],
      [-2, -1, 0],
      [Infinity, 1, 0],
    ],
  },
  hardSigmoid: {
    f: nn.hardSigmoid,
    points: [
      [-3, 0, 0],
      [3, 1, 0],
      [0, 0.5, 1 / 6],
      [Infinity, 1, 0],
      [-Infinity, 0, 0],
    ],
  },
  hardSilu: {
    f: nn.hardSilu,
    points: [
      [4, 4, 1],
      [-4, 0, 0],
      [0, 0, 0.5],
    ],
  },
  softSign: {
    f: nn.softSign,
    points: [
      [0, 0, 1],
      [1, 0.5, 0.25],
      [-1, -0.5, 0.25],
    ],
  },
  softplus: {
    f: nn.softplus,
    points: [
      [0, Math.LN2, 0.5],
      [1000, 1000, 1],
      [-1000, 0, 0],
      [Infinity, Infinity, 1],
      [-Infinity, 0, 0],
    ],
  },
  logSigmoid: {
    f: nn.logSigmoid,
    points: [
      [0, -Math.LN2, 0.5],
      [-1000, -1000, 1],
      [1000, 0, 0],
      [Infinity, 0, 0],
      [-Infinity, -Infinity, 1],
    ],
  },
  sigmoid: {
    f: nn.sigmoid,
    points: [
      [0, 0.5, 0.25],
      [Infinity, 1, 0],
      [-Infinity, 0, 0],
    ],
  },
};

describe.each(Object.keys(kinked))("%s", (name) => {
  const { f, points } = kinked[name];

  it.each(points)("at %d is %d with slope %d", (x, y, slope) => {
    const at = np.array(x, { dtype: "float64" });
    for (const g of [f, jit(f)]) {
      expect(g(at).item()).toBeCloseTo(y, 12);
      expect(grad(g)(at).item()).toBeCloseTo(slope, 12);
    }
  });

  it("keeps NaN", () => expect(f(np.array(NaN)).item()).toBeNaN());
});

describe("smooth activations", () => {
  const smooth: Readonly<Record<string, Activation>> = {
    softplus: nn.softplus,
    logSigmoid: nn.logSigmoid,
    silu: nn.silu,
    mish: nn.mish,
    gelu: (x) => nn.gelu(x),
    exactGelu: (x) => nn.gelu(x, { approximate: false }),
    squareplus: (x) => nn.squareplus(x),
    tanh: nn.tanh,
  };

  it.each(Object.keys(smooth))("%s has its derivatives, at 0 too", (name) => {
    expectDerivatives((x) => [smooth[name](x)], [arrayOf("float64", [-3, -0.5, 0, 0.5, 3])]);
    // The second derivative at 0, where a kink in the formula would show.
    const second = grad(grad(smooth[name]));
    const [at, h] = [(x: number): NDArray => np.array(x, { dtype: "float64" }), 1e-5];
    const slope = grad(smooth[name]);
    expect(second(at(0)).item()).toBeCloseTo((slope(at(h)).item() - slope(at(-h)).item()) / (2 * h), 6);
  });
});

describe("arguments", () => {
  it("integers become float32, float64 stays", () => {
    expect(nn.relu(np.array([-1, 2], { dtype: "int32" })).dtype).toBe("float32");
    expect(nn.gelu(np.array([1], { dtype: "float64" })).dtype).toBe("float64");
    expect(nn.sigmoid(0).item()).toBe(0.5);
  });

  it("slopes and widths broadcast, and have derivatives", () => {
    const x = np.array(
      [
        [-1, -2],
        [1, 2],
      ],
      { dtype: "float64" },
    );
    expect(elements(nn.leakyRelu(x, { negativeSlope: np.array([0.1, 0.5], { dtype: "float64" }) }))).toEqual([-0.1, -1, 1, 2]);
    expectDerivatives((a, b) => [nn.elu(a, { alpha: b }), nn.celu(a, { alpha: b })], [x, arrayOf("float64", [0.5, 2])]);
    expect(elements(nn.selu(np.array([1, -1], { dtype: "float64" })))).toEqual([
      1.0507009873554805,
      expect.closeTo(-1.1113307378125625, 12),
    ]);
  });

  it("relu stays one comparison and one choice", () => {
    const printed = makeJaxpr(nn.relu)(np.zeros([3])).toString();
    expect(printed.match(/=/g)?.length).toBe(2);
  });

  it("glu halves an even axis, and refuses an odd one", () => {
    const x = np.array([[1, 2, 0, 0]]);
    expect(nn.glu(x).toArray()).toEqual([[0.5, 1]]);
    expect(nn.glu(x.T, 0).shape).toEqual([2, 1]);
    expect(() => nn.glu(np.ones([3]))).toThrow(
      "glu: expected an axis of even size, one half for values and one for gates, got axis -1 of float32[3]",
    );
    const misspelt: object = { slope: 1 };
    expect(() => nn.elu(x, misspelt)).toThrow("elu: expected options among alpha, got slope");
  });

  it("maps like a loop", () => {
    const x = np.linspace(-3, 3, 6).reshape([3, 2]);
    for (const f of [nn.relu6, nn.softplus, nn.hardSilu, (v: NDArray) => nn.gelu(v), (v: NDArray) => nn.glu(v)]) {
      expect(elements(vmap(f)(x))).toEqual([0, 1, 2].flatMap((i) => elements(f(np.take(x, i, 0)))));
    }
  });
});
