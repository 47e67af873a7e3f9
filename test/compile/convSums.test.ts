// Convolutions of integers through the fused evaluator, on one thread and on two: the bits of the reference evaluator, though
// elements are of any size and their sums wrap.

import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import "../../src/install.js";
import type { ConcreteArray, NDArray } from "../../src/core/array.js";
import { type DType, highest, lowest } from "../../src/core/dtype.js";
import { type Shape, sizeOf } from "../../src/core/shape.js";
import { fuse } from "../../src/compile/fuse.js";
import * as lax from "../../src/lax/index.js";
import { checkLoops } from "../../src/loop/check.js";
import type { Nest } from "../../src/loop/ir.js";
import * as np from "../../src/numpy/index.js";
import { vmap } from "../../src/transform/vmap.js";
import { extentOf, scheduleOf } from "../../src/wasm/schedule.js";
import { lowered, outputsOf } from "../loop/loops.js";
import { arrayOf } from "../property/arbitraries.js";
import { runs } from "../property/settings.js";
import { type Program, expectReference, secondThread } from "../wasm/kernels/compiled.js";
import { type ConvCase, convCases } from "./convCases.js";

beforeAll(secondThread);

const integers = ["int32", "uint32", "int8", "uint8"] as const;
type Integer = (typeof integers)[number];

/** Any words of the dtype. */
const words = (dtype: Integer, shape: Shape, seed: number): ConcreteArray => {
  const count = highest(dtype) - lowest(dtype) + 1;
  const word = (i: number): number => lowest(dtype) + ((Math.imul(i + 1 + 1000 * seed, 0x9e3779b1) >>> 0) % count);
  return arrayOf(
    dtype,
    Array.from({ length: sizeOf(shape) }, (_, i) => word(i)),
    shape,
  );
};

const conv =
  (options: lax.ConvOptions): Program =>
  (x, w) => [lax.convGeneralDilated(x, w, options)];

const each = (property: (c: ConvCase<Integer>, x: ConcreteArray, w: ConcreteArray) => void, suite: number): void =>
  fc.assert(
    fc.property(convCases(integers), (c) => property(c, words(c.dtype, c.lhs, 1), words(c.dtype, c.rhs, 2))),
    runs(suite, 500),
  );

