// The rules that may change the last bits: within the bounds that they state, and with every NaN and infinity in its place.

import { describe, expect, it } from "vitest";
import "../../src/install.js";
import { type ConcreteArray, type NDArray, scalar } from "../../src/core/array.js";
import type { FloatDType } from "../../src/core/dtype.js";
import { interpret } from "../../src/interpret/evaluator.js";
import { integerPow } from "../../src/ops/arithmetic.js";
import { broadcastInDim, full, reduceSum } from "../../src/ops/broadcast.js";
import { dotGeneral } from "../../src/ops/dot.js";
import { pow } from "../../src/ops/power.js";
import { rewrite } from "../../src/optimise/rewrite.js";
import { lookUp, rules } from "../../src/optimise/table.js";
import { newTally } from "../../src/optimise/tally.js";
import { makeJaxpr } from "../../src/transform/makeJaxpr.js";
import { arrayOf } from "../property/arbitraries.js";
import { elements } from "../property/measure.js";
import { edgesOf } from "./edges.js";

const ordinary = [0.1, 0.7, -3.3, 1e-3, 12345.678, 1e10, -7e-12, 5];
const rows = (x: NDArray): NDArray => broadcastInDim(x, [x.size, 5], [0]);

/** A program for each rule, and the units in the last place by which its results may differ. */
const cases: Readonly<Record<string, readonly [ulps: number, of: (x: NDArray) => NDArray][]>> = {
  "x ** n of a whole number n": [
    [2, (x) => pow(x, scalar(2, x.dtype))],
    [4, (x) => pow(x, scalar(3, x.dtype))],
    [8, (x) => pow(x, scalar(8, x.dtype))],
  ],
  "x ** 2 = x²": [[1, (x) => integerPow(x, 2)]],
  "a sum of what repeats": [
    [2, (x) => reduceSum(broadcastInDim(x, [7, x.size], [1]), [0])],
    [8, (x) => reduceSum(broadcastInDim(x, [7, x.size], [1]))],
  ],
  "a product with ones": [
    [
      4,
      (x) =>
        dotGeneral(rows(x), full([5, 2], 1, x.dtype), [
          [[1], [0]],
          [[], []],
        ]),
    ],
    [
      4,
      (x) =>
        dotGeneral(full([2, 5], 1, x.dtype), rows(x), [
          [[1], [1]],
          [[], []],
        ]),
    ],
  ],
};

/** The inputs apart, so that a NaN in one does not hide the rest of a sum. */
const inputs = (dtype: FloatDType): readonly NDArray[] => [
  arrayOf(dtype, ordinary),
  ...edgesOf(dtype).map((edge) => arrayOf(dtype, [...ordinary.slice(0, 3), edge])),
];

function differs(a: number, b: number, ulps: number, epsilon: number): boolean {
  if (Object.is(a, b)) return false;
  if (!Number.isFinite(a) || !Number.isFinite(b)) return true;
  // Below the smallest normal number the unit is that of the subnormals.
  return Math.abs(a - b) > Math.max(ulps * epsilon * Math.abs(b), ulps * 2 ** -149);
}

describe("a rule that rounds otherwise", () => {
  it("is one of these", () => {
    expect(rules.filter((rule) => rule.rounding !== undefined).map((rule) => rule.name)).toEqual(Object.keys(cases));
  });

  it.each(Object.entries(cases).flatMap(([name, list]) => list.map(([ulps, of], i) => [name, i, ulps, of] as const)))(
    "%s (%i) stays within %i units in the last place",
    (name, _, ulps, of) => {
      const [rule] = rules.filter((one) => one.name === name);
      const tally = newTally();
      for (const dtype of ["float32", "float64"] as const) {
        const epsilon = dtype === "float32" ? 2 ** -23 : 2 ** -52;
        for (const x of inputs(dtype)) {
          const traced = makeJaxpr(of)(x);
          const program = rewrite(traced, { rules: lookUp([rule]), inner: (inside) => inside, tally });
          const args = [x as ConcreteArray];
          const [[actual], [expected]] = [program, traced].map((each) => interpret(each).run(args));
          elements(actual).forEach((value, i) => {
            const wanted = elements(expected)[i];
            if (differs(value, wanted, ulps, epsilon)) expect.fail(`${dtype} ${String(x)}: ${value}, expected ${wanted}`);
          });
        }
      }
      expect(tally.applied.get(name)).toBeGreaterThan(0);
    },
  );
});
