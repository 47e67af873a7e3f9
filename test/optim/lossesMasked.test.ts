// What `where` means, for every loss: masked elements count as 0 and get no gradient, whatever they are; the others are as they
// are without them. Compiled, batched and with derivatives.

import { describe, expect, it } from "vitest";
import { type ArrayLike, type NDArray, grad, jit, numpy as np, optim, vmap } from "../../src/index.js";
import { arrayOf, elements, expectDerivatives, random } from "../ops/rules.js";

type Masked = (xs: readonly NDArray[], where: ArrayLike | undefined) => NDArray;
const option = (where: ArrayLike | undefined): optim.MaskOption => (where === undefined ? {} : { where });

const signs = arrayOf("float64", [1, -1, 1, 1, -1, 1, -1, -1], [2, 4]);
const two = [random([2, 4], 3), random([2, 4], 5)];
const positive = (seed: number): NDArray => random([2, 4], seed).abs().add(0.1);
const labels = np.array([2, 0], { dtype: "int32" });

/** Losses of elements: the mask takes elements out. */
const elementwise: Readonly<Record<string, readonly [readonly NDArray[], Masked]>> = {
  squaredError: [two, ([x, y], m) => optim.squaredError(x, y, option(m))],
  l2Loss: [two, ([x, y], m) => optim.l2Loss(x, y, option(m))],
  absoluteError: [two, ([x, y], m) => optim.absoluteError(x, y, option(m))],
  huberLoss: [two, ([x, y], m) => optim.huberLoss(x, y, { delta: 0.3, ...option(m) })],
  logCosh: [two, ([x, y], m) => optim.logCosh(x, y, option(m))],
  quantileLoss: [two, ([x, y], m) => optim.quantileLoss(x, y, 0.3, option(m))],
  poissonNll: [[two[0], positive(5)], ([x, y], m) => optim.poissonNll(x, y, { full: true, ...option(m) })],
  poissonNllOfRates: [[positive(3), positive(5)], ([x, y], m) => optim.poissonNll(x, y, { logInput: false, ...option(m) })],
  gaussianNll: [[...two, positive(9)], ([x, y, v], m) => optim.gaussianNll(x, y, v, { full: true, ...option(m) })],
  sigmoidBinaryCrossEntropy: [two, ([x, y], m) => optim.sigmoidBinaryCrossEntropy(x, y, { labelSmoothing: 0.1, ...option(m) })],
  sigmoidFocalLoss: [[two[0], positive(5).mul(0.9)], ([x, y], m) => optim.sigmoidFocalLoss(x, y, { alpha: 0.3, gamma: 1.5, ...option(m) })],
  hingeLoss: [[two[0], signs], ([x, y], m) => optim.hingeLoss(x, y, option(m))],
  perceptronLoss: [[two[0], signs], ([x, y], m) => optim.perceptronLoss(x, y, option(m))],
  marginRankingLoss: [[...two, signs], ([x, y, s], m) => optim.marginRankingLoss(x, y, s, { margin: 0.2, ...option(m) })],
  contrastiveLoss: [[positive(3), positive(5)], ([x, y], m) => optim.contrastiveLoss(x, y, option(m))],
};

