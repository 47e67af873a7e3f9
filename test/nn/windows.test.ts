import { describe, expect, it } from "vitest";
import { type NDArray, grad, lax, nn, numpy as np, vmap } from "../../src/index.js";
import { elements, expectDerivatives, random } from "../ops/rules.js";

const expectClose = (x: NDArray, y: NDArray): void => {
  expect(x.shape).toEqual(y.shape);
  elements(x).forEach((v, i) => expect(v).toBeCloseTo(elements(y)[i], 10));
};
const channelsLast = (x: NDArray): NDArray => np.moveaxis(x, 1, -1);

describe("pooling", () => {
  const x = np.arange(16).astype("float64").reshape([1, 1, 4, 4]);

  it("takes windows side by side by default", () => {
    expect(elements(nn.maxPool(x, [2, 2]))).toEqual([5, 7, 13, 15]);
    expect(elements(nn.avgPool(x, [2, 2]))).toEqual([2.5, 4.5, 10.5, 12.5]);
    expect(nn.maxPool(x, [2, 2], { strides: 1 }).shape).toEqual([1, 1, 3, 3]);
    expect(nn.maxPool(x, [3, 3], { strides: [2, 1], padding: "SAME" }).shape).toEqual([1, 1, 2, 4]);
    expect(nn.maxPool(np.ones([2, 3, 8]), [2]).shape).toEqual([2, 3, 4]);
  });

  it("is the same with channels last, and mapped", () => {
    const y = random([2, 3, 6, 4]);
    for (const pool of [nn.maxPool, nn.avgPool]) {
      expectClose(pool(channelsLast(y), [2, 2], { dataFormat: "NHWC" }), channelsLast(pool(y, [2, 2])));
      const padding = [
        [1, 0],
        [0, 1],
      ] as const;
      expectClose(pool(channelsLast(y), [2, 2], { dataFormat: "NHWC", padding }), channelsLast(pool(y, [2, 2], { padding })));
      expectClose(vmap((z: NDArray) => pool(z, [2, 2]))(np.stack([y, y.neg()])), np.stack([pool(y, [2, 2]), pool(y.neg(), [2, 2])]));
    }
  });

  it("padding never wins, and counts in the mean only if it is to", () => {
    const negative = np.full([1, 1, 2], -3);
    expect(elements(nn.maxPool(negative, [2], { padding: [[1, 1]], strides: 1 }))).toEqual([-3, -3, -3]);
    expect(elements(nn.avgPool(negative, [2], { padding: [[1, 1]], strides: 1 }))).toEqual([-1.5, -3, -1.5]);
    expect(elements(nn.avgPool(negative, [2], { padding: [[1, 1]], strides: 1, countIncludePad: false }))).toEqual([-3, -3, -3]);
  });

  it("has its derivatives; of equal elements the first has it", () => {
    expectDerivatives((y) => [nn.maxPool(y, [2, 2]), nn.avgPool(y, [3, 2], { strides: 1, padding: "SAME" })], [random([1, 2, 4, 4], 8)]);
    expect(elements(grad((y: NDArray) => nn.maxPool(y, [3]).sum())(np.ones([1, 1, 3])))).toEqual([1, 0, 0]);
  });

  it("refuses windows that do not fit", () => {
    expect(() => nn.maxPool(np.ones([4, 4]), [2, 2])).toThrow(
      "maxPool: expected an array with batch, channels and a spatial axis for each size of the window",
    );
    expect(() => nn.avgPool(x, [2])).toThrow("float64[1,1,4,4] with windowDimensions [2]");
    const misspelt: object = { stride: 2 };
    expect(() => nn.maxPool(x, [2, 2], misspelt)).toThrow("maxPool: expected options among strides, padding, dataFormat, got stride");
  });
});

describe("conv", () => {
  const [x, kernel, bias] = [random([2, 4, 7, 6]), random([6, 4, 3, 3], 2), random([6], 3)];

  it("is convGeneralDilated with defaults, and a bias for each output channel", () => {
    const plain = lax.convGeneralDilated(x, kernel, { windowStrides: [1, 1], padding: "VALID" });
    expectClose(nn.conv(x, kernel), plain);
    expectClose(nn.conv(x, kernel, { bias }), np.add(plain, bias.reshape([6, 1, 1])));
    const options = { windowStrides: [2, 1], padding: "SAME", rhsDilation: [2, 2], featureGroupCount: 2 } as const;
    const grouped = random([6, 2, 3, 3], 4);
    expectClose(
      nn.conv(x, grouped, { strides: [2, 1], padding: "SAME", dilation: 2, groups: 2 }),
      lax.convGeneralDilated(x, grouped, options),
    );
  });

  it("is the same with channels last, in one and three dimensions", () => {
    const last = nn.conv(channelsLast(x), np.transpose(kernel, [2, 3, 1, 0]), { dataFormat: "NHWC", bias });
    expectClose(last, channelsLast(nn.conv(x, kernel, { bias })));
    expect(nn.conv(np.ones([1, 2, 9]), np.ones([4, 2, 3])).shape).toEqual([1, 4, 7]);
    expect(nn.conv(np.ones([1, 5, 6, 7, 2]), np.ones([3, 3, 3, 2, 4]), { dataFormat: "NHWC", strides: 2 }).shape).toEqual([1, 2, 2, 3, 4]);
  });

  it("refuses what does not fit", () => {
    expect(() => nn.conv(np.ones([7, 6]), np.ones([3, 3]))).toThrow(
      "conv: expected an array and a kernel of one rank, with at least one spatial axis",
    );
    expect(() => nn.conv(x, kernel, { bias: np.ones([3]) })).toThrow(
      "conv: expected a bias of shape [6], the output channels, got float64[3]",
    );
  });
});
