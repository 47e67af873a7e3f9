// Convolutions: values by hand, what "SAME" and letters mean, refusals, derivatives and batching in every kind of grouping.
// (The sum over taps is tested with the kernels.)

import { describe, expect, test } from "vitest";
import type { NDArray } from "../../src/core/array.js";
import { DTypeError, OptionError, ShapeError } from "../../src/core/errors.js";
import { type ConvOptions, conv, convGeneralDilated, convTranspose, convWithGeneralPadding } from "../../src/ops/convolution.js";
import { transpose } from "../../src/ops/layout.js";
import { sin } from "../../src/ops/trigonometric.js";
import { vjp } from "../../src/transform/vjp.js";
import { vmap } from "../../src/transform/vmap.js";
import { arrayOf, elements, expectBatched, expectDerivatives, random } from "./rules.js";
import { whole } from "./whole.js";

const line = (...values: number[]): NDArray => arrayOf("float32", values, [1, 1, values.length]);

describe("values", () => {
  test("the kernel slides unflipped", () => {
    expect(elements(conv(line(1, 2, 3, 4), line(1, 10), { windowStrides: [1], padding: "VALID" }))).toEqual([21, 32, 43]);
    expect(elements(conv(line(1, 2, 3, 4), line(1, 10), { windowStrides: [2], padding: "VALID" }))).toEqual([21, 43]);
  });

  test("SAME pads the odd one out behind, SAME_LOWER in front", () => {
    expect(elements(conv(line(1, 2, 3), line(1, 10), { windowStrides: [1], padding: "SAME" }))).toEqual([21, 32, 3]);
    expect(elements(conv(line(1, 2, 3), line(1, 10), { windowStrides: [1], padding: "SAME_LOWER" }))).toEqual([10, 21, 32]);
  });

  test("dilations spread operand and kernel, negative padding crops", () => {
    const spread = { windowStrides: [1], padding: [[0, 0]], lhsDilation: [2] } as const;
    expect(elements(convWithGeneralPadding(line(1, 2), line(1, 10), spread))).toEqual([1, 20]);
    const wide = { windowStrides: [1], padding: [[0, 0]], rhsDilation: [2] } as const;
    expect(elements(convWithGeneralPadding(line(1, 2, 3, 4), line(1, 10), wide))).toEqual([31, 42]);
    expect(elements(conv(line(1, 2, 3, 4), line(1), { windowStrides: [1], padding: [[-1, -1]] }))).toEqual([2, 3]);
  });

  test("letters say where axes stand", () => {
    const [x, k] = [whole([2, 3, 5, 4], 1), whole([4, 3, 3, 2], 2)];
    const options: ConvOptions = { windowStrides: [1, 2], padding: "SAME" };
    const expected = transpose(convGeneralDilated(x, k, options), [0, 2, 3, 1]);
    const channelsLast = convGeneralDilated(transpose(x, [0, 2, 3, 1]), transpose(k, [2, 3, 1, 0]), {
      ...options,
      dimensionNumbers: ["NHWC", "HWIO", "NHWC"],
    });
    expect([channelsLast.shape, elements(channelsLast)]).toEqual([expected.shape, elements(expected)]);
    const specs = { lhsSpec: [0, 1, 2, 3], rhsSpec: [0, 1, 2, 3], outSpec: [0, 3, 1, 2] };
    expect(elements(convGeneralDilated(x, k, { ...options, dimensionNumbers: specs }))).toEqual(elements(expected));
  });

  test("convTranspose enlarges, and with transposeKernel is the gradient of a convolution", () => {
    const k = whole([3, 3, 2, 4], 3);
    const up = convTranspose(whole([1, 4, 5, 2]), k, { strides: [2, 3], padding: "SAME" });
    expect(up.shape).toEqual([1, 8, 15, 4]);
    const options: ConvOptions = { windowStrides: [2, 2], padding: "VALID", dimensionNumbers: ["NHWC", "HWIO", "NHWC"] };
    const [y, pullback] = vjp((x: NDArray) => convGeneralDilated(x, k, options), [whole([1, 7, 7, 2])]);
    const ct = whole(y.shape, 4);
    const back = convTranspose(ct, k, { strides: [2, 2], padding: "VALID", transposeKernel: true });
    expect(elements(back)).toEqual(elements(pullback(ct)[0]));
  });
});

