// What a compiled update costs: one pass over each leaf, whatever the optimizer is chained of; trust ratios need lengths
// first, and so two.

import { describe, expect, it } from "vitest";
import { type NDArray, jit, numpy as np, optim } from "../../src/index.js";

interface Params {
  readonly w: NDArray;
  readonly b: NDArray;
}

const params: Params = { w: np.ones([33, 17]), b: np.ones([19]) };

/** The loops of a compiled update whose bounds say that they run over a leaf of so many elements. */
function passes<State>(optimizer: optim.GradientTransformation<Params, State>): Readonly<Record<"w" | "b", number>> {
  const step = jit((p: Params, state: State, g: Params) => {
    const [updates, next] = optimizer.update(g, state, p);
    return [optim.applyUpdates(p, updates), next] as const;
  });
  const loops = step.lower(params, optimizer.init(params) as never, params).loops?.fused.split("\n") ?? [];
  const count = (...headers: readonly string[]): number => loops.filter((line) => headers.includes(line)).length;
  return { w: count("for i < 33, j < 17", "for i < 561"), b: count("for i < 19") };
}

const schedule: optim.Schedule = (step) => np.divide(0.1, step.add(1));

describe("a compiled update", () => {
  it.each([
    ["sgd", optim.sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, l2: 0.1 })],
    ["adam", optim.adam({ learningRate: 0.1 })],
    ["adamw by schedules", optim.adamw({ learningRate: schedule, b1: schedule, weightDecay: schedule })],
    ["adamax", optim.adamax({ learningRate: 0.1 })],
    ["amsgrad", optim.amsgrad({ learningRate: 0.1 })],
    ["nadam", optim.nadam({ learningRate: 0.1, momentumDecay: 0.1 })],
    ["radam", optim.radam({ learningRate: 0.1 })],
    ["yogi", optim.yogi({ learningRate: 0.1 })],
    ["adabelief", optim.adabelief({ learningRate: 0.1 })],
    ["rmsprop", optim.rmsprop({ learningRate: 0.1, centered: true, momentum: 0.9 })],
    ["adagrad", optim.adagrad({ learningRate: 0.1 })],
    ["adadelta", optim.adadelta()],
    ["lion", optim.lion({ learningRate: 0.1 })],
    ["rprop", optim.rprop({ learningRate: 0.1 })],
  ] satisfies [string, optim.GradientTransformation<unknown, unknown>][])("%s passes once over each leaf", (_, optimizer) => {
    expect(passes<unknown>(optimizer)).toEqual({ w: 1, b: 1 });
  });

  it("lamb passes twice over each leaf: direction and lengths, then the step", () => {
    expect(passes(optim.lamb({ learningRate: 0.1, weightDecay: 0.1 }))).toEqual({ w: 2, b: 2 });
  });
});
