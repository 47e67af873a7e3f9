// Cheap nests over outer axes are computed where they are read, and stay where that would cost more or lose something.

import { describe, expect, it } from "vitest";
import "../../src/install.js";
import { type NDArray, numpy as np } from "../../src/index.js";
import type { Step } from "../../src/loop/ir.js";
import { noise } from "../property/arbitraries.js";
import { closedOf, expectAlike, loopsOf } from "../runtime/threads.js";

type Function = (x: NDArray) => readonly NDArray[];

/** Sizes of a program's nests, in order. */
const nestsOf = (steps: readonly Step[]): readonly (readonly number[])[] =>
  steps.flatMap((step) => (step.kind === "nest" ? [step.sizes] : step.kind === "rows" ? step.nests.map(({ sizes }) => sizes) : []));

const keep = { keepdims: true } as const;
const centred = (x: NDArray): NDArray => x.sub(x.mean(-1, keep));

describe("cheap nests", () => {
  const x = noise([6, 20], 1);
  const cases: Readonly<Record<string, readonly [Function, readonly (readonly number[])[]]>> = {
    "go to their one reader": [
      (y) => [centred(y)],
      [
        [6, 20],
        [6, 20],
      ],
    ],
    "go to each of several readers": [
      (y) => [centred(y).square().sum(-1), centred(centred(y).square())],
      [
        [6, 20],
        [6, 20],
        [6, 20],
      ],
    ],
    "stay where they are results": [(y) => [centred(y), y.mean(-1)], [[6, 20], [6], [6, 20]]],
    "stay if they are dear": [(y) => [y.mul(np.exp(y.sum(-1, keep)))], [[6, 20], [6], [6, 20]]],
    "stay if rows are reduced": [(y) => [y.mul(y.mean(-1, keep)).sum(0)], [[6, 20], [6], [6, 20]]],
  };
  it.each(Object.keys(cases))("%s", (name) => {
    const [f, sizes] = cases[name];
    expectAlike(f, [x], name);
    expect(nestsOf(loopsOf(closedOf(f, [x])).program.steps)).toEqual(sizes);
  });

  it("stay for short rows", () => {
    const short = noise([6, 5], 1);
    expect(nestsOf(loopsOf(closedOf((y) => [centred(y)], [short])).program.steps)).toEqual([[6, 5], [6], [6, 5]]);
  });
});
