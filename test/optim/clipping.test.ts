// What limits gradients, against values computed by hand.

import { describe, expect, it } from "vitest";
import { type NDArray, grad, jit, numpy as np, optim } from "../../src/index.js";
import { arrayOf, elements } from "../ops/rules.js";

/** The updates of the first step. */
const first = <Params>(t: optim.TreeTransformation<unknown>, grads: Params, params: Params = grads): Params =>
  t.update(grads, t.init(params), params)[0];

const wide = (...xs: number[]): NDArray => arrayOf("float64", xs);
const bits = (x: NDArray): Uint8Array => new Uint8Array(x.toTypedArray().buffer);

describe("globalNorm", () => {
  it("is the length of all leaves together, in the widest dtype", () => {
    expect(optim.globalNorm({ w: np.array([3, 0]), b: [np.array(4)] }).item()).toBe(5);
    expect(optim.globalNorm({ w: np.array([3, 0]) }).dtype).toBe("float32");
    expect(optim.globalNorm({ w: np.array([3, 0]), b: wide(4) }).dtype).toBe("float64");
    expect(optim.globalNorm({ none: [], nothing: null }).item()).toBe(0);
  });

  it("neither overflows nor underflows where the length itself does not", () => {
    expect(optim.globalNorm(np.array([3e30, 4e30])).item()).toBe(Math.fround(5e30));
    expect(optim.globalNorm(np.array([3e-30, 4e-30])).item()).toBeCloseTo(5e-30, 36);
    expect(grad((x: NDArray) => optim.globalNorm(x))(np.zeros([2])).toArray()).toEqual([0, 0]);
  });
});

describe("clip", () => {
  it("limits each element, and keeps NaN", () => {
    expect(elements(first(optim.clip(0.5), np.array([-2, -0.5, 0.25, 2, NaN])))).toEqual([-0.5, -0.5, 0.25, 0.5, NaN]);
  });

  it("takes a schedule, and the state tells what was applied", () => {
    const t = optim.clip<NDArray>((step) => np.divide(1, step.add(1)));
    const step = jit((g: NDArray, state: optim.StateOf<typeof t>) => t.update(g, state));
    const [one, state] = step(np.array([5]), t.init(np.array([5])));
    const [half, next] = step(np.array([5]), state);
    expect([one.item(), half.item()]).toEqual([1, 0.5]);
    expect(optim.appliedHyperparams(next)["maxDelta"].item()).toBe(0.5);
  });

  it("refuses a limit that is not positive", () => {
    expect(() => optim.clip(0)).toThrow("clip: expected maxDelta from 5e-324");
    expect(() => optim.clip(np.ones([2]))).toThrow("clip: expected one number as maxDelta, got float32[2]");
  });
});

describe("clipByGlobalNorm", () => {
  it("shortens longer gradients to the bound, and leaves shorter ones as they are, bit for bit", () => {
    const long = first(optim.clipByGlobalNorm(1), { a: wide(3), b: wide(4) });
    expect([long.a.item(), long.b.item()]).toEqual([expect.closeTo(0.6, 15), expect.closeTo(0.8, 15)]);
    const short = { a: np.array([0.1, 0.7]) };
    expect(bits(first(optim.clipByGlobalNorm(1), short).a)).toEqual(bits(short.a));
  });

  it("shortens gradients whose squares float32 cannot hold, and lets none through that are not finite", () => {
    expect(elements(first(optim.clipByGlobalNorm(1), np.array([3e30, 4e30])))).toEqual([expect.closeTo(0.6, 6), expect.closeTo(0.8, 6)]);
    expect(elements(first(optim.clipByGlobalNorm(1), np.array([NaN, 1])))).toEqual([NaN, NaN]);
    expect(elements(first(optim.clipByGlobalNorm(1), np.array([Infinity, 1])))).toEqual([NaN, 0]);
  });
});

