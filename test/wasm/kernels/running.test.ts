import * as fc from "fast-check";
import { beforeAll, describe, it } from "vitest";
import type { DType } from "../../../src/core/dtype.js";
import { bindAll } from "../../../src/core/trace.js";
import * as np from "../../../src/numpy/index.js";
import { primitives } from "../../../src/primitives.js";
import { drawn, expectReference, secondThread } from "./compiled.js";

beforeAll(secondThread);

/** Columns of all widths: none, a few single ones, whole vectors and groups of them. */
const cases = fc.record({
  shape: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 2, 3, 4, 5, 8, 13, 16, 17, 31, 40)),
  axis: fc.nat(2),
  reverse: fc.boolean(),
  seed: fc.nat(),
});

const floats: readonly DType[] = ["float32", "float64"];
const numeric: readonly DType[] = [...floats, "int32", "uint32", "int8", "uint8"];

describe("running folds", () => {
  it.each(["cumsum", "cumprod", "cummax", "cummin"] as const)("%s: as the reference", (name) => {
    fc.assert(
      fc.property(cases, fc.constantFrom(...numeric), ({ shape, axis, reverse, seed }, dtype) => {
        const special = floats.includes(dtype) && name.startsWith("cumm") ? [NaN, -0, 0, Infinity] : [];
        expectReference((x) => bindAll(primitives[name], [x], { axis, reverse }), [drawn(dtype, shape, seed, special)], 1e-6);
      }),
      { numRuns: 80 },
    );
  });

  it("log-sum-exps: as the reference, infinities and NaN included", () => {
    fc.assert(
      fc.property(cases, fc.constantFrom(...floats), ({ shape, axis, reverse, seed }, dtype) => {
        const x = drawn(dtype, shape, seed, [-Infinity, Infinity, NaN, 80, -1000]);
        expectReference((y) => bindAll(primitives.cumlogsumexp, [y], { axis, reverse }), [x], 1e-6);
      }),
      { numRuns: 60 },
    );
  });

  it("linear recurrences: as the reference, the first factor unread", () => {
    fc.assert(
      fc.property(cases, fc.constantFrom(...floats), ({ shape, axis, reverse, seed }, dtype) => {
        const [a, b] = [drawn(dtype, shape, seed), drawn(dtype, shape, seed + 1)];
        expectReference((f, x) => bindAll(primitives.linear_recurrence, [f, x], { axis, reverse }), [a, b], 1e-6);
      }),
      { numRuns: 80 },
    );
  });

  it("begin wherever a slice begins", () => {
    const x = drawn("float32", [6, 20], 1);
    expectReference((y) => bindAll(primitives.cumsum, [y.at(np.slice(2, 5)).get()], { axis: 1, reverse: true }), [x], 1e-6);
  });
});