const log = (x: NDArray): NDArray => np.log(x);
/** Losses of rows: the mask takes classes or components out, as if they were not there. */
const reducing: Readonly<Record<string, readonly [readonly NDArray[], Masked]>> = {
  softmaxCrossEntropy: [[two[0], positive(5)], ([x, y], m) => optim.softmaxCrossEntropy(x, y, { labelSmoothing: 0.2, ...option(m) })],
  softmaxCrossEntropyWithIntegerLabels: [
    [two[0]],
    ([x], m) => optim.softmaxCrossEntropyWithIntegerLabels(x, labels, { labelSmoothing: 0.2, ...option(m) }),
  ],
  klDivergence: [[two[0], positive(5)], ([x, y], m) => optim.klDivergence(x, y, option(m))],
  klDivergenceWithLogTargets: [two, ([x, y], m) => optim.klDivergenceWithLogTargets(x, y, option(m))],
  cosineSimilarity: [two, ([x, y], m) => optim.cosineSimilarity(x, y, option(m))],
  cosineDistance: [two, ([x, y], m) => optim.cosineDistance(x, y, option(m))],
  diceLoss: [[positive(3), positive(5)], ([x, y], m) => optim.diceLoss(x, y, option(m))],
  tripletMarginLoss: [[...two, random([2, 4], 9)], ([a, p, n], m) => optim.tripletMarginLoss(a, p, n, option(m))],
  tripletMarginLossCubed: [
    [...two, random([2, 4], 9)],
    ([a, p, n], m) => optim.tripletMarginLoss(a, p, n, { normDegree: 3, margin: 2, ...option(m) }),
  ],
  multiclassHingeLoss: [[two[0]], ([x], m) => optim.multiclassHingeLoss(x, labels, option(m))],
  multiclassPerceptronLoss: [[two[0]], ([x], m) => optim.multiclassPerceptronLoss(x, labels, option(m))],
};

const mask = np.array([
  [true, true, true, false],
  [true, true, true, false],
]);
const ragged = np.array([
  [true, false, true, false],
  [true, true, false, true],
]);
const spoilt = (x: NDArray, where: NDArray, by: number): NDArray => np.where(where, x, by);

describe.each(Object.entries(elementwise))("%s", (_, [xs, loss]) => {
  it("counts masked elements as 0, and leaves the others", () => {
    const [all, kept, which] = [elements(loss(xs, undefined)), elements(loss(xs, ragged)), elements(ragged)];
    expect(kept).toEqual(all.map((x, i) => (which[i] === 1 ? x : 0)));
    for (const poison of [NaN, Infinity, -1]) {
      const bad = xs.map((x) => spoilt(x, ragged, poison));
      expect(elements(loss(bad, ragged))).toEqual(kept);
      xs.forEach((x, k) => {
        const slope = grad((v: NDArray) => loss(bad.with(k, v), ragged).sum());
        const clean = grad((v: NDArray) => loss(xs.with(k, v), ragged).sum());
        expect(elements(slope(bad[k]))).toEqual(elements(clean(x)));
        expect(elements(slope(bad[k])).filter((g, i) => which[i] === 0 && g !== 0)).toEqual([]);
      });
    }
  });

  it("has its derivatives, compiled and batched too", () => {
    expectDerivatives((...vs) => [loss(vs, undefined)], xs, 1);
    const [x, ...rest] = xs;
    const f = (v: NDArray): NDArray => loss([v, ...rest], undefined);
    const compiled = elements(jit(f)(x));
    elements(f(x)).forEach((y, i) => expect(compiled[i]).toBeCloseTo(y, 13));
    const rows = vmap((...vs: NDArray[]) => loss(vs, undefined))(...xs);
    expect(elements(rows)).toEqual(elements(f(x)));
  });
});