describe("convolutions of integers", () => {
  it("of all parameters", () => each(({ options }, x, w) => expectReference(conv(options), [x, w]), 120));

  it("say in the loop IR what they say", () =>
    each(({ options }, x, w) => {
      const found = lowered(conv(options), [x, w]);
      checkLoops(found.program);
      const [bits] = outputsOf(found, found.program, [x, w]);
      expect(bits).toEqual((conv(options)(x, w)[0] as ConcreteArray).data);
    }, 40));

  it("vmapped over either operand and both", () =>
    each(({ options, dtype, lhs, rhs }, x, w) => {
      const [xs, ws] = [words(dtype, [2, ...lhs], 3), words(dtype, [2, ...rhs], 4)];
      const f = (a: NDArray, b: NDArray): NDArray => lax.convGeneralDilated(a, b, options);
      expectReference((a, b) => [vmap(f, { inAxes: [0, null] })(a, b)], [xs, w]);
      expectReference((a, b) => [vmap(f, { inAxes: [null, 0] })(a, b)], [x, ws]);
      expectReference((a, b) => [vmap(f)(a, b)], [xs, ws]);
    }, 15));

  it("of views, and of one number everywhere", () => {
    const options = {
      windowStrides: [1, 2],
      padding: [
        [1, 1],
        [0, 2],
      ],
    } as const;
    for (const dtype of integers) {
      const [x, w] = [words(dtype, [6, 5, 2, 3], 5), words(dtype, [2, 3, 2, 4], 6)];
      expectReference((a, b) => conv(options)(np.flip(a.transpose([3, 2, 1, 0]), 3), b.transpose([3, 2, 1, 0])), [x, w]);
      expectReference((b) => conv(options)(np.full([3, 2, 5, 6], 3, { dtype }), b.transpose([3, 2, 1, 0])), [w]);
      expectReference((a) => conv(options)(a, np.full([4, 3, 2, 2], 3, { dtype })), [words(dtype, [2, 3, 5, 6], 7)]);
    }
  });

  it("of no elements", () => {
    const empty = (lhs: Shape, rhs: Shape, padding: [number, number]): void => {
      for (const dtype of integers) {
        const f = conv({ windowStrides: [1], padding: [padding] });
        expectReference(f, [words(dtype, lhs, 1), words(dtype, rhs, 2)]);
      }
    };
    empty([2, 0, 5], [3, 0, 2], [0, 0]);
    empty([2, 3, 5], [0, 3, 2], [0, 0]);
    empty([0, 3, 5], [4, 3, 2], [0, 0]);
    empty([2, 3, 2], [4, 3, 5], [0, 0]);
    empty([2, 3, 0], [4, 3, 2], [2, 2]);
    empty([2, 3, 4], [4, 3, 0], [0, 0]);
    empty([2, 3, 4], [4, 3, 2], [-3, 2]);
    empty([2, 3, 4], [4, 3, 2], [-6, 5]);
    for (const dtype of integers) {
      expectReference(conv({ windowStrides: [], padding: [] }), [words(dtype, [3, 4], 1), words(dtype, [5, 4], 2)]);
    }
  });

  it("in a loop, with arithmetic around them", () => {
    const options = { windowStrides: [1], padding: [[1, 1]] } as const;
    for (const dtype of integers) {
      expectReference(
        (x, w) => [
          lax.foriLoop(
            0,
            3,
            (_: NDArray, y: NDArray) => {
              const z = lax.convGeneralDilated(y, w, options);
              return z.mul(z).add(x);
            },
            x,
          ),
        ],
        [words(dtype, [2, 3, 40], 1), words(dtype, [3, 3, 3], 2)],
      );
    }
  });
});

describe("the nest of a convolution of integers", () => {
  const nestOf = (lhs: Shape, rhs: Shape, options: lax.ConvOptions, dtype: DType = "int32"): Nest => {
    const args = [np.zeros(lhs, { dtype }), np.zeros(rhs, { dtype })];
    const { steps } = fuse(lowered(conv(options), args).program);
    const nests = steps.flatMap((step) => (step.kind === "nest" && step.stores.some((s) => s.reduction !== undefined) ? [step] : []));
    expect(nests).toHaveLength(1);
    return nests[0];
  };

  it("has places in the vectors where they lie in a row, and outputs where those do", () => {
    const places = nestOf([1, 3, 30, 30], [8, 3, 3, 3], { windowStrides: [1, 1], padding: "SAME" });
    expect(places.sizes[scheduleOf(places).vectorAxis]).toBe(30);
    expect(places.stores[0].access.strides[scheduleOf(places).vectorAxis]).toBe(1);
    const channels = nestOf([1, 30, 30, 3], [3, 3, 3, 8], {
      windowStrides: [2, 2],
      padding: "SAME",
      dimensionNumbers: { lhsSpec: [0, 3, 1, 2], rhsSpec: [3, 2, 0, 1], outSpec: [0, 3, 1, 2] },
    });
    expect(channels.sizes[scheduleOf(channels).vectorAxis]).toBe(8);
    expect(channels.stores[0].access.strides[scheduleOf(channels).vectorAxis]).toBe(1);
  });

  it("can be shared by threads", () => {
    expect(extentOf(nestOf([1, 3, 30, 30], [8, 3, 3, 3], { windowStrides: [1, 1], padding: "SAME" }))).toBe(8);
  });

  it("reads an image without padding where it lies", () => {
    const args = [np.zeros([1, 3, 9], { dtype: "int8" }), np.zeros([2, 3, 4], { dtype: "int8" })];
    expect(fuse(lowered(conv({ windowStrides: [2], padding: "VALID" }), args).program).steps).toHaveLength(1);
  });
});
