import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type DType, dtypes, isFloat } from "../../../src/core/dtype.js";
import { bindAll } from "../../../src/core/trace.js";
import { primitives } from "../../../src/primitives.js";
import { arrayOf } from "../../property/arbitraries.js";
import { drawn, expectReference, secondThread } from "./compiled.js";

beforeAll(secondThread);

const special = (dtype: DType): number[] => (isFloat(dtype) ? [NaN, Infinity, -Infinity, -0, 0, 1e-40, -1e-40] : []);

/** Lines short enough for insertion, and longer ones. */
const lines = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 200, max: 600 }));
const shapes = fc.tuple(fc.integer({ min: 1, max: 3 }), lines, fc.constantFrom(1, 1, 3));

describe("sort", () => {
  it("orders lines by one key, stably, and moves other operands with it", () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom(...dtypes), fc.constantFrom(...dtypes), fc.nat(), (shape, dtype, other, seed) => {
        const xs = [drawn(dtype, shape, seed, special(dtype)), drawn(other, shape, seed + 1)];
        expectReference((...ys) => bindAll(primitives.sort, ys, { dimension: 1, isStable: true, numKeys: 1 }), xs);
      }),
      { numRuns: 60 },
    );
  });

  it("breaks ties by the next key", () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom(...dtypes), fc.constantFrom(...dtypes), fc.nat(), (shape, first, second, seed) => {
        const xs = [
          drawn(first, shape, seed, special(first)),
          drawn(second, shape, seed + 1, special(second)),
          drawn("int32", shape, seed + 2),
        ];
        expectReference((...ys) => bindAll(primitives.sort, ys, { dimension: 1, isStable: true, numKeys: 2 }), xs);
      }),
      { numRuns: 40 },
    );
  });

  it("tells all numbers apart", () => {
    const wide = fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(wide, fc.constantFrom<DType>("float64", "float32"), (values, dtype) => {
        expectReference((x) => bindAll(primitives.sort, [x], { dimension: 0, isStable: true, numKeys: 1 }), [arrayOf(dtype, values)]);
      }),
      { numRuns: 60 },
    );
    const words = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(words, (values) => {
        expectReference((x) => bindAll(primitives.sort, [x], { dimension: 0, isStable: true, numKeys: 1 }), [arrayOf("int32", values)]);
      }),
      { numRuns: 30 },
    );
  });
});

describe("the largest elements", () => {
  it("come first, with their positions, NaN before all", () => {
    fc.assert(
      fc.property(
        lines,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.constantFrom<DType>("float32", "float64", "int32", "uint8", "int8"),
        fc.nat(),
        (size, part, dtype, seed) => {
          const k = Math.round(part * size);
          expect(k).toBeLessThanOrEqual(size);
          expectReference((x) => bindAll(primitives.top_k, [x], { k }), [drawn(dtype, [2, size], seed, special(dtype))]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