describe("refusals", () => {
  const [x, k] = [random([2, 4, 5]), random([6, 4, 3])];
  const given: ConvOptions = { windowStrides: [1], padding: "SAME" };
  test.each([
    [() => convGeneralDilated(x, random([6, 4]), given), "operand and kernel of one rank"],
    [() => convGeneralDilated(x, random([6, 2, 3]), given), "2 features in the operand"],
    [() => convGeneralDilated(x, k, { ...given, windowStrides: [1, 1] }), "a positive integer for each of 1 axes in windowStrides"],
    [() => convGeneralDilated(x, k, { ...given, rhsDilation: [0] }), "a positive integer for each of 1 axes in rhsDilation"],
    [() => convGeneralDilated(x, k, { ...given, padding: [[0, 0.5]] }), "integers [low, high] for each of 1 axes"],
    [() => convGeneralDilated(x, random([5, 2, 3]), { ...given, featureGroupCount: 2 }), "output features (5) that divide"],
    [() => convGeneralDilated(random([3, 4, 5]), k, { ...given, batchGroupCount: 2 }), "a batch (3) that divides"],
    [() => convGeneralDilated(x, k, { ...given, batchGroupCount: 2, featureGroupCount: 2 }), "one of them 1"],
  ])("shapes, case %#", (call, message) => {
    expect(call).toThrow(ShapeError);
    expect(call).toThrow(message);
  });

  const misspelt = { ...given, stride: 2 };
  test.each([
    [() => convGeneralDilated(x, k, misspelt), "options among windowStrides, padding"],
    [() => convGeneralDilated(x, k, { ...given, lhsDilation: [2] }), "padding as pairs [low, high] beside lhsDilation"],
    [() => convGeneralDilated(x, k, { ...given, dimensionNumbers: ["NHC", "OIW", "NHC"] }), `"NHC" in ["NHC", "OIW", "NHC"]`],
    [
      () => convGeneralDilated(x, k, { ...given, dimensionNumbers: { lhsSpec: [0, 1, 1], rhsSpec: [0, 1, 2], outSpec: [0, 1, 2] } }),
      "[0,1,1]",
    ],
    [() => convTranspose(x, k, { strides: [1], padding: "SAME_LOWER" }), `padding "SAME", "VALID" or pairs`],
  ])("options, case %#", (call, message) => {
    expect(call).toThrow(OptionError);
    expect(call).toThrow(message);
  });

  test("dtypes", () => {
    expect(() => convGeneralDilated(x, random([6, 4, 3], 1, 1, "float32"), given)).toThrow(DTypeError);
  });
});

const cases: Record<string, readonly [number[], number[], ConvOptions]> = {
  plain: [[2, 3, 5], [4, 3, 3], { windowStrides: [1], padding: "SAME" }],
  "strided and padded": [
    [2, 3, 6, 7],
    [4, 3, 3, 2],
    {
      windowStrides: [2, 3],
      padding: [
        [1, 2],
        [-1, 3],
      ],
    },
  ],
  dilated: [
    [2, 2, 4, 3],
    [3, 2, 3, 2],
    {
      windowStrides: [2, 1],
      padding: [
        [1, 2],
        [2, 0],
      ],
      lhsDilation: [2, 3],
      rhsDilation: [1, 2],
    },
  ],
  "other layouts": [
    [3, 4, 2, 5],
    [2, 3, 3, 2],
    { windowStrides: [2, 1], padding: "SAME_LOWER", dimensionNumbers: ["CWNH", "OHIW", "HNCW"] },
  ],
  "feature groups": [[2, 4, 5], [6, 2, 3], { windowStrides: [2], padding: "SAME", featureGroupCount: 2 }],
  depthwise: [[2, 5, 4], [3, 1, 8], { windowStrides: [2], padding: "SAME", featureGroupCount: 4, dimensionNumbers: ["NHC", "HIO", "NHC"] }],
  "batch groups": [[4, 3, 5], [6, 3, 3], { windowStrides: [2], padding: "SAME", batchGroupCount: 2 }],
  "batch groups, other layouts": [
    [5, 6, 2],
    [2, 3, 6],
    { windowStrides: [1], padding: [[2, -1]], rhsDilation: [2], batchGroupCount: 3, dimensionNumbers: ["HNC", "IHO", "CHN"] },
  ],
  "without space": [[2, 3], [4, 3], { windowStrides: [], padding: "VALID" }],
  "three spatial axes": [[1, 2, 3, 3, 2], [2, 2, 2, 2, 2], { windowStrides: [1, 2, 1], padding: "SAME" }],
  "without a place for the window": [[2, 3, 2], [4, 3, 3], { windowStrides: [1], padding: "VALID" }],
};

describe.each(Object.keys(cases))("%s", (name) => {
  const [left, right, options] = cases[name];

  test("derivatives", () => {
    expectDerivatives((x, k) => [convGeneralDilated(sin(x), k, options)], [random(left, 1), random(right, 2)]);
  });

  test("batch at every axis, of one side and of both", () => {
    const f = (x: NDArray, k: NDArray): readonly NDArray[] => [convGeneralDilated(x, k, options)];
    const batched = (shape: readonly number[], dim: number): NDArray => whole(shape.toSpliced(dim, 0, 3), dim);
    left.concat(0).forEach((_, dim) => {
      expectBatched(f, [batched(left, dim), whole(right)], [dim, null]);
      expectBatched(f, [whole(left), batched(right, dim)], [null, dim]);
      expectBatched(f, [batched(left, dim), batched(right, left.length - dim)], [dim, left.length - dim]);
    });
  });
});

test("an empty batch of operand and kernel", () => {
  const f = (x: NDArray, k: NDArray): NDArray => convGeneralDilated(x, k, { windowStrides: [1], padding: "VALID" });
  expect(vmap(f)(random([0, 2, 3, 5]), random([0, 4, 3, 3])).shape).toEqual([0, 2, 4, 3]);
});
