import { describe, expect, it } from "vitest";
import { type NDArray, grad, jit, nn, numpy as np, vmap } from "../../src/index.js";
import { arrayOf, elements, expectDerivatives, random } from "../ops/rules.js";

const at = (...values: number[]): NDArray => arrayOf("float64", values);
const expectClose = (x: NDArray, expected: readonly number[]): void => {
  expect(elements(x).length).toBe(expected.length);
  elements(x).forEach((v, i) => (Number.isFinite(expected[i]) ? expect(v).toBeCloseTo(expected[i], 12) : expect(v).toBe(expected[i])));
};

describe("softmax and logSoftmax", () => {
  it("do not overflow, and logSoftmax does not underflow", () => {
    expectClose(nn.softmax(at(1000, 1000, -1000)), [0.5, 0.5, 0]);
    expectClose(nn.logSoftmax(at(1000, 0)), [0, -1000]);
    expectClose(nn.softmax(at(-Infinity, 0)), [0, 1]);
    expectClose(nn.logSoftmax(at(-Infinity, 0)), [-Infinity, 0]);
  });

  it("take one axis, several, or all", () => {
    const x = random([2, 3, 4]);
    expectClose(nn.softmax(x, 1).sum(1), new Array<number>(8).fill(1));
    expectClose(nn.softmax(x, [0, 2]).sum([0, 2]), [1, 1, 1]);
    expectClose(nn.softmax(x, null).sum(), [1]);
    expectClose(nn.softmax(x, [1]), elements(np.exp(nn.logSoftmax(x, 1))));
    expect(nn.softmax(np.array([1, 2], { dtype: "int32" })).dtype).toBe("float32");
    expect(nn.softmax(np.zeros([0, 3])).shape).toEqual([0, 3]);
    expect(nn.softmax(np.zeros([3, 0])).shape).toEqual([3, 0]);
  });

  it("leave out what where does, derivatives too", () => {
    const where = np.array([true, false, true]);
    expectClose(nn.softmax(at(0, NaN, 0), -1, { where }), [0.5, 0, 0.5]);
    expectClose(nn.logSoftmax(at(0, 5, 0), -1, { where }), [-Math.LN2, -Infinity, -Math.LN2]);
    const loss = (x: NDArray): NDArray =>
      nn
        .softmax(x, -1, { where })
        .mul(at(1, 2, 3))
        .sum();
    expectClose(grad(loss)(at(0, Infinity, 0)), [-0.5, 0, 0.5]);
    const nothing = np.array([false, false]);
    expectClose(nn.softmax(at(1, 2), -1, { where: nothing }), [0, 0]);
    expectClose(grad((x: NDArray) => nn.softmax(x, -1, { where: nothing }).sum())(at(1, 2)), [0, 0]);
    expect(() => nn.softmax(at(1, 2), -1, { where: np.array([true, false, true]) })).toThrow("shapes that broadcast");
  });

  it("have their derivatives, compiled and mapped", () => {
    const x = random([2, 4], 3);
    expectDerivatives((v) => [nn.softmax(v), nn.logSoftmax(v, 0), nn.logsumexp(v, 1), nn.logsumexp(v)], [x]);
    expectClose(jit((v: NDArray) => nn.softmax(v))(x), elements(nn.softmax(x)));
    expectClose(vmap((v: NDArray) => nn.logSoftmax(v))(x), elements(nn.logSoftmax(x)));
  });
});

describe("logsumexp", () => {
  it("is right at infinities and of nothing", () => {
    expectClose(nn.logsumexp(at(1000, 1000)), [1000 + Math.LN2]);
    expectClose(nn.logsumexp(at(-Infinity, -Infinity)), [-Infinity]);
    expectClose(nn.logsumexp(at(Infinity, 0)), [Infinity]);
    expectClose(nn.logsumexp(at(-Infinity, 3)), [3]);
    expect(nn.logsumexp(at(NaN, 3)).item()).toBeNaN();
    expect(nn.logsumexp(np.zeros([2, 0]), 1).toArray()).toEqual([-Infinity, -Infinity]);
    expectClose(grad((x: NDArray) => nn.logsumexp(x))(at(-Infinity, -Infinity)), [0, 0]);
    expectClose(grad((x: NDArray) => nn.logsumexp(x))(at(-Infinity, 3)), [0, 1]);
  });

  it("takes factors, keeps axes, leaves elements out", () => {
    expectClose(nn.logsumexp(at(0, 1000), null, { b: at(3, 0) }), [Math.log(3)]);
    expectClose(nn.logsumexp(at(0, 0), null, { b: at(2, -1) }), [0]);
    expect(nn.logsumexp(at(0, 0), null, { b: at(-2, 1) }).item()).toBeNaN();
    expectClose(nn.logsumexp(at(0, 0, 700), null, { where: np.array([true, true, false]) }), [Math.LN2]);
    expect(nn.logsumexp(random([2, 3]), 0, { keepdims: true }).shape).toEqual([1, 3]);
    expect(nn.logsumexp(random([2, 3]), null, { keepdims: true }).shape).toEqual([1, 1]);
    expectClose(grad((x: NDArray) => nn.logsumexp(x, null, { b: at(1, 0) }))(at(0, 900)), [1, 0]);
    const misspelt: object = { keepDims: true };
    expect(() => nn.logsumexp(at(1), 0, misspelt)).toThrow("logsumexp: expected options among keepdims, b, where, got keepDims");
  });
});
