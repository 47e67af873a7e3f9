// Metrics as pure accumulators: their values, and that cutting, merging, jit and scan change nothing.

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jit, numpy as np, random, type NDArray } from "../../src/index.js";
import * as train from "../../src/train/index.js";
import { treeStructure } from "../../src/tree/index.js";

const int32 = (values: number[]): NDArray => np.array(values, { dtype: "int32" });

describe("values", () => {
  test("mean, with weights and with a mask that hides NaN", () => {
    const mean = train.mean();
    expect(mean.compute(mean.update(mean.update(mean.init(), np.array([1, 2])), 6)).item()).toBe(3);
    expect(mean.compute(mean.update(mean.init(), np.array([1, 3]), np.array([3, 1]))).item()).toBe(1.5);
    expect(mean.compute(mean.update(mean.init(), np.array([1, NaN]), np.array([true, false]))).item()).toBe(1);
    expect(mean.compute(mean.update(mean.init(), np.array([1, NaN]))).item()).toBeNaN();
    expect(mean.compute(mean.init()).item()).toBeNaN();
  });

  test("mean adds up in float64: float32 would lose every later one", () => {
    const mean = train.mean();
    let state = mean.update(mean.init(), np.array([2 ** 24]));
    for (let i = 0; i < 8; i++) state = mean.update(state, np.array([1]));
    expect([mean.compute(state).item(), mean.compute(state).dtype]).toEqual([(2 ** 24 + 8) / 9, "float64"]);
  });

  test("accuracy of scores and of labels", () => {
    const accuracy = train.accuracy();
    const scores = np.array([
      [0.1, 0.9],
      [0.8, 0.2],
      [0.3, 0.7],
      [0.6, 0.4],
    ]);
    expect(accuracy.compute(accuracy.update(accuracy.init(), scores, int32([1, 1, 1, 0]))).item()).toBe(0.75);
    expect(
      accuracy
        .compute(accuracy.update(accuracy.init(), scores, np.array([1, 1, 1, 0]).astype("uint8"), np.array([true, true, false, false])))
        .item(),
    ).toBe(0.5);
    expect(accuracy.compute(accuracy.update(accuracy.init(), int32([1, 2, 3]), int32([1, 2, 4]))).item()).toBeCloseTo(2 / 3, 15);
  });

  test("moments keep their digits beside a large mean", () => {
    const moments = train.moments();
    const values = Float64Array.of(1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16);
    let state = moments.init();
    for (const value of values) state = moments.update(state, np.array(Float64Array.of(value)));
    const { mean, variance, count } = moments.compute(state);
    expect([mean.item(), variance.item(), count.item()]).toEqual([1e9 + 10, 22.5, 4]);
    expect(moments.compute(moments.init()).mean.item()).toBeNaN();
  });

  test("confusion matrix: rows are the truth", () => {
    const matrix = train.confusionMatrix({ classes: 3 });
    const state = matrix.update(matrix.init(), int32([0, 1, 2, 2, 7]), int32([0, 2, 2, 1, 1]));
    expect(matrix.compute(state).toArray()).toEqual([
      [1, 0, 0],
      [0, 0, 1],
      [0, 1, 1],
    ]);
  });
});

describe("refusals", () => {
  const accuracy = train.accuracy();
  test.each([
    {
      make: () => train.mean().update(train.mean().init(), np.ones([3]), np.ones([2])),
      says: "mean: expected one weight for each value, float64[3], got float64[2]",
    },
    {
      make: () => accuracy.update(accuracy.init(), np.ones([2, 3]), np.ones([2])),
      says: "accuracy: expected integer labels, got float32[2]",
    },
    {
      make: () => accuracy.update(accuracy.init(), np.ones([2, 3]), int32([1])),
      says: "accuracy: expected one label for each prediction, of shape [2], got int32[1]",
    },
    {
      make: () => accuracy.update(accuracy.init(), np.array(1.5), int32([1])),
      says: "accuracy: expected scores with an axis of classes, the last, got float32[]",
    },
    { make: () => train.confusionMatrix({ classes: 0 }), says: "confusionMatrix: expected a number of classes from 1, got 0" },
  ])("$says", ({ make, says }) => {
    expect(make).toThrow(says);
  });
});

/** A metric, batches for it, and its value as a list of numbers. */
interface Case {
  readonly name: string;
  readonly run: (cuts: readonly number[], how: "update" | "merge" | "jit") => number[];
}

function caseOf<S, I extends readonly NDArray[], V>(
  name: string,
  metric: train.Metric<S, I, V>,
  inputs: I,
  read: (value: V) => number[],
): Case {
  const part = (from: number, to: number): I => inputs.map((x) => x.at(np.slice(from, to)).get()) as unknown as I;
  const run: Case["run"] = (cuts, how) => {
    const ends = [0, ...[...cuts].toSorted((a, b) => a - b), 12];
    const parts = ends.slice(1).map((end, i) => part(ends[i], end));
    if (how === "merge")
      return read(
        metric.compute(
          parts.map((inputs) => metric.update(metric.init(), ...inputs)).reduceRight((b, a) => metric.merge(a, b), metric.init()),
        ),
      );
    const update =
      how === "jit" ? (jit((state: S, ...inputs: I) => metric.update(state, ...inputs)) as unknown as typeof metric.update) : metric.update;
    return read(metric.compute(parts.reduce((state, inputs) => update(state, ...inputs), metric.init())));
  };
  return { name, run };
}

const values = random.normal(random.key(0), [12]);
const labels = random.randint(random.key(1), [12], 0, 4);
const scores = random.normal(random.key(2), [12, 4]);

const cases = [
  caseOf("mean", train.mean(), [values, np.abs(values)], (x) => [x.item()]),
  caseOf("accuracy", train.accuracy(), [scores, labels], (x) => [x.item()]),
  caseOf("moments", train.moments(), [values], ({ mean, variance, count }) => [mean.item(), variance.item(), count.item()]),
  caseOf("confusionMatrix", train.confusionMatrix({ classes: 4 }), [scores, labels], (x) => Array.from(x.toTypedArray())),
];

test.each(cases)("$name does not depend on how the data are cut, merged or compiled", ({ run }) => {
  const whole = run([], "update");
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 12 }), { maxLength: 3 }),
      fc.constantFrom("update" as const, "merge" as const, "jit" as const),
      (cuts, how) => {
        const actual = run(cuts, how);
        whole.forEach((value, i) => expect(Math.abs(actual[i] - value)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(value))));
      },
    ),
    { numRuns: 15 },
  );
});

test("states are trees that keep their structure and types", () => {
  const moments = train.moments();
  const [before, after] = [moments.init(), moments.update(moments.init(), np.ones([3]))];
  expect(treeStructure(after).equals(treeStructure(before))).toBe(true);
  expect([after.count.dtype, after.count.shape]).toEqual([before.count.dtype, before.count.shape]);
});