describe.each(Object.entries(reducing))("%s", (_, [xs, loss]) => {
  it("is without masked components what it is without them", () => {
    const fewer = loss(
      xs.map((x) => np.take(x, [0, 1, 2], 1)),
      undefined,
    );
    for (const poison of [0.5, NaN, Infinity]) {
      const bad = xs.map((x) => spoilt(x, mask, poison));
      elements(loss(bad, mask)).forEach((y, i) => expect(y).toBeCloseTo(elements(fewer)[i], 13));
      xs.forEach((_, k) => {
        const slope = elements(grad((v: NDArray) => loss(bad.with(k, v), mask).sum())(bad[k]));
        expect([slope[3], slope[7]].map(Math.abs)).toEqual([0, 0]);
        expect(slope.every(Number.isFinite)).toBe(true);
      });
    }
  });

  it("gives finite values and no gradient where all is masked", () => {
    const none = np.array([[false], [true]]);
    const bad = xs.map((x) => spoilt(x, none, NaN));
    expect(elements(loss(bad, none)).every(Number.isFinite)).toBe(true);
    xs.forEach((_, k) => {
      const slope = elements(grad((v: NDArray) => loss(bad.with(k, v), none).sum())(bad[k]));
      expect(slope.slice(0, 4).map(Math.abs)).toEqual([0, 0, 0, 0]);
      expect(slope.every(Number.isFinite)).toBe(true);
    });
  });

  it("has its derivatives, compiled and batched too", () => {
    expectDerivatives((...vs) => [loss(vs, undefined)], xs, 1);
    const [x, ...rest] = xs;
    const f = (v: NDArray): NDArray => loss([v, ...rest], ragged);
    const compiled = elements(jit(f)(x));
    elements(f(x)).forEach((y, i) => expect(compiled[i]).toBeCloseTo(y, 13));
  });
});

it("a label among the masked classes is impossible", () => {
  const f = (x: NDArray): NDArray => optim.softmaxCrossEntropyWithIntegerLabels(x, labels, { where: ragged });
  const only = np.array([
    [false, true, true, true],
    [false, true, true, true],
  ]);
  expect(elements(optim.softmaxCrossEntropyWithIntegerLabels(two[0], labels, { where: only }))).toEqual([expect.any(Number), Infinity]);
  expect(elements(f(two[0])).every(Number.isFinite)).toBe(true);
});

it("a mask that does not broadcast is refused", () => {
  expect(() => optim.l2Loss(two[0], two[1], { where: np.ones([3], { dtype: "bool" }) })).toThrow("l2Loss: ");
  expect(() => optim.l2Loss(1, 2, { where: mask })).toThrow("l2Loss: expected a where that broadcasts to x");
});

it("a mean over what counts", () => {
  const loss = optim.squaredError(log(positive(3)), two[1], { where: ragged });
  const sum = elements(loss).reduce((a, b) => a + b, 0);
  expect(np.mean(loss, null, { where: ragged }).item()).toBeCloseTo(sum / 5, 13);
});

describe("labels of examples that are left out", () => {
  const x = random([3, 4], 21);
  const rows = np.array([[true], [false], [true]]);
  const losses = {
    softmaxCrossEntropyWithIntegerLabels: optim.softmaxCrossEntropyWithIntegerLabels,
    multiclassHingeLoss: optim.multiclassHingeLoss,
    multiclassPerceptronLoss: optim.multiclassPerceptronLoss,
  };

  it.each(Object.entries(losses))("may be anything for %s: value and gradient are 0 there", (_, loss) => {
    const of = (label: number): NDArray => np.array([2, label, 0], { dtype: "int32" });
    const wanted = elements(loss(x, of(1), { where: rows }));
    for (const label of [-1, -100, 4, 2 ** 31 - 1]) {
      for (const run of [loss, jit(loss)]) {
        const f = (v: NDArray): NDArray => run(v, of(label), { where: rows });
        expect(elements(f(x))).toEqual(wanted.map((y) => expect.closeTo(y, 13)));
        expect(elements(f(x))[1]).toBe(0);
        expect(elements(grad((v: NDArray) => f(v).sum())(x))).toEqual(
          elements(grad((v: NDArray) => loss(v, of(1), { where: rows }).sum())(x)).map((y) => expect.closeTo(y, 13)),
        );
      }
      const columns = loss(x.T, of(label), { axis: 0, where: rows.T });
      expect(elements(columns)).toEqual(wanted.map((y) => expect.closeTo(y, 13)));
    }
    // Where something counts, a label that is no class stays an error.
    expect(() => loss(x, of(-1), {})).toThrow("-1");
    expect(() => loss(x, np.array([2, 1, -1], { dtype: "int32" }), { where: rows })).toThrow("-1");
  });
});
