// CTC against the sum over all alignments, one by one; derivatives against differences; paddings, extremes, misuse.

import { describe, expect, it } from "vitest";
import { type NDArray, grad, jit, numpy as np, optim, vmap } from "../../src/index.js";
import { arrayOf, elements, expectDerivatives, random } from "../ops/rules.js";

const ints = (values: readonly number[], shape: readonly number[]): NDArray => arrayOf("int32", values, shape);
const paddings = (present: readonly number[], size: number): NDArray =>
  arrayOf(
    "float64",
    present.flatMap((n) => Array.from({ length: size }, (_, i) => (i < n ? 0 : 1))),
    [present.length, size],
  );

/** What an alignment spells: repetitions count once, blanks not at all. */
const spelt = (path: readonly number[], blank: number): number[] => path.filter((k, i) => k !== blank && k !== path[i - 1]);

/** −log of the sum of the probabilities of all paths through the frames that spell the labels. */
function bruteForce(logits: readonly (readonly number[])[], labels: readonly number[], blank: number): number {
  const probabilities = logits.map((row) => {
    const total = row.reduce((sum, x) => sum + Math.exp(x), 0);
    return row.map((x) => Math.exp(x) / total);
  });
  const classes = logits[0].length;
  let sum = 0;
  for (let code = 0; code < classes ** logits.length; code++) {
    const path = logits.map((_, t) => Math.floor(code / classes ** t) % classes);
    if (spelt(path, blank).join() === labels.join()) sum += path.reduce((p, k, t) => p * probabilities[t][k], 1);
  }
  return -Math.log(sum);
}

const rowsOf = (x: NDArray, example: number, frames: number): number[][] => {
  const [, length, classes] = x.shape;
  return Array.from({ length: frames }, (_, t) =>
    elements(x).slice((example * length + t) * classes, (example * length + t + 1) * classes),
  );
};

const frames = [5, 4, 5, 3, 5];
const lengths = [3, 2, 3, 0, 1];
const labels = ints([1, 2, 1, 1, 1, 0, 2, 2, 1, 9, 9, 9, 2, 7, 7], [5, 3]);
const logits = random([5, 5, 3], 4, 2);
const framePaddings = paddings(frames, 5);
const labelPaddings = paddings(lengths, 3);
const loss = (x: NDArray): NDArray => optim.ctcLoss(x, framePaddings, labels, labelPaddings);

describe("ctcLoss", () => {
  const expected = lengths.map((n, i) => bruteForce(rowsOf(logits, i, frames[i]), elements(labels).slice(3 * i, 3 * i + n), 0));

  it("is the sum over all alignments, eagerly and compiled", () => {
    for (const f of [loss, jit(loss)]) expect(elements(f(logits))).toEqual(expected.map((x) => expect.closeTo(x, 12)));
  });

  it("takes another blank", () => {
    const own = ints([0, 2, 2, 0], [2, 2]);
    const x = random([2, 4, 3], 8);
    const result = optim.ctcLoss(x, np.zeros([2, 4]), own, np.zeros([2, 2]), { blankId: 1 });
    expect(elements(result)).toEqual(
      [0, 1].map((i) => expect.closeTo(bruteForce(rowsOf(x, i, 4), elements(own).slice(2 * i, 2 * i + 2), 1), 12)),
    );
  });

  it("has its derivatives, to second order", () => {
    expectDerivatives((x) => [loss(x)], [logits], 2, 1e-5);
    const slope = elements(grad((x: NDArray) => loss(x).sum())(logits));
    elements(jit(grad((x: NDArray) => loss(x).sum()))(logits)).forEach((g, i) => expect(g).toBeCloseTo(slope[i], 12));
  });

  it("is not touched by what stands at paddings, derivatives neither", () => {
    const present = np.less(np.arange(5), np.array(frames).reshape([5, 1])).reshape([5, 5, 1]);
    const spoilt = np.where(present, logits, NaN);
    expect(elements(loss(spoilt))).toEqual(elements(loss(logits)));
    const slope = (x: NDArray): number[] => elements(grad((v: NDArray) => loss(v).sum())(x));
    expect(slope(spoilt)).toEqual(slope(logits));
    expect(
      slope(spoilt)
        .slice(30 - 3, 30)
        .map(Math.abs),
    ).toEqual([0, 0, 0]);
  });

  it("maps", () => {
    const one = (x: NDArray): NDArray => optim.ctcLoss(x, framePaddings, labels, labelPaddings);
    const both = vmap(one)(np.stack([logits, logits.mul(2)]));
    const each = [...elements(loss(logits)), ...elements(loss(logits.mul(2)))];
    expect(elements(both)).toEqual(each.map((x) => expect.closeTo(x, 12)));
  });

  it("too few frames cost infinitely much, without a gradient", () => {
    const f = (x: NDArray): NDArray => optim.ctcLoss(x, np.zeros([1, 2]), ints([1, 1], [1, 2]), np.zeros([1, 2]));
    expect(f(np.zeros([1, 2, 2])).toArray()).toEqual([Infinity]);
    expect(elements(grad((x: NDArray) => f(x).sum())(np.zeros([1, 2, 2]))).map(Math.abs)).toEqual([0, 0, 0, 0]);
  });

  it("large logits neither overflow nor give NaN", () => {
    const large = logits.mul(1e4);
    expect(elements(loss(large)).every((x) => x >= 0 && Number.isFinite(x))).toBe(true);
    expect(elements(grad((x: NDArray) => loss(x).sum())(large)).every(Number.isFinite)).toBe(true);
  });

  it("refuses shapes that do not belong together, and labels that are no class", () => {
    const [x, y] = [np.zeros([2, 4, 3]), ints([1, 2], [2, 1])];
    const [px, py] = [np.zeros([2, 4]), np.zeros([2, 1])];
    expect(() => optim.ctcLoss(np.zeros([4, 3]), px, y, py)).toThrow("ctcLoss: expected logits [batch, frames, classes], got float32[4,3]");
    expect(() => optim.ctcLoss(x, np.zeros([2, 3]), y, py)).toThrow("ctcLoss: expected logitPaddings of shape [2,4], got float32[2,3]");
    expect(() => optim.ctcLoss(x, px, ints([1], [1, 1]), py)).toThrow("expected labels of shape [2,1], got int32[1,1]");
    expect(() => optim.ctcLoss(x, px, np.ones([2, 1]), py)).toThrow("ctcLoss: expected integer labels, got float32[2,1]");
    expect(() => optim.ctcLoss(x, px, y, py, { blankId: 3 })).toThrow("ctcLoss: expected more than 3 classes, got 3");
    expect(() => optim.ctcLoss(x, px, ints([1, 3], [2, 1]), py)).toThrow("takeAlongAxis");
  });
});
