// Operations on integers' bits, exact remainders, positions of extremes, random bits: against the reference evaluator.

import * as fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { type DType, highest, isFloat, lowest } from "../../../src/core/dtype.js";
import { bindAll } from "../../../src/core/trace.js";
import * as lax from "../../../src/lax/index.js";
import { threefry2x32 } from "../../../src/ops/threefry.js";
import { primitives } from "../../../src/primitives.js";
import { arrayOf } from "../../property/arbitraries.js";
import { drawn, expectReference, secondThread, stepsOf } from "./compiled.js";

beforeAll(secondThread);

const integral = ["int32", "uint32", "int8", "uint8"] as const;

/** Numbers of the dtype whose bits are interesting: limits, powers of two, small ones. */
const integer = (dtype: DType): fc.Arbitrary<number> => {
  const [min, max] = [lowest(dtype), highest(dtype)];
  return fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max, 0, 1), fc.integer({ min: Math.max(min, -40), max: 40 }));
};

const pairs = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<[T, T][]> => fc.array(fc.tuple(of, of), { minLength: 1, maxLength: 23 });

const column = (dtype: DType, list: readonly (readonly number[])[], k: number) =>
  arrayOf(
    dtype,
    list.map((row) => row[k]),
  );

describe("integers", () => {
  const ops = ["div", "rem", "shift_left", "shift_right_logical", "shift_right_arithmetic"] as const;
  it.each(ops)("%s: all of the dtypes' corners", (name) => {
    for (const dtype of integral) {
      fc.assert(
        fc.property(pairs(integer(dtype)), (list) => {
          expectReference((x, y) => bindAll(primitives[name], [x, y], {}), [column(dtype, list, 0), column(dtype, list, 1)]);
        }),
        { numRuns: 25 },
      );
    }
  });

  it.each(["population_count", "clz", "sign", "abs", "neg"] as const)("%s", (name) => {
    for (const dtype of integral) {
      fc.assert(
        fc.property(pairs(integer(dtype)), (list) => expectReference((x) => bindAll(primitives[name], [x], {}), [column(dtype, list, 0)])),
        { numRuns: 15 },
      );
    }
  });

  it.each([0, 1, 9, 31, 32, -1, 40])("shifts by the constant %d", (amount) => {
    for (const dtype of ["int32", "int8", "uint8"] as const) {
      const x = drawn(dtype, [21], 7);
      expectReference(
        (y) => [lax.shiftLeft(y, amount), lax.shiftRightLogical(y, amount), lax.shiftRightArithmetic(y, amount)],
        amount < 0 && dtype === "uint8" ? [drawn("int8", [21], 7)] : [x],
      );
    }
  });
});

describe("remainders of floats", () => {
  const wide = fc.oneof(
    fc.float({ noDefaultInfinity: false }),
    fc.constantFrom(0, -0, 1, 2 ** -149, -(2 ** -126), 3.4028234663852886e38, Infinity, -Infinity, NaN),
    fc.integer({ min: -50, max: 50 }).map((n) => n / 4),
  );
  it("are exact in float32, however far apart the operands are", () => {
    fc.assert(
      fc.property(pairs(wide), (list) => {
        expectReference((x, y) => [lax.rem(x, y)], [column("float32", list, 0), column("float32", list, 1)]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("positions of extremes", () => {
  it.each(["argmax", "argmin"] as const)("%s: the first of equals, the first NaN before all", (name) => {
    fc.assert(
      fc.property(
        fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 9 })),
        fc.nat(2),
        fc.constantFrom<DType>("float32", "float64", ...integral),
        fc.nat(),
        (shape, axis, dtype, seed) => {
          const x = drawn(dtype, shape, seed, isFloat(dtype) && seed % 2 === 0 ? [NaN, Infinity, -0, 0] : []);
          expectReference((y) => bindAll(primitives[name], [y], { axes: [axis], indexDtype: "int32" }), [x]);
        },
      ),
      { numRuns: 80 },
    );
  });
});

describe("random bits", () => {
  it("are the reference's, in one nest", () => {
    fc.assert(
      fc.property(pairs(integer("uint32")), integer("uint32"), integer("uint32"), (counts, key0, key1) => {
        const keys = [key0, key1].map((k) => arrayOf("uint32", [k], []));
        const words = [0, 1].map((k) => column("uint32", counts, k));
        const f = (...xs: Parameters<typeof threefry2x32>) => [...threefry2x32(...xs)];
        expectReference((a, b, c, d) => f(a, b, c, d), [...keys, ...words]);
        expectReference((a, b, c, d) => f(a, b, c, d), [words[1], words[0], ...words]);
        expect(stepsOf((a, b, c, d) => f(a, b, c, d), [...keys, ...words])).toEqual(["nest"]);
      }),
      { numRuns: 20 },
    );
  });
});