describe("clipByBlockRms", () => {
  it("divides each leaf for itself", () => {
    const { a, b } = first(optim.clipByBlockRms(1), { a: wide(3, 4, 0, 0), b: wide(0.5, -0.5) });
    // √(25 / 4) = 2.5
    expect(elements(a)).toEqual([expect.closeTo(1.2, 15), expect.closeTo(1.6, 15), 0, 0]);
    expect(elements(b)).toEqual([0.5, -0.5]);
  });
});

describe("adaptiveGradClip", () => {
  it("limits the gradient of each output to a part of the length of its weights", () => {
    // Columns are outputs: their weights have the lengths 5 and 1, their gradients 10 and 0.1.
    const params = arrayOf("float64", [3, 1, 4, 0], [2, 2]);
    const grads = arrayOf("float64", [6, 0.1, 8, 0], [2, 2]);
    expect(first(optim.adaptiveGradClip(0.2), grads, params).toArray()).toEqual([
      [expect.closeTo(0.6, 14), 0.1],
      [expect.closeTo(0.8, 14), 0],
    ]);
    // With outputs along the first axis: (3, 1) and (4, 0), gradients (6, 0.1) and (8, 0).
    const rows = first(optim.adaptiveGradClip(0.2, { outAxis: 0 }), grads, params);
    expect(elements(rows)[2]).toBeCloseTo(0.8, 14);
    expect(elements(rows)[0]).toBeCloseTo((6 * 0.2 * Math.sqrt(10)) / Math.hypot(6, 0.1), 14);
  });

  it("takes a vector as one unit, and zero parameters as of length eps", () => {
    expect(elements(first(optim.adaptiveGradClip(1, { eps: 0.5 }), wide(3, 4), wide(0, 0)))).toEqual([
      expect.closeTo(0.3, 15),
      expect.closeTo(0.4, 15),
    ]);
    const kernel = np.ones([2, 2, 3, 4]);
    expect(elements(first(optim.adaptiveGradClip(0.5), kernel.mul(4), kernel))[7]).toBeCloseTo(0.5, 6);
  });

  it("needs the parameters", () => {
    const t = optim.adaptiveGradClip<NDArray>(0.1);
    expect(() => t.update(wide(1), t.init(wide(1)))).toThrow("adaptiveGradClip: expected the parameters, got nothing");
  });
});

describe("centralize", () => {
  it("takes the mean of each row from matrices, nothing from vectors", () => {
    const { w, b } = first(optim.centralize(), {
      w: np.array([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      b: np.array([1, 2]),
    });
    expect(w.toArray()).toEqual([
      [-1, 0, 1],
      [-1, 0, 1],
    ]);
    expect(b.toArray()).toEqual([1, 2]);
    expect(first(optim.centralize(), np.ones([0, 3])).shape).toEqual([0, 3]);
  });
});

describe("constraints", () => {
  it("keepParamsNonnegative stops parameters at zero", () => {
    const params = wide(1, 2, 0);
    const updates = first(optim.keepParamsNonnegative(), wide(-3, -1, 1), params);
    expect(elements(optim.applyUpdates(params, updates))).toEqual([0, 1, 1]);
    const t = optim.keepParamsNonnegative<NDArray>();
    expect(() => t.update(params, t.init(params))).toThrow("keepParamsNonnegative: expected the parameters");
  });

  it("zeroNans removes NaN, keeps infinity, and tells where it was", () => {
    const t = optim.zeroNans<{ a: NDArray; b: NDArray }>();
    const grads = { a: np.array([1, NaN]), b: np.array([Infinity]) };
    const [updates, state] = t.update(grads, t.init(grads));
    expect([elements(updates.a), elements(updates.b)]).toEqual([[1, 0], [Infinity]]);
    expect([state.foundNan.a.toArray(), state.foundNan.b.toArray()]).toEqual([true, false]);
  });

  it("normalize gives length one, and zero of zero", () => {
    expect(elements(first(optim.normalize(), wide(3, 4)))).toEqual([expect.closeTo(0.6, 15), expect.closeTo(0.8, 15)]);
    expect(elements(first(optim.normalize(), wide(0, 0)))).toEqual([0, 0]);
    expect(elements(first(optim.normalize(), np.array([1e-30, 0])))).toEqual([1, 0]);
  });
});
